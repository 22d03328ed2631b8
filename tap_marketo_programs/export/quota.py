"""Marketo's export day, what it has used, and whether another job still fits.

Pure: `now` is handed in. The day is midnight to midnight, Central time, and
daylight saving is taken from the time zone database, since Adobe writes
both "midnight Central" and "12:00AM CST" (the section "Limits" of
https://experienceleague.adobe.com/en/docs/marketo-developer/marketo/rest/bulk-extract/bulk-extract).
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from enum import Enum, auto
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from tap_marketo_programs.export.job import ExportJob

CENTRAL = ZoneInfo("America/Chicago")
# Marketo's megabyte is not defined; the smaller one is the safer reading.
MEGABYTE = 1_000_000
# Nobody knows a job's size before it is done: the next may be twice the largest so far.
MARGIN = 2


class Room(Enum):
    """Whether a job may be created within `daily_export_quota_mb`."""

    FREE = auto()  # it may
    RESERVED = auto()  # what is under way may need the rest: not yet
    USED = auto()  # no more today


class ExportQuota:
    """What this API user's jobs, as far as they are known, export today.

    Args:
        limit_mb: The setting `daily_export_quota_mb`; None is no limit.
    """

    def __init__(self, limit_mb: float | None = None) -> None:
        self.limit_mb = limit_mb
        self._completed: dict[str, ExportJob] = {}
        # The largest job of this run, in bytes, of increments and of histories.
        self._largest: dict[bool, int] = {}

    def used_before(self, jobs: Iterable[ExportJob]) -> None:
        """Jobs that completed before this run began, of today or of earlier days."""
        self._completed.update((job.export_id, job) for job in jobs)

    def completed(self, job: ExportJob, *, is_increment: bool) -> None:
        """A job's file is there; its size counts against the quota of its day."""
        self._completed[job.export_id] = job
        largest = self._largest.get(is_increment, 0)
        self._largest[is_increment] = max(largest, job.file_size or 0)

    def used_mb(self, now: datetime) -> float:
        """Megabytes of the jobs that completed today."""
        return used_bytes(self._completed.values(), now) / MEGABYTE

    def room(self, now: datetime, under_way: Collection[bool]) -> Room:
        """Whether one more job may be created.

        Args:
            now: Marketo's time.
            under_way: For each job that is created and not completed, whether it
                is an increment.
        """
        if self.limit_mb is None:
            return Room.FREE
        used = self.used_mb(now)
        if used >= self.limit_mb:
            return Room.USED
        reserved = sum(map(self._expected_mb, under_way))
        return Room.FREE if not under_way or used + reserved < self.limit_mb else Room.RESERVED

    def _expected_mb(self, is_increment: bool) -> float:  # noqa: FBT001 - a kind, not a switch
        """What a job under way is taken to need: by its like in this run, else by any job known.

        While no job is known at all it may need everything, so the first one runs alone.
        """
        largest = self._largest.get(is_increment)
        if largest is None:
            sizes = [job.file_size for job in self._completed.values() if job.file_size]
            if not sizes:
                return self.limit_mb or 0.0
            largest = max(sizes)
        return MARGIN * largest / MEGABYTE


def central_day(now: datetime) -> date:
    """The day in Chicago."""
    return now.astimezone(CENTRAL).date()


def day_start(now: datetime) -> datetime:
    """The last midnight in Chicago, in UTC."""
    return datetime.combine(central_day(now), time(), CENTRAL).astimezone(UTC)


def next_reset(now: datetime) -> datetime:
    """The next midnight in Chicago, in UTC."""
    tomorrow = central_day(now) + timedelta(days=1)
    return datetime.combine(tomorrow, time(), CENTRAL).astimezone(UTC)


def used_bytes(jobs: Iterable[ExportJob], now: datetime) -> int:
    """Bytes of the jobs that completed today."""
    start = day_start(now)
    return sum(
        job.file_size or 0
        for job in jobs
        if job.finished_at is not None and job.finished_at >= start
    )


def reset_text(now: datetime) -> str:
    """When the quota resets, for a log line: local time and UTC."""
    reset = next_reset(now)
    local = reset.astimezone()
    return f"{local:%Y-%m-%d %H:%M %Z} ({reset:%Y-%m-%d %H:%M} UTC, midnight in Chicago)"
