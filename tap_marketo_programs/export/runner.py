"""Keeps the export queue fed and hands verified files to the main thread.

Two threads work behind the one that writes rows: one creates, enqueues and
polls jobs, the other downloads files. The main thread alone writes to stdout
and alone decides when a STATE goes out; a job is enqueued, and the next one
created, only after the STATE that names it is out, so a killed run loses sight
of one job at most, and that one is not even queued.

A failed *request* is the client's business; here a failed *job* is recreated
within a budget of its own. It must not know Singer messages or schemas.
"""

from __future__ import annotations

import atexit
import contextlib
import logging
import threading
from collections import Counter
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Protocol, Self

from tap_marketo_programs.errors import (
    AlreadyQueued,
    AnswerError,
    DailyQuotaExceeded,
    ExportFailed,
    ExportTimedOut,
    FieldUnknown,
    FileCorrupt,
    FileUnavailable,
    FileUnreadable,
    FilterUnsupported,
    MarketoConfigError,
    MarketoError,
    MarketoRefusal,
    MarketoTransientError,
    ProgramsFilterUnsupported,
    QueueFull,
    RequestRefused,
    named_fields,
)
from tap_marketo_programs.export import quota
from tap_marketo_programs.export.download import Downloader
from tap_marketo_programs.export.folder import PrivateFolder
from tap_marketo_programs.export.job import ExportJob, ExportStatus
from tap_marketo_programs.export.ledger import InFlight, digest
from tap_marketo_programs.export.plan import EARLIEST, Bounds, ExportSlice, full, plan
from tap_marketo_programs.export.progress import ExportProgress
from tap_marketo_programs.export.quota import ExportQuota, Room
from tap_marketo_programs.export.task import ExportTask, Phase, TaskBoard
from tap_marketo_programs.quoting import quoted

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence
    from datetime import datetime
    from pathlib import Path
    from types import TracebackType

    from tap_marketo_programs.export.api import ExportApi
    from tap_marketo_programs.export.download import Contents, ExportFile
    from tap_marketo_programs.export.ledger import Ledger

logger = logging.getLogger(__name__)

# Jobs created for one slice before it is split or given up.
MOST_CREATES = 3
# Downloads of one job before it is recreated.
MOST_DOWNLOADS = 2
# Jobs whose file is no good before their slice is given up.
MOST_BAD_JOBS = 2
# Failed jobs in a row: then it is not the programs.
MOST_FAILURES = 12
# Enqueues that Marketo refuses for no known reason while the job waits.
MAX_REFUSED_ENQUEUES = 3
# Creates in a row that Marketo refuses. Ten programs that are all at fault make 19.
MAX_REFUSALS = 25
# Calls in a row for one verb that get no answer, each with all its retries: then it is
# not the job. One job makes nine before its programs are tried apart.
MAX_UNANSWERED = 12
# Files in a row that are as Marketo made them and cannot be read: then it is not one
# program, and splitting jobs further would only use up the quota.
MAX_UNREADABLE = 6
# Verified files waiting for the main thread.
MOST_FILES = 2
# Waits for a place in a queue that other integrations fill.
SHORTEST_QUEUE_WAIT = 15.0
LONGEST_QUEUE_WAIT = 300.0
# A job of an earlier run that is still not done after so long never will be.
OLDEST_RUNNING = timedelta(days=1)
# A run that takes up an interrupted one so soon asks for each program that was
# done whether anything changed since, instead of exporting it again. That costs
# a call each, so it is for restarts, not for schedules, and not for everything.
RESTART_PERIOD = timedelta(minutes=30)
MOST_PROBES = 1_000
# Failures that the run's last line names; the lines before it name each.
MAX_TOLD = 5
# How long an ending run waits for its threads; the process may end within 10 s.
JOIN_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class ExportSettings:
    """The user's say in how jobs are run; times in seconds."""

    poll_interval: float = 60.0
    max_queued: int = 4
    timeout: float = 10_800.0
    quota_mb: float | None = None


@dataclass(frozen=True, slots=True)
class ExportRequest:
    """What a run is to bring.

    Args:
        program_ids: The programs wanted.
        bounds: Where in time the plan may reach.
        fields: The export's columns, as REST names.
        client: `digest()` of the client id.
        stream: The stream's name, for log lines and metrics.
        full_table: Export every member, whatever is known already.
        restricted: Whether the user named the programs.
    """

    program_ids: Sequence[int]
    bounds: Bounds
    fields: Sequence[str]
    client: str
    stream: str
    full_table: bool = False
    restricted: bool = False


class Surroundings(Protocol):
    """What the runner asks of the stream around it."""

    def save(self) -> None:
        """Write the ledger to STATE; called by the main thread only."""

    def count_rows(
        self,
        path: Path,
        fields: Collection[str],
        programs: Collection[int],
    ) -> Contents:
        """Check a whole file with these columns, of these programs if any are named."""

    def programs_in(self, path: Path) -> set[int]:
        """The programs whose members a file holds."""

    def program_exists(self, program_id: int) -> bool:
        """Ask Marketo whether a program is still there."""

    def has_changed(self, program_id: int, since: datetime, until: datetime) -> bool:
        """Ask Marketo, without an export, whether any member changed."""

    def known_fields(self) -> set[str]:
        """Ask Marketo which fields can be exported."""


@dataclass(frozen=True, slots=True)
class Export:
    """A verified file on its way to the target."""

    task: ExportTask
    file: ExportFile
    slice: ExportSlice
    export_id: str


class ExportRunner:
    """One run of exports; use it as a context manager and iterate over it.

    Args:
        api: The remote verbs.
        request: What is wanted.
        ledger: What is known; kept up to date.
        settings: The user's say.
        around: What the stream does for the runner.
    """

    def __init__(
        self,
        api: ExportApi,
        request: ExportRequest,
        ledger: Ledger,
        settings: ExportSettings,
        around: Surroundings,
    ) -> None:
        self.fields = list(request.fields)
        self._quota = ExportQuota(settings.quota_mb)
        self.progress = ExportProgress(request.stream, api.clock, self._quota)
        self._api = api
        self._request = request
        self._ledger = ledger
        self._settings = settings
        self._around = around
        self._clock = api.clock
        self._board = TaskBoard()
        # The background waits for a STATE; something is to be said in the next one.
        self._unsaved = False
        self._unwritten = False
        self._failures = 0
        self._unreadable = 0
        self._refusals = 0
        self._unanswered: Counter[str] = Counter()
        self._queue_wait = SHORTEST_QUEUE_WAIT
        self._queue_full_since: float | None = None
        self._create_at = 0.0
        self._changed: list[int] = []
        # Programs of which a part was given up: their watermarks must not pass it.
        self._left_out: set[int] = set()
        self._threads: list[threading.Thread] = []
        self._folder = PrivateFolder()

    # The main thread's side

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
        while (task := self._next_ready()) is not None:
            if task.file is None:  # pragma: no cover - READY means that it has one
                continue
            yield Export(task, task.file, task.slice, task.export_id)
        if self._board.fatal is not None:
            raise self._board.fatal
        # What is left undone now was left on purpose; the next run plans anew.
        with self._board.changed:
            self._ledger.unfinished = None
            self._unsaved = True
        self._raise_what_went_wrong()

    def attend(self) -> None:
        """Between two rows: write the STATE that the background waits for, if it does."""
        if self._unsaved:
            self._save()

    def emitted(self, export: Export) -> None:
        """All rows of an export are out: its file goes, its watermark moves."""
        export.file.remove()
        with self._board.changed:
            kept = tuple(one for one in export.slice.program_ids if one not in self._left_out)
            # In this order: a signal in between costs a download, not another export.
            self._ledger.emitted(replace(export.slice, program_ids=kept))
            self._ledger.dropped(export.export_id)
            self._board.remove(export.task)
            self._unwritten = True
            # The STATE that names the next job will say this too. Until then a
            # killed run would read the file again, which costs no quota; a STATE
            # for each would double what thousands of programs write.
            more_to_come = self._board.no_more is None and self._board.of(Phase.PLANNED)
            self._unsaved = self._unsaved or not more_to_come
        self.progress.emitted(export.file)

    def close(self) -> None:
        """Stop the threads, delete the files; jobs that STATE names stay."""
        atexit.unregister(self.close)
        with self._board.changed:
            self._board.stopping = True
            self._board.changed.notify_all()
        give_up_at = self._clock.monotonic() + JOIN_SECONDS
        for thread in self._threads:
            # The garbage collector may close an abandoned generator in any thread, and
            # a signal may come before a thread has started.
            if thread.ident and thread is not threading.current_thread():
                thread.join(max(0.0, give_up_at - self._clock.monotonic()))
        self._folder.remove()

    def cancel(self) -> None:
        """End every job of this run: for a run whose state nobody keeps."""
        with self._board.changed:
            jobs = list(self._ledger.in_flight)
        for export_id in jobs:
            with contextlib.suppress(MarketoError):
                self._api.cancel(export_id)
            self._ledger.dropped(export_id)

    def save_if_needed(self) -> None:
        """Write what no STATE has said yet; for the way out."""
        if self._unsaved or self._unwritten:
            self._save()

    def _next_ready(self) -> ExportTask | None:
        board = self._board
        while True:
            self.attend()
            with board.changed:
                if self._unsaved:
                    continue
                ready = board.of(Phase.READY)
                if ready:
                    board.move(ready[0], Phase.EMITTING)
                    return ready[0]
                if board.fatal is not None or not board.can_progress:
                    return None
                self._clock.wait(board.changed, None)

    def _save(self) -> None:
        with self._board.changed:
            self._around.save()
            self._unsaved = self._unwritten = False
            self._board.changed.notify_all()

    def _raise_what_went_wrong(self) -> None:
        board = self._board
        if board.problems:
            if len(board.problems) == 1:
                raise board.problems[0]
            # Each was logged when it happened.
            told = [str(problem) for problem in board.problems[:MAX_TOLD]]
            if (more := len(board.problems) - len(told)) > 0:
                told.append(f"and {more} more")
            message = f"{len(board.problems)} exports failed: {'; '.join(told)}"
            raise ExportFailed(message)
        if board.no_more is not None and (board.tasks or board.unprobed):
            raise board.no_more

    # Getting started

    def _prepare(self) -> None:
        for job in list(self._ledger.in_flight.values()):
            self._reattach(job)
        # A job that was recreated stands behind younger ones in the ledger.
        self._board.tasks.sort(key=lambda task: task.slice.until)
        self._plan()
        self._count_used()
        self.progress.planned(
            [task.slice for task in self._board.tasks],
            len(self._board.unprobed),
        )
        for work in (self._feed, self._fetch):
            name = f"{self._request.stream}{work.__name__}"
            thread = threading.Thread(target=self._guard, args=(work,), name=name, daemon=True)
            self._threads.append(thread)
            thread.start()

    def _count_used(self) -> None:
        """Learn what earlier runs exported today; necessary only with a quota to keep."""
        try:
            self._quota.used_before(self._api.jobs([ExportStatus.COMPLETED]))
        except AnswerError:
            if self._settings.quota_mb is not None:
                raise

    def _plan(self) -> None:
        """Add the slices that neither the ledger nor a job in flight covers."""
        wanted = [one for one in self._request.program_ids if one not in self._left_out]
        if self._request.full_table:
            covered = {one for task in self._board.tasks for one in task.slice.program_ids}
            left = [one for one in wanted if one not in covered]
            self._board.add(full(left, self._request.bounds))
            return
        self._fill_gaps(set(wanted))
        known = self._known_until()
        interrupted = self._ledger.unfinished
        if interrupted and self._until - interrupted <= RESTART_PERIOD:
            fresh = [one for one in wanted if one in known and known[one] >= interrupted]
            del fresh[MOST_PROBES:]
            self._board.unprobed.extend(fresh)
            wanted = sorted(set(wanted).difference(fresh))
        else:
            self._ledger.unfinished = self._until
        self._board.add(plan(wanted, known, self._request.bounds))

    def _fill_gaps(self, wanted: set[int]) -> None:
        """Plan what lies between a watermark and a job in flight.

        The job that was to bring it may have failed, or have become unfit,
        while a later one of the same programs is still good.
        """
        known = dict(self._ledger.watermarks)
        for task in list(self._board.tasks):
            ids, window = task.slice.program_ids, task.slice.window
            start = window.start if window else task.slice.floor
            behind = [
                one for one in ids if start and one in wanted and known.get(one, start) < start
            ]
            if start and behind:
                bounds = replace(self._request.bounds, now=start)
                self._board.insert(task, plan(behind, known, bounds))
            for program_id in ids:
                known[program_id] = max(known.get(program_id, task.slice.until), task.slice.until)

    def _known_until(self) -> dict[int, datetime]:
        """Watermarks as they will be once everything that is under way is out."""
        known = dict(self._ledger.watermarks)
        for task in self._board.tasks:
            for program_id in task.slice.program_ids:
                known[program_id] = max(known.get(program_id, task.slice.until), task.slice.until)
        return known

    def _probe(self, program_id: int) -> None:
        """Plan an increment for a program only if it has anything to bring.

        A program without changes keeps its watermark, so the next run's window
        starts where this one's would have.
        """
        board, lookback = self._board, self._request.bounds.lookback
        with board.changed:
            if program_id not in board.unprobed:
                return
            known = self._known_until()[program_id]
        # With the overlap of an export's window, for rows that are committed late.
        since = max(known - min(lookback, known - EARLIEST), EARLIEST)
        changed = self._around.has_changed(program_id, since, self._until)
        with board.changed:
            # A file that is no good may have taken the program off the list meanwhile.
            if program_id in board.unprobed:
                board.unprobed.remove(program_id)
            if changed:
                self._changed.append(program_id)
            if not board.unprobed:
                # Only now: ten at a time is cheaper than one by one.
                wanted = [one for one in self._changed if one not in self._left_out]
                board.add(plan(wanted, self._known_until(), self._request.bounds))
            board.changed.notify_all()

    @property
    def _until(self) -> datetime:
        return self._request.bounds.now

    def _reattach(self, flight: InFlight) -> None:
        """Go on with a job of an earlier run, or drop it when it no longer fits."""
        if not self._fits(flight):
            logger.info("Export %s of an earlier run no longer fits; dropped", flight.export_id)
            self._abandon(flight)
            return
        task = ExportTask(flight.slice, Phase.RUNNING)
        task.has_job(ExportJob(flight.export_id, ExportStatus.PROCESSING))
        job = self._look(task)
        if job is None and task.looks_left <= 0:
            logger.info("Export %s of an earlier run is gone (%s)", flight.export_id, task.silence)
            self._abandon(flight)
            return
        if job is not None:
            if self._is_over(job):
                logger.info("Export %s of an earlier run is %s", job.export_id, job.status)
                self._abandon(flight, running=job.status.is_running)
                return
            task.job, task.phase = job, _phase(job)
            if job.status is ExportStatus.COMPLETED:
                self._quota.completed(job, is_increment=flight.slice.window is not None)
        self._set_deadline(task)
        self._board.tasks.append(task)
        said = job.status if job else "not listed"
        logger.info("Export %s of an earlier run is %s; going on", flight.export_id, said)

    def _is_over(self, job: ExportJob) -> bool:
        """Whether a job of an earlier run will never be done."""
        too_old = job.created_at is not None and self._api.now() - job.created_at > OLDEST_RUNNING
        return job.status.is_dead or (job.status.is_running and too_old)

    def _fits(self, flight: InFlight) -> bool:
        wanted = set(self._request.program_ids)
        if flight.client != self._request.client:
            return False
        # Without program_ids, a program that is not wanted any more was deleted.
        if self._request.restricted and not wanted.issuperset(flight.slice.program_ids):
            return False
        if self._request.full_table and (flight.slice.window or flight.slice.floor):
            return False
        return self._has_the_fields(flight)

    def _has_the_fields(self, flight: InFlight) -> bool:
        """Whether a job was asked for all wanted fields that can be had."""
        if flight.fields == digest(self.fields):
            return True
        left = [name for name in self.fields if name not in flight.without]
        if flight.fields == digest(left):
            # Marketo refused them although it describes them, and would do so again.
            self._drop_fields(set(self.fields) - set(left))
            return True
        known = self._around.known_fields()
        left = [name for name in self.fields if name in known]
        if flight.fields != digest(left):
            return False
        self._drop_fields(set(self.fields) - known)
        return True

    def _abandon(self, flight: InFlight, *, running: bool = True) -> None:
        """Forget a job; free its place in the queue if it is ours to free."""
        self._ledger.dropped(flight.export_id)
        if running and flight.client == self._request.client:
            self._cancel(flight.export_id)

    def _cancel(self, export_id: str) -> None:
        """End a job that nobody will read, if it is still there to be ended."""
        with contextlib.suppress(AnswerError):
            self._api.cancel(export_id)

    # The background's side

    def _guard(self, work: Callable[[], None]) -> None:
        """Run a thread's work; whatever ends it early ends the run."""
        try:
            work()
        except BaseException as error:  # noqa: BLE001 - carried over to the main thread
            with self._board.changed:
                if not self._board.stopping:
                    self._board.fatal = self._board.fatal or error
                self._board.changed.notify_all()

    def _feed(self) -> None:
        """Create, enqueue and poll until nothing is left to do."""
        board = self._board
        while True:
            with board.changed:
                if board.is_over:
                    return
                task, wait = self._next_action()
                probe = board.unprobed[:1] if board.no_more is None else []
                if task is None and not probe:
                    # One line for a whole round of polls.
                    self.progress.report(board, self._api.now())
                    self._clock.wait(board.changed, wait)
                    continue
            if task is None:
                self._probe(probe[0])
            elif task.phase is Phase.RUNNING:
                self._poll(task)
            elif task.phase is Phase.CREATED:
                self._enqueue(task)
            else:
                self._create(task)

    def _next_action(self) -> tuple[ExportTask | None, float | None]:
        """The task to see to now, or how long there is nothing to do."""
        board, now = self._board, self._clock.monotonic()
        waiting = board.of(Phase.RUNNING)
        if board.no_more is None:
            if board.count(Phase.RUNNING) < self._settings.max_queued:
                waiting += board.of(Phase.CREATED)
            if (planned := self._may_create()) is not None:
                planned.due = max(planned.due, self._create_at)
                waiting.append(planned)
        first = min(waiting, key=lambda task: task.due, default=None)
        if first is not None and first.due <= now:
            return first, None
        self._end_if_overdue_only()
        return None, None if first is None else first.due - now

    def _may_create(self) -> ExportTask | None:
        """The next planned task, if there is a place for its job."""
        board, most = self._board, self._settings.max_queued
        finished = board.count(Phase.COMPLETED, Phase.FETCHING, Phase.READY, Phase.EMITTING)
        if board.count(*_UNDER_WAY) >= most or self._room() is Room.RESERVED:
            return None
        planned = board.of(Phase.PLANNED)
        if finished > most + MOST_FILES:
            # Only what these wait for; with nothing at all they might wait for ever.
            planned = [task for task in planned if board.holds_up(task)]
        return next(iter(planned), None)

    def _room(self) -> Room:
        """Whether another job fits into `daily_export_quota_mb`, beside those under way."""
        under_way = [task.slice.window is not None for task in self._board.of(*_UNDER_WAY)]
        return self._quota.room(self._api.now(), under_way)

    def _create(self, task: ExportTask) -> None:
        if self._quota_is_used():
            return
        board, bounds = self._board, self._request.bounds
        with board.changed:
            if task not in board.tasks:
                # A file that is no good may have taken its programs off the plan meanwhile.
                return
            # Planned, or taken up from an earlier run, before a 1035 said so.
            if not bounds.filterable:
                task.slice = task.slice.unfiltered()
            if bounds.one_program and len(task.slice.program_ids) > 1:
                board.replace(task, task.slice.singles())
                return
            board.move(task, Phase.CREATING)
            known = set(self._ledger.in_flight)
        try:
            job = self._api.create(task.slice, self.fields, known, one_program=bounds.one_program)
        except (AnswerError, MarketoConfigError) as error:
            self._not_created(task)
            self._create_failed(task, error)
        else:
            task.creates += 1
            self._unanswered.pop("create", None)
            self._refusals = 0
            self.progress.created()
            self._created(task, job)

    def _not_created(self, task: ExportTask) -> None:
        """There is no job; programs that were given up meanwhile need none."""
        board = self._board
        with board.changed:
            board.move(task, Phase.PLANNED)
            for program_id in self._left_out.intersection(task.slice.program_ids):
                board.drop_program(program_id)

    def _create_failed(self, task: ExportTask, error: AnswerError | MarketoConfigError) -> None:
        """What a create that brought no job means for the run, the plan or the task."""
        if isinstance(error, DailyQuotaExceeded):
            self._stop_creating(error)
        elif isinstance(error, QueueFull):
            self._await_place(task, error)
        elif isinstance(error, ProgramsFilterUnsupported):
            self._go_single(error)
        elif isinstance(error, FilterUnsupported):
            self._go_unfiltered(task, error)
        elif isinstance(error, RequestRefused):
            self._refused(task, error)
        elif isinstance(error, MarketoTransientError):
            self._create_unanswered(task, error)
        else:
            raise error

    def _create_unanswered(self, task: ExportTask, error: MarketoTransientError) -> None:
        """Try again later; where other creates are answered, a program is at fault."""
        self._count_unanswered("create", error)
        task.creates += 1
        if task.creates < MOST_CREATES:
            with self._board.changed:
                task.due = self._clock.monotonic() + SHORTEST_QUEUE_WAIT
        elif task in self._board.tasks:
            self._find_culprit(task, str(error))

    def _count_unanswered(self, verb: str, error: MarketoTransientError) -> None:
        """Tell one sick job from a verb that Marketo answers for nobody.

        Raises:
            MarketoTransientError: So many in a row are not one job's trouble.
        """
        self._unanswered[verb] += 1
        if self._unanswered[verb] >= MAX_UNANSWERED:
            raise error

    def _created(self, task: ExportTask, job: ExportJob) -> None:
        """Name the job in the ledger and wait until STATE says so."""
        board = self._board
        with board.changed:
            flight = InFlight(
                job.export_id,
                task.slice,
                digest(self.fields),
                self._request.client,
                without=tuple(name for name in self._request.fields if name not in self.fields),
            )
            task.has_job(job)
            board.move(task, Phase.CREATED)
            self._ledger.created(flight)
            self._unsaved = True
            board.changed.notify_all()
            while self._unsaved and not board.stopping:
                self._clock.wait(board.changed, None)

    def _enqueue(self, task: ExportTask) -> None:
        if self._board.stopping:
            return
        try:
            self._api.enqueue(task.export_id)
        except AlreadyQueued:
            pass
        except (MarketoRefusal, MarketoTransientError) as error:
            # An earlier enqueue may have arrived although its answer did not.
            if not self._is_under_way(task):
                self._not_enqueued(task, error)
                return
        self._unanswered.pop("enqueue", None)
        self._queue_full_since = None
        self._queue_wait = SHORTEST_QUEUE_WAIT
        with self._board.changed:
            self._set_deadline(task)
            task.due = self._clock.monotonic() + self._settings.poll_interval
            self._board.move(task, Phase.RUNNING)

    def _is_under_way(self, task: ExportTask) -> bool:
        """Whether Marketo has the job in its queue or behind it, whatever it answered."""
        job = self._look(task)
        return job is not None and (job.status.is_running or job.status is ExportStatus.COMPLETED)

    def _not_enqueued(self, task: ExportTask, error: AnswerError) -> None:
        """What an enqueue that had no effect means for the run or the task."""
        if isinstance(error, QueueFull):
            self._await_place(task, error)
        elif isinstance(error, DailyQuotaExceeded):
            self._stop_creating(error)
        elif not isinstance(error, (RequestRefused, MarketoTransientError)):
            raise error
        else:
            if isinstance(error, MarketoTransientError):
                self._count_unanswered("enqueue", error)
            # What Marketo shows of a job may be a minute old, so one look is not enough.
            task.refused_enqueues += 1
            if task.refused_enqueues >= MAX_REFUSED_ENQUEUES:
                self._cancel(task.export_id)
                self._job_died(task, str(error))
                return
            with self._board.changed:
                task.due = self._clock.monotonic() + self._settings.poll_interval

    def _poll(self, task: ExportTask) -> None:
        job = self._look(task)
        if job is None:
            self._unseen(task)
            return
        with self._board.changed:
            task.job = job
            task.due = self._clock.monotonic() + self._settings.poll_interval
            if job.status is ExportStatus.COMPLETED:
                self._failures = 0
                task.overdue = False
                self._quota.completed(job, is_increment=task.slice.window is not None)
                self.progress.completed(job)
                self._board.move(task, Phase.COMPLETED)
            elif job.status is ExportStatus.CREATED:
                # Its enqueue was lost after all.
                self._board.move(task, Phase.CREATED)
        if job.status.is_dead:
            self._job_died(task, f"{job.status}" + (f": {job.error}" if job.error else ""))
        elif job.status is not ExportStatus.COMPLETED:
            self._note_if_overdue(task, job.status)

    def _look(self, task: ExportTask) -> ExportJob | None:
        """What became of a task's job; None where neither its status nor the job list tells.

        A job whose status cannot be had is looked up in the list from then on, so
        that it is neither paid for twice nor the end of the run.

        Raises:
            MarketoTransientError: The list cannot be had either, so it is not the job.
        """
        if not task.silence:
            try:
                return self._api.status(task.export_id)
            except RequestRefused as error:
                task.silence, task.looks_left = str(error), 0
                return None
            except MarketoTransientError as error:
                task.silence = str(error)
                logger.warning(
                    "Export %s: its status cannot be had (%s); the list of jobs is asked instead",
                    task.export_id,
                    error,
                )
        if (job := self._api.find(task.export_id)) is None:
            task.looks_left -= 1
        return job

    def _unseen(self, task: ExportTask) -> None:
        """Nobody says what became of a job: look again, then count it as failed."""
        if task.looks_left > 0:
            with self._board.changed:
                task.due = self._clock.monotonic() + self._settings.poll_interval
            return
        # Whatever Marketo means by it, the job must not run on unnamed.
        self._cancel(task.export_id)
        self._job_died(task, task.silence)

    def _note_if_overdue(self, task: ExportTask, status: ExportStatus) -> None:
        """A job that is not done in time is waited for as long as others need the run."""
        if task.overdue or self._clock.monotonic() <= task.deadline:
            return
        logger.warning("%s", self._overdue_text(task, status))
        with self._board.changed:
            task.overdue = True
            self._board.changed.notify_all()

    def _overdue_text(self, task: ExportTask, status: ExportStatus) -> str:
        return (
            f"export {task.export_id} is still {status} after {self._settings.timeout:.0f} s "
            "(export_timeout_seconds); the state names it, and the next run goes on with it"
        )

    def _end_if_overdue_only(self) -> None:
        """End the run once there is nothing left that does not wait for an overdue job.

        Raises:
            ExportTimedOut: With the first of the overdue jobs.
        """
        board = self._board
        overdue = [task for task in board.of(Phase.RUNNING) if task.overdue]
        if not overdue or board.no_more is not None or board.unprobed:
            return
        running, busy = board.count(Phase.RUNNING), board.count(*_BUSY)
        if running > len(overdue) or busy or board.next_to_fetch() or self._may_create():
            return
        if board.count(Phase.CREATED) and running < self._settings.max_queued:
            return
        first = overdue[0]
        if first.job is not None:
            raise ExportTimedOut(self._overdue_text(first, first.job.status))

    def _set_deadline(self, task: ExportTask) -> None:
        task.deadline = self._clock.monotonic() + self._settings.timeout

    # When a job does not do what it should

    def _quota_is_used(self) -> bool:
        with self._board.changed:
            if self._room() is not Room.USED:
                return False
        used = self._quota.used_mb(self._api.now())
        message = (
            f"Today's exports of this API user have used {used:.1f} MB of daily_export_quota_mb "
            f"({self._settings.quota_mb:g} MB)"
        )
        self._stop_creating(DailyQuotaExceeded(message))
        return True

    def _stop_creating(self, error: DailyQuotaExceeded) -> None:
        """No more jobs today; those that run are still awaited and emitted."""
        reset = quota.reset_text(self._api.now())
        message = (
            f"{error}. Exports go on after the quota's reset at {reset}; the state is saved and "
            "the next run continues from it."
        )
        with self._board.changed:
            self._board.no_more = DailyQuotaExceeded(message, code=error.code)
            self._board.changed.notify_all()

    def _await_place(self, task: ExportTask, error: QueueFull) -> None:
        """Wait for a place among ten that other integrations share."""
        now = self._clock.monotonic()
        if self._queue_full_since is None:
            self._queue_full_since = now
            logger.info("%s; waiting for a place", error)
        if now - self._queue_full_since > self._settings.timeout:
            message = (
                f"The subscription's export queue has been full for {self._settings.timeout:.0f} s "
                "(export_timeout_seconds). The state is saved; the next run goes on from it."
            )
            raise QueueFull(message, code=error.code)
        wait = min(self._queue_wait, self._settings.poll_interval * 5)
        self._queue_wait = min(self._queue_wait * 2, LONGEST_QUEUE_WAIT)
        with self._board.changed:
            task.due = self._create_at = now + wait

    def _go_unfiltered(self, task: ExportTask, error: FilterUnsupported) -> None:
        """1035: plan again without the `updatedAt` filter, once."""
        if task.slice.window is None:
            # It was not asked for, so it cannot be meant.
            self._go_single(error)
            return
        logger.warning(
            "This subscription has no updatedAt filter for program members (%s). Every export is "
            "a whole one from now on, filtered here; it costs more of the daily export quota.",
            error,
        )
        self._plan_again(replace(self._request.bounds, filterable=False))

    def _go_single(self, error: FilterUnsupported) -> None:
        """1035 of `programIds`: one program a job from now on.

        Raises:
            FilterUnsupported: There was one already, so no export is possible.
        """
        if self._request.bounds.one_program:
            raise error
        logger.warning(
            "This subscription does not export several programs at once (%s). Every program has "
            "an export of its own from now on; that takes longer, and no more of the quota.",
            error,
        )
        self._plan_again(replace(self._request.bounds, one_program=True))

    def _plan_again(self, bounds: Bounds) -> None:
        """Plan once more what has no job yet, within other bounds."""
        self._request = replace(self._request, bounds=bounds)
        with self._board.changed:
            for planned in self._board.of(Phase.PLANNED):
                self._board.remove(planned)
            self._board.unprobed.clear()
            self._changed.clear()
            self._plan()

    def _refused(self, task: ExportTask, error: RequestRefused) -> None:
        """A create was refused: a field or a program is at fault.

        Raises:
            ExportFailed: A field is, and nobody says which, or it is one that no
                export can do without.
        """
        vanished = self._refused_fields(error) if isinstance(error, FieldUnknown) else None
        if vanished:
            self._drop_fields(vanished)
            return
        self._refusals += 1
        if self._refusals >= MAX_REFUSALS:
            message = f"{self._refusals} creates in a row were refused; the last one: {error}"
            raise ExportFailed(message)
        if task in self._board.tasks:
            self._find_culprit(task, str(error))

    def _refused_fields(self, error: FieldUnknown) -> set[str]:
        """The fields of the export that Marketo refuses: as it says, or as it describes."""
        named = named_fields(error.message, self.fields)
        if key := named.intersection(_KEYS[:1]):
            message = f"Marketo refuses to export {', '.join(key)}, the members' key ({error})"
            raise ExportFailed(message)
        return named or set(self.fields[1:]) - self._around.known_fields()

    def _drop_fields(self, names: set[str]) -> None:
        shown = ", ".join(quoted(name) for name in sorted(names))
        logger.warning(
            "Marketo no longer knows %s, or does not export it; exporting without. Refresh the "
            "catalog, or deselect it, to silence this.",
            shown,
        )
        self.fields = [name for name in self.fields if name not in names]

    def _job_died(self, task: ExportTask, why: str) -> None:
        """A job ended without a file: try once more, then look for the program at fault."""
        logger.warning("Export %s ended without a file (%s)", task.export_id, why)
        self._failures += 1
        self.progress.given_up()
        if self._failures >= MOST_FAILURES:
            message = f"{self._failures} export jobs in a row failed; the last one: {why}"
            raise ExportFailed(message)
        self._take_back(task)
        if task.creates >= MOST_CREATES:
            self._find_culprit(task, why)

    def _take_back(self, task: ExportTask) -> None:
        """The job is lost, the slice is not."""
        with self._board.changed:
            self._ledger.dropped(task.export_id)
            task.job = None
            task.due = self._clock.monotonic()
            self._board.move(task, Phase.PLANNED)
            self._unsaved = True

    def _find_culprit(self, task: ExportTask, why: str) -> None:
        """Leave out what was deleted; else split until the culprit stands alone."""
        ids = task.slice.program_ids
        gone = self._gone(ids)
        board = self._board
        for program_id in gone:
            logger.warning("Program %d was deleted in Marketo; skipped", program_id)
        with board.changed:
            for program_id in gone:
                self._ledger.forget(program_id)
                self._leave_out(program_id)
            if gone:
                return
            if len(ids) > 1:
                # Each part gets one try: the whole has had its share.
                board.replace(task, task.slice.halves(), creates=MOST_CREATES - 1)
                return
            message = f"program {ids[0]} cannot be exported: {why}"
            board.problems.append(ExportFailed(message))
            logger.error("%s; going on with the others", message)
            self._leave_out(ids[0])

    def _gone(self, program_ids: Sequence[int]) -> list[int]:
        """The programs that were deleted; one of which Marketo does not tell is still there.

        Raises:
            MarketoTransientError: It does not tell of one after the other.
        """
        gone: list[int] = []
        for program_id in program_ids:
            try:
                if not self._around.program_exists(program_id):
                    gone.append(program_id)
                self._unanswered.pop("program", None)
            except MarketoTransientError as error:
                self._count_unanswered("program", error)
        return gone

    def _leave_out(self, program_id: int) -> None:
        """A part of a program will not come: what is known of it ends before that part."""
        self._left_out.add(program_id)
        self._board.drop_program(program_id)

    # Files

    def _fetch(self) -> None:
        """Download completed jobs' files until nothing is left to do."""
        board = self._board
        downloader = Downloader(
            self._api,
            self._folder.path,
            # A file made before a field was dropped has that column still, and may.
            lambda path, programs: self._around.count_rows(path, self.fields, programs),
            self._clock,
            lambda: board.stopping,
        )
        while True:
            with board.changed:
                if board.is_over:
                    return
                task = board.next_to_fetch() if board.count(Phase.READY) < MOST_FILES else None
                if task is None:
                    self._clock.wait(board.changed, None)
                    continue
                board.move(task, Phase.FETCHING)
            self._fetch_one(downloader, task)

    def _fetch_one(self, downloader: Downloader, task: ExportTask) -> None:
        board = self._board
        if task.job is None:  # pragma: no cover - COMPLETED means that it has one
            return
        try:
            # Of a job that may be somebody else's, the file itself must name the programs.
            programs = () if task.guessed else task.slice.program_ids
            file = downloader.fetch(task.job, programs, self.fields)
            self._check_guess(task, file)
        except FileUnreadable as error:
            self._unreadable_file(task, error)
            return
        except MarketoTransientError as error:
            if not board.stopping:
                self._no_file_yet(task, error)
            return
        except (FileCorrupt, FileUnavailable) as error:
            self._bad_file(task, error)
            return
        self._unreadable = 0
        with board.changed:
            if task.job.file_size is None:
                told = replace(task.job, file_size=file.size)
                self._quota.completed(told, is_increment=task.slice.window is not None)
            task.file = file
            board.move(task, Phase.READY)

    def _check_guess(self, task: ExportTask, file: ExportFile) -> None:
        """Refuse the file of a job that turns out to be somebody else's."""
        if not task.guessed or file.path is None:
            return
        if not self._around.programs_in(file.path) <= set(task.slice.program_ids):
            file.remove()
            task.bad_files = MOST_DOWNLOADS
            message = "the job that was taken for a lost one holds other programs"
            raise FileCorrupt(message)

    def _bad_file(self, task: ExportTask, error: MarketoError) -> None:
        """Download again, then recreate the job once, then give the slice up."""
        logger.warning("Export %s: %s", task.export_id, error)
        if self._downloads_again(task):
            return
        self.progress.given_up()
        task.bad_jobs += 1
        if task.bad_jobs < MOST_BAD_JOBS:
            self._take_back(task)
            return
        self._give_up(task, error)

    def _downloads_again(self, task: ExportTask) -> bool:
        """Whether one more download may help; then the job's status is asked again, too."""
        with self._board.changed:
            task.bad_files += 1
            if task.bad_files >= MOST_DOWNLOADS:
                return False
            # Either the file or what the status says of it is wrong.
            task.due = self._clock.monotonic() + self._settings.poll_interval
            self._board.move(task, Phase.RUNNING)
            return True

    def _no_file_yet(self, task: ExportTask, error: MarketoTransientError) -> None:
        """A file that cannot be downloaded: leave the job to the next run, and the others alone.

        It is paid for, so it is created again only once a day has made no difference.
        """
        logger.warning("Export %s: %s", task.export_id, error)
        if self._downloads_again(task):
            return
        created = task.job.created_at if task.job else None
        if created is not None and self._api.now() - created > OLDEST_RUNNING:
            self.progress.given_up()
            self._take_back(task)
            return
        self._give_up(task, error, keep_job=True)

    def _unreadable_file(self, task: ExportTask, error: FileUnreadable) -> None:
        """A file that is as Marketo made it and no table: find the program at fault.

        Neither another download nor the same job once more would be any better.
        """
        self._unreadable += 1
        self.progress.given_up()
        halves = len(task.slice.program_ids) > 1 and self._unreadable < MAX_UNREADABLE
        if not halves:
            self._give_up(task, error)
            return
        logger.warning(
            "Export %s: %s Its programs are exported apart to find the one at fault.",
            task.export_id,
            error,
        )
        with self._board.changed:
            self._ledger.dropped(task.export_id)
            self._unsaved = True
            self._board.replace(task, task.slice.halves())

    def _give_up(self, task: ExportTask, error: MarketoError, *, keep_job: bool = False) -> None:
        """This run does not bring a slice: its programs are named, and the others go on."""
        programs = ", ".join(map(str, task.slice.program_ids))
        logger.error("Left to the next run: program_members of %s (%s)", programs, error)
        board = self._board
        with board.changed:
            if not keep_job:
                self._ledger.dropped(task.export_id)
            self._unsaved = True
            board.problems.append(error)
            for program_id in task.slice.program_ids:
                self._leave_out(program_id)
            board.remove(task)


# The columns every export has; `programId` comes by itself with `programIds`.
_KEYS = ("leadId", "updatedAt")
# The phases of a job that holds a place of ours and has no file yet.
_UNDER_WAY = (Phase.CREATING, Phase.CREATED, Phase.RUNNING)
# The phases that end by themselves.
_BUSY = (Phase.CREATING, Phase.FETCHING, Phase.READY, Phase.EMITTING)


def _phase(job: ExportJob) -> Phase:
    """The phase of a task that takes up this job."""
    if job.status is ExportStatus.COMPLETED:
        return Phase.COMPLETED
    return Phase.CREATED if job.status is ExportStatus.CREATED else Phase.RUNNING
