"""What a run of exports has done so far, as figures, log lines and metrics.

A person reads three kinds of lines: the plan, one whenever jobs moved, and a
ledger at the end. The same figures go out as the SDK's metrics points. It must
not decide anything.
"""

from __future__ import annotations

import logging
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from singer_sdk import metrics

from tap_marketo_programs.export.detection import CALLS_A_JOB
from tap_marketo_programs.export.quota import MEGABYTE, day_start, midnight_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from tap_marketo_programs.clock import Clock
    from tap_marketo_programs.export.job import ExportJob
    from tap_marketo_programs.export.plan import ExportSlice
    from tap_marketo_programs.export.quota import ExportQuota
    from tap_marketo_programs.export.work import Figures, LogLine, Standing

logger = logging.getLogger(__name__)


def write_lines(lines: Iterable[LogLine]) -> None:
    """Write to the log what was decided; whoever holds a lock must not call it."""
    for line in lines:
        logger.log(line.level, line.text, *line.arguments)


class ExportMetric(StrEnum):
    """The figures that the SDK has no name for."""

    JOBS_PLANNED = "export_jobs_planned"
    JOBS_CREATED = "export_jobs_created"
    JOBS_GIVEN_UP = "export_jobs_given_up"
    JOBS_DONE = "export_jobs_done"
    BYTES = "export_bytes"
    ROWS = "export_rows"
    API_CALLS = "api_calls"
    RETRIES = "api_retries"
    QUOTA_USED = "export_quota_used_mb"
    NULLED_CELLS = "nulled_cells"


class ExportProgress:
    """The figures of one run.

    Args:
        stream: The stream's name, for the metrics.
        clock: Where time comes from.
        quota: What today's exports used.
    """

    def __init__(self, stream: str, clock: Clock, quota: ExportQuota) -> None:
        self._stream = stream
        self._clock = clock
        self._started = clock.monotonic()
        self._quota = quota
        self._last: tuple[int, ...] = ()
        self._ours: set[str] = set()
        # Jobs that were planned without a window, which come last.
        self._histories = 0

    # What happens

    def planned(self, slices: Sequence[ExportSlice], probes: int, backfills: int) -> None:
        """The plan is made.

        Args:
            slices: Of all jobs, of which those of programs to ask are not known yet.
            probes: Programs to ask for changes.
            backfills: Programs that are exported once more for the sake of new fields.
        """
        programs = {one for each in slices for one in each.program_ids}
        windows = {each.window for each in slices if each.window}
        self._histories = sum(each.window is None for each in slices)
        logger.info(
            "Export plan: %d programs in %d jobs (%d different windows of updatedAt), %d programs "
            "to ask for changes, about %d API calls%s",
            len(programs),
            len(slices),
            len(windows),
            probes,
            CALLS_A_JOB * len(slices) + probes,
            f"; {backfills} programs are backfilled (on_new_fields)" if backfills else "",
        )
        self._point("gauge", ExportMetric.JOBS_PLANNED, len(slices))

    def completed(self, job: ExportJob) -> None:
        """A job's file is there."""
        self._ours.add(job.export_id)
        if job.finished_at and job.created_at:
            seconds = (job.finished_at - job.created_at).total_seconds()
            self._point("timer", metrics.Metric.JOB_DURATION, seconds, job_type="export")

    # What it amounts to

    def report(self, standing: Standing, now: datetime) -> None:
        """Say how things stand, if a job completed, failed or was read since."""
        figures = standing.figures
        moved = (len(self._ours), figures.jobs_given_up, figures.jobs_written)
        if moved in {self._last, (0, 0, 0)}:
            return
        self._last = moved
        elapsed = self._clock.monotonic() - self._started
        logger.info(
            "Exports: %d of %d jobs done, %d running; %d rows; %s; %s elapsed, %s%s",
            figures.jobs_written,
            standing.total,
            standing.running,
            figures.rows,
            self._quota_text(now),
            _spoken(elapsed),
            _left(elapsed, figures.jobs_written, standing.total),
            self._backfill_text(elapsed, standing, now),
        )

    def _backfill_text(self, elapsed: float, standing: Standing, now: datetime) -> str:
        """On which day the histories will be done, by the quota and by the pace so far."""
        done = standing.figures.jobs_written
        left = min(self._histories, standing.total - done)
        size = self._quota.history_mb()
        if not left or not done or size is None:
            return ""
        by_quota = self._quota.end_day(now, left * size)
        if by_quota is None:
            return "; with no quota at all the backfill never ends"
        by_pace = day_start(now + timedelta(seconds=elapsed / done * left))
        end = max(by_quota, by_pace)
        day = "today" if end == day_start(now) else f"on the day from {midnight_text(end)} on"
        whose = (
            "daily_export_quota_mb"
            if self._quota.limit_mb is not None
            else "a guess: what a subscription has, if nobody else exports"
        )
        return f"; the backfill ends {day}, by {self._quota.daily_mb:g} MB a day ({whose})"

    def ended(
        self, figures: Figures, *, calls: int, retries: int, nulled: int, now: datetime
    ) -> None:
        """The run is over, well or not."""
        logger.info(
            "Exports ended: %d jobs done, %d created, %d given up; %d rows, %.1f MB; %d API calls, "
            "%d retries; %s; %d cells made null; %s",
            figures.jobs_written,
            figures.jobs_created,
            figures.jobs_given_up,
            figures.rows,
            figures.bytes / MEGABYTE,
            calls,
            retries,
            self._quota_text(now),
            nulled,
            _spoken(self._clock.monotonic() - self._started),
        )
        for metric, value in (
            (ExportMetric.JOBS_CREATED, figures.jobs_created),
            (ExportMetric.JOBS_GIVEN_UP, figures.jobs_given_up),
            (ExportMetric.JOBS_DONE, figures.jobs_written),
            (ExportMetric.ROWS, figures.rows),
            (ExportMetric.BYTES, figures.bytes),
            (ExportMetric.API_CALLS, calls),
            (ExportMetric.RETRIES, retries),
            (ExportMetric.NULLED_CELLS, nulled),
        ):
            self._point("counter", metric, value)
        self._point("gauge", ExportMetric.QUOTA_USED, round(self._quota.used_mb(now), 3))

    def _quota_text(self, now: datetime) -> str:
        used, limit = self._quota.used_mb(now), self._quota.limit_mb
        if limit is None:
            return f"{used:.1f} MB exported today"
        left = max(0.0, limit - used)
        return f"{used:.1f} MB exported today, {left:.1f} MB of daily_export_quota_mb left"

    def _point(
        self,
        kind: str,
        metric: metrics.Metric | ExportMetric,
        value: float,
        **tags: str,
    ) -> None:
        point = metrics.Point(
            kind,
            # The SDK's enum cannot be extended; a point uses `.value` only.
            metric,  # type: ignore[arg-type]
            value,
            {metrics.Tag.STREAM: self._stream, **tags},
        )
        metrics.log(metrics.get_metrics_logger(), point)


def _left(elapsed: float, done: int, total: int) -> str:
    """What remains, by the pace so far; nothing is known before a job is done."""
    if not done:
        return "no estimate yet"
    return f"about {_spoken(elapsed / done * (total - done))} left at this pace"


def _spoken(seconds: float) -> str:
    """A duration as a person says it."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
