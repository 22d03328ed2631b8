"""What a run of exports has done so far, as figures and as log lines.

A person reads three kinds of lines: the plan, one whenever jobs moved, and a
ledger at the end. It must not decide anything.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from tap_marketo_programs.export.quota import MEGABYTE
from tap_marketo_programs.export.task import Phase

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tap_marketo_programs.clock import Clock
    from tap_marketo_programs.export.download import ExportFile
    from tap_marketo_programs.export.job import ExportJob
    from tap_marketo_programs.export.plan import ExportSlice
    from tap_marketo_programs.export.task import TaskBoard

logger = logging.getLogger(__name__)


class ExportProgress:
    """The figures of one run.

    Args:
        clock: Where time comes from.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._started = clock.monotonic()
        self._last: tuple[int, ...] = ()
        self._finished = 0
        self.jobs_created = 0
        self.jobs_recreated = 0
        self.rows = 0
        self.bytes_completed = 0

    def planned(self, slices: Sequence[ExportSlice]) -> None:
        """The plan is made."""
        programs = {one for each in slices for one in each.program_ids}
        windows = {each.window for each in slices if each.window}
        # create, enqueue, at least one status and one file for each job
        logger.info(
            "Export plan: %d programs in %d jobs, %d windows of updatedAt, about %d calls",
            len(programs),
            len(slices),
            len(windows),
            4 * len(slices),
        )

    def created(self) -> None:
        """A job was created."""
        self.jobs_created += 1

    def recreated(self) -> None:
        """A job was given up."""
        self.jobs_recreated += 1

    def completed(self, job: ExportJob) -> None:
        """A job's file is there; its size counts against today's quota."""
        self.bytes_completed += job.file_size or 0

    def emitted(self, file: ExportFile) -> None:
        """All rows of a file are out."""
        self._finished += 1
        self.rows += file.rows

    def report(self, board: TaskBoard) -> None:
        """Say how things stand, if they moved."""
        with board.changed:
            running, left = board.count(Phase.RUNNING), board.count(Phase.PLANNED)
            total = self._finished + len(board.tasks)
        now = (running, left, self._finished)
        if now == self._last:
            return
        self._last = now
        logger.info(
            "Exports: %d of %d done, %d running, %d to come; %d rows, %.1f MB today, %.0f s",
            self._finished,
            total,
            running,
            left,
            self.rows,
            self.bytes_completed / MEGABYTE,
            self._clock.monotonic() - self._started,
        )

    def ended(self, calls: int, retries: int) -> None:
        """The run is over."""
        logger.info(
            "Exports ended: %d jobs created (%d given up), %d rows, %.1f MB, %d API calls, "
            "%d retries, %.0f s",
            self.jobs_created,
            self.jobs_recreated,
            self.rows,
            self.bytes_completed / MEGABYTE,
            calls,
            retries,
            self._clock.monotonic() - self._started,
        )
