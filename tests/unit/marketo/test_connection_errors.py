"""What broke on the way is said in our own words, and whether anything was asked."""

from __future__ import annotations

import inspect
import ssl

import pytest
import requests
from urllib3.exceptions import ReadTimeoutError

from tap_marketo_programs.errors import ConnectionFailed, ProxyFailed
from tap_marketo_programs.marketo.connection_errors import asked, connection_failed

LOGIN = "https://somebody:xyzzy@proxy.example.com"
PATH = "/rest/asset/v1/programs.json"
URL = f"https://123-abc-456.mktorest.invalid{PATH}?access_token=xyzzy"


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """No proxy of the machine that the tests run on."""
    for scheme in ("http", "https", "all", "no"):
        for name in (f"{scheme}_proxy", f"{scheme}_PROXY".upper()):
            monkeypatch.delenv(name, raising=False)


def request() -> requests.PreparedRequest:
    return requests.Request("GET", URL).prepare()


def kinds() -> list[type[requests.RequestException]]:
    return [
        item
        for item in vars(requests.exceptions).values()
        if inspect.isclass(item) and issubclass(item, requests.RequestException)
    ]


def test_a_request_is_shown_without_host_and_query() -> None:
    assert asked(request()) == f"GET {PATH}"


@pytest.mark.parametrize("kind", kinds())
def test_whatever_requests_raises_is_a_failed_connection_without_its_words(
    kind: type[requests.RequestException],
) -> None:
    arguments = (LOGIN, "", 0) if issubclass(kind, requests.JSONDecodeError) else (LOGIN,)

    error = connection_failed(kind(*arguments), request())

    assert type(error) is ConnectionFailed
    assert "xyzzy" not in str(error)
    assert str(error).startswith(f"GET {PATH}: ")


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (requests.ConnectionError("NameResolutionError(...)"), "the host name is unknown"),
        (requests.exceptions.SSLError("x"), "its certificate is not trusted, or it speaks no TLS"),
        (requests.exceptions.ProxyError("x"), "the proxy refused"),
        (requests.exceptions.ConnectTimeout("x"), "no connection in time"),
        (requests.exceptions.ReadTimeout("x"), "no answer in time"),
        (requests.exceptions.ChunkedEncodingError("x"), "the connection failed"),
        (
            requests.ConnectionError(ReadTimeoutError(None, "/", "x")),  # type: ignore[arg-type]  # no pool is needed
            "the answer was not whole in time",
        ),
    ],
)
def test_a_failed_connection_says_what_failed(error: requests.RequestException, words: str) -> None:
    assert str(connection_failed(error, request())) == f"GET {PATH}: {words}"


def test_a_certificate_that_is_not_trusted_is_told_with_its_reason() -> None:
    distrust = ssl.SSLCertVerificationError()
    distrust.verify_message = "self-signed certificate."
    error = requests.exceptions.SSLError("x")
    error.__context__ = distrust

    assert "is not trusted (self-signed certificate); if a proxy stands between" in str(
        connection_failed(error, request())
    )


@pytest.mark.parametrize(
    ("error", "in_doubt"),
    [
        (requests.exceptions.ConnectTimeout("x"), False),
        (requests.exceptions.ProxyError("x"), False),
        (requests.ConnectionError("NewConnectionError(...)"), False),
        (requests.exceptions.ReadTimeout("x"), True),
        (requests.exceptions.ChunkedEncodingError("x"), True),
        (requests.ConnectionError("reset"), True),
    ],
)
def test_only_what_was_sent_can_be_in_doubt(
    error: requests.RequestException, *, in_doubt: bool
) -> None:
    assert connection_failed(error, request()).in_doubt is in_doubt


def test_the_proxy_on_the_way_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://somebody:xyzzy@proxy.example.com:3128")
    name = "the proxy that HTTPS_PROXY names (proxy.example.com:3128)"

    refused = connection_failed(requests.exceptions.ProxyError("ReadTimeoutError"), request())
    late = connection_failed(requests.exceptions.ReadTimeout("x"), request())

    assert type(refused) is ProxyFailed
    assert str(refused).startswith(f"GET {PATH}: {name} does not answer. Correct the variable")
    assert str(late) == f"GET {PATH}: no answer in time; the way there leads through {name}"
