"""Every answer is taken for what it is, and the user reads what Marketo said."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest
from altering_proxy import Alteration, ends_with
from clocks import StillClock
from codes import EXPECTED, IN_DOUBT, PLAIN

from tap_marketo_programs.errors import (
    AnswerError,
    FieldUnknown,
    FileUnavailable,
    PermissionDenied,
    RateLimited,
    RequestRefused,
    ServiceUnavailable,
    TokenRejected,
)
from tap_marketo_programs.marketo.client import Connection, MarketoClient
from tap_marketo_programs.marketo.http_statuses import HTTP_VERDICTS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from altering_proxy import Answer, Proxy
    from marketo_sandbox import Sandbox

PROGRAMS = "/rest/asset/v1/programs.json"
DESCRIBE = "/rest/v1/programs/members/describe.json"
CREATE = "/bulk/v1/program/members/export/create.json"
ALWAYS = 1000


@pytest.fixture
def client(sandbox: Sandbox) -> Iterator[MarketoClient]:
    connection = Connection(
        sandbox.url, sandbox.client_id, sandbox.client_secret, calls_per_window=100_000
    )
    with MarketoClient(connection, StillClock()) as client:
        yield client


def refusal(client: MarketoClient, path: str = PROGRAMS, **how: Any) -> AnswerError:  # noqa: ANN401 - any argument of `call`
    method = "POST" if path == CREATE else "GET"
    with pytest.raises(AnswerError) as caught:
        client.call(method, path, **how)
    return caught.value


@pytest.mark.parametrize(("code", "words", "expected"), EXPECTED)
def test_a_code_in_an_envelope_raises_its_own_error(
    sandbox: Sandbox,
    client: MarketoClient,
    code: str,
    words: str,
    expected: type[AnswerError],
) -> None:
    sandbox.control.fault("error", "programs", count=ALWAYS, code=code, message=words)

    error = refusal(client)

    assert type(error) is expected
    assert (error.code, error.message) == (code, words)


@pytest.mark.parametrize("code", sorted({row[0] for row in EXPECTED} | {row[0] for row in PLAIN}))
def test_what_broke_within_marketo_may_have_been_done_and_what_it_refused_was_not(
    sandbox: Sandbox, client: MarketoClient, code: str
) -> None:
    sandbox.control.fault("error", "export_create", count=ALWAYS, code=code)

    error = refusal(client, CREATE, repeatable=False)

    assert error.in_doubt == (code in IN_DOUBT)


@pytest.mark.parametrize(("code", "words"), PLAIN)
def test_a_code_without_a_better_name_is_a_refused_request(
    sandbox: Sandbox, client: MarketoClient, code: str, words: str
) -> None:
    sandbox.control.fault("error", "programs", code=code, message=words)

    error = refusal(client)

    assert type(error) is RequestRefused
    assert len(sandbox.control.requests("programs")) == 1


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (302, RequestRefused),
        (400, RequestRefused),
        (403, RequestRefused),
        (404, RequestRefused),
        (408, ServiceUnavailable),
        (413, RequestRefused),
        (414, RequestRefused),
        (409, RequestRefused),
        (421, ServiceUnavailable),
        (425, ServiceUnavailable),
        (429, RateLimited),
        (500, ServiceUnavailable),
        (502, ServiceUnavailable),
        (503, ServiceUnavailable),
        (504, ServiceUnavailable),
    ],
)
def test_an_http_status_without_an_envelope_has_a_verdict_too(
    sandbox: Sandbox, client: MarketoClient, status: int, expected: type[AnswerError]
) -> None:
    sandbox.control.fault("http", "programs", count=ALWAYS, status=status)

    error = refusal(client)

    assert type(error) is expected
    assert error.code == f"HTTP {status}"
    assert str(error) == f"GET {PROGRAMS}: Marketo answered HTTP {status}"
    assert status == 302 or (expected is RequestRefused) == (status not in HTTP_VERDICTS)


def status_is(status: int) -> Callable[[Answer], bool]:
    """The change of an answer into a gateway's page."""

    def change(answer: Answer) -> bool:
        answer.status, answer.body = status, b"<html>Sorry</html>"
        return True

    return change


@contextmanager
def connected(sandbox: Sandbox, between: Proxy) -> Iterator[MarketoClient]:
    """A client that sends through the proxy."""
    connection = Connection(
        between.url, sandbox.client_id, sandbox.client_secret, calls_per_window=100_000
    )
    with MarketoClient(connection, StillClock()) as client:
        yield client


@pytest.mark.parametrize("status", [499, 501, 507, 511, 520, 522, 524, 530, 598, 599, 600, 999])
@pytest.mark.parametrize("endpoint", ["/identity/oauth/token", "/programs.json"])
def test_whatever_status_a_gateway_has_for_its_trouble_it_passes(
    sandbox: Sandbox, between: Proxy, status: int, endpoint: str
) -> None:
    between.alterations.append(Alteration(ends_with(endpoint), status_is(status), times=2))

    with connected(sandbox, between) as client:
        assert len(client.call("GET", PROGRAMS)) == 3

    assert between.alterations[0].served == 2


@pytest.mark.parametrize("status", [520, 598, 999])
def test_behind_a_gateway_s_trouble_a_post_may_have_been_done(
    sandbox: Sandbox, between: Proxy, status: int
) -> None:
    between.alterations.append(Alteration(ends_with("/create.json"), status_is(status)))

    with connected(sandbox, between) as client:
        assert refusal(client, CREATE, repeatable=False).in_doubt


def test_a_401_outside_of_identity_renews_the_token_once(sandbox: Sandbox, between: Proxy) -> None:
    between.alterations.append(Alteration(ends_with("/programs.json"), status_is(401)))
    with connected(sandbox, between) as client:
        assert len(client.call("GET", PROGRAMS)) == 3
        assert len(sandbox.control.requests("identity")) == 2

        between.alterations[0].times = ALWAYS
        error = refusal(client)

    assert type(error) is TokenRejected
    assert "HTTP 401 (it does not accept the access token)" in str(error)
    assert len(sandbox.control.requests("identity")) == 3


def test_a_401_of_a_file_renews_the_token_too(sandbox: Sandbox, between: Proxy) -> None:
    between.alterations.append(Alteration(ends_with("/file.json"), status_is(401)))

    with (
        connected(sandbox, between) as client,
        pytest.raises(FileUnavailable),
        client.open_file("/bulk/v1/program/members/export/abc/file.json"),
    ):
        pass

    assert len(sandbox.control.requests("identity")) == 2


@pytest.mark.parametrize("status", [201, 202, 203])
def test_a_success_under_another_status_is_one(
    sandbox: Sandbox, between: Proxy, status: int
) -> None:
    def change(answer: Answer) -> bool:
        answer.status = status
        return True

    between.alterations.append(Alteration(ends_with("/programs.json"), change))

    with connected(sandbox, between) as client:
        assert len(client.call("GET", PROGRAMS)) == 3
        assert client.retries == 0


def test_an_unknown_code_under_a_passing_status_passes(
    sandbox: Sandbox, client: MarketoClient
) -> None:
    sandbox.control.fault("error", "programs", code="9999", status=503)

    assert len(client.call("GET", PROGRAMS)) == 3


def test_an_envelope_under_another_status_is_read_all_the_same(
    sandbox: Sandbox, client: MarketoClient
) -> None:
    sandbox.control.fault("error", "programs", code="1003", status=400)

    error = refusal(client)

    assert (type(error), error.code) == (RequestRefused, "1003")


def test_a_606_under_http_429_is_a_606(sandbox: Sandbox, client: MarketoClient) -> None:
    sandbox.control.fault("error", "programs", count=ALWAYS, code="606", status=429)

    error = refusal(client)

    assert (type(error), error.code) == (RateLimited, "606")


@pytest.mark.parametrize("body", ["Not Found", "<html>Not Found</html>", ""])
def test_404_of_a_file_says_that_there_is_none(
    sandbox: Sandbox, client: MarketoClient, body: str
) -> None:
    sandbox.control.fault("http", "export_file", status=404, body=body)

    with (
        pytest.raises(FileUnavailable, match="Marketo has no such file"),
        client.open_file("/bulk/v1/program/members/export/abc/file.json"),
    ):
        pass


def test_several_errors_are_all_told_and_the_most_telling_one_decides(
    sandbox: Sandbox, client: MarketoClient
) -> None:
    found = [{"code": "1003", "message": "Bad"}, {"code": "1006", "message": "Field 'x' not found"}]
    sandbox.control.fault("error", "programs", errors=found)

    error = refusal(client)

    assert (type(error), error.code) == (FieldUnknown, "1006")
    assert "1003 Bad; 1006 Field 'x' not found" in str(error)


def test_several_errors_without_a_name_are_the_first_one(
    sandbox: Sandbox, client: MarketoClient
) -> None:
    found = [{"code": "1003", "message": "Bad"}, {"code": "1001", "message": "Worse"}]
    sandbox.control.fault("error", "programs", errors=found)

    error = refusal(client)

    assert (type(error), error.code, error.message) == (RequestRefused, "1003", "Bad")


@pytest.mark.parametrize("entry", [{"code": 1003, "message": "Bad"}, "1003 Bad", {}, None])
def test_errors_of_an_unusual_shape_are_still_errors(
    sandbox: Sandbox, client: MarketoClient, entry: object
) -> None:
    sandbox.control.fault("error", "programs", errors=[entry])

    assert type(refusal(client)) is RequestRefused


def test_a_message_holds_path_code_words_and_request_id(
    sandbox: Sandbox, client: MarketoClient
) -> None:
    body = (
        '{"requestId":"e42b#14272d07d78","success":false,'
        '"errors":[{"code":"1003","message":"Invalid data"}]}'
    )
    sandbox.control.fault("broken_json", "programs", body=body)

    error = refusal(client, params={"offset": 0})

    assert str(error) == (
        f"GET {PROGRAMS}: Marketo says 1003 Invalid data (request id e42b#14272d07d78)"
    )


def test_a_missing_request_id_is_said_to_be_missing(
    sandbox: Sandbox, client: MarketoClient
) -> None:
    body = '{"success":false,"errors":[{"code":"1003","message":"Invalid data"}]}'
    sandbox.control.fault("broken_json", "programs", body=body)

    assert str(refusal(client)).endswith("1003 Invalid data (request id none)")


@pytest.mark.parametrize(
    ("path", "endpoint", "permission"),
    [
        (PROGRAMS, "programs", "Read-Only Assets"),
        ("/rest/asset/v1/tagTypes.json", "tag_types", "Read-Only Assets"),
        (DESCRIBE, "members_describe", "Read-Only Lead"),
        (CREATE, "export_create", "Read-Only Lead"),
    ],
)
def test_a_603_names_the_permission_that_is_missing(
    sandbox: Sandbox, client: MarketoClient, path: str, endpoint: str, permission: str
) -> None:
    sandbox.control.knob(denied=endpoint)

    error = refusal(client, path)

    assert isinstance(error, PermissionDenied)
    assert "603 Access denied" in str(error)
    assert f"permission '{permission}' (Admin > Users & Roles)" in str(error)
    assert "IP allowlist" in str(error)
    assert len(sandbox.control.requests(endpoint)) == 1


def test_used_up_calls_are_told_with_what_to_do(sandbox: Sandbox, client: MarketoClient) -> None:
    sandbox.control.fault("error", "programs", count=ALWAYS, code="607")

    error = refusal(client)

    assert "run again after midnight in Chicago" in str(error)


@pytest.mark.parametrize("code", ["607", "1029", "1035", "603", "1003"])
def test_what_would_fail_again_is_asked_once(
    sandbox: Sandbox, client: MarketoClient, code: str
) -> None:
    sandbox.control.fault("error", "programs", count=ALWAYS, code=code)

    refusal(client)

    assert len(sandbox.control.requests("programs")) == 1
    assert client.retries == 0
