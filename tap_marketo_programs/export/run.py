"""The main thread's face of a run of exports.

Use it as a context manager and iterate over it: it hands out verified files in the order
in which their rows must leave, and writes a STATE whenever the scheduler wants one. It
must not know what rows look like or how they are written.
"""

from __future__ import annotations

import contextlib
import logging
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from tap_marketo_programs.errors import MarketoError
from tap_marketo_programs.export import actions, earlier_jobs, events, status_names
from tap_marketo_programs.export.actions import Worker
from tap_marketo_programs.export.bookmark import jobs_size
from tap_marketo_programs.export.coordinator import Coordinator
from tap_marketo_programs.export.detection import MAX_AT_ONCE
from tap_marketo_programs.export.download import Downloader
from tap_marketo_programs.export.planning import add_plan
from tap_marketo_programs.export.progress import ExportProgress, write_lines
from tap_marketo_programs.export.scheduler import Scheduler
from tap_marketo_programs.export.verify import Verifier
from tap_marketo_programs.export.workers import ApiWorker, ChangesWorker, DownloadWorker
from tap_marketo_programs.process.private_folder import PrivateFolder
from tap_marketo_programs.schemas.figures import counted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from datetime import datetime
    from types import TracebackType

    from tap_marketo_programs.export.reading import Reading
    from tap_marketo_programs.export.request import ExportRequest
    from tap_marketo_programs.export.tasks import Task
    from tap_marketo_programs.export.verify import VerifiedFile
    from tap_marketo_programs.export.work import Work
    from tap_marketo_programs.export.workers import Remote
    from tap_marketo_programs.member_file.file import MemberFile

logger = logging.getLogger(__name__)

# How long an ending run waits for its threads; the process may end within 10 s.
JOIN_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Export:
    """A verified file on its way to the target."""

    task: Task
    file: VerifiedFile

    @property
    def export_id(self) -> str:
        """Marketo's id of the job."""
        return self.task.export_id

    @property
    def reader(self) -> MemberFile | None:
        """Reads the rows as they were checked; None where there are none."""
        return self.file.reader

    @property
    def min_updated_at(self) -> datetime | None:
        """Rows that are visibly older than this were not wanted; None wants all."""
        return self.task.slice.min_updated_at


class ExportRun:
    """One run of exports.

    Args:
        remote: What to speak to Marketo through.
        work: What is wanted and known; kept up to date.
        reading: How the files are read.
        save: Writes a bookmark to STATE, and tells the bytes of its line; called by the main
            thread only.
    """

    def __init__(
        self,
        remote: Remote,
        work: Work,
        reading: Reading,
        save: Callable[[Mapping[str, Any]], int],
    ) -> None:
        self._remote = remote
        self._api = api = remote.api
        self._reading = reading
        self._save_bookmark = save
        self._work = work
        self._coordinator = Coordinator(Scheduler(self._work), api.clock, api.now)
        self._progress = ExportProgress(work.request.stream, api.clock, work.quota)
        self._threads: list[threading.Thread] = []
        self._folder = PrivateFolder()

    def __enter__(self) -> Self:
        """Resume the jobs of an earlier run, plan the rest, start the threads."""
        try:
            self._prepare()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Leave nothing behind, however the block ended."""
        self.close()

    def __iter__(self) -> Iterator[Export]:
        """Verified files, those of one program in the order of time.

        Raises:
            MarketoError: What ended the work, after everything that could still
                be had was handed over.
        """
        while (action := self._coordinator.take(Worker.MAIN)) is not None:
            if isinstance(action, actions.SaveState):
                self._save(action)
            elif isinstance(action, actions.WriteExport):
                yield self._take(Export(action.task, action.task.file))
            elif isinstance(action, actions.Finish):
                if action.error is not None:
                    raise action.error
                return

    @property
    def request(self) -> ExportRequest:
        """What it is to bring."""
        return self._work.request

    def save_state_if_due(self) -> None:
        """Between two rows: write the STATE that somebody waits for, if anybody does."""
        # Looked at without the lock first, since this is asked for each row.
        if self._work.save_wanted and (state := self._coordinator.state_if_wanted()):
            self._save(state)

    def written(self, export: Export) -> None:
        """All rows of an export are out: its file goes, its watermark moves."""
        export.file.remove()
        self._progress.written(export.task.slice)
        self._coordinator.report(events.ExportWritten(export.task))

    def save_what_is_unsaid(self) -> None:
        """Write what no STATE has said yet; for the way out."""
        if (state := self._coordinator.state_if_unsaid()) is not None:
            self._save(state)

    def close(self) -> None:
        """Stop the threads, delete the files; jobs that STATE names stay."""
        self._coordinator.stop()
        try:
            self._join()
        finally:
            self._folder.remove()

    def _join(self) -> None:
        clock = self._api.clock
        give_up_at = clock.monotonic() + JOIN_SECONDS
        for thread in self._threads:
            # A signal may come before a thread has started.
            if thread.ident:
                thread.join(max(0.0, give_up_at - clock.monotonic()))

    def cancel(self) -> None:
        """End every job of this run: for a run whose state nobody keeps."""
        ledger = self._work.ledger
        for export_id in list(ledger.in_flight):
            with contextlib.suppress(MarketoError):
                self._api.cancel(export_id)
            ledger.dropped(export_id)

    def tell_end(self, *, calls: int, retries: int, nulled: int) -> None:
        """Say what the run amounts to, in a line and as metrics."""
        for line in status_names.closing_lines(self._work):
            logger.warning("%s: %s", self._work.request.stream, line)
        now = self._api.now()
        self._progress.ended(self._work, calls=calls, retries=retries, nulled=nulled, now=now)

    def _save(self, state: actions.SaveState) -> None:
        sizes = self._save_bookmark(state.bookmark), *jobs_size(state.bookmark)
        self._coordinator.report(events.StateSaved(state.generation, *sizes))

    # Getting started

    def _prepare(self) -> None:
        work = self._work
        earlier_jobs.resume_all(work, self._remote)
        snapshot = work.request.snapshot
        if snapshot is None or snapshot.is_due or len(work.tasks):
            earlier_jobs.count_used(work, self._remote)
        add_plan(work)
        write_lines(work.say.take())
        self._progress.planned(list(work.tasks), len(work.checks.waiting))
        api = ApiWorker(self._coordinator, self._remote, self._report, self._progress.completed)
        downloader = Downloader(
            self._api,
            self._folder.path,
            self._api.clock,
            lambda: self._coordinator.is_stopping,
        )
        verifier = Verifier(downloader, self._reading.open)
        self._start("api", api.run)
        self._start("download", DownloadWorker(self._coordinator, verifier).run)
        for number in range(min(MAX_AT_ONCE, len(work.checks.waiting))):
            # One of them tells for all.
            tell = {} if number else {"when_asked": self._report_asked}
            changes = ChangesWorker(self._coordinator, self._remote.changes, **tell)
            self._start(f"changes_{number + 1}", changes.run)

    def _start(self, name: str, work: Callable[[], None]) -> None:
        thread = threading.Thread(
            target=work, name=f"{self._work.request.stream}_{name}", daemon=True
        )
        self._threads.append(thread)
        thread.start()

    # For the workers

    def _report(self) -> None:
        """One line for a whole round of polls."""
        self._progress.report(self._coordinator.standing(), self._api.now())

    def _report_asked(self) -> None:
        """A line now and then while programs are asked for changes."""
        self._progress.asked(self._coordinator.standing())

    def _take(self, export: Export) -> Export:
        """Count what was odd about a file that is about to be written."""
        self._reading.oddities.files.update(export.file.oddities)
        if export.reader is not None and export.reader.skipped:
            # The warning at the end counts those of all exports.
            logger.info(
                "%s: %s of export %s skipped",
                self._work.request.stream,
                counted(export.reader.skipped, "row"),
                export.export_id,
            )
        return export
