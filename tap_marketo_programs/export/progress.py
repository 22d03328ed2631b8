"""What a run of exports has done so far, as figures, log lines and metrics.

A person reads three kinds of lines: the plan, one whenever jobs moved, and a
ledger at the end; in which words is for `progress_text`. The same figures go out as the
SDK's metrics points. It must not decide anything.
"""

from __future__ import annotations

import logging
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from singer_sdk import metrics

from tap_marketo_programs.export.progress_text import (
    HISTORY,
    KEYS,
    backfill_text,
    brought_text,
    given_up_text,
    pace_text,
    planned_text,
    quota_text,
)
from tap_marketo_programs.export.quota import day_start
from tap_marketo_programs.schemas.figures import MEGABYTE, counted, duration_text, size_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from tap_marketo_programs.clock import Clock
    from tap_marketo_programs.export.job import ExportJob
    from tap_marketo_programs.export.log_lines import LogLine
    from tap_marketo_programs.export.quota import ExportQuota
    from tap_marketo_programs.export.slices import ExportSlice
    from tap_marketo_programs.export.tasks import Task
    from tap_marketo_programs.export.work import Standing, Work

logger = logging.getLogger(__name__)

# Where many jobs are read one after the other, not each has a line of its own.
MIN_SILENCE_SECONDS = 10.0
# While jobs run and none moves, a line says so this often, for who wonders whether anything lives.
MAX_SILENCE_SECONDS = 600.0
# Asking thousands of programs takes a while.
PROGRESS_SECONDS = 60.0


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
        stream: The stream's name, for lines and metrics.
        clock: Where time comes from.
        quota: What today's exports used.
    """

    def __init__(self, stream: str, clock: Clock, quota: ExportQuota) -> None:
        self._stream = stream
        self._clock = clock
        self._started = self._said_jobs = self._said_asked = clock.monotonic()
        self._quota = quota
        self._last = (0, 0)
        # Jobs that were planned for whole histories, which come last.
        self._histories = 0
        self._to_ask = 0
        self._written: list[ExportSlice] = []

    # What happens

    @property
    def _whole(self) -> str:
        return KEYS if self._quota.of_keys else HISTORY

    def planned(self, tasks: Sequence[Task], to_ask: int) -> None:
        """The plan is made.

        Args:
            tasks: Jobs of an earlier run, and those that are to be created.
            to_ask: Programs that are asked for changes first.
        """
        self._to_ask = to_ask
        self._histories = sum(task.slice.window is None for task in tasks)
        if tasks or to_ask or not self._quota.of_keys:
            # That no snapshot is due is said already.
            logger.info("%s: %s", self._stream, planned_text(tasks, to_ask, self._whole))
        self._point("gauge", ExportMetric.JOBS_PLANNED, len(tasks))

    def completed(self, job: ExportJob) -> None:
        """A job's file is there."""
        if job.finished_at and job.created_at:
            seconds = (job.finished_at - job.created_at).total_seconds()
            self._point("timer", metrics.Metric.JOB_DURATION, seconds, job_type="export")

    def written(self, one: ExportSlice) -> None:
        """The rows of an export are out."""
        self._written.append(one)

    # What it amounts to

    def report(self, standing: Standing, now: datetime) -> None:
        """Say how things stand, if a job was read or given up since, or for long none was."""
        figures, elapsed = standing.figures, self._clock.monotonic() - self._started
        moved = (figures.jobs_given_up, figures.jobs_written)
        silence = self._clock.monotonic() - self._said_jobs
        patience = MAX_SILENCE_SECONDS if moved == self._last else MIN_SILENCE_SECONDS
        if silence < patience:
            return
        self._last, self._said_jobs = moved, self._clock.monotonic()
        logger.info(
            "%s: %d of %s done, %d running%s; %s; %s; %s elapsed, %s%s",
            self._stream,
            figures.jobs_written,
            counted(standing.total, "job"),
            standing.running,
            given_up_text(figures.jobs_given_up),
            counted(figures.rows, "row"),
            quota_text(self._quota, now),
            duration_text(elapsed),
            pace_text(elapsed, figures.jobs_written, standing.total),
            self._backfill_text(elapsed, standing, now),
        )

    def asked(self, standing: Standing) -> None:
        """Say about once a minute how far asking for changes is; one thread may call it."""
        now = self._clock.monotonic()
        if now - self._said_asked < PROGRESS_SECONDS or not standing.to_ask:
            return
        self._said_asked = now
        logger.info(
            "%s: %d of %s asked for changes, %d changed; %s",
            self._stream,
            self._to_ask - standing.to_ask,
            counted(self._to_ask, "program"),
            standing.changed,
            pace_text(now - self._started, self._to_ask - standing.to_ask, self._to_ask),
        )

    def _backfill_text(self, elapsed: float, standing: Standing, now: datetime) -> str:
        """On which day the histories will be done, by the quota and by the pace so far."""
        done = standing.figures.jobs_written
        left = min(self._histories, standing.total - done)
        size = self._quota.history_mb()
        if self._quota.of_keys or not left or not done or size is None:
            return ""
        by_pace = day_start(now + timedelta(seconds=elapsed / done * left))
        return backfill_text(self._quota, now, left * size, by_pace)

    def ended(self, work: Work, *, calls: int, retries: int, nulled: int, now: datetime) -> None:
        """The run is over, well or not: what matters first, then what it cost.

        Args:
            work: What was done, and what is left.
            calls: API calls of the run.
            retries: Of these, those that were made again.
            nulled: Cells that did not fit their type.
            now: Marketo's time.
        """
        figures = work.figures
        logger.info(
            "%s: %s; %s done, %d created%s; %s, %s; %s%s%s; %s",
            self._stream,
            brought_text(work, self._written, self._whole),
            counted(figures.jobs_written, "job"),
            figures.jobs_created,
            given_up_text(figures.jobs_given_up),
            counted(calls, "API call"),
            counted(retries, "retry", "retries"),
            size_text(figures.bytes / MEGABYTE),
            f", {quota_text(self._quota, now)}" if self._quota.is_known else "",
            f"; {counted(nulled, 'cell')} made null" if nulled else "",
            duration_text(self._clock.monotonic() - self._started),
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
        if self._quota.is_known:
            self._point("gauge", ExportMetric.QUOTA_USED, round(self._quota.used_mb(now), 3))

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
