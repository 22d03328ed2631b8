"""Of two clocks the earlier one ends a window, and whoever reads the log is told once."""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta

import pytest
from clocks import TODAY, Calendar, clock_warnings, date_header
from hypothesis import given
from hypothesis import strategies as st

from tap_marketo_programs.marketo.server_clock import ServerClock, date_of


def told(by: timedelta, clock: Calendar) -> ServerClock:
    """Marketo's clock after an answer whose `Date` is so much ahead of ours."""
    found = ServerClock(clock)
    found.note(date_header(clock.now() + by), clock.monotonic())
    return found


@pytest.mark.parametrize(
    "by", [-timedelta(days=400), -timedelta(minutes=4), timedelta(0), timedelta(hours=3)], ids=str
)
def test_windows_end_by_the_earlier_clock_and_marketos_dates_compare_with_marketos(
    by: timedelta,
) -> None:
    clock = Calendar()

    found = told(by, clock)

    assert found.now() == min(TODAY, TODAY + by)
    assert found.marketo_time() == TODAY + by


@given(st.text(max_size=40) | st.from_regex(r"[A-Z][a-z]{2}, \d+ (May|Feb) \d+ \d+:\d+:\d+ \S+"))
def test_no_text_in_the_date_is_an_error(text: str) -> None:
    found = date_of({"Date": text})

    assert found is None or found.utcoffset() == timedelta(0)


@pytest.mark.parametrize("age", ["1", "86400", "much"])
def test_an_answer_out_of_a_cache_does_not_tell_the_time(age: str) -> None:
    clock = Calendar()
    found = told(timedelta(0), clock)

    found.note({**date_header(TODAY - timedelta(days=1)), "Age": age}, clock.monotonic())

    assert found.now() == TODAY


def test_backends_with_different_clocks_never_move_a_window_into_the_future(
    caplog: pytest.LogCaptureFixture,
) -> None:
    clock = Calendar()
    found = ServerClock(clock)
    ends = []
    for minutes in (0, 60, -60, 3, 90, -2):
        found.note(date_header(clock.now() + timedelta(minutes=minutes)), clock.monotonic())
        ends.append((found.now() - clock.now()) / timedelta(minutes=1))
        clock.sleep(60)

    assert ends == [0, 0, -60, 0, 0, -2]
    assert len(clock_warnings(caplog)) == 1


def test_a_machine_whose_clock_jumps_ahead_in_mid_run_moves_no_window() -> None:
    clock = Calendar()
    found = told(timedelta(0), clock)

    clock.begin += timedelta(days=30)

    assert found.now() == TODAY


def test_a_machine_whose_clock_was_never_set_goes_by_marketos(
    caplog: pytest.LogCaptureFixture,
) -> None:
    clock = Calendar(datetime(1970, 1, 1, tzinfo=UTC))
    found = ServerClock(clock)
    found.note(date_header(TODAY), clock.monotonic())

    assert found.now() == TODAY
    (said,) = clock_warnings(caplog)
    assert said.startswith("This machine's clock says that it is 1970-01-01")


def test_answers_that_never_tell_the_time_are_said_once(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    found = ServerClock(Calendar())

    for _ in range(3):
        found.note({}, 0)
        found.now()

    (said,) = caplog.messages
    assert "do not say what time it is" in said


@pytest.mark.parametrize(
    ("by", "words"),
    [
        (timedelta(minutes=6), "is 6 min ahead of this machine's clock (2026-05-05 10:00:00 UTC)"),
        (timedelta(hours=2, minutes=3), "is 2 h 3 min ahead"),
        (timedelta(days=9, hours=1), "is 9 d 1 h ahead"),
        (-timedelta(minutes=6), "is 6 min behind"),
        (-timedelta(days=40), "is 40 d 0 h behind"),
    ],
    ids=str,
)
def test_clocks_more_than_five_minutes_apart_are_said_once(
    by: timedelta, words: str, caplog: pytest.LogCaptureFixture
) -> None:
    found = told(by, Calendar())

    for _ in range(3):
        found.now()

    (said,) = clock_warnings(caplog)
    assert words in said
    assert "Set this machine's clock" in said


@pytest.mark.parametrize("minutes", [-5, -1, 0, 1, 5])
def test_clocks_that_nearly_agree_are_not_worth_a_line(
    minutes: int, caplog: pytest.LogCaptureFixture
) -> None:
    found = told(timedelta(minutes=minutes), Calendar())

    found.now()

    assert not clock_warnings(caplog)


def test_an_answer_of_an_hour_ago_is_not_taken_for_a_clock_that_is_behind(
    caplog: pytest.LogCaptureFixture,
) -> None:
    clock = Calendar()
    found = told(timedelta(0), clock)

    clock.sleep(3600)

    assert found.now() == TODAY
    assert not clock_warnings(caplog)
