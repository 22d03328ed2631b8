"""A person reads sizes, durations and counts as a person writes them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tap_marketo_programs.schemas.figures import counted, duration_text, moment_text, size_text


@pytest.mark.parametrize(
    ("megabytes", "text"),
    [
        (0, "0 KB"),
        (0.000_001, "1 byte"),
        (0.000_999, "999 bytes"),
        (0.001, "1 KB"),
        (0.001_25, "1.2 KB"),
        (0.009_99, "10 KB"),
        (0.04, "40 KB"),
        (0.493_885, "494 KB"),
        (0.999_4, "999 KB"),
        (0.999_6, "1 MB"),
        (1.25, "1.2 MB"),
        (500, "500 MB"),
        (1_234.56, "1,234.6 MB"),
    ],
)
def test_a_size_is_in_the_unit_that_shows_it(megabytes: float, text: str) -> None:
    assert size_text(megabytes) == text


@given(st.integers(1, 10**13))
def test_no_size_but_nothing_at_all_is_shown_as_zero_or_in_four_digits_of_a_small_unit(
    size: int,
) -> None:
    number, unit = size_text(size / 1_000_000).replace(",", "").split()

    assert float(number) > 0
    assert unit == "MB" or float(number) < 1_000


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.4, "0 s"), (12, "12 s"), (59.6, "1 min 0 s"), (200, "3 min 20 s"), (7_500, "2 h 5 min")],
)
def test_a_duration_is_as_a_person_says_it(seconds: float, text: str) -> None:
    assert duration_text(seconds) == text


def test_one_of_a_thing_is_in_the_singular() -> None:
    assert [counted(number, "job") for number in (0, 1, 1_200)] == ["0 jobs", "1 job", "1,200 jobs"]
    assert counted(2, "retry", "retries") == "2 retries"


def test_a_moment_is_told_in_utc_whatever_zone_it_has() -> None:
    moment = datetime(2026, 11, 27, 13, 53, 22, tzinfo=timezone(timedelta(hours=1)))

    assert moment_text(moment) == moment_text(moment.astimezone(UTC)) == "2026-11-27 12:53:22 UTC"
