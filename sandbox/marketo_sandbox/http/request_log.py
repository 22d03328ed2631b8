"""The request log and what is counted from it.

It stores what `exchange` tells it, and never a secret: tokens and client secrets
are reduced to whether they were there.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from marketo_sandbox.clock import iso

if TYPE_CHECKING:
    from collections.abc import Mapping

_SECRETS = frozenset({"client_secret", "access_token"})
_MAX_ENTRIES = 200_000


@dataclass
class Entry:
    """One request and its answer."""

    n: int
    at: float
    method: str
    path: str
    query: dict[str, list[str]]
    headers: dict[str, str]
    body: object
    token_in_url: bool
    concurrent: int
    endpoint: str = "unknown"
    client_id: str | None = None
    authorized: bool = False
    status: int | None = None
    code: str | None = None
    export_id: str | None = None
    bytes: int = 0
    duration: float | None = None
    faults: list[str] = field(default_factory=list)

    def shown(self) -> dict[str, object]:
        """The entry as the control API lists it; `status` None: no answer was sent."""
        shown = dict(vars(self))
        shown["at"] = iso(self.at)
        shown["at_epoch"] = self.at
        return shown


def _readable(body: bytes, content_type: str) -> object:
    if not body:
        return None
    text = body.decode(errors="replace")
    if "form" in content_type:
        form = parse_qs(text)
        return {k: "***" if k in _SECRETS else v[0] for k, v in form.items()}
    try:
        loaded: object = json.loads(text)
    except ValueError:
        return text[:1000]
    return loaded


class RequestLog:
    """The log."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self.in_flight = 0
        self.peak_in_flight = 0
        self._count = 0

    def begin(  # noqa: PLR0913  # the parts of a request, by name
        self,
        at: float,
        *,
        method: str,
        path: str,
        query: dict[str, list[str]],
        headers: Mapping[str, str],
        body: bytes,
    ) -> Entry:
        """Note a request as it arrives."""
        self._count += 1
        self.in_flight += 1
        self.peak_in_flight = max(self.peak_in_flight, self.in_flight)
        kept = {k: v for k, v in headers.items() if k.lower() not in {"authorization", "cookie"}}
        entry = Entry(
            self._count,
            at,
            method,
            path,
            {k: ["***"] if k in _SECRETS else v for k, v in query.items()},
            kept,
            _readable(body, headers.get("Content-Type", "")),
            token_in_url="access_token" in query,
            concurrent=self.in_flight,
            authorized="Authorization" in headers,
        )
        if len(self.entries) < _MAX_ENTRIES:
            self.entries.append(entry)
        return entry

    def end(self, entry: Entry, duration: float) -> None:
        """Note that a request is over."""
        self.in_flight -= 1
        entry.duration = round(duration, 6)

    def clear(self) -> None:
        """Forget all requests; those in flight still end."""
        self.entries = []
        self.peak_in_flight = self.in_flight

    def counts(self) -> dict[str, int]:
        """Calls by endpoint."""
        return dict(Counter(entry.endpoint for entry in self.entries))

    def codes(self) -> dict[str, int]:
        """Error codes given, by code."""
        return dict(Counter(entry.code for entry in self.entries if entry.code))
