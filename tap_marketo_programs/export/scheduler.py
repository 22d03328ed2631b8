"""Decides what each worker does next, and what an event means for the run.

Pure: no thread, clock, socket or file; time is handed in. What to do when something
goes wrong stands in `refusals` and `recovery`, how earlier jobs are taken up in `resume`.

A job is enqueued, and the next one created, only once a STATE that names it is out, so
a killed run loses sight of one job at most, and that one is not even queued. Increments
come before histories and rows of a program in the order of time: both are the order of
the tasks.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from tap_marketo_programs.errors import DailyQuotaExceeded, ExportTimedOut
from tap_marketo_programs.export import actions, events, recovery, refusals
from tap_marketo_programs.export.actions import Now, Worker
from tap_marketo_programs.export.bookmark import write_bookmark
from tap_marketo_programs.export.job import ExportStatus
from tap_marketo_programs.export.ledger import InFlight, digest
from tap_marketo_programs.export.plan import EARLIEST, plan
from tap_marketo_programs.export.planning import known_until
from tap_marketo_programs.export.quota import Room
from tap_marketo_programs.export.tasks import UNDER_WAY, Phase, Question, Task
from tap_marketo_programs.export.work import Standing

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tap_marketo_programs.export.job import ExportJob
    from tap_marketo_programs.export.work import Work

logger = logging.getLogger(__name__)

# Verified files waiting for the main thread.
MAX_FILES = 2
_POLLED = (Phase.RUNNING, Phase.RECHECKING)
# The phases that go on by themselves.
_BUSY = (Phase.CREATING, Phase.DOWNLOADING, Phase.RECHECKING, Phase.READY, Phase.WRITING)
_FINISHED = (Phase.COMPLETED, Phase.DOWNLOADING, Phase.RECHECKING, Phase.READY, Phase.WRITING)


class Scheduler:
    """One run of exports, decided step by step.

    Args:
        work: What the run knows; changed here, and by what is called from here, only.
    """

    def __init__(self, work: Work) -> None:
        self.work = work
        self._handlers: Mapping[type, Callable[[Any, Now], None]] = {
            events.JobCreated: self._job_created,
            events.CreateFailed: lambda e, now: refusals.create_failed(work, e, now),
            events.JobEnqueued: lambda e, now: self._job_enqueued(e.task, now),
            events.EnqueueFailed: self._enqueue_failed,
            events.JobPolled: self._job_polled,
            events.PollFailed: lambda e, now: recovery.poll_failed(work, e, now),
            events.JobCancelled: lambda e, _: work.cancelling.discard(e.export_id),
            events.ProgramsExist: lambda e, now: recovery.programs_exist(work, e, now),
            events.FieldsExist: lambda e, now: refusals.fields_exist(work, e, now),
            events.ChangesFound: self._changes_found,
            events.FileVerified: self._file_verified,
            events.FileRejected: lambda e, now: recovery.file_rejected(work, e, now),
            events.ExportWritten: self._export_written,
            events.StateSaved: self._state_saved,
            events.WorkerCrashed: lambda e, _: work.end_with(e.error),
        }

    def next_action(self, worker: Worker, now: Now) -> actions.Action | None:
        """What a worker has to do now; None while there is nothing."""
        if worker is Worker.MAIN:
            return self._for_main()
        if worker is Worker.API and self.work.cancels:
            return self._cancel()
        if self.work.is_over:
            return None
        return self._for_api(now) if worker is Worker.API else self._for_download()

    def handle(self, event: events.Event, now: Now) -> None:
        """Take in what happened."""
        task = getattr(event, "task", None)
        if isinstance(task, Task):
            task.is_busy = False
            if task not in self.work.tasks:
                # Excluded meanwhile, as a whole.
                return
        self._handlers[type(event)](event, now)

    def next_due(self, worker: Worker, now: Now) -> float | None:
        """In how many seconds a worker may have something to do; None: after an event."""
        waiting = [task.due for task in self._waiting(now)] if worker is Worker.API else []
        return max(0.0, min(waiting) - now.seconds) if waiting else None

    def is_over(self, worker: Worker) -> bool:
        """Whether a worker will never have anything to do again."""
        cancels = worker is Worker.API and self.work.cancels
        return worker is not Worker.MAIN and self.work.is_over and not cancels

    def standing(self) -> Standing:
        """How things stand, for people."""
        tasks = self.work.tasks
        total = self.work.figures.jobs_written + len(tasks)
        return Standing(replace(self.work.figures), tasks.count(Phase.RUNNING), total)

    def snapshot(self) -> dict[str, Any]:
        """The bookmark as of now."""
        return write_bookmark(self.work.ledger)

    def state_if_wanted(self) -> actions.SaveState | None:
        """The STATE that somebody waits for, if anybody does."""
        work = self.work
        return actions.SaveState(work.generation, self.snapshot()) if work.save_wanted else None

    def state_if_unsaid(self) -> actions.SaveState | None:
        """The STATE that says what none has said yet, for the way out."""
        work = self.work
        return actions.SaveState(work.generation, self.snapshot()) if work.is_dirty else None

    # The main thread

    def _for_main(self) -> actions.MainAction | None:
        work = self.work
        if (state := self.state_if_wanted()) is not None:
            return state
        if ready := work.tasks.of(Phase.READY):
            ready[0].move(Phase.WRITING)
            return actions.WriteExport(ready[0])
        if (work.error is None and work.can_progress) or work.cancels or work.cancelling:
            return None
        if work.error is None and work.ledger.unfinished is not None:
            # What is left undone now was left on purpose; the next run plans anew.
            work.ledger.unfinished = None
            work.note_change()
        return self.state_if_unsaid() or actions.Finish(work.outcome())

    def _state_saved(self, event: events.StateSaved, _: Now) -> None:
        work = self.work
        work.saved_generation = max(work.saved_generation, event.generation)
        work.save_wanted = work.save_wanted and work.is_dirty

    def _export_written(self, event: events.ExportWritten, _: Now) -> None:
        """All rows of an export are out: its watermark moves."""
        work, task = self.work, event.task
        kept = tuple(one for one in task.slice.program_ids if one not in work.excluded)
        # In this order: a signal in between costs a download, not another export.
        work.ledger.written(replace(task.slice, program_ids=kept))
        work.ledger.dropped(task.export_id)
        work.tasks.remove(task)
        work.figures.jobs_written += 1
        work.figures.rows += task.file.rows
        work.figures.bytes += task.file.size
        # The STATE that names the next job will say this too. Until then a killed run
        # would read the file again, which costs no quota; a STATE for each would
        # double what thousands of programs write.
        more_to_come = work.stop_reason is None and work.tasks.count(Phase.PLANNED)
        work.note_change(wanted=not more_to_come)

    # Downloads

    def _for_download(self) -> actions.DownloadFile | None:
        work = self.work
        task = work.tasks.next_to_download()
        if task is None or task.job is None or work.tasks.count(Phase.READY) >= MAX_FILES:
            return None
        task.move(Phase.DOWNLOADING)
        return actions.DownloadFile(task, task.job, task.slice, tuple(work.fields))

    def _file_verified(self, event: events.FileVerified, _: Now) -> None:
        work, task = self.work, event.task
        work.unreadable = 0
        if task.job is not None and task.job.file_size is None:
            self._count(task, replace(task.job, file_size=event.size))
        task.file = event.file
        task.move(Phase.READY)

    def _count(self, task: Task, job: ExportJob) -> None:
        self.work.quota.completed(job, is_increment=task.slice.window is not None)

    # The API

    def _for_api(self, now: Now) -> actions.ApiAction | None:
        work = self.work
        self._plan_changed()
        self._stop_if_quota_is_used(now)
        first = min(self._waiting(now), key=lambda task: task.due, default=None)
        if first is not None and first.due <= now.seconds:
            first.is_busy = True
            return self._act(first)
        if work.to_check and work.stop_reason is None:
            return self._check(work.to_check.pop(0))
        self._end_if_overdue_only(now)
        return None

    def _cancel(self) -> actions.CancelJob:
        export_id = self.work.cancels.pop(0)
        self.work.cancelling.add(export_id)
        return actions.CancelJob(export_id)

    def _waiting(self, now: Now) -> list[Task]:
        """The tasks that need the API worker, now or once they are due."""
        work = self.work
        waiting = [
            task
            for task in work.tasks.of(*_POLLED, Phase.CREATED, Phase.PLANNED)
            if task.question is not None or task.phase in _POLLED
        ]
        if work.stop_reason is None:
            if work.tasks.count(Phase.RUNNING) < work.settings.max_queued:
                created = work.tasks.of(Phase.CREATED)
                waiting += [one for one in created if not one.question and work.is_named(one)]
            if (planned := self._may_create(now)) is not None:
                planned.due = max(planned.due, work.create_at)
                waiting.append(planned)
        return [task for task in waiting if not task.is_busy]

    def _may_create(self, now: Now) -> Task | None:
        """The next planned task, if there is a place for its job."""
        work, most = self.work, self.work.settings.max_queued
        unnamed = any(not work.is_named(task) for task in work.tasks.of(Phase.CREATED))
        if unnamed or work.tasks.count(Phase.CREATING) or work.tasks.count(*UNDER_WAY) >= most:
            return None
        if self._room(now) is Room.RESERVED:
            return None
        planned = [one for one in work.tasks.of(Phase.PLANNED) if one.question is None]
        if work.tasks.count(*_FINISHED) > most + MAX_FILES:
            # Only what these wait for; with nothing at all they might wait for ever.
            planned = [one for one in planned if work.tasks.blocks_a_finished_task(one)]
        return next(iter(planned), None)

    def _room(self, now: Now) -> Room:
        work = self.work
        under_way = [task.slice.window is not None for task in work.tasks.of(*UNDER_WAY)]
        return work.quota.room(now.calendar, under_way)

    def _stop_if_quota_is_used(self, now: Now) -> None:
        work = self.work
        if work.stop_reason or not work.tasks.count(Phase.PLANNED):
            return
        if self._room(now) is Room.USED:
            used = work.quota.used_mb(now.calendar)
            message = (
                f"Today's exports of this API user have used {used:.1f} MB of "
                f"daily_export_quota_mb ({work.quota.limit_mb:g} MB)"
            )
            refusals.stop_creating(work, DailyQuotaExceeded(message), now)

    def _act(self, task: Task) -> actions.ApiAction:
        work = self.work
        if task.question is Question.PROGRAMS:
            return actions.AskExistingPrograms(task, task.slice.program_ids)
        if task.question is Question.FIELDS:
            return actions.AskExportableFields(task)
        if task.phase in _POLLED or task.question is Question.STATUS:
            return actions.PollJob(task, task.export_id, in_list=bool(task.silence))
        if task.phase is Phase.CREATED:
            return actions.EnqueueJob(task, task.export_id)
        if not work.request.bounds.filterable:
            # Planned, or taken up from an earlier run, before a 1035 said so.
            task.slice = task.slice.unfiltered()
        task.move(Phase.CREATING)
        known = frozenset(work.ledger.in_flight)
        one_program = work.request.bounds.one_program
        return actions.CreateJob(task, task.slice, tuple(work.fields), known, one_program)

    def _job_created(self, event: events.JobCreated, now: Now) -> None:
        """Name the job in the ledger; it is enqueued once a STATE says so."""
        work, task, job = self.work, event.task, event.job
        without = tuple(name for name in work.request.fields if name not in work.fields)
        task.creates += 1
        task.take_job(job)
        task.due = now.seconds
        task.move(Phase.CREATED)
        work.refusals = 0
        work.unanswered.pop("create", None)
        work.figures.jobs_created += 1
        work.ledger.created(
            InFlight(job.export_id, task.slice, digest(work.fields), work.request.client, without)
        )
        work.note_change()
        task.named_in = work.generation

    def _enqueue_failed(self, event: events.EnqueueFailed, now: Now) -> None:
        """An earlier enqueue may have arrived although its answer did not: ask first."""
        event.task.question, event.task.trouble = Question.STATUS, event.error
        event.task.due = now.seconds

    def _job_enqueued(self, task: Task, now: Now) -> None:
        work = self.work
        work.unanswered.pop("enqueue", None)
        work.queue_full_since, work.queue_wait = None, 0.0
        task.deadline = now.seconds + work.settings.timeout
        task.due = now.seconds + work.settings.poll_interval
        task.move(Phase.RUNNING)

    def _job_polled(self, event: events.JobPolled, now: Now) -> None:
        work, task, job = self.work, event.task, event.job
        if job is None:
            task.looks_left -= 1
        if task.question is Question.STATUS:
            self._enqueue_judged(task, job, now)
        elif job is None:
            recovery.job_unseen(work, task, now)
        else:
            task.job = job
            task.due = now.seconds + work.settings.poll_interval
            self._follow(task, job, now)

    def _enqueue_judged(self, task: Task, job: ExportJob | None, now: Now) -> None:
        """What a failed enqueue means, now that the job's status is known."""
        error, task.question = task.trouble, None
        if job is not None and (job.status.is_running or job.status is ExportStatus.COMPLETED):
            self._job_enqueued(task, now)
        elif not isinstance(error, str):
            recovery.not_enqueued(self.work, task, error, now)

    def _follow(self, task: Task, job: ExportJob, now: Now) -> None:
        work = self.work
        if job.status is ExportStatus.COMPLETED:
            work.failures = 0
            task.is_overdue = False
            self._count(task, job)
            task.move(Phase.COMPLETED)
        elif job.status.is_dead:
            why = f"{job.status}" + (f": {job.error}" if job.error else "")
            recovery.job_died(work, task, why, now)
        else:
            if job.status is ExportStatus.CREATED:
                # Its enqueue was lost after all.
                task.move(Phase.CREATED)
            elif task.phase is Phase.RECHECKING:
                task.move(Phase.RUNNING)
            recovery.note_if_overdue(work, task, now)

    def _end_if_overdue_only(self, now: Now) -> None:
        """End the run once nothing is left that does not wait for an overdue job."""
        work = self.work
        running = work.tasks.of(Phase.RUNNING)
        overdue = [task for task in running if task.is_overdue]
        if not overdue or len(running) > len(overdue) or work.stop_reason or work.checking:
            return
        if (
            work.tasks.count(*_BUSY)
            or work.tasks.next_to_download()
            or self._waiting_but(overdue, now)
        ):
            return
        work.end_with(ExportTimedOut(recovery.overdue_text(work, overdue[0])))

    def _waiting_but(self, overdue: list[Task], now: Now) -> bool:
        unnamed = any(not self.work.is_named(one) for one in self.work.tasks.of(Phase.CREATED))
        return unnamed or any(task not in overdue for task in self._waiting(now))

    # Changes

    def _check(self, program_id: int) -> actions.CheckForChanges:
        work = self.work
        work.checking.add(program_id)
        known, lookback = known_until(work)[program_id], work.request.bounds.lookback
        # With the overlap of an export's window, for rows that are committed late.
        since = max(known - min(lookback, known - EARLIEST), EARLIEST)
        return actions.CheckForChanges(program_id, since, work.request.bounds.now)

    def _changes_found(self, event: events.ChangesFound, _: Now) -> None:
        """A program without changes keeps its watermark."""
        work = self.work
        # A file that is no good may have taken it off the list meanwhile.
        if event.program_id in work.checking and event.changed:
            work.changed.append(event.program_id)
        work.checking.discard(event.program_id)

    def _plan_changed(self) -> None:
        """Export what changed, once all is asked: ten at a time is cheaper than one by one."""
        work = self.work
        if work.changed and not work.to_check and not work.checking:
            wanted = [one for one in work.changed if one not in work.excluded]
            work.changed.clear()
            work.tasks.add(plan(wanted, known_until(work), work.request.bounds))
