"""What a fault answers in Marketo's place: envelopes, proxies' pages, broken bodies.

It knows no sockets: when such an answer is sent is decided in `endpoints.exchange`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from marketo_sandbox.errors import MESSAGES
from marketo_sandbox.http.messages import JSON_TYPE, Call, Reply, json_reply

if TYPE_CHECKING:
    from collections.abc import Callable

    from marketo_sandbox.faults import Fault

_HTML_502 = (
    b"<html><head><title>502 Bad Gateway</title></head><body><center>"
    b"<h1>502 Bad Gateway</h1></center><hr><center>nginx</center></body></html>"
)


def _envelope(fault: Fault, call: Call) -> Reply:
    """An error envelope with any codes; `errors` may give several."""
    code = fault.text("code", "611")
    message = fault.text("message", MESSAGES.get(code, f"Error {code}"))
    errors = fault.args.get("errors") or [{"code": code, "message": message}]
    payload: dict[str, object] = {"requestId": call.request_id, "success": False}
    if call.is_asset():
        payload["warnings"] = []
    reply = json_reply(payload | {"errors": errors}, status=int(fault.number("status", 200)))
    reply.code = code
    return reply


def _http(fault: Fault) -> Reply:
    """Any HTTP status and body; by default the proxy's page."""
    given = "body" in fault.args
    content = fault.text("body", "").encode() if given else _HTML_502
    headers = {"Content-Type": fault.text("content_type", "text/html")}
    extra = fault.args.get("headers")
    if isinstance(extra, dict):
        headers |= {str(name): str(value) for name, value in extra.items()}
    return Reply(content, int(fault.number("status", 502)), headers)


def _empty(fault: Fault) -> Reply:
    return Reply(b"", int(fault.number("status", 200)), {"Content-Type": JSON_TYPE})


def _broken(fault: Fault) -> Reply:
    text = fault.text("body", '{"requestId":"1#2","success":true,"result":[{"id":')
    return Reply(text.encode(), 200, {"Content-Type": JSON_TYPE})


def _redirect(fault: Fault) -> Reply:
    location = fault.text("url", "https://example.com/")
    return Reply(b"", int(fault.number("status", 302)), {"Location": location})


def _missing(_fault: Fault) -> Reply:
    return Reply(b"Not Found", 404, {"Content-Type": "text/plain;charset=UTF-8"})


_REPLIES: dict[str, Callable[[Fault], Reply]] = {
    "http": _http,
    "empty_body": _empty,
    "broken_json": _broken,
    "redirect": _redirect,
    "file_missing": _missing,
}


def reply_instead(fault: Fault, call: Call) -> Reply | None:
    """The answer a fault gives in place of Marketo's; None for a fault of another kind."""
    if fault.kind == "error":
        return _envelope(fault, call)
    make = _REPLIES.get(fault.kind)
    return None if make is None else make(fault)
