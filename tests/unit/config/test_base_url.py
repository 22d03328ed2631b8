"""`base_url` is taken as people paste it, and refused where it can be no Marketo host."""

from __future__ import annotations

import pytest

from tap_marketo_programs.config.base_url import host_url
from tap_marketo_programs.errors import MarketoConfigError

HOST = "https://123-abc-456.mktorest.com"


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("https://123-ABC-456.mktorest.com", HOST),
        ("https://123-abc-456.mktorest.com/", HOST),
        ("https://123-ABC-456.mktorest.com/rest", HOST),
        ("https://123-ABC-456.mktorest.com/rest/", HOST),
        ("https://123-ABC-456.mktorest.com//rest", HOST),
        ("https://123-ABC-456.mktorest.com/rest/v1/leads.json", HOST),
        ("https://123-ABC-456.mktorest.com/identity", HOST),
        ("https://123-ABC-456.mktorest.com/identity/oauth/token", HOST),
        ("https://123-ABC-456.mktorest.com/bulk/v1", HOST),
        ("  https://123-ABC-456.mktorest.com/rest \n", HOST),
        ("HTTPS://123-ABC-456.MKTOREST.COM", HOST),
        ("123-ABC-456.mktorest.com", HOST),
        ("123-ABC-456.mktorest.com/rest/", HOST),
        ("https://123-abc-456.mktorest.com:443/rest", HOST + ":443"),
        ("localhost:8443", "https://localhost:8443"),
        ("http://localhost:8080/rest", "http://localhost:8080"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("http://127.8.9.1", "http://127.8.9.1"),
        ("http://[::1]:8080/identity", "http://[::1]:8080"),
        ("https://[2001:db8::1]/rest", "https://[2001:db8::1]"),
        ("https://proxy_host.example.com.", "https://proxy_host.example.com."),
    ],
)
def test_base_url_is_taken_in_every_spelling_people_paste(given: str, expected: str) -> None:
    assert host_url(given) == expected


@pytest.mark.parametrize(
    "given",
    [
        "",
        "   ",
        "https://",
        "https:///rest",
        "https://123-ABC-456.mktorest.com/api",
        "https://123-ABC-456.mktorest.com/restful",
        "https://123-ABC-456.mktorest.com/rest?access_token=1",
        "https://user@123-ABC-456.mktorest.com",
        "https://user:word@123-ABC-456.mktorest.com",
        "https://:word@123-ABC-456.mktorest.com",
        "https://123 ABC 456.mktorest.com",
        "https://123-ABC-456..com",
        "https://.mktorest.com",
        "https://*.mktorest.com",
        "https://<munchkin>.mktorest.com",
        "https://${MUNCHKIN}.mktorest.com",
        "https://" + "a" * 64 + ".com",
        "https://mktorest.com\\rest",
        "https://m%61rketo.com",
        "https://mktorest.com:port",
        "https://mktorest.com:99999",
        "https://[::1",
        "https://[zz::1]",
        "https://[fe80::1%25eth0]",
    ],
)
def test_base_url_is_refused_where_it_can_be_no_marketo_host(given: str) -> None:
    with pytest.raises(MarketoConfigError, match="base_url: expected the REST endpoint") as caught:
        host_url(given)

    assert "word" not in str(caught.value)


@pytest.mark.parametrize(
    "given",
    [
        "http://123-ABC-456.mktorest.com",
        "http://192.168.0.1",
        "http://0.0.0.0",
        "http://localhost.example.com",
        "http://[2001:db8::1]",
        "ftp://123-ABC-456.mktorest.com",
        "file://localhost/rest",
    ],
)
def test_base_url_is_https_except_on_this_machine(given: str) -> None:
    with pytest.raises(MarketoConfigError, match="base_url: must be https"):
        host_url(given)


@pytest.mark.parametrize(
    "address",
    [
        "https://123-abc-456.mktorest.com:0",
        "https://123-abc-456.mktorest.com:00/rest",
        "https://123-abc-456.mktorest.com:",
        "https://123-abc-456.mktorest.com:65536",
        "https://123-abc-456.mktorest.com:-1",
        "https://123-abc-456.mktorest.com:https",
        "https://123-abc-456.mktorest.com/rest#top",
        "https://123-abc-456.mktorest.com/rest?x=1",
        "https://[::1]:0",
        "https://:443",
    ],
)
def test_an_address_with_a_port_or_an_end_that_cannot_be_is_refused(address: str) -> None:
    with pytest.raises(MarketoConfigError, match="base_url: expected the REST endpoint"):
        host_url(address)


def test_a_port_that_can_be_is_kept() -> None:
    assert host_url("https://marketo.example.com:8443/rest") == "https://marketo.example.com:8443"
