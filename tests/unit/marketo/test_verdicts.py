"""Every code has a meaning, told by its words where one code has several."""

from __future__ import annotations

import pytest
from codes import EXPECTED, IN_DOUBT, PLAIN

from tap_marketo_programs.errors import (
    AnswerError,
    FieldUnknown,
    RateLimited,
    RequestRefused,
    ServiceUnavailable,
)
from tap_marketo_programs.marketo.verdicts import (
    VERDICTS,
    is_gateway_error,
    is_in_doubt,
    is_past_the_end,
    means_unknown_tag_value,
    most_telling,
    names_in,
    verdict,
)


@pytest.mark.parametrize(("code", "words", "expected"), EXPECTED)
def test_a_code_has_a_class_of_its_own(code: str, words: str, expected: type[AnswerError]) -> None:
    assert verdict(code, words) is expected


@pytest.mark.parametrize(("code", "words"), PLAIN)
def test_a_code_without_a_better_name_is_a_refused_request(code: str, words: str) -> None:
    assert verdict(code, words) is RequestRefused


def test_every_verdict_is_held_by_a_test() -> None:
    held = {
        next(
            row
            for row in VERDICTS
            if row.code == code and (row.words is None or row.words.search(words))
        )
        for code, words, _ in EXPECTED
    }

    assert held == set(VERDICTS)


def test_no_row_of_the_table_hides_a_later_one() -> None:
    """An earlier row without words would be met by whatever a later one is for."""
    seen: set[str] = set()
    for row in VERDICTS:
        assert row.code not in seen, row
        if row.words is None:
            seen.add(row.code)


# What may have been done


@pytest.mark.parametrize("code", sorted({row[0] for row in EXPECTED} | {row[0] for row in PLAIN}))
def test_only_what_broke_within_marketo_may_have_been_done(code: str) -> None:
    assert is_in_doubt(code, 200) == (code in IN_DOUBT)


@pytest.mark.parametrize("code", sorted(IN_DOUBT))
def test_each_code_of_a_broken_marketo_leaves_a_request_in_doubt(code: str) -> None:
    assert is_in_doubt(code, 200)


@pytest.mark.parametrize(
    ("status", "expected"), [(200, False), (429, False), (500, True), (599, True)]
)
def test_whatever_the_code_a_server_error_leaves_a_request_in_doubt(
    status: int, *, expected: bool
) -> None:
    assert is_in_doubt("1003", status) is expected


# Several errors in one envelope


@pytest.mark.parametrize(
    ("told", "status", "expected"),
    [
        ([("1003", "Bad"), ("1006", "No field")], 200, (FieldUnknown, "1006", "No field")),
        ([("1003", "Bad"), ("1001", "Worse")], 200, (RequestRefused, "1003", "Bad")),
        ([("606", "Slow down")], 429, (RateLimited, "606", "Slow down")),
        ([("9999", "New")], 503, (ServiceUnavailable, "9999", "New")),
        ([("9999", "New")], 400, (RequestRefused, "9999", "New")),
        ([("", "Only words")], 200, (RequestRefused, "", "Only words")),
    ],
)
def test_the_error_that_says_most_decides(
    told: list[tuple[str, str]], status: int, expected: tuple[type[AnswerError], str, str]
) -> None:
    assert most_telling(told, status) == expected


# Statuses in the place of codes


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("HTTP 502", True),
        ("HTTP 503", True),
        ("HTTP 504", True),
        ("HTTP 500", False),
        ("502", False),
    ],
)
def test_a_gateway_s_error_is_known_by_its_status(code: str, *, expected: bool) -> None:
    assert is_gateway_error(ServiceUnavailable("text", code=code)) is expected


@pytest.mark.parametrize(
    ("code", "expected"), [("HTTP 416", True), ("HTTP 404", False), ("416", False)]
)
def test_only_http_416_says_that_a_file_ends_here(code: str, *, expected: bool) -> None:
    assert is_past_the_end(RequestRefused("text", code=code)) is expected


# Words


@pytest.mark.parametrize(
    ("words", "named"),
    [
        ("Invalid fields [webinarUrl, registrationCode]", {"webinarUrl", "registrationCode"}),
        ("Invalid fields [webinarUrl,registrationCode]", {"webinarUrl", "registrationCode"}),
        ("Invalid fields ['webinarUrl']", {"webinarUrl"}),
        ('Invalid fields ["webinarUrl"; "statusName"].', {"webinarUrl", "statusName"}),
        ("Invalid fields (WEBINARURL)", {"webinarUrl"}),
        ("Field 'webinarUrl' not found", {"webinarUrl"}),
        ("Field `webinarUrl` not found in [statusName]", {"webinarUrl", "statusName"}),
        ("Invalid fields: webinarUrl, statusName", {"webinarUrl", "statusName"}),
        ("Invalid field webinarUrl.", {"webinarUrl"}),
        # What reads like a field and is none.
        ("Invalid program 1001 of field 'x'", set()),
        ("Invalid fields [Webinar URL]", set()),
        ("Invalid data", set()),
        ("", set()),
    ],
)
def test_the_fields_that_a_refusal_names_are_read_and_nothing_else_of_it(
    words: str, named: set[str]
) -> None:
    fields = ["leadId", "program", "webinarUrl", "registrationCode", "statusName", "Invalid"]

    error = FieldUnknown("text", names=names_in(words))

    assert error.named(fields) == named


@pytest.mark.parametrize("code", ["702", "709", "1003"])
def test_a_refusal_of_by_tag_may_mean_that_no_program_has_the_tag(code: str) -> None:
    assert means_unknown_tag_value(RequestRefused("text", code=code))


@pytest.mark.parametrize("code", ["610", "1001", "1006", "HTTP 404", ""])
def test_any_other_refusal_of_by_tag_is_about_the_request(code: str) -> None:
    assert not means_unknown_tag_value(RequestRefused("text", code=code))
