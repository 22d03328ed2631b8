"""What the environment or a strange server can make the client do is bounded."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from clocks import StillClock

from tap_marketo_programs.errors import BrokenAnswer, RequestRefused
from tap_marketo_programs.marketo import transport
from tap_marketo_programs.marketo.client import Connection, MarketoClient

if TYPE_CHECKING:
    from marketo_sandbox import Sandbox

PROGRAMS = "/rest/asset/v1/programs.json"
FILE = "/bulk/v1/program/members/export/x/file.json"


@pytest.fixture
def client(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> MarketoClient:
    """A client that takes a thousand bytes for an answer, no more."""
    monkeypatch.setattr(transport, "MAX_ANSWER", 1000)
    connection = Connection(sandbox.url, sandbox.client_id, sandbox.client_secret)
    return MarketoClient(connection, StillClock())


def large(**fault: Any) -> dict[str, Any]:  # noqa: ANN401 - arguments of a fault
    body = json.dumps({"success": True, "result": ["x" * 1000]})
    return {"count": 100, "body": body, "content_type": "application/json", **fault}


def test_an_answer_that_is_too_large_is_not_read(sandbox: Sandbox, client: MarketoClient) -> None:
    sandbox.control.fault("http", "programs", **large(status=200))

    with client, pytest.raises(BrokenAnswer, match="larger than 1000 bytes"):
        client.call("GET", PROGRAMS)


def test_an_answer_in_place_of_a_file_is_bounded_too(
    sandbox: Sandbox, client: MarketoClient
) -> None:
    sandbox.control.fault("http", "export_file", **large(status=200))

    with client, pytest.raises(BrokenAnswer, match="larger than"), client.open_file(FILE):
        pass


def test_an_error_page_in_place_of_a_file_is_bounded_too(
    sandbox: Sandbox, client: MarketoClient
) -> None:
    sandbox.control.fault("http", "export_file", **large(status=403))

    with client, pytest.raises(BrokenAnswer, match="larger than"), client.open_file(FILE):
        pass


def test_the_bound_counts_what_a_small_body_unpacks_to(
    sandbox: Sandbox, client: MarketoClient
) -> None:
    sandbox.control.fault("http", "programs", **large(status=200, body=" " * 300_000))

    with client, pytest.raises(BrokenAnswer, match="larger than 1000 bytes"):
        client.call("GET", PROGRAMS)

    assert 0 < sandbox.control.requests("programs")[0]["bytes"] < 3000


def test_an_answer_within_the_bound_is_the_one_requests_would_give(
    sandbox: Sandbox, client: MarketoClient
) -> None:
    with client:
        response = client.fetch("GET", "/rest/asset/v1/channels.json", params={"maxReturn": 1})

        assert response.json()["success"] is True
        assert json.loads(response.content) == response.json()
    assert sandbox.control.stats()["total"] >= 1


def test_a_404_of_an_asset_does_not_mean_that_it_was_deleted(
    sandbox: Sandbox, client: MarketoClient
) -> None:
    sandbox.control.fault("http", "program", status=404, body="Not Found")

    with client, pytest.raises(RequestRefused, match="HTTP 404"):
        client.call("GET", "/rest/asset/v1/program/1001.json")
