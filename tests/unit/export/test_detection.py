"""Which programs are asked before anything of them is exported, and why."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tap_marketo_programs.export.detection import (
    Detection,
    Sorted,
    choose,
    sort_out,
)
from tap_marketo_programs.export.ledger import Answers
from tap_marketo_programs.export.plan import Bounds

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
MEMBERS = Detection("members", sweep=timedelta(days=30))
AUTO = Detection("auto")


def sorted_out(
    exported: datetime, asked: datetime | None = None, detection: Detection = MEMBERS
) -> Sorted:
    return sort_out({1: exported}, {1: asked or exported}, Bounds(NOW, lookback=HOUR), detection)


def test_a_program_of_yesterday_is_asked() -> None:
    assert sorted_out(NOW - DAY) == Sorted(ask=[1])


def test_a_program_that_lies_more_than_seven_days_back_is_exported() -> None:
    """Marketo tells of seven days at most, and the overlap counts."""
    assert sorted_out(NOW - 7 * DAY + HOUR) == Sorted(ask=[1])
    assert sorted_out(NOW - 7 * DAY + HOUR / 2) == Sorted(export=[1])


def test_a_program_that_was_asked_yesterday_is_asked_however_old_its_export_is() -> None:
    seldom = Detection("members", sweep=timedelta(days=400))

    assert sorted_out(NOW - 20 * DAY, NOW - DAY, seldom) == Sorted(ask=[1])


def test_a_program_whose_time_has_come_is_exported_unasked() -> None:
    assert sorted_out(NOW - 30 * DAY, NOW - DAY) == Sorted(sweep=[1])


def test_without_detection_every_program_is_exported() -> None:
    assert sorted_out(NOW - DAY, detection=Detection("none")) == Sorted(export=[1])


def chosen(
    programs: int,
    *,
    detection: Detection = AUTO,
    answers: Answers | None = None,
    asked_today: int = 0,
    job_seconds: float = 45.0,
) -> Sorted:
    found = Sorted(ask=list(range(programs)), export=[-1], sweep=[-2])
    return choose(found, detection, answers, asked_today, job_seconds)


@pytest.mark.parametrize("programs", [1, 3, 10, 300, 3_000])
def test_asking_is_the_faster_way_at_the_usual_pace(programs: int) -> None:
    found = chosen(programs)

    assert len(found.ask) == programs
    assert (found.export, found.sweep) == ([-1], [-2])
    assert "calls" in found.reason


@pytest.mark.parametrize(
    "slower",
    [
        {"detection": Detection("auto", calls_per_window=5)},
        {"job_seconds": 5.0},
        {"answers": Answers(100, 95)},
    ],
    ids=["few calls", "fast jobs", "nearly all changed"],
)
def test_where_exporting_takes_no_longer_it_is_done_at_once(slower: dict[str, object]) -> None:
    found = chosen(300, **slower)  # type: ignore[arg-type] # the names above

    assert found.ask == []
    assert len(found.export) == 301
    assert "exporting them takes no longer" in found.reason


def test_members_are_always_asked_for_where_the_user_says_so() -> None:
    found = chosen(300, detection=Detection("members", calls_per_window=1, calls_a_day=0))

    assert len(found.ask) == 300


@pytest.mark.parametrize(("asked_today", "left"), [(0, 1_000), (400, 600), (1_000, 0), (2_000, 0)])
def test_no_more_programs_are_asked_in_a_day_than_the_user_allows(
    asked_today: int, left: int
) -> None:
    allowed = Detection("auto", calls_a_day=1_000)

    found = chosen(1_500, detection=allowed, asked_today=asked_today)

    assert len(found.ask) == left
    assert len(found.export) == 1_501 - left
    assert f"{left} calls of daily_change_calls (1000) are left today" in found.reason
