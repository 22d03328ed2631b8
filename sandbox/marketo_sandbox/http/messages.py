"""Requests and answers as the endpoints see them, and Marketo's two envelopes.

No endpoint touches a socket: it turns a `Call` into a `Reply`, which `sending` sends.
"""

from __future__ import annotations

import gzip
import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from marketo_sandbox.errors import Refusal, refuse, refuse_missing, refuse_wrong_type

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

JSON_TYPE = "application/json;charset=UTF-8"
LINES_TYPE = "application/x-ndjson"
EMPTY_PAGE = "No assets found for the given search criteria."

# Adobe: Performance, "answers below 1024 bytes are not compressed".
_COMPRESS_FROM = 1024


@dataclass
class Call:
    """One request."""

    method: str
    path: str
    query: dict[str, list[str]]
    headers: Mapping[str, str]
    body: bytes
    at: float
    request_id: str
    endpoint: str = "unknown"
    params: dict[str, str] = field(default_factory=dict)
    client_id: str = ""
    uri_length: int = 0

    def is_asset(self) -> bool:
        """Whether it goes to the asset API, whose answers have an envelope of their own."""
        return self.path.startswith("/rest/asset/")

    def value(self, name: str) -> str | None:
        """The first value of a query parameter."""
        values = self.query.get(name)
        return values[0] if values else None

    def required(self, name: str) -> str:
        """A parameter that must be there."""
        value = self.value(name)
        if not value:
            refuse_missing(name)
        return value

    def values(self, name: str) -> list[str]:
        """A list parameter: repeated, comma-separated, or both."""
        return [part for text in self.query.get(name, []) for part in text.split(",") if part]

    def integer(self, name: str) -> int:
        """A path parameter that must be a whole number."""
        text = self.params[name]
        try:
            return int(text)
        except ValueError:
            refuse_wrong_type(text, "Integer")

    def parsed(self) -> object:
        """The JSON body. Adobe: Error Codes, 609 and 612."""
        if "json" not in self.headers.get("Content-Type", ""):
            refuse("612")
        try:
            return json.loads(self.body)
        except ValueError:
            refuse("609")


@dataclass(frozen=True)
class FilePart:
    """A stretch of a file on disk."""

    path: Path
    start: int
    length: int


@dataclass
class Reply:
    """One answer; `code` is Marketo's error code, for the log."""

    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    reason: str | None = None
    part: FilePart | None = None
    chunked: bool = False
    code: str | None = None
    export_id: str | None = None

    @property
    def length(self) -> int:
        """Bytes of the body."""
        return self.part.length if self.part else len(self.body)

    def json(self) -> dict[str, object]:
        """The body, if it is a JSON object."""
        try:
            loaded = json.loads(self.body)
        except ValueError:
            return {}
        return loaded if isinstance(loaded, dict) else {}

    def compress_for(self, accepted: str) -> None:
        """Compress a long answer for a client that takes gzip; chunked then, as recorded."""
        if _takes_gzip(accepted) and self.part is None and len(self.body) >= _COMPRESS_FROM:
            self.body = gzip.compress(self.body, 1)
            self.headers |= {"Content-Encoding": "gzip", "Vary": "Accept-Encoding"}
            self.chunked = True


def _takes_gzip(accepted: str) -> bool:
    """Whether an Accept-Encoding names gzip, and not with a weight of 0."""
    for offer in accepted.lower().split(","):
        coding, _, weight = offer.partition(";")
        if coding.strip() == "gzip":
            return not re.fullmatch(r"\s*q\s*=\s*0(\.0*)?\s*", weight)
    return False


def json_reply(payload: object, *, status: int = 200, chunked: bool = False) -> Reply:
    """An answer of JSON. Half a surrogate pair, which UTF-8 cannot hold, stays an escape."""
    text = json.dumps(payload, ensure_ascii=False, separators=(",", ":"))
    body = text.encode(errors="backslashreplace")
    return Reply(body, status, {"Content-Type": JSON_TYPE}, chunked=chunked)


def asset_reply(call: Call, result: Sequence[object], warnings: Sequence[str] = ()) -> Reply:
    """The asset API's success: `errors` and `warnings` always, an empty `result` never.

    Key order and the missing `result` as recorded (raszi/mrkt, amp-labs/connectors).
    """
    payload: dict[str, object] = {
        "success": True,
        "errors": [],
        "requestId": call.request_id,
        "warnings": list(warnings) if result else [EMPTY_PAGE],
    }
    if result:
        payload["result"] = list(result)
    return json_reply(payload, chunked=True)


def database_reply(call: Call, result: Sequence[object] | None, **more: object) -> Reply:
    """The lead database's and bulk API's success: neither `errors` nor `warnings`."""
    payload: dict[str, object] = {"requestId": call.request_id}
    if result is not None:
        payload["result"] = list(result)
    return json_reply(payload | {"success": True} | more)


def error_reply(call: Call, refusal: Refusal, *, asset: bool) -> Reply:
    """A refusal in its envelope. Asset answers have `warnings`, others do not (recordings)."""
    payload: dict[str, object] = {"requestId": call.request_id, "success": False}
    if asset:
        payload["warnings"] = []
    payload["errors"] = [{"code": refusal.code, "message": refusal.message}]
    reply = json_reply(payload, status=refusal.status, chunked=asset)
    reply.code = refusal.code
    return reply
