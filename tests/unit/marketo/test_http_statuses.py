"""What a status means that comes without an envelope."""

from __future__ import annotations

import pytest

from tap_marketo_programs.errors import (
    AnswerError,
    RateLimited,
    RequestRefused,
    ServiceUnavailable,
    TokenRejected,
)
from tap_marketo_programs.marketo.http_statuses import (
    HTTP_VERDICTS,
    http_verdict,
    is_missing_file,
    is_server_error,
    refuses_client,
    wants_proxy_login,
)

EXPECTED: dict[int, type[AnswerError]] = {
    401: TokenRejected,
    408: ServiceUnavailable,
    421: ServiceUnavailable,
    425: ServiceUnavailable,
    429: RateLimited,
    499: ServiceUnavailable,
    500: ServiceUnavailable,
    502: ServiceUnavailable,
    503: ServiceUnavailable,
    504: ServiceUnavailable,
}


def test_every_status_of_the_table_is_held_by_a_test() -> None:
    assert HTTP_VERDICTS == EXPECTED


@pytest.mark.parametrize("status", [301, 302, 400, 403, 404, 405, 409, 413, 414, 416])
def test_what_a_client_did_wrong_is_a_refused_request(status: int) -> None:
    assert http_verdict(status) is RequestRefused
    assert not is_server_error(status)


@pytest.mark.parametrize("status", [501, 507, 511, 520, 522, 524, 530, 598, 599, 600, 999])
def test_whatever_status_a_gateway_has_for_its_trouble_it_passes(status: int) -> None:
    assert http_verdict(status) is ServiceUnavailable
    assert is_server_error(status)


@pytest.mark.parametrize("status", [200, 400, 401])
def test_an_error_of_identity_is_about_the_client(status: int) -> None:
    assert refuses_client(status, names_error=True)


@pytest.mark.parametrize("status", [403, 404, 429, 500, 503])
def test_an_error_under_another_status_is_about_the_service(status: int) -> None:
    assert not refuses_client(status, names_error=True)


@pytest.mark.parametrize(("status", "expected"), [(401, True), (400, False), (200, False)])
def test_a_401_of_identity_needs_no_words(status: int, *, expected: bool) -> None:
    assert refuses_client(status, names_error=False) is expected


def test_only_a_404_says_that_there_is_no_file_and_only_a_407_comes_from_a_proxy() -> None:
    statuses = range(100, 600)

    assert [status for status in statuses if is_missing_file(status)] == [404]
    assert [status for status in statuses if wants_proxy_login(status)] == [407]
