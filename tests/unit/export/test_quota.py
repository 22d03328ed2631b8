"""Marketo's export day, which begins and ends at midnight in Chicago."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tap_marketo_programs.export.job import ExportJob, ExportStatus
from tap_marketo_programs.export.quota import (
    CENTRAL,
    MEGABYTE,
    ExportQuota,
    Room,
    day_start,
    next_reset,
    reset_text,
    used_bytes,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

SECOND = timedelta(seconds=1)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.fixture
def zone() -> str:
    return "Europe/Berlin"


@pytest.fixture
def in_zone(zone: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


# In 2026 daylight saving begins on 8 March and ends on 1 November.
@pytest.mark.parametrize(
    ("now", "start", "reset"),
    [
        # Winter: six hours behind UTC.
        ("2026-01-15T12:00:00", "2026-01-15T06:00:00", "2026-01-16T06:00:00"),
        ("2026-01-15T05:59:59", "2026-01-14T06:00:00", "2026-01-15T06:00:00"),
        ("2026-01-15T06:00:00", "2026-01-15T06:00:00", "2026-01-16T06:00:00"),
        # Summer: five.
        ("2026-07-15T12:00:00", "2026-07-15T05:00:00", "2026-07-16T05:00:00"),
        ("2026-07-15T04:59:59", "2026-07-14T05:00:00", "2026-07-15T05:00:00"),
        ("2026-07-15T05:00:00", "2026-07-15T05:00:00", "2026-07-16T05:00:00"),
        # The day of 23 hours, before, at and after the change.
        ("2026-03-08T05:59:59", "2026-03-07T06:00:00", "2026-03-08T06:00:00"),
        ("2026-03-08T07:59:59", "2026-03-08T06:00:00", "2026-03-09T05:00:00"),
        ("2026-03-08T08:00:00", "2026-03-08T06:00:00", "2026-03-09T05:00:00"),
        ("2026-03-09T04:59:59", "2026-03-08T06:00:00", "2026-03-09T05:00:00"),
        # The day of 25 hours: one o'clock comes twice.
        ("2026-11-01T05:00:00", "2026-11-01T05:00:00", "2026-11-02T06:00:00"),
        ("2026-11-01T06:30:00", "2026-11-01T05:00:00", "2026-11-02T06:00:00"),
        ("2026-11-01T07:30:00", "2026-11-01T05:00:00", "2026-11-02T06:00:00"),
        ("2026-11-02T05:59:59", "2026-11-01T05:00:00", "2026-11-02T06:00:00"),
        # A new year.
        ("2026-12-31T23:00:00", "2026-12-31T06:00:00", "2027-01-01T06:00:00"),
    ],
)
def test_a_day_goes_from_midnight_to_midnight_in_chicago(now: str, start: str, reset: str) -> None:
    assert day_start(utc(now)) == utc(start)
    assert next_reset(utc(now)) == utc(reset)


@settings(deadline=None)
@given(st.datetimes(datetime(2007, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001 - hypothesis adds the zone
def test_every_moment_lies_in_one_day_of_23_to_25_hours(now: datetime) -> None:
    start, reset = day_start(now), next_reset(now)

    assert start <= now < reset
    assert timedelta(hours=23) <= reset - start <= timedelta(hours=25)
    assert day_start(reset) == reset
    assert next_reset(reset - SECOND) == reset
    for midnight in (start, reset):
        assert midnight.tzinfo is UTC
        assert f"{midnight.astimezone(CENTRAL):%H:%M:%S}" == "00:00:00"


def job(finished: str | None, size: int | None = 100) -> ExportJob:
    moment = utc(finished) if finished else None
    return ExportJob("a", ExportStatus.COMPLETED, finished_at=moment, file_size=size)


def test_jobs_that_completed_since_midnight_count() -> None:
    jobs = [
        job("2026-03-08T05:59:59", 1),
        job("2026-03-08T06:00:00", 10),
        job("2026-03-08T23:00:00", 100),
        job("2026-03-09T04:00:00", 1_000),
    ]

    assert used_bytes(jobs, utc("2026-03-09T04:30:00")) == 1_110


def test_jobs_of_unknown_size_or_end_do_not_count() -> None:
    jobs = [job(None), job("2026-03-08T12:00:00", None), job("2026-03-08T12:00:00", 7)]

    assert used_bytes(jobs, utc("2026-03-08T13:00:00")) == 7


def test_no_jobs_use_nothing() -> None:
    assert used_bytes([], utc("2026-03-08T13:00:00")) == 0


def test_a_megabyte_is_the_smaller_one() -> None:
    """So that the tap stops before Marketo does, whichever Marketo means."""
    assert MEGABYTE == 1_000_000


@pytest.mark.usefixtures("in_zone")
@pytest.mark.parametrize(
    ("now", "text"),
    [
        ("2026-01-15T12:00:00", "2026-01-16 07:00 CET (2026-01-16 06:00 UTC, midnight in Chicago)"),
        (
            "2026-07-15T12:00:00",
            "2026-07-16 07:00 CEST (2026-07-16 05:00 UTC, midnight in Chicago)",
        ),
        # Chicago changes three weeks before Berlin.
        ("2026-03-10T12:00:00", "2026-03-11 06:00 CET (2026-03-11 05:00 UTC, midnight in Chicago)"),
    ],
)
def test_the_reset_is_told_in_local_time_and_in_utc(now: str, text: str) -> None:
    assert reset_text(utc(now)) == text


@pytest.mark.usefixtures("in_zone")
@pytest.mark.parametrize("zone", ["UTC"])
def test_where_local_time_is_utc_the_reset_is_told_once() -> None:
    now = utc("2026-01-15T12:00:00")

    assert reset_text(now) == "2026-01-16 06:00 UTC (midnight in Chicago)"


# When a backfill ends


def completed(name: str, size: int, *, rows: int = 100, hours: float = 0) -> ExportJob:
    at = NOON + timedelta(hours=hours)
    return ExportJob(
        name,
        ExportStatus.COMPLETED,
        created_at=at,
        finished_at=at,
        number_of_records=rows,
        file_size=size,
    )


NOON = utc("2026-03-10T18:00:00")


@pytest.mark.parametrize(
    ("needed", "day"),
    [
        (0, "2026-03-10T05:00:00"),
        (60, "2026-03-10T05:00:00"),
        (61, "2026-03-11T05:00:00"),
        (160, "2026-03-11T05:00:00"),
        (161, "2026-03-12T05:00:00"),
    ],
)
def test_what_is_left_today_counts_before_whole_days(needed: float, day: str) -> None:
    quota = ExportQuota(100)
    quota.used_before([completed("a", 40 * MEGABYTE)])

    assert quota.end_day(NOON, needed) == utc(day)


def test_with_no_quota_at_all_nothing_ever_ends() -> None:
    assert ExportQuota(0).end_day(NOON, 1) is None


def test_without_a_setting_a_day_is_what_subscriptions_have() -> None:
    assert ExportQuota(None).end_day(NOON, 1_200) == utc("2026-03-12T05:00:00")


def test_a_history_is_as_large_as_those_of_this_run_or_else_as_earlier_ones() -> None:
    quota = ExportQuota(None)
    assert quota.history_mb() is None

    quota.used_before([completed("a", 2 * MEGABYTE), completed("b", 10, rows=1, hours=48)])
    assert quota.history_mb() == pytest.approx(2, rel=0.5)

    quota.completed(completed("c", 3 * MEGABYTE, hours=72), is_increment=False)
    quota.completed(completed("d", MEGABYTE, hours=72), is_increment=True)
    assert quota.history_mb() == 3


def test_jobs_under_way_are_reserved_by_earlier_jobs_of_their_kind() -> None:
    """A first run brought histories of 4 MB, a later one increments of 0.1 MB."""
    quota = ExportQuota(100)
    quota.used_before(
        [
            completed("a", 4 * MEGABYTE, rows=4_000, hours=-72),
            completed("b", MEGABYTE // 10, rows=100, hours=-24),
        ]
    )

    assert quota.room(NOON, [True] * 10) is Room.FREE
    assert quota.room(NOON, [True] * 400) is Room.FREE
    assert quota.room(NOON, [True] * 501) is Room.RESERVED
    assert quota.room(NOON, [False] * 12) is Room.FREE
    assert quota.room(NOON, [False] * 13) is Room.RESERVED
