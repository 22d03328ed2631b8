"""Every program is exported once a period at least, and no day pays for all."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tap_marketo_programs.export.sweeps import REST, sweep_due

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
WEEK = timedelta(days=7)

programs = st.integers(1, 10**9)
moments = st.integers(0, 3 * 10**9).map(
    lambda at: datetime(1990, 1, 1, tzinfo=UTC) + timedelta(0, at)
)
periods = st.floats(0.01, 400).map(lambda days: timedelta(days=days))


@given(programs, moments, periods)
def test_a_program_is_due_within_a_period_and_not_at_its_beginning(
    program_id: int, exported: datetime, period: timedelta
) -> None:
    wait = sweep_due(program_id, exported, period) - exported

    assert REST * period <= wait + timedelta(milliseconds=1)
    assert wait <= period


@given(programs, moments)
def test_without_a_period_a_program_is_always_due(program_id: int, exported: datetime) -> None:
    assert sweep_due(program_id, exported, timedelta(0)) == exported


@given(programs, moments, st.lists(st.floats(0.01, 10), min_size=1, max_size=30))
def test_after_any_run_no_program_was_exported_longer_ago_than_a_period(
    program_id: int, exported: datetime, pauses: list[float]
) -> None:
    now = exported
    for days in pauses:
        now += timedelta(days=days)
        if sweep_due(program_id, exported, WEEK) <= now:
            exported = now
        assert now - exported < WEEK


@pytest.mark.parametrize("ids", [range(1001, 4001), range(7, 9 * 3_000, 9)], ids=["dense", "apart"])
def test_programs_that_were_exported_together_are_swept_on_days_of_their_own(ids: range) -> None:
    exported = dict.fromkeys(ids, NOW)
    swept: Counter[int] = Counter()

    for day in range(1, 43):
        now = NOW + day * DAY
        due = [program for program in ids if sweep_due(program, exported[program], WEEK) <= now]
        exported.update(dict.fromkeys(due, now))
        swept[day] = len(due)

    assert swept[1] == 0
    assert max(swept.values()) < 3_000 / 4
    # From the third week on, a seventh a day.
    later = [swept[day] for day in range(15, 43)]
    assert max(later) < 3_000 / 7 * 1.25
    assert sum(later) == pytest.approx(4 * 3_000, rel=0.02)


def test_programs_that_change_all_the_time_are_never_swept() -> None:
    exported, swept = dict.fromkeys(range(1001, 1101), NOW), 0

    for day in range(1, 29):
        now = NOW + day * DAY
        swept += sum(sweep_due(one, exported[one], WEEK) <= now for one in exported)
        exported = dict.fromkeys(exported, now)

    assert swept == 0
