"""Which wanted statuses a program has by its channel, and what nobody has."""

from __future__ import annotations

import pytest

from tap_marketo_programs.marketo.status_names import status_names, unlisted

LISTED = {
    "webinar": ("Not in Program", "Registered", "Attended"),
    "email send": ("Not in Program", "01 Sent"),
    "odd": ("attended", "ATTENDED", "Attended late"),
}
CHANNELS = {1: "Webinar", 2: "Email Send", 3: " webinar ", 4: "gone", 5: ""}


def test_each_program_is_asked_for_the_statuses_of_its_channel() -> None:
    found = status_names(["Attended", "01 Sent"], CHANNELS, LISTED)

    assert found.by_program == {
        1: ("Attended",),
        2: ("01 Sent",),
        3: ("Attended",),
        4: ("Attended", "01 Sent"),
        5: ("Attended", "01 Sent"),
    }
    assert found.unsure == {4, 5}
    assert (found.problem, found.nowhere) == ("", False)


@pytest.mark.parametrize("written", ["attended", " ATTENDED ", "Attended"])
def test_case_does_not_matter_and_the_channels_spelling_is_asked_for(written: str) -> None:
    found = status_names([written], {1: "WEBINAR", 2: "odd"}, LISTED)

    assert found.by_program == {1: ("Attended",), 2: ("attended", "ATTENDED")}


def test_a_status_of_other_channels_only_is_told_with_what_was_meant() -> None:
    found = status_names(["Atended", "01 Sent"], {1: "Webinar"}, LISTED)

    assert found.by_program == {1: ()}
    assert found.nowhere
    assert found.problem == (
        "member_filter.statusNames: no channel of the programs has the status 'Atended', "
        "'01 Sent'. Did you mean Attended? There are the statuses: Attended, Not in Program, "
        "Registered."
    )


def test_a_status_that_one_program_has_is_told_and_not_nowhere() -> None:
    found = status_names(["Attended", "x\ny"], {1: "Webinar", 2: "Email Send"}, LISTED)

    assert not found.nowhere
    assert "'x y'" in found.problem


def test_programs_of_which_nothing_is_known_may_have_any_status() -> None:
    found = status_names(["Attended"], {4: "gone"}, LISTED)

    assert found.by_program == {4: ("Attended",)}
    assert (found.problem, found.nowhere) == ("", False)


def test_no_program_is_no_problem() -> None:
    found = status_names(["Attended"], {}, LISTED)

    assert (found.problem, found.nowhere) == ("", False)


def test_what_a_channel_does_not_list_is_asked_once_a_channel_and_status() -> None:
    asked = list(unlisted(["Attended", "01 Sent", "Old"], CHANNELS, LISTED))

    assert asked == [
        ("email send", [2], "Attended"),
        ("email send", [2], "Old"),
        ("gone", [4], "Attended"),
        ("gone", [4], "01 Sent"),
        ("gone", [4], "Old"),
        ("webinar", [1, 3], "01 Sent"),
        ("webinar", [1, 3], "Old"),
    ]
