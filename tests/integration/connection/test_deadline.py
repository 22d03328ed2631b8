"""No server holds a run for long by saying little, or nothing at all."""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from clocks import StillClock
from other_hosts import closed_port, silent_host, slow_host, unreachable_host

from tap_marketo_programs.errors import AnswerError, ConnectionFailed
from tap_marketo_programs.marketo.client import Connection, MarketoClient

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

PROGRAMS = "/rest/asset/v1/programs.json"
FILE = "/bulk/v1/program/members/export/abc/file.json"
OK = b"HTTP/1.1 200 OK\r\n"
JSON = OK + b"Content-Type: application/json\r\n"
_TOKEN = json.dumps({"access_token": "abc", "expires_in": 3600}).encode()
TOKEN = JSON + b"Content-Length: %d\r\nConnection: close\r\n\r\n%s" % (len(_TOKEN), _TOKEN)

# What comes at once, and what comes every hundredth of a second.
DRIPS = {
    "status line": (b"HTTP/1.1 200 O", b"K"),
    "header": (OK + b"X-Long: ", b"x"),
    "body": (JSON + b"Content-Length: 1000000\r\n\r\n{", b" "),
    "body without a length": (JSON + b"\r\n{", b" "),
    "chunks": (JSON + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n"),
    # Empty blocks: bytes arrive, and nothing ever comes of them.
    "gzip": (
        JSON
        + b"Content-Encoding: gzip\r\nContent-Length: 1000000\r\n\r\n"
        + bytes.fromhex("1f8b0800000000000003"),
        bytes.fromhex("000000ffff"),
    ),
    "error": (b"HTTP/1.1 503 Busy\r\nContent-Length: 1000000\r\n\r\n", b" "),
}


def connect(url: str, timeout: float = 300, **patience: float) -> MarketoClient:
    connection = replace(Connection(url, "an-id", "a-secret", timeout), **patience)  # type: ignore[arg-type]  # the fields that are seconds
    return MarketoClient(connection, StillClock())


@pytest.mark.parametrize("kind", DRIPS)
def test_an_answer_that_comes_byte_by_byte_is_given_up(kind: str) -> None:
    with (
        slow_host(*DRIPS[kind], greeting=TOKEN) as server,
        connect(server.url, timeout=0.2) as client,
        pytest.raises(ConnectionFailed, match="in time"),
    ):
        client.call("GET", PROGRAMS)


@pytest.mark.parametrize("kind", ["header", "body", "chunks", "gzip", "error"])
def test_an_answer_in_place_of_a_file_that_comes_byte_by_byte_is_given_up_too(kind: str) -> None:
    with (
        slow_host(*DRIPS[kind], greeting=TOKEN) as server,
        connect(server.url, timeout=0.2) as client,
        pytest.raises(ConnectionFailed, match="in time"),
        client.open_file(FILE),
    ):
        pass


def test_a_file_may_take_longer_than_any_answer() -> None:
    head = OK + b"Content-Type: text/csv\r\n\r\n"
    with (
        slow_host(head, b"1\n", greeting=TOKEN, seconds=1.5) as server,
        connect(server.url, timeout=10, whole_answer=0.1) as client,
        client.open_file(FILE) as answer,
    ):
        assert set(answer.content) == set(b"1\n")


# A host that never answers at first contact


@contextmanager
def half_a_header() -> Iterator[str]:
    """It begins to answer, and that was it."""
    with slow_host(OK + b"Conte", b"") as server:
        yield server.url


@contextmanager
def hanging_up() -> Iterator[str]:
    """It hangs up at once."""
    with slow_host(b"", b"", seconds=0) as server:
        yield server.url


@contextmanager
def byte_by_byte() -> Iterator[str]:
    """It answers for ever."""
    with slow_host(*DRIPS["body"], seconds=30) as server:
        yield server.url


@contextmanager
def no_handshake() -> Iterator[str]:
    """It is said to speak TLS and says nothing."""
    with silent_host() as url:
        yield url.replace("http:", "https:")


@contextmanager
def endless_handshake() -> Iterator[str]:
    """Its greeting comes byte by byte, in a record of 16,384 bytes."""
    with slow_host(bytes.fromhex("1603034000"), b"\x02", seconds=30) as server:
        yield server.url.replace("http:", "https:")


@contextmanager
def nobody() -> Iterator[str]:
    """No one listens there."""
    yield closed_port()


@pytest.mark.parametrize(
    "host",
    [
        silent_host,
        half_a_header,
        hanging_up,
        byte_by_byte,
        no_handshake,
        endless_handshake,
        nobody,
        unreachable_host,
    ],
)
def test_a_host_that_does_not_answer_at_first_is_named_soon_however_patient_the_user_is(
    host: Callable[[], AbstractContextManager[str]],
) -> None:
    little = {"first_answer_timeout": 0.3, "connect_timeout": 0.3}
    with host() as url, connect(url, **little) as client, pytest.raises(AnswerError) as caught:
        client.call("GET", PROGRAMS)

    said = str(caught.value)
    assert said.startswith(f"base_url: {url} does not answer as Marketo's Identity service does")
    assert "\n" not in said


def test_later_answers_are_waited_for_as_long_as_the_user_says() -> None:
    body = b'{"success":true,"result":[]}'
    answer = JSON + b"Content-Length: %d\r\n\r\n%s" % (len(body), body)
    with (
        slow_host(answer, b"", TOKEN) as server,
        connect(server.url, timeout=77) as client,
    ):
        assert client._transport._timeouts() == (10, 20)
        assert client._transport.deadline().left <= 20

        client.call("GET", PROGRAMS)

        assert client._transport._timeouts() == (10, 77)
        assert 77 < client._transport.deadline().left <= 77 * 1.5
