"""Credentials go to nobody whose certificate is not trusted, whatever the environment says."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from clocks import StillClock
from harness import by_key
from tls import CERTIFICATE, tls_proxy

from tap_marketo_programs.errors import ConnectionFailed, MarketoConfigError
from tap_marketo_programs.marketo.client import Connection, MarketoClient

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from harness import Output, Tap
    from marketo_sandbox import Sandbox
    from tls import TlsProxy

CHANNELS = "/rest/asset/v1/channels.json"


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither certificates nor proxies of the machine that the tests run on."""
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.setenv(name, "localhost,127.0.0.1")


@pytest.fixture
def front(sandbox: Sandbox) -> Iterator[TlsProxy]:
    with tls_proxy(sandbox.url) as front:
        yield front


def refusal(sandbox: Sandbox, url: str) -> str:
    """What the client says of a host to which it sends nothing."""
    connection = Connection(url, sandbox.client_id, sandbox.client_secret)
    refused = pytest.raises((ConnectionFailed, MarketoConfigError))
    with MarketoClient(connection, StillClock()) as client, refused as caught:
        client.call("GET", CHANNELS)
    assert sandbox.control.stats()["total"] == 0
    return str(caught.value)


def test_an_untrusted_certificate_ends_the_run_in_one_line_and_gets_no_credentials(
    command: Callable[..., Output], sandbox: Sandbox, front: TlsProxy
) -> None:
    output = command(base_url=front.url)

    assert output.code == 1
    (line,) = [line for line in output.logs.splitlines() if "| ERROR " in line]
    assert f"base_url: {front.url} does not answer as Marketo's Identity service does" in line
    assert re.search(r"its certificate is not trusted \(self.signed certificate\)", line)
    assert "REQUESTS_CA_BUNDLE" in line
    assert "Traceback" not in output.logs
    assert not output.records()
    assert sandbox.control.stats()["total"] == 0


@pytest.mark.parametrize("name", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
def test_a_certificate_that_the_environment_names_is_trusted(
    tap: Tap, front: TlsProxy, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv(name, str(CERTIFICATE))

    output = tap.sync("program_members", "channels", base_url=front.url)

    assert by_key(output.records()) == by_key(tap.sandbox.control.truth())
    assert output.records("channels")


def test_a_trusted_certificate_is_no_good_for_another_host(
    sandbox: Sandbox, front: TlsProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(CERTIFICATE))

    said = refusal(sandbox, f"https://127.0.0.1:{front.server_port}")

    assert "its certificate is not trusted" in said
    assert "mismatch" in said


@pytest.mark.parametrize(
    "variables",
    [
        {"REQUESTS_CA_BUNDLE": ""},
        {"CURL_CA_BUNDLE": ""},
        {"REQUESTS_CA_BUNDLE": "", "CURL_CA_BUNDLE": ""},
        {"REQUESTS_CA_BUNDLE": "0"},
        {"REQUESTS_CA_BUNDLE": "False"},
        {"CURL_CA_BUNDLE": "false"},
        {"PYTHONHTTPSVERIFY": "0"},
    ],
    ids=str,
)
def test_no_variable_turns_verification_off(
    sandbox: Sandbox,
    front: TlsProxy,
    monkeypatch: pytest.MonkeyPatch,
    variables: Mapping[str, str],
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)

    assert "certificate" in refusal(sandbox, front.url)
