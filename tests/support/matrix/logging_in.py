"""Identity's own answers."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from matrix.case import FOR_EVER, Case, Fault, Must
from matrix.endpoints import CHANNELS
from matrix.troubles import LATER

if TYPE_CHECKING:
    from collections.abc import Iterator


_CREDENTIALS = (
    ("401 invalid_client", 401, '{"error":"invalid_client","error_description":"Bad client"}'),
    ("401 unauthorized", 401, '{"error":"unauthorized","error_description":"No client"}'),
    ("401 without a body", 401, ""),
    ("400 invalid_request", 400, '{"error":"invalid_request","error_description":"Missing"}'),
    ("200 with an error in it", 200, '{"error":"invalid_client"}'),
)


def identity() -> Iterator[Case]:
    for name, status, body in _CREDENTIALS:
        answer = {"status": status, "body": body, "content_type": "application/json"}
        yield Case(
            f"HTTP {name}",
            Must.CONFIG,
            CHANNELS,
            ("HTTP 401",),
            "identity",
            faults=(Fault("http", "identity", args=answer),),
            words=("client_id and client_secret", "LaunchPoint"),
            text="Compare both with Admin > LaunchPoint > View Details of the custom service.",
        )
    for status in (301, 403, 404):
        answer = {"status": status, "headers": {"Location": "https://example.com/"}}
        yield Case(
            f"HTTP {status}",
            Must.STOP,
            CHANNELS,
            ("Not Identity",),
            "identity",
            "for ever",
            faults=(Fault("http", "identity", FOR_EVER, args=answer),),
            words=("base_url", "Admin > Web Services"),
            text="Compare `base_url` with the REST endpoint in Admin > Web Services.",
        )
    for life in (0, 1, 2):
        token = {"access_token": "0-0:ab", "token_type": "bearer", "expires_in": life}
        answer = {"status": 200, "body": json.dumps(token), "content_type": "application/json"}
        yield Case(
            f"a token with {life} seconds to live, the same one again",
            Must.SUCCEED,
            CHANNELS,
            (f"expires_in {life}", "Early token refresh", "`expires_in` 0"),
            "identity",
            faults=(Fault("http", "identity", 2, args=answer),),
            text="Waits until that token is dead, then fetches another one.",
        )
    dying = {"body": '{"access_token":"a:b","expires_in":0}', "content_type": "application/json"}
    yield Case(
        "a token that is dead already",
        Must.STOP,
        CHANNELS,
        ("`expires_in` 0",),
        "identity",
        "for ever",
        faults=(Fault("http", "identity", FOR_EVER, args={"status": 200, **dying}),),
        words=("already dying",),
        text=LATER,
    )
