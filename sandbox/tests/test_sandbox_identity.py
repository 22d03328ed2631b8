"""The identity endpoint and the tokens it gives."""

from __future__ import annotations

import http.client
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
from marketo_sandbox import CLIENT_ID, CLIENT_SECRET, OTHER_CLIENT_ID, OTHER_CLIENT_SECRET, Sandbox
from marketo_sandbox.raw_client import RawClient

if TYPE_CHECKING:
    from collections.abc import Iterator

PROGRAMS = "/rest/asset/v1/programs.json"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@pytest.fixture
def client() -> Iterator[RawClient]:
    with Sandbox("tiny", now="2026-03-01T12:00:00Z", frozen=True) as sandbox:
        yield RawClient(sandbox.url)


def test_a_token_comes_by_get_and_by_post_with_query_or_form(client: RawClient) -> None:
    by_get = client.identity().json
    asked = f"grant_type=client_credentials&client_id={CLIENT_ID}&client_secret={CLIENT_SECRET}"
    by_form = client.send("POST", "/identity/oauth/token", asked.encode(), FORM).json
    by_query = client.send("POST", "/identity/oauth/token?" + asked).json
    assert by_get == by_form == by_query
    assert set(by_get) == {"access_token", "token_type", "expires_in", "scope"}
    assert by_get["token_type"] == "bearer"
    assert by_get["access_token"].endswith(":int")
    assert by_get["expires_in"] == 3600


def test_identity_answers_with_a_number_for_a_reason_phrase(client: RawClient) -> None:
    answer = client.identity()
    assert (answer.status, answer.reason) == (200, "200")
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["date"] == "Sun, 01 Mar 2026 12:00:00 GMT"


@pytest.mark.parametrize(
    ("knobs", "date"),
    [
        ({"date_skew_seconds": 600}, "Sun, 01 Mar 2026 12:10:00 GMT"),
        ({"date_skew_seconds": -86400}, "Sat, 28 Feb 2026 12:00:00 GMT"),
        ({"date_skew_seconds": 1e12}, "Fri, 31 Dec 9999 23:59:59 GMT"),
        ({"date_skew_seconds": -1e12}, "Thu, 01 Jan 1970 00:00:00 GMT"),
        ({"date_header": "yesterday, 25:61"}, "yesterday, 25:61"),
        ({"date_header": "absent"}, None),
    ],
)
def test_the_date_may_be_wrong_absent_or_no_date(
    client: RawClient, knobs: dict[str, Any], date: str | None
) -> None:
    client.control.knob(**knobs)
    for answer in (client.identity(), client.get(PROGRAMS), client.get("/nothing")):
        assert answer.headers.get("date") == date
    assert client.control.now() == "2026-03-01T12:00:00Z"


def test_asking_again_gives_the_same_token_with_what_is_left_of_its_life(client: RawClient) -> None:
    first = client.identity().json
    client.control.advance(3599.5)
    second = client.identity().json
    assert second["access_token"] == first["access_token"]
    assert second["expires_in"] == 0
    client.control.advance(0.5)
    third = client.identity().json
    assert third["access_token"] != first["access_token"]
    assert third["expires_in"] == 3600


def test_a_dead_token_is_602_and_an_unknown_one_601_and_none_603(client: RawClient) -> None:
    assert client.get(PROGRAMS).code == ""
    client.control.advance(3600)
    expired = client.get(PROGRAMS)
    assert (expired.status, expired.code, expired.message) == (200, "602", "Access token expired")
    unknown = client.send("GET", PROGRAMS, None, {"Authorization": "Bearer nonsense"})
    assert (unknown.code, unknown.message) == ("601", "Access token invalid")
    assert client.send("GET", PROGRAMS).code == "603"


def test_a_token_in_the_url_is_refused(client: RawClient) -> None:
    token = client.identity().json["access_token"]
    assert client.send("GET", f"{PROGRAMS}?access_token={token}").code == "603"
    assert client.control.requests("programs")[-1]["token_in_url"] is True


def test_revoked_tokens_are_601(client: RawClient) -> None:
    assert client.get(PROGRAMS).code == ""
    client.control.revoke_tokens()
    assert client.get(PROGRAMS).code == "601"


def test_each_custom_service_has_a_token_of_its_own(client: RawClient) -> None:
    ours = client.identity().json
    theirs = client.identity(client_id=OTHER_CLIENT_ID, client_secret=OTHER_CLIENT_SECRET).json
    assert ours["access_token"] != theirs["access_token"]
    assert ours["scope"] != theirs["scope"]


@pytest.mark.parametrize(
    ("variant", "parameters", "status", "error"),
    [
        ("unauthorized", {"client_id": "nobody"}, 401, "unauthorized"),
        ("unauthorized", {"client_secret": "wrong"}, 401, "invalid_client"),
        ("unauthorized", {"grant_type": "password"}, 400, "unsupported_grant_type"),
        ("invalid_client", {"client_id": "nobody"}, 401, "invalid_client"),
        ("200", {"client_id": "nobody"}, 200, "invalid_client"),
    ],
)
def test_wrong_credentials_are_the_one_real_4xx(
    client: RawClient, variant: str, parameters: dict[str, str], status: int, error: str
) -> None:
    client.control.knob(U30=variant)
    answer = client.identity(**parameters)
    assert (answer.status, answer.json["error"]) == (status, error)
    if parameters == {"client_secret": "wrong"}:
        assert answer.json["error_description"] == "Bad client credentials"


@pytest.mark.parametrize(("variant", "status"), [("unauthorized", 400), ("200", 200)])
def test_a_missing_grant_is_an_invalid_request(
    client: RawClient, variant: str, status: int
) -> None:
    client.control.knob(U30=variant)
    answer = client.send("GET", "/identity/oauth/token")
    assert answer.status == status
    assert answer.json == {
        "error": "invalid_request",
        "error_description": "Missing grant type",
    }


def test_token_life_makes_the_same_token_die_when_told(client: RawClient) -> None:
    first = client.identity().json
    client.control.fault("token_life", expires_in=2, count=2)
    dying = [client.identity().json for _ in range(2)]
    assert [answer["expires_in"] for answer in dying] == [2, 2]
    assert {answer["access_token"] for answer in dying} == {first["access_token"]}
    client.control.advance(2)
    assert client.identity().json["access_token"] != first["access_token"]


def test_a_token_of_no_life_at_all_is_given_when_told(client: RawClient) -> None:
    client.control.fault("token_life", expires_in=0)
    assert client.identity().json["expires_in"] == 0
    assert client.identity().json["expires_in"] == 3600


def test_the_log_never_holds_a_secret(client: RawClient) -> None:
    body = f"grant_type=client_credentials&client_id={CLIENT_ID}&client_secret={CLIENT_SECRET}"
    client.send("POST", "/identity/oauth/token", body.encode(), FORM)
    client.get(PROGRAMS)
    token = client.bearer()["Authorization"].partition(" ")[2]
    log = repr(client.control.requests())
    assert CLIENT_SECRET not in log
    assert token not in log
    assert [entry["authorized"] for entry in client.control.requests()] == [False, False, True]


def test_identity_does_not_count_as_a_call(client: RawClient) -> None:
    client.identity()
    assert client.control.stats()["calls_today"] == 0


def test_a_kept_alive_connection_serves_many_requests(client: RawClient) -> None:
    address = urlsplit(client.control.url).netloc
    connection = http.client.HTTPConnection(address, timeout=300)
    headers = client.bearer()
    for _ in range(3):
        connection.request("GET", PROGRAMS, headers=headers)
        assert connection.getresponse().read()
    connection.close()
