"""A proxy that does not do its work is named, without the login that its variable may hold."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
from clocks import StillClock
from other_hosts import closed_port, other_host, silent_host, slow_host, unreachable_host

from tap_marketo_programs.errors import AnswerError, ProxyFailed
from tap_marketo_programs.marketo.client import Connection, MarketoClient
from tap_marketo_programs.retry_policy import REQUEST_POLICY

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from harness import Output
    from marketo_sandbox import Sandbox

MARKETO = "https://123-abc-456.mktorest.invalid"
PROGRAMS = "/rest/asset/v1/programs.json"


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """No proxy of the machine that the tests run on."""
    for scheme in ("http", "https", "all", "no"):
        for name in (f"{scheme}_proxy", f"{scheme}_PROXY".upper()):
            monkeypatch.delenv(name, raising=False)


def said(url: str = MARKETO, expected: type[AnswerError] = AnswerError) -> str:
    """What a client of little patience says when its proxy leads nowhere."""
    clock = StillClock()
    connection = Connection(url, "an-id", "a-secret", first_answer_timeout=0.5, connect_timeout=0.5)
    client = MarketoClient(connection, clock)
    with client, pytest.raises(expected) as caught:
        client.call("GET", PROGRAMS)
    text = str(caught.value)
    assert text.isprintable()
    assert "xyzzy" not in text
    assert len(clock.slept) < REQUEST_POLICY.first_contact.tries
    return text


def test_a_login_with_a_slash_in_it_is_not_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """To a URL, what comes before the slash is host and port."""
    monkeypatch.setenv("HTTPS_PROXY", "http://somebody:12/xyzzy@proxy.example.com")

    text = said(expected=ProxyFailed)

    assert "the proxy that HTTPS_PROXY names" in text
    assert "somebody" not in text


def with_login(url: str) -> str:
    return url.replace("http://", "http://somebody:xyzzy@")


@contextmanager
def answering(status: int) -> Iterator[str]:
    """A proxy that answers every CONNECT like this."""
    head = b"HTTP/1.1 %d \x1b[31mNo\r\nContent-Length: 0\r\n\r\n" % status
    with slow_host(head, b"", seconds=0) as server:
        yield server.url


@contextmanager
def dead() -> Iterator[str]:
    """A proxy that is not there."""
    yield closed_port()


@pytest.mark.parametrize("name", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"])
def test_a_dead_proxy_is_named_by_its_variable(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(name, with_login(closed_port()))

    text = said(expected=ProxyFailed)

    assert f"the proxy that {name} names (127.0.0.1:" in text
    assert "cannot be reached: no connection could be made" in text
    assert "NO_PROXY" in text
    assert "base_url" not in text


@pytest.mark.parametrize(
    ("proxy", "words"),
    [
        (lambda: answering(407), "wants a login (HTTP 407)"),
        (lambda: answering(403), "does not connect to Marketo (HTTP 403)"),
        (lambda: answering(502), "does not connect to Marketo (HTTP 502)"),
        (unreachable_host, "cannot be reached: no connection in time"),
    ],
    ids=["login", "forbidden", "gateway", "no connection"],
)
def test_a_proxy_that_makes_no_connection_is_named_with_what_it_does(
    monkeypatch: pytest.MonkeyPatch,
    proxy: Callable[[], AbstractContextManager[str]],
    words: str,
) -> None:
    with proxy() as url:
        monkeypatch.setenv("HTTPS_PROXY", with_login(url))

        text = said(expected=ProxyFailed)

    assert f"the proxy that HTTPS_PROXY names ({url.removeprefix('http://')}) {words}" in text


def test_a_proxy_whose_name_is_unknown_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://somebody:xyzzy@proxy.invalid:3128")

    text = said(expected=ProxyFailed)

    assert "HTTPS_PROXY names (proxy.invalid:3128) cannot be reached: its host name is" in text


@pytest.mark.parametrize(
    "begin",
    [b"garbage\r\n\r\n", b"HTTP/1.1 200 OK\r\nHalf-a", b"HTTP/1.1 200 OK\r\n\r\nno TLS", b""],
    ids=["garbage", "half an answer", "no TLS behind it", "hanging up"],
)
def test_what_fails_on_the_way_through_a_proxy_is_told_with_its_name(
    monkeypatch: pytest.MonkeyPatch, begin: bytes
) -> None:
    with slow_host(begin, b"", seconds=0.7 if begin else 0) as server:
        monkeypatch.setenv("HTTPS_PROXY", with_login(server.url))

        text = said()

    where = server.url.removeprefix("http://")
    assert f"the way there leads through the proxy that HTTPS_PROXY names ({where})" in text


def test_a_proxy_that_says_nothing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    with silent_host() as url:
        monkeypatch.setenv("HTTPS_PROXY", url)

        assert "no answer in time; the way there leads through the proxy that HTTPS_PROXY" in said()


def test_a_proxy_that_speaks_no_tls_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    with answering(400) as url:
        monkeypatch.setenv("HTTPS_PROXY", url.replace("http:", "https:"))

        assert "the proxy that HTTPS_PROXY names" in said()


def test_a_proxy_that_wants_a_login_for_plain_http_is_named_too(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with other_host(407, "<html>login</html>") as proxy:
        monkeypatch.setenv("HTTP_PROXY", with_login(proxy.url))

        text = said("http://127.0.0.1:9", expected=ProxyFailed)

    assert "the proxy that HTTP_PROXY names (127.0.0.1:" in text
    assert "wants a login" in text


@pytest.mark.parametrize("listed", ["127.0.0.1", "*", "localhost,127.0.0.1"])
def test_a_host_that_no_proxy_is_for_has_nothing_to_do_with_one(
    monkeypatch: pytest.MonkeyPatch, listed: str
) -> None:
    monkeypatch.setenv("HTTP_PROXY", closed_port())
    monkeypatch.setenv("NO_PROXY", listed)

    text = said("http://127.0.0.1:9")

    assert "proxy" not in text
    assert text.startswith("base_url: http://127.0.0.1:9 does not answer")


def test_a_call_that_no_proxy_let_through_was_not_made(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    connection = Connection(sandbox.url, sandbox.client_id, sandbox.client_secret)
    with MarketoClient(connection, StillClock()) as client:
        client.call("GET", PROGRAMS)
        monkeypatch.setenv("HTTP_PROXY", closed_port())
        with pytest.raises(ProxyFailed) as caught:
            client.call("POST", PROGRAMS, repeatable=False)

    assert not caught.value.in_doubt


def test_a_dead_proxy_ends_the_command_in_one_line(
    command: Callable[..., Output], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", with_login(closed_port()))

    output = command(base_url=MARKETO)

    (line,) = [line for line in output.logs.splitlines() if "| ERROR " in line]
    assert output.code == 1
    assert "the proxy that HTTPS_PROXY names" in line
    assert "xyzzy" not in output.logs
    assert "Traceback" not in output.logs
