"""The certificates of the environment are used, or it is said that they cannot be."""

from __future__ import annotations

import pytest
from clocks import StillClock

from tap_marketo_programs.errors import MarketoConfigError
from tap_marketo_programs.marketo.client import Connection, MarketoClient

PROGRAMS = "/rest/asset/v1/programs.json"


def connect(host_url: str) -> MarketoClient:
    connection = Connection(host_url, "a-client-id", "a-client-secret", timeout=2)
    return MarketoClient(connection, StillClock())


@pytest.mark.parametrize("name", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
def test_an_empty_variable_does_not_turn_verification_off(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.delenv("REQUESTS_CA_BUNDLE", raising=False)
    monkeypatch.delenv("CURL_CA_BUNDLE", raising=False)
    monkeypatch.setenv(name, "")

    with connect("https://marketo.invalid") as client:
        session = client._transport._session
        found = session.merge_environment_settings("https://marketo.invalid", {}, True, None, None)  # noqa: FBT003 - requests' signature

    assert found["verify"] is True


@pytest.mark.parametrize("name", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
def test_certificates_that_are_not_there_are_a_config_error(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.delenv("REQUESTS_CA_BUNDLE", raising=False)
    monkeypatch.setenv(name, "/nowhere/certificates.pem")

    with connect("https://127.0.0.1:9") as client, pytest.raises(MarketoConfigError) as caught:
        client.call("GET", PROGRAMS)

    assert "REQUESTS_CA_BUNDLE" in str(caught.value)
    assert "a-client-secret" not in str(caught.value)
