"""An answer is a success, a file, or an error that says what Marketo said."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tap_marketo_programs.errors import (
    AnswerError,
    BrokenAnswer,
    FieldUnknown,
    FileUnavailable,
    PermissionDenied,
    QueueFull,
    RateLimited,
    RequestRefused,
    ServiceUnavailable,
    TokenRejected,
)
from tap_marketo_programs.marketo.answer import (
    Answer,
    require_file,
    require_http_success,
    require_success,
    require_success_if_any,
)

if TYPE_CHECKING:
    from collections.abc import Callable

ASKED = "GET /rest/asset/v1/programs.json"
ROWS = {"success": True, "requestId": "1#2", "result": [{"id": 1}]}
REFUSED = {
    "success": False,
    "requestId": "1#2",
    "errors": [{"code": "1003", "message": "Invalid data"}],
}


def answer(
    body: object = b"",
    status: int = 200,
    content_type: str = "application/json",
    *,
    is_redirect: bool = False,
) -> Answer:
    """An answer with a body, or with the JSON of an object."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    path = ASKED.removeprefix("GET ")
    return Answer(ASKED, path, status, content_type, is_redirect, lambda: content)


def unread() -> bytes:
    pytest.fail("the body of a file was read")


def error_of(found: Answer, require: Callable[[Answer], None] = require_success) -> AnswerError:
    with pytest.raises(AnswerError) as caught:
        require(found)
    return caught.value


# Successes


@pytest.mark.parametrize("status", [200, 201, 202, 203, 206])
@pytest.mark.parametrize("require", [require_success, require_success_if_any, require_http_success])
def test_an_envelope_of_a_success_is_one_under_any_status_of_a_success(
    require: Callable[[Answer], None], status: int
) -> None:
    require(answer(ROWS, status))


def test_a_success_may_have_no_result() -> None:
    require_success(answer({"success": True, "requestId": "1#2"}))


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b" ",
        b"<html>200</html>",
        b"[]",
        b"null",
        {},
        {"result": [{"id": 1}]},
        {"success": "perhaps", "result": []},
        {"success": True, "result": "none"},
        {"success": False},
        {"success": False, "errors": []},
        {"success": None, "errors": None},
    ],
)
def test_what_is_no_envelope_is_broken_and_leaves_its_request_in_doubt(body: object) -> None:
    error = error_of(answer(body))

    assert type(error) is BrokenAnswer
    assert error.in_doubt
    nothing = body == b""
    said = "nothing" if nothing else "something that is not a Marketo answer"
    assert str(error) == f"{ASKED}: Marketo answered {said}"


@pytest.mark.parametrize("body", [b"", b" \n"])
def test_a_success_without_a_body_passes_only_where_that_means_nothing_found(body: bytes) -> None:
    require_success_if_any(answer(body))

    with pytest.raises(BrokenAnswer):
        require_success(answer(body))
    with pytest.raises(ServiceUnavailable):
        require_success_if_any(answer(body, 503))
    with pytest.raises(RequestRefused):
        require_success_if_any(answer(REFUSED))


# Errors


def test_an_error_holds_request_code_words_and_request_id() -> None:
    error = error_of(answer(REFUSED))

    assert type(error) is RequestRefused
    assert (error.code, error.message, error.in_doubt) == ("1003", "Invalid data", False)
    assert str(error) == f"{ASKED}: Marketo says 1003 Invalid data (request id 1#2)"


def test_a_missing_request_id_is_said_to_be_missing() -> None:
    error = error_of(answer({**REFUSED, "requestId": None}))

    assert str(error).endswith("1003 Invalid data (request id none)")


def with_error(code: str, words: str, **changes: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    return {"success": False, "errors": [{"code": code, "message": words}], **changes}


@pytest.mark.parametrize(
    ("body", "status", "expected", "in_doubt"),
    [
        (with_error("606", "Slow down"), 200, RateLimited, False),
        (with_error("606", "Slow down"), 429, RateLimited, False),
        (with_error("604", "Timed out"), 200, ServiceUnavailable, True),
        (with_error("713", "Transient"), 503, ServiceUnavailable, True),
        (with_error("9999", "New"), 503, ServiceUnavailable, True),
        (with_error("1029", "Too many jobs (10) in queue"), 200, QueueFull, False),
        (with_error("602", "Expired"), 200, TokenRejected, False),
        # Of a success that brings nothing else, too.
        (with_error("602", "Expired", success=True), 200, TokenRejected, False),
    ],
)
def test_an_envelope_raises_what_its_code_means(
    body: object, status: int, expected: type[AnswerError], *, in_doubt: bool
) -> None:
    error = error_of(answer(body, status))

    assert type(error) is expected
    assert error.in_doubt is in_doubt


def test_a_success_with_rows_and_a_remark_is_a_success() -> None:
    require_success(answer({**ROWS, "errors": [{"code": "1003", "message": "A remark"}]}))


def test_several_errors_are_all_told() -> None:
    body = with_error("1003", "Bad")
    body["errors"].append({"code": "1006", "message": "Field 'x' not found"})

    error = error_of(answer(body))

    assert (type(error), error.code) == (FieldUnknown, "1006")
    assert "1003 Bad; 1006 Field 'x' not found" in str(error)


def test_a_refusal_of_fields_knows_which() -> None:
    error = error_of(answer(with_error("1003", "Invalid fields [webinarUrl, statusName]")))

    assert isinstance(error, FieldUnknown)
    assert error.named(["leadId", "webinarUrl", "statusName"]) == {"webinarUrl", "statusName"}


def test_a_603_names_the_permission_that_is_missing() -> None:
    error = error_of(answer(with_error("603", "Access denied")))

    assert type(error) is PermissionDenied
    assert "needs the permission 'Read-Only Assets'" in str(error)


@pytest.mark.parametrize(
    ("status", "expected", "in_doubt"),
    [(400, RequestRefused, False), (429, RateLimited, False), (502, ServiceUnavailable, True)],
)
@pytest.mark.parametrize("body", [b"", b"<html>Sorry</html>", b"{}"])
def test_a_status_speaks_where_no_envelope_does(
    status: int, expected: type[AnswerError], body: bytes, *, in_doubt: bool
) -> None:
    error = error_of(answer(body, status), require_http_success)

    assert type(error) is expected
    assert (error.code, error.in_doubt) == (f"HTTP {status}", in_doubt)
    assert str(error) == f"{ASKED}: Marketo answered HTTP {status}"


def test_a_redirect_and_a_refused_token_have_words_of_their_own() -> None:
    redirect = error_of(answer(status=302, is_redirect=True))
    token = error_of(answer(status=401))

    assert str(redirect) == f"{ASKED}: Marketo redirects elsewhere"
    assert "HTTP 401 (it does not accept the access token)" in str(token)


# Files


@pytest.mark.parametrize("status", [200, 203, 206])
def test_a_file_is_handed_out_unread(status: int) -> None:
    require_file(Answer(ASKED, "/file.json", status, "text/csv", is_redirect=False, read=unread))


@pytest.mark.parametrize("body", [b"", b"Not Found", b"<html>"])
def test_a_404_says_that_there_is_no_file(body: bytes) -> None:
    error = error_of(answer(body, 404, "text/plain"), require_file)

    assert type(error) is FileUnavailable
    assert (str(error), error.code) == (f"{ASKED}: Marketo has no such file", "HTTP 404")


@pytest.mark.parametrize("content_type", ["application/json", " Application/JSON ; charset=UTF-8"])
@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (with_error("602", "Expired"), TokenRejected),
        (ROWS, BrokenAnswer),
        (b"", BrokenAnswer),
        (b"[]", BrokenAnswer),
    ],
)
def test_an_envelope_in_place_of_a_file_is_never_handed_out(
    body: object, expected: type[AnswerError], content_type: str
) -> None:
    assert type(error_of(answer(body, content_type=content_type), require_file)) is expected


@pytest.mark.parametrize("status", [201, 202, 204])
def test_a_success_that_has_no_file_is_broken(status: int) -> None:
    assert type(error_of(answer(b"a,b", status, "text/csv"), require_file)) is BrokenAnswer
