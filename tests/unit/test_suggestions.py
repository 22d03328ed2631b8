"""What somebody probably meant is named, and nothing where nothing is alike."""

from __future__ import annotations

import pytest

from tap_marketo_programs.suggestions import did_you_mean, meant


@pytest.mark.parametrize(
    ("name", "known", "expected"),
    [
        ("Emial", ["Default", "Email"], "Email"),
        ("programIds", ["program_ids", "start_date"], "program_ids"),
        ("webinra", ["Webinar", "Nurture"], "Webinar"),
        ("реклма", ["реклама", "письмо"], "реклама"),
        ("Cafe", ["Café", "Tea"], "Café"),
    ],
)
def test_the_name_that_is_most_alike_was_probably_meant(
    name: str, known: list[str], expected: str
) -> None:
    assert meant(name, known) == expected


@pytest.mark.parametrize(
    ("name", "known"),
    [
        # Neither has a letter of the Latin alphabet, which makes them no more alike.
        ("新年会", ["реклама"]),
        ("", ["", "Email"]),
        ("---", ["", "***"]),
        ("banana", ["Email", "Event"]),
        ("Email", []),
    ],
)
def test_nothing_was_meant_where_nothing_is_alike(name: str, known: list[str]) -> None:
    assert meant(name, known) is None
    assert did_you_mean(name, known) == ""
