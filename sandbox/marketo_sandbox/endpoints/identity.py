"""The identity endpoint: client credentials for an access token.

Adobe: Authentication; the shapes of its refusals from Spring Security's
defaults and three public clients' test doubles, hence knob U30.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from marketo_sandbox.http.messages import Call, Reply, json_reply
from marketo_sandbox.http.tokens import remaining

if TYPE_CHECKING:
    from marketo_sandbox.subscription import Subscription

_HEADERS = {
    "Cache-Control": "no-store",
    "Pragma": "no-cache",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "X-XSS-Protection": "1; mode=block",
}


def _answer(payload: dict[str, object], status: int = 200) -> Reply:
    reply = json_reply(payload, status=status, chunked=True)
    reply.headers.update(_HEADERS)
    # The recorded status line is literally "HTTP/1.1 200 200".
    reply.reason = str(status)
    return reply


def _refused(subscription: Subscription, status: int, error: str, text: str) -> Reply:
    lenient = subscription.knobs.choice("identity_refusal") == "200"
    return _answer({"error": error, "error_description": text}, 200 if lenient else status)


def _parameters(call: Call) -> dict[str, str]:
    """Query and form together: GET, POST with a query and POST with a form all work."""
    found = {name: values[0] for name, values in call.query.items()}
    if call.method == "POST" and "form" in call.headers.get("Content-Type", ""):
        form = parse_qs(call.body.decode(errors="replace"))
        found |= {name: values[0] for name, values in form.items()}
    return found


def token(subscription: Subscription, call: Call) -> Reply:
    """GET or POST /identity/oauth/token."""
    asked = _parameters(call)
    grant, client_id = asked.get("grant_type"), asked.get("client_id")
    if grant is None:
        return _refused(subscription, 400, "invalid_request", "Missing grant type")
    if grant != "client_credentials":
        text = f"Unsupported grant type: {grant}"
        return _refused(subscription, 400, "unsupported_grant_type", text)
    if client_id not in subscription.tokens.clients:
        if subscription.knobs.choice("identity_refusal") == "unauthorized" and client_id:
            return _refused(
                subscription, 401, "unauthorized", f"No client with requested id: {client_id}"
            )
        return _refused(subscription, 401, "invalid_client", "Bad client credentials")
    if asked.get("client_secret") != subscription.tokens.clients[client_id]:
        return _refused(subscription, 401, "invalid_client", "Bad client credentials")
    life = subscription.knobs.number("token_seconds")
    issued = subscription.tokens.issue(client_id, call.at, life)
    for fault in subscription.faults.take("identity", client_id, "token"):
        issued = subscription.tokens.shorten(client_id, call.at, fault.number("expires_in", 0))
    return _answer(
        {
            "access_token": issued.text,
            "token_type": "bearer",
            "expires_in": remaining(issued, call.at),
            "scope": subscription.tokens.scope(client_id),
        }
    )
