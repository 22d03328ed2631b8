"""Answers a call: behind token, limits and permissions stands its endpoint.

It knows neither sockets nor faults.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from marketo_sandbox.endpoints.routes import find_route
from marketo_sandbox.errors import PlainRefusal, Refusal, refuse
from marketo_sandbox.http.messages import Call, Reply, error_reply

if TYPE_CHECKING:
    from marketo_sandbox.endpoints.routes import Route
    from marketo_sandbox.subscription import Subscription

# Adobe: REST API, "Limits": bodies of 1 MB, bulk 10 MB; URIs of 8 KB, assets 64 KB.
_BODY_LIMIT, _BULK_BODY_LIMIT = 1024 * 1024, 10 * 1024 * 1024
_URI_LIMIT, _ASSET_URI_LIMIT = 8 * 1024, 65 * 1024


def answer(subscription: Subscription, call: Call) -> Reply:
    """Answer a call, with a refusal too."""
    route, call.params = find_route(call.method, call.path)
    try:
        if route is not None and route.name == "identity":
            return route.answer(subscription, call)
        return _answer_checked(subscription, call, route)
    except Refusal as refusal:
        return error_reply(call, refusal, asset=call.is_asset())
    except PlainRefusal as refusal:
        headers = {"Content-Type": refusal.content_type}
        return Reply(refusal.body, refusal.status, headers)


def _answer_checked(subscription: Subscription, call: Call, route: Route | None) -> Reply:
    _check_sizes(call)
    tokens = subscription.tokens
    call.client_id = tokens.owner(call.headers.get("Authorization"), call.at)
    in_flight = subscription.request_log.in_flight
    subscription.limits.enter(call.at, tokens.scope(call.client_id), in_flight)
    if route is None:
        refuse("610")
    if route.name in subscription.knobs.names("denied"):
        refuse("603")
    if "access_token" in call.query:
        # Adobe: Authentication, removal of the query parameter on 2026-08-31.
        refuse("603")
    return route.answer(subscription, call)


def _check_sizes(call: Call) -> None:
    """HTTP 413 and 414 (Adobe: Error Codes)."""
    body_limit = _BULK_BODY_LIMIT if call.path.startswith("/bulk/") else _BODY_LIMIT
    if len(call.body) > body_limit:
        raise PlainRefusal(413, b"Request Entity Too Large", "text/plain")
    if call.uri_length > (_ASSET_URI_LIMIT if call.is_asset() else _URI_LIMIT):
        raise PlainRefusal(414, b"URI Too Long", "text/plain")
