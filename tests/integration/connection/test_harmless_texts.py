"""No text of a server can play with a terminal, forge a log line or fill a disk."""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING, Any

import pytest
from clocks import StillClock
from harmful import NASTY, is_harmless
from other_hosts import other_host, slow_host

from tap_marketo_programs.errors import AnswerError, MarketoError
from tap_marketo_programs.marketo.client import Connection, MarketoClient

if TYPE_CHECKING:
    from harness import Tap
    from marketo_sandbox import Sandbox

PROGRAMS = "/rest/asset/v1/programs.json"
HALF = "\ud83d"


def envelope(**changes: Any) -> str:  # noqa: ANN401 - JSON
    return json.dumps({"success": False, **changes})


@pytest.mark.parametrize(
    "body",
    [
        envelope(requestId="1#2", errors=[{"code": "1003", "message": NASTY}]),
        envelope(requestId="1#2", errors=[{"code": NASTY, "message": "x"}]),
        envelope(requestId=NASTY, errors=[{"code": "1003", "message": "x"}]),
        envelope(requestId="x" * 10**5, errors=[{"code": "1003", "message": "y" * 10**5}]),
        envelope(requestId="1", errors=[{"code": "1003", "message": NASTY}] * 1000),
        envelope(requestId=[NASTY], errors=[NASTY]),
        envelope(errors=[{"code": "606", "message": NASTY}]),
    ],
    ids=["message", "code", "request id", "long", "many", "texts", "retried"],
)
def test_an_error_of_marketo_s_is_one_harmless_line(
    sandbox: Sandbox, body: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    sandbox.control.fault("http", "programs", count=1000, status=200, body=body)
    connection = Connection(sandbox.url, sandbox.client_id, sandbox.client_secret)

    with MarketoClient(connection, StillClock()) as client, pytest.raises(AnswerError) as caught:
        client.call("GET", PROGRAMS)

    for line in (str(caught.value), *caplog.messages):
        assert is_harmless(line)
        assert len(line) < 2000


def test_a_header_that_cannot_be_read_is_not_repeated(caplog: pytest.LogCaptureFixture) -> None:
    body = b'{"access_token":"abc","expires_in":3600}'
    head = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\na \x1b[31m forged\r\n\r\n" % len(body)
    with (
        slow_host(head + body, b"", seconds=0) as server,
        MarketoClient(Connection(server.url, "an-id", "a-secret"), StillClock()) as client,
    ):
        client.now()

    assert "forged" not in caplog.text


def test_a_status_that_comes_with_words_is_shown_without_them() -> None:
    head = b"HTTP/1.1 500 \x1b[31mforged\r\nContent-Length: 0\r\n\r\n"
    with (
        slow_host(head, b"", seconds=0) as server,
        MarketoClient(Connection(server.url, "an-id", "a-secret"), StillClock()) as client,
        pytest.raises(AnswerError) as caught,
    ):
        client.now()

    assert is_harmless(str(caught.value))


def test_where_a_redirect_leads_is_not_repeated() -> None:
    with (
        other_host(302, headers={"Location": "https://over-there.example/\x1b[31m"}) as host,
        MarketoClient(Connection(host.url, "an-id", "a-secret"), StillClock()) as client,
        pytest.raises(AnswerError) as caught,
    ):
        client.now()

    assert "over-there" not in str(caught.value)


def harmless_lines(caplog: pytest.LogCaptureFixture) -> list[str]:
    """The lines of a run, of which none may harm."""
    assert [line for line in caplog.messages if not is_harmless(line)] == []
    return caplog.messages


def test_why_a_job_failed_is_one_harmless_line(tap: Tap, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    tap.sandbox.control.fault("job_failed", count=100, errorMsg=NASTY.replace(HALF, ""))

    output = tap.run("program_members")

    assert isinstance(output.error, MarketoError)
    assert all(is_harmless(line) for line in str(output.error).splitlines())
    assert any(
        "forged" in line and "ended without a file" in line for line in harmless_lines(caplog)
    )


def test_names_of_tags_are_harmless_in_messages(tap: Tap, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    # Without what answers lose before anything else is done with them.
    name = f"Nasty {NASTY.replace(HALF, '').replace(chr(0), '')}"
    tap.sandbox.control.add_tag_type(name, [f"{name} 1", f"{name} 2"])

    unknown = tap.run("programs_by_tag", program_tags=[{"tag_type": "none such \x1b[31m"}])
    unused = tap.run(
        "programs_by_tag", program_tags=[{"tag_type": name, "tag_values": ["\x1b[2J"]}]
    )

    for error in (str(unknown.error), str(unused.error)):
        assert is_harmless(error)
        assert "Nasty" in error
    assert "has no value" in str(unused.error)
    assert harmless_lines(caplog)
