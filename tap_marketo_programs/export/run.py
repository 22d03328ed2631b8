"""The main thread's face of a run of exports.

Use it as a context manager and iterate over it: it hands out verified files in the order
in which their rows must leave, and writes a STATE whenever the scheduler wants one. It
must not know what rows look like or how they are written.
"""

from __future__ import annotations

import atexit
import contextlib
import logging
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, Self

from tap_marketo_programs.errors import (
    AnswerError,
    FileForeign,
    MarketoError,
    MarketoTransientError,
    RequestRefused,
)
from tap_marketo_programs.export import actions, events, resume
from tap_marketo_programs.export.actions import Now, Worker
from tap_marketo_programs.export.coordinator import Coordinator
from tap_marketo_programs.export.download import Contents, Downloader, ExportFile
from tap_marketo_programs.export.job import ExportStatus
from tap_marketo_programs.export.planning import add_plan
from tap_marketo_programs.export.progress import ExportProgress
from tap_marketo_programs.export.quota import ExportQuota
from tap_marketo_programs.export.scheduler import Scheduler
from tap_marketo_programs.export.work import Work
from tap_marketo_programs.export.workers import ApiWorker, DownloadWorker, Questions
from tap_marketo_programs.process.private_folder import PrivateFolder

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping
    from pathlib import Path
    from types import TracebackType

    from tap_marketo_programs.export.api import ExportApi
    from tap_marketo_programs.export.job import ExportJob
    from tap_marketo_programs.export.ledger import InFlight, Ledger
    from tap_marketo_programs.export.plan import ExportSlice
    from tap_marketo_programs.export.request import ExportRequest, ExportSettings
    from tap_marketo_programs.export.tasks import Task

logger = logging.getLogger(__name__)

# How long an ending run waits for its threads; the process may end within 10 s.
JOIN_SECONDS = 5.0


class Surroundings(Questions, Protocol):
    """What a run needs of the stream around it."""

    def save(self, bookmark: Mapping[str, Any]) -> None:
        """Write a STATE; called by the main thread only."""

    def count_rows(
        self, path: Path, fields: Collection[str], programs: Collection[int]
    ) -> Contents:
        """Check a whole file with these columns, of these programs if any are named.

        Raises:
            FileCorrupt: Nothing of it can be read with certainty.
        """

    def programs_in(self, path: Path) -> set[int]:
        """The programs whose members a file holds."""


@dataclass(frozen=True, slots=True)
class Export:
    """A verified file on its way to the target."""

    task: Task
    file: ExportFile
    slice: ExportSlice
    export_id: str


class ExportRun:
    """One run of exports.

    Args:
        api: The remote verbs.
        request: What is wanted.
        ledger: What is known; kept up to date.
        settings: The user's say.
        around: What the stream does for the run.
    """

    def __init__(
        self,
        api: ExportApi,
        request: ExportRequest,
        ledger: Ledger,
        settings: ExportSettings,
        around: Surroundings,
    ) -> None:
        self._api = api
        self._around = around
        self._stream = request.stream
        quota = ExportQuota(settings.quota_mb)
        self._work = Work(request, settings, ledger, quota, list(request.fields))
        self._coordinator = Coordinator(Scheduler(self._work), api.clock, api.now)
        self._progress = ExportProgress(request.stream, api.clock, quota)
        self._threads: list[threading.Thread] = []
        self._folder = PrivateFolder()

    def __enter__(self) -> Self:
        """Take up the jobs of an earlier run, plan the rest, start the threads."""
        # An abandoned generator is finalized late or never; the process's end is certain.
        atexit.register(self.close)
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
                task = action.task
                yield Export(task, task.file, task.slice, task.export_id)
            elif isinstance(action, actions.Finish):
                if action.error is not None:
                    raise action.error
                return

    def save_state_if_due(self) -> None:
        """Between two rows: write the STATE that somebody waits for, if anybody does."""
        # Looked at without the lock first, since this is asked for each row.
        if self._work.save_wanted and (state := self._coordinator.state_if_wanted()):
            self._save(state)

    def written(self, export: Export) -> None:
        """All rows of an export are out: its file goes, its watermark moves."""
        export.file.remove()
        self._coordinator.report(events.ExportWritten(export.task))

    def save_what_is_unsaid(self) -> None:
        """Write what no STATE has said yet; for the way out."""
        if (state := self._coordinator.state_if_unsaid()) is not None:
            self._save(state)

    def close(self) -> None:
        """Stop the threads, delete the files; jobs that STATE names stay."""
        atexit.unregister(self.close)
        self._coordinator.stop()
        clock = self._api.clock
        give_up_at = clock.monotonic() + JOIN_SECONDS
        for thread in self._threads:
            # The garbage collector may close an abandoned generator in any thread, and
            # a signal may come before a thread has started.
            if thread.ident and thread is not threading.current_thread():
                thread.join(max(0.0, give_up_at - clock.monotonic()))
        self._folder.remove()

    def cancel(self) -> None:
        """End every job of this run: for a run whose state nobody keeps."""
        ledger = self._work.ledger
        for export_id in list(ledger.in_flight):
            with contextlib.suppress(MarketoError):
                self._api.cancel(export_id)
            ledger.dropped(export_id)

    def tell_end(self, *, calls: int, retries: int, nulled: int) -> None:
        """Say what the run amounts to, in a line and as metrics."""
        figures = self._work.figures
        self._progress.ended(
            figures, calls=calls, retries=retries, nulled=nulled, now=self._api.now()
        )

    def _save(self, state: actions.SaveState) -> None:
        self._around.save(state.bookmark)
        self._coordinator.report(events.StateSaved(state.generation))

    # Getting started

    def _prepare(self) -> None:
        work = self._work
        exportable: Collection[str] | None = None
        for flight in list(work.ledger.in_flight.values()):
            if exportable is None and resume.needs_fields(work, flight):
                exportable = self._around.known_fields()
            if resume.fits(work, flight, exportable):
                self._resume(flight)
            else:
                logger.info("Export %s of an earlier run no longer fits; dropped", flight.export_id)
                resume.abandon(work, flight)
        # A job that was recreated stands behind younger ones in the ledger.
        work.tasks.tasks.sort(key=lambda task: task.slice.until)
        add_plan(work)
        self._count_used()
        self._progress.planned([task.slice for task in work.tasks], len(work.to_check))
        api = ApiWorker(
            self._coordinator, self._api, self._around, self._report, self._progress.completed
        )
        self._start("api", api.run)
        self._start("download", DownloadWorker(self._coordinator, self._fetch).run)

    def _start(self, name: str, work: Callable[[], None]) -> None:
        thread = threading.Thread(target=work, name=f"{self._stream}_{name}", daemon=True)
        self._threads.append(thread)
        thread.start()

    def _resume(self, flight: InFlight) -> None:
        """Ask what became of a job of an earlier run, and go on with it if it is there."""
        job: ExportJob | None = None
        silence = ""
        try:
            job = self._api.status(flight.export_id)
        except RequestRefused as error:
            logger.info("Export %s of an earlier run is gone (%s)", flight.export_id, error)
            resume.abandon(self._work, flight)
            return
        except MarketoTransientError as error:
            silence = str(error)
            logger.warning(
                "Export %s: its status cannot be had (%s); the list of jobs is asked instead",
                flight.export_id,
                error,
            )
            job = self._api.find(flight.export_id)
        now = Now(self._api.clock.monotonic(), self._api.now())
        resume.take_up(self._work, flight, job, silence, now)

    def _count_used(self) -> None:
        """Learn what earlier runs exported today; necessary only with a quota to keep."""
        try:
            self._work.quota.used_before(self._api.jobs([ExportStatus.COMPLETED]))
        except AnswerError:
            if self._work.settings.quota_mb is not None:
                raise

    # For the workers

    def _report(self) -> None:
        """One line for a whole round of polls."""
        self._progress.report(self._coordinator.standing(), self._api.now())

    def _fetch(self, action: actions.DownloadFile) -> tuple[ExportFile, int]:
        """Transfer and verify one file.

        Raises:
            FileForeign: It belongs to a job that is not ours after all.
        """
        downloader = Downloader(
            self._api,
            self._folder.path,
            # A file made before a field was dropped has that column still, and may.
            lambda path, programs: self._around.count_rows(path, action.fields, programs),
            self._api.clock,
            lambda: self._coordinator.is_stopping,
        )
        # Of a job that may be somebody else's, the file itself must name the programs.
        is_adopted = action.task.is_adopted
        programs = () if is_adopted else action.slice.program_ids
        file = downloader.fetch(action.job, programs, action.fields)
        if is_adopted and file.path is not None:
            self._check_adopted(file, file.path, action.slice)
        return file, file.size

    def _check_adopted(self, file: ExportFile, path: Path, wanted: ExportSlice) -> None:
        if not self._around.programs_in(path) <= set(wanted.program_ids):
            file.remove()
            message = "the job that was taken for a lost one holds other programs"
            raise FileForeign(message)
