"""A proxy is named by its variable and its address, never with the login in it."""

from __future__ import annotations

import pytest
import requests
from clocks import StillClock

from tap_marketo_programs.errors import ProxyFailed
from tap_marketo_programs.marketo.client import Connection, MarketoClient
from tap_marketo_programs.marketo.proxies import proxy_of, proxy_refusal, proxy_trouble

HOST = "https://123-abc-456.mktorest.invalid"


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """No proxy of the machine that the tests run on."""
    for scheme in ("http", "https", "all", "no"):
        for name in (f"{scheme}_proxy", f"{scheme}_PROXY".upper()):
            monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize(
    "value",
    [
        "http://",
        "://",
        "http://[::1",
        "http://proxy.example.com:99999",
        "ftp://somebody:xyzzy@proxy.example.com:21",
        "socks5://somebody:xyzzy@127.0.0.1:1080",
        "http://two words:3128",
        "http://" + "a" * 70 + ".com",
        "http://pro\u202exy:1",
    ],
)
def test_a_variable_that_names_no_usable_proxy_is_named(
    monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", value)

    client = MarketoClient(Connection(HOST, "an-id", "a-secret"), StillClock())
    with client, pytest.raises(ProxyFailed) as caught:
        client.call("GET", "/rest/asset/v1/programs.json")

    text = str(caught.value)
    assert text.isprintable()
    assert "the proxy that HTTPS_PROXY names" in text
    assert "somebody" not in text
    assert "xyzzy" not in text


def test_without_a_variable_there_is_no_proxy() -> None:
    assert proxy_of(HOST) is None


@pytest.mark.parametrize("name", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"])
def test_a_proxy_has_the_name_of_its_variable_and_its_address(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv(name, "http://somebody:xyzzy@proxy.example.com:3128")

    assert proxy_of(HOST) == f"the proxy that {name} names (proxy.example.com:3128)"


def test_a_host_that_no_proxy_is_for_has_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example.com:3128")
    monkeypatch.setenv("NO_PROXY", ".mktorest.invalid")

    assert proxy_of(HOST) is None


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (requests.exceptions.InvalidURL("x"), "cannot be used: expected a URL"),
        (requests.exceptions.InvalidSchema("x"), "cannot be used: expected a URL"),
        (requests.exceptions.ProxyError("Tunnel connection failed: 407 x"), "wants a login"),
        (requests.exceptions.ProxyError("Tunnel connection failed: 502 x"), "(HTTP 502)"),
        (requests.exceptions.ProxyError("NameResolutionError"), "its host name is unknown"),
        (requests.exceptions.ProxyError("ConnectTimeoutError"), "no connection in time"),
        (requests.exceptions.ProxyError("NewConnectionError"), "no connection could be made"),
        (requests.exceptions.ProxyError("only use HTTP and not HTTPS"), "speaks no TLS"),
        (requests.exceptions.ProxyError("CERTIFICATE_VERIFY_FAILED"), "is not trusted"),
        (requests.exceptions.ProxyError("ReadTimeoutError"), "does not answer"),
        (requests.exceptions.ProxyError("something else"), "does not work"),
    ],
)
def test_what_is_wrong_with_a_proxy_is_said_in_our_own_words(
    error: requests.RequestException, words: str
) -> None:
    assert words in proxy_trouble(error)


@pytest.mark.parametrize(("status", "words"), [(407, "wants a login"), (403, "(HTTP 403)")])
def test_a_proxy_s_status_says_what_to_do(status: int, words: str) -> None:
    assert words in proxy_refusal(status)
