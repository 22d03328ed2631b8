"""The access token: how it is asked for, used, waited out and replaced."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest
from clocks import StillClock
from other_hosts import other_host

from tap_marketo_programs.errors import (
    BadCredentials,
    BrokenAnswer,
    ServiceUnavailable,
    TokenRejected,
)
from tap_marketo_programs.marketo.client import Connection, MarketoClient
from tap_marketo_programs.marketo.paging import listing
from tap_marketo_programs.retry_policy import REQUEST_POLICY

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from marketo_sandbox import Sandbox

    Connect = Callable[..., MarketoClient]

PROGRAMS = "/rest/asset/v1/programs.json"
FILE = "/bulk/v1/program/members/export/abc/file.json"


class SharedClock(StillClock):
    """A clock that the sandbox's calendar follows."""

    def __init__(self, sandbox: Sandbox) -> None:
        super().__init__()
        self._sandbox = sandbox

    def sleep(self, seconds: float) -> None:
        super().sleep(seconds)
        self._sandbox.control.advance(seconds)


@pytest.fixture
def connect(sandbox: Sandbox) -> Iterator[Connect]:
    """Make clients of the sandbox that are closed in the end."""
    made: list[MarketoClient] = []

    def connect(**changes: Any) -> MarketoClient:  # noqa: ANN401 - any field of Connection
        connection = {
            "host_url": sandbox.url,
            "client_id": sandbox.client_id,
            "client_secret": sandbox.client_secret,
            "calls_per_window": 100_000,
            **changes,
        }
        made.append(MarketoClient(Connection(**connection), SharedClock(sandbox)))
        return made[-1]

    yield connect
    for client in made:
        client.close()


@pytest.fixture
def client(connect: Connect) -> MarketoClient:
    return connect()


def identity(sandbox: Sandbox) -> list[dict[str, Any]]:
    return sandbox.control.requests("identity")


def codes(sandbox: Sandbox) -> list[str]:
    return [call["code"] for call in sandbox.control.requests() if call["code"]]


def test_the_token_is_asked_for_by_post_with_a_form_and_no_secret_in_the_url(
    sandbox: Sandbox, client: MarketoClient
) -> None:
    client.call("GET", PROGRAMS)

    asked = identity(sandbox)[0]
    assert (asked["method"], asked["query"]) == ("POST", {})
    assert asked["headers"]["Content-Type"] == "application/x-www-form-urlencoded"
    assert asked["body"] == {
        "grant_type": "client_credentials",
        "client_id": sandbox.client_id,
        "client_secret": "***",
    }
    assert not asked["authorized"]


def test_every_call_carries_the_token_in_its_header_and_nowhere_else(
    sandbox: Sandbox, client: MarketoClient
) -> None:
    client.call("GET", PROGRAMS, params={"maxReturn": 200})
    client.call("GET", "/rest/v1/programs/members/describe.json")

    calls = [call for call in sandbox.control.requests() if call["endpoint"] != "identity"]
    assert [call["authorized"] for call in calls] == [True, True]
    assert not any(call["token_in_url"] for call in calls)
    assert [set(call["query"]) for call in calls] == [{"maxReturn"}, set()]


def test_one_token_serves_all_calls_until_it_dies(sandbox: Sandbox, client: MarketoClient) -> None:
    for _ in range(5):
        client.call("GET", PROGRAMS)
    assert len(identity(sandbox)) == 1

    sandbox.control.advance(3600)
    client.call("GET", PROGRAMS)

    assert codes(sandbox) == ["602"]
    assert len(identity(sandbox)) == 2


def test_a_token_that_died_by_its_own_figure_is_not_tried(
    sandbox: Sandbox, client: MarketoClient
) -> None:
    sandbox.control.knob(token_seconds=30)
    client.call("GET", PROGRAMS)

    client.clock.sleep(31)
    client.call("GET", PROGRAMS)

    assert codes(sandbox) == []
    assert len(identity(sandbox)) == 2


def test_threads_share_one_token(sandbox: Sandbox, client: MarketoClient) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: client.call("GET", PROGRAMS), range(16)))

    assert len(identity(sandbox)) == 1


def test_threads_that_lose_the_token_together_fetch_one_new_one(
    sandbox: Sandbox, client: MarketoClient
) -> None:
    client.call("GET", PROGRAMS)
    sandbox.control.revoke_tokens()
    together = threading.Barrier(5)

    def call(_: int) -> int:
        together.wait()
        return len(client.call("GET", PROGRAMS))

    with ThreadPoolExecutor(5) as pool:
        assert list(pool.map(call, range(5))) == [3] * 5
    assert len(identity(sandbox)) == 2


@pytest.mark.parametrize("life", [0, 1, 2, 4])
def test_a_dying_token_is_waited_out(sandbox: Sandbox, client: MarketoClient, life: int) -> None:
    sandbox.control.fault("token_life", expires_in=life)

    client.call("GET", PROGRAMS)

    assert client.clock.slept == [pytest.approx(life + 1)]  # type: ignore[attr-defined]  # the fixture's clock
    assert len(identity(sandbox)) == 2
    assert codes(sandbox) == []


def test_a_token_of_zero_seconds_twice_in_a_row_is_waited_out_too(
    sandbox: Sandbox, client: MarketoClient
) -> None:
    sandbox.control.fault("token_life", count=2, expires_in=0)

    client.call("GET", PROGRAMS)

    assert len(identity(sandbox)) == 3


def test_an_identity_with_dying_tokens_only_is_given_up(
    sandbox: Sandbox, client: MarketoClient
) -> None:
    sandbox.control.fault("token_life", count=100_000, expires_in=0)

    with pytest.raises(BrokenAnswer, match="only access tokens that are already dying"):
        client.call("GET", PROGRAMS)

    assert sandbox.control.requests("programs") == []
    assert len(identity(sandbox)) <= 5 * 8


@pytest.mark.parametrize("code", ["601", "602"])
@pytest.mark.parametrize("after", [0, 1, 2])
def test_a_token_lost_in_the_middle_of_a_listing_costs_one_token_and_one_repeat(
    sandbox: Sandbox, client: MarketoClient, code: str, after: int
) -> None:
    sandbox.control.reset(world="sized", programs=401, members_per_program=0)
    sandbox.control.fault("error", "programs", after=after, code=code)

    rows = list(listing(client, PROGRAMS, "id"))

    assert len({row["id"] for row in rows}) == len(rows) == 401
    assert codes(sandbox) == [code]
    assert len(sandbox.control.requests("programs")) == 3 + 1
    assert len(identity(sandbox)) == 2


def test_a_token_revoked_in_mid_run_is_replaced(sandbox: Sandbox, client: MarketoClient) -> None:
    client.call("GET", PROGRAMS)
    sandbox.control.revoke_tokens()

    assert len(client.call("GET", PROGRAMS)) == 3

    assert codes(sandbox) == ["601"]


@pytest.mark.parametrize("code", ["601", "602"])
def test_a_file_answered_with_a_token_error_is_asked_for_again(
    sandbox: Sandbox, client: MarketoClient, code: str
) -> None:
    sandbox.control.fault("error", "export_file", code=code)
    sandbox.control.fault(
        "http", "export_file", after=1, status=200, body="leadId\n1\n", content_type="text/csv"
    )

    with client.open_file(FILE) as answer:
        assert answer.content == b"leadId\n1\n"

    assert len(sandbox.control.requests("export_file")) == 2
    assert len(identity(sandbox)) == 2


@pytest.mark.parametrize("code", ["601", "602"])
def test_a_second_refusal_of_the_token_is_an_answer(
    sandbox: Sandbox, client: MarketoClient, code: str
) -> None:
    sandbox.control.fault("error", "programs", count=1000, code=code)

    with pytest.raises(TokenRejected, match=code):
        client.call("GET", PROGRAMS)

    assert len(sandbox.control.requests("programs")) == 2
    assert len(identity(sandbox)) == 2


@pytest.mark.parametrize("code", ["601", "602"])
def test_a_call_that_must_not_happen_twice_is_repeated_with_a_new_token(
    sandbox: Sandbox, client: MarketoClient, code: str
) -> None:
    sandbox.control.fault("error", "programs", code=code)

    assert len(client.call("GET", PROGRAMS, repeatable=False)) == 3


@pytest.mark.parametrize("style", ["unauthorized", "invalid_client", "200"])
@pytest.mark.parametrize("wrong", ["client_id", "client_secret"])
def test_refused_credentials_are_named_but_not_shown(
    sandbox: Sandbox, connect: Connect, style: str, wrong: str
) -> None:
    sandbox.control.knob(U30=style)
    client = connect(**{wrong: "not-to-be-shown"})

    with pytest.raises(BadCredentials) as caught:
        client.call("GET", PROGRAMS)

    text = str(caught.value)
    assert text.startswith("Marketo refused client_id and client_secret")
    assert "LaunchPoint" in text
    assert "not-to-be-shown" not in text
    assert sandbox.client_id not in text
    assert sandbox.client_secret not in text
    assert len(identity(sandbox)) == 1


@pytest.mark.parametrize("status", [200, 400, 401])
def test_an_error_body_is_a_refusal_whatever_its_description_says(
    sandbox: Sandbox, client: MarketoClient, status: int
) -> None:
    body = '{"error":"unauthorized","error_description":"No client with requested id: abc-xyz"}'
    sandbox.control.fault("http", "identity", status=status, body=body)

    with pytest.raises(BadCredentials, match=r"\(unauthorized\)") as caught:
        client.call("GET", PROGRAMS)

    assert "abc-xyz" not in str(caught.value)


@pytest.mark.parametrize("body", ["", "<html>401</html>", "[]"])
def test_a_401_without_a_readable_body_is_a_refusal_too(
    sandbox: Sandbox, client: MarketoClient, body: str
) -> None:
    sandbox.control.fault("http", "identity", status=401, body=body)

    with pytest.raises(BadCredentials):
        client.call("GET", PROGRAMS)


def test_an_error_of_the_service_is_not_taken_for_wrong_credentials(
    sandbox: Sandbox, client: MarketoClient
) -> None:
    body = '{"status":503,"error":"Service Unavailable"}'
    sandbox.control.fault("http", "identity", status=503, body=body)

    assert len(client.call("GET", PROGRAMS)) == 3


@pytest.mark.parametrize("kind", ["http", "empty_body", "broken_json", "reset", "cut"])
def test_identity_is_asked_again_when_it_stumbles(
    sandbox: Sandbox, client: MarketoClient, kind: str
) -> None:
    sandbox.control.fault(kind, "identity", count=2)

    assert len(client.call("GET", PROGRAMS)) == 3

    assert len(identity(sandbox)) == 3


def test_a_failing_identity_is_not_asked_by_the_call_and_by_the_token_in_turns(
    sandbox: Sandbox, client: MarketoClient
) -> None:
    sandbox.control.fault("http", "identity", count=1000, status=502)

    with pytest.raises(ServiceUnavailable, match="HTTP 502"):
        client.call("GET", PROGRAMS)

    assert len(identity(sandbox)) == REQUEST_POLICY.usual.tries


def test_identity_s_404_in_mid_run_is_not_taken_for_a_missing_asset(
    sandbox: Sandbox, client: MarketoClient
) -> None:
    client.call("GET", PROGRAMS)
    sandbox.control.revoke_tokens()
    sandbox.control.fault("http", "identity", count=1000, status=404)

    with pytest.raises(ServiceUnavailable, match="HTTP 404"):
        client.call("GET", PROGRAMS)

    assert len(identity(sandbox)) == 1 + 8


def test_a_call_whose_token_was_lost_is_not_in_doubt(
    sandbox: Sandbox, client: MarketoClient
) -> None:
    client.call("GET", PROGRAMS)
    sandbox.control.revoke_tokens()
    sandbox.control.fault("reset", "identity", count=2)

    assert len(client.call("GET", PROGRAMS, repeatable=False)) == 3


@pytest.mark.parametrize(
    "body",
    [
        '{"access_token":null}',
        '{"access_token":"abc"}',
        '{"access_token":"","expires_in":1}',
        '{"access_token":" ","expires_in":3600}',
        '{"access_token":7,"expires_in":3600}',
        '{"access_token":["abc"],"expires_in":3600}',
        '{"access_token":"abc","expires_in":NaN}',
        '{"access_token":"abc","expires_in":"soon"}',
        '{"access_token":"abc","expires_in":true}',
        '{"access_token":"abc","expires_in":[3600]}',
    ],
)
def test_an_answer_without_a_usable_token_is_broken(connect: Connect, body: str) -> None:
    with (
        other_host(body=body) as host,
        connect(host_url=host.url) as client,
        pytest.raises(BrokenAnswer, match="without an access token"),
    ):
        client.call("GET", PROGRAMS)


@pytest.mark.parametrize(
    "token", ["a b", r"a\nHost: evil", "caf\u00e9", r"\ud83d", r"a\tb", "a\u2028b", r"a\u0001b"]
)
def test_a_token_that_no_header_can_hold_is_broken_and_never_sent(
    connect: Connect, token: str
) -> None:
    body = f'{{"access_token":"x{token}x","expires_in":3600}}'
    with (
        other_host(body=body) as host,
        connect(host_url=host.url) as client,
        pytest.raises(BrokenAnswer, match="an access token that no header can hold"),
    ):
        client.call("GET", PROGRAMS)

    assert {path for _, path, _ in host.requests} == {"/identity/oauth/token"}


def test_a_life_below_zero_is_none(sandbox: Sandbox, client: MarketoClient) -> None:
    sandbox.control.fault("token_life", expires_in=-30)

    assert len(client.call("GET", PROGRAMS)) == 3
