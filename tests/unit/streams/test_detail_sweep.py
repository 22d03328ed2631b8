"""Every program's details are read once a period, spread over it, however runs come."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tap_marketo_programs.streams.detail_sweep import DetailSweep

START = datetime(2026, 5, 5, 10, tzinfo=UTC)
WEEK = timedelta(days=7)
IDS = range(1001, 1301)
# From a fraction of a second to a century, which is the most that a setting may say.
PERIODS = st.floats(0.000_001, 36_525).map(lambda days: timedelta(days=days)).filter(bool)
GAPS = st.lists(st.integers(0, 40 * 86_400), min_size=1, max_size=40)


def due(since: datetime, until: datetime, period: timedelta = WEEK) -> set[int]:
    return set(filter(DetailSweep(since, until, period).is_due, IDS))


def ends(gaps: list[int]) -> list[datetime]:
    """Where runs end that come after these seconds each; the first reads everything."""
    found = [START]
    for gap in gaps:
        found.append(found[-1] + timedelta(seconds=gap))
    return found


@given(gaps=GAPS, period=PERIODS)
def test_after_every_run_no_details_are_older_than_the_period(
    gaps: list[int], period: timedelta
) -> None:
    read = dict.fromkeys(IDS, START)

    for since, until in pairwise(ends(gaps)):
        read |= dict.fromkeys(due(since, until, period), until)
        assert until - min(read.values()) <= period


@given(gaps=st.lists(st.integers(1, 86_400), min_size=1, max_size=40))
def test_no_details_are_read_more_often_than_once_a_period_and_a_run(gaps: list[int]) -> None:
    moments = ends(gaps)
    reads: Counter[int] = Counter()
    for since, until in pairwise(moments):
        reads.update(due(since, until))

    periods = (moments[-1] - START) // WEEK
    assert set(reads.values()) <= set(range(periods + 2))


@given(gaps=st.lists(st.integers(0, 86_400), min_size=2, max_size=10))
def test_runs_that_failed_leave_to_the_next_one_what_was_due_in_them(gaps: list[int]) -> None:
    moments = ends(gaps)

    apart = set[int]().union(*(due(*window) for window in pairwise(moments)))

    assert due(moments[0], moments[-1]) == apart


@pytest.mark.parametrize(
    "ids", [range(1, 3001), range(1000, 3_001_000, 1000)], ids=["all", "steps"]
)
@pytest.mark.parametrize("runs_a_day", [1, 24])
def test_the_programs_are_spread_over_the_days(ids: range, runs_a_day: int) -> None:
    step = timedelta(days=1) / runs_a_day
    moments = [START + number * step for number in range(7 * runs_a_day + 1)]
    counts = [
        sum(DetailSweep(since, until, WEEK).is_due(one) for one in ids)
        for since, until in pairwise(moments)
    ]

    assert sum(counts) == len(ids)
    days = [sum(counts[first : first + runs_a_day]) for first in range(0, len(counts), runs_a_day)]
    # A seventh of 3,000 a day, as closely as chance has it.
    assert all(330 < count < 530 for count in days)
    assert max(counts) < 2.5 * len(ids) / len(counts)


@pytest.mark.parametrize("period", [timedelta(0), timedelta(microseconds=1), timedelta(days=1)])
def test_a_run_that_lasts_a_period_reads_every_program(period: timedelta) -> None:
    assert due(START, START + timedelta(days=1), period) == set(IDS)


def test_a_period_of_nothing_reads_every_program_in_a_run_without_any_time() -> None:
    assert due(START, START, timedelta(0)) == set(IDS)


def test_a_run_without_any_time_reads_none() -> None:
    assert not due(START, START)
    assert not due(START, START - timedelta(seconds=1))


def test_an_hour_reads_few_programs() -> None:
    assert len(due(START, START + timedelta(hours=1))) < len(IDS) / 20
