"""The tree of errors: what the SDK and the command make of each."""

from __future__ import annotations

from singer_sdk.exceptions import ConfigurationError, FatalSyncError, RetriableAPIError

from tap_marketo_programs import errors
from tap_marketo_programs.errors import (
    AnswerError,
    FieldUnknown,
    MarketoError,
    MarketoTransientError,
)
from tap_marketo_programs.process.command import lines_of


def test_every_error_stands_under_the_sdk_s_base_that_fits() -> None:
    found: list[type[Exception]] = [
        item
        for item in vars(errors).values()
        if isinstance(item, type)
        and issubclass(item, Exception)
        and item.__module__ == errors.__name__
        and item not in {MarketoError, AnswerError}
    ]
    bases = (ConfigurationError, RetriableAPIError, FatalSyncError)

    unclear = [item for item in found if sum(issubclass(item, base) for base in bases) != 1]

    assert len(found) > 20
    # What the command reports in a line instead of a traceback.
    assert all(issubclass(item, MarketoError) for item in found)
    assert unclear == []
    assert all(
        issubclass(item, RetriableAPIError) == issubclass(item, MarketoTransientError)
        for item in found
    )


def test_nothing_is_in_doubt_unless_somebody_says_so() -> None:
    assert not AnswerError("a token that was dead on arrival").in_doubt


def test_a_refusal_names_those_of_the_fields_that_it_means_in_any_letter_case() -> None:
    error = FieldUnknown("text", code="1006", names=["WEBINARURL", "a program"])

    assert error.named(["leadId", "webinarUrl"]) == {"webinarUrl"}
    assert FieldUnknown("text").named(["leadId"]) == set()


def test_each_line_of_an_error_begins_with_its_stream_once() -> None:
    error = errors.ExportFailed("program_members: one\ntwo")
    assert lines_of(error) == ["program_members: one", "two"]

    error.stream = "program_members"

    assert lines_of(error) == ["program_members: one", "program_members: two"]
