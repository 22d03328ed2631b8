"""Marketo's export day, what it has used, and whether another job still fits.

Pure: `now` is handed in. The day is midnight to midnight, Central time, and
daylight saving is taken from the time zone database, since Adobe writes
both "midnight Central" and "12:00AM CST" (the section "Limits" of
https://experienceleague.adobe.com/en/docs/marketo-developer/marketo/rest/bulk-extract/bulk-extract).
"""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, date, datetime, time, timedelta
from enum import Enum, auto
from math import ceil
from statistics import mean
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from tap_marketo_programs.export.learned import Learned, alike, learn
from tap_marketo_programs.schemas import figures

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from tap_marketo_programs.export.job import ExportJob

CENTRAL = ZoneInfo("America/Chicago")
MEGABYTE = figures.MEGABYTE
# Nobody knows a job's size before it is done: the next may be twice the largest so far.
MARGIN = 2
# What a subscription may export in a day unless it bought more (Adobe: Bulk Extract, "Limits").
SUBSCRIPTION_MB = 500.0


class Room(Enum):
    """Whether a job may be created within `daily_export_quota_mb`."""

    FREE = auto()  # it may
    RESERVED = auto()  # what is under way may need the rest: not yet
    USED = auto()  # no more today


class ExportQuota:
    """What this API user's jobs, as far as they are known, export today.

    Args:
        limit_mb: The setting `daily_export_quota_mb`; None is no limit.
        of_keys: Whether the run exports keys: the sizes of its jobs are expected to be like
            those of earlier jobs of keys, else like those of members.
    """

    def __init__(self, limit_mb: float | None = None, *, of_keys: bool = False) -> None:
        self.limit_mb = limit_mb
        self.of_keys = of_keys
        self._completed: dict[str, ExportJob] = {}
        # The files of this run, in bytes: of increments under True, of histories under False.
        self._sizes: defaultdict[bool, list[int]] = defaultdict(list)
        self._learned = Learned()
        self.jobs_before = 0
        self._asked = False

    @property
    def is_known(self) -> bool:
        """Whether Marketo said what was exported today before this run."""
        return self._asked

    def used_before(self, jobs: Iterable[ExportJob]) -> None:
        """Jobs that completed before this run began, of today or of earlier days."""
        found = {job.export_id: job for job in jobs}
        self._completed.update(found)
        self._asked = True
        self.jobs_before = len(found)
        self._learned = learn(alike(found.values(), of_keys=self.of_keys))

    @property
    def learned(self) -> Learned:
        """What earlier jobs of this API user tell."""
        return self._learned

    def completed(self, job: ExportJob, *, is_increment: bool) -> None:
        """A job's file is there; its size counts against the quota of its day."""
        self._completed[job.export_id] = job
        self._sizes[is_increment].append(job.file_size or 0)

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
        """What a job under way is taken to need: as the largest of its kind, else of all.

        Its kind is known of the jobs of this run, and found out of those before it. While no
        job is known at all it may need everything, so the first one runs alone.
        """
        learned = self._learned
        before = learned.increment_bytes if is_increment else learned.history_bytes
        like = [*self._sizes[is_increment], *([] if before is None else [before])]
        sizes = like or self._known_sizes()
        return MARGIN * max(sizes) / MEGABYTE if sizes else self.limit_mb or 0.0

    def _known_sizes(self) -> list[int]:
        """The sizes of all jobs of the stream that is exported."""
        known = alike(self._completed.values(), of_keys=self.of_keys)
        return [job.file_size for job in known if job.file_size]

    # How long a backfill takes

    @property
    def daily_mb(self) -> float:
        """What may be exported in a day: the setting, else what a subscription usually has."""
        return SUBSCRIPTION_MB if self.limit_mb is None else self.limit_mb

    def history_mb(self) -> float | None:
        """Megabytes of a typical job of histories, of this run or else of those before it.

        None while nothing is known.
        """
        if sizes := self._sizes[False]:
            return mean(sizes) / MEGABYTE
        rows, width = self._learned.history_rows, self._learned.bytes_a_row
        return None if rows is None or width is None else rows * width / MEGABYTE

    def end_day(self, now: datetime, needed_mb: float) -> datetime | None:
        """When the day begins on which this much more is exported; None: on no day.

        Args:
            now: Marketo's time.
            needed_mb: What is still to be exported, each day as much as the quota allows.
        """
        over = needed_mb - max(0.0, self.daily_mb - self.used_mb(now))
        if over <= 0:
            return day_start(now)
        if self.daily_mb <= 0:
            return None
        return _midnight(now, days=ceil(over / self.daily_mb))


def central_day(now: datetime) -> date:
    """The day in Chicago."""
    return now.astimezone(CENTRAL).date()


def midnight_after(moment: datetime, days: int) -> datetime:
    """The midnight with which a later day begins in Chicago, in UTC."""
    return _midnight(moment, days)


def day_start(now: datetime) -> datetime:
    """The last midnight in Chicago, in UTC."""
    return _midnight(now, days=0)


def next_reset(now: datetime) -> datetime:
    """The next midnight in Chicago, in UTC."""
    return _midnight(now, days=1)


def _midnight(now: datetime, days: int) -> datetime:
    day = central_day(now) + timedelta(days=days)
    return datetime.combine(day, time(), CENTRAL).astimezone(UTC)


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
    return midnight_text(next_reset(now))


def midnight_text(midnight: datetime) -> str:
    """A midnight in Chicago, for a log line: local time and UTC."""
    local, utc = midnight.astimezone(), f"{midnight:%Y-%m-%d %H:%M} UTC"
    if not local.utcoffset():
        return f"{utc} (midnight in Chicago)"
    return f"{local:%Y-%m-%d %H:%M %Z} ({utc}, midnight in Chicago)"
