"""Decides what each worker does next, and what an event means for the run.

Pure: no thread, clock, socket or file; time is handed in. What to do when something
goes wrong stands in `refusals` and `recovery`, how earlier jobs are resumed in `resume`.

A job is enqueued only once a STATE that names it is out, and only as many are created ahead
as share a STATE (see `pacing`); so what a killed run loses sight of is not even queued.
Increments come before histories and rows of a program in the order of time: both are the order of
the tasks.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from tap_marketo_programs.export import (
    actions,
    change_checks,
    events,
    lifecycle,
    new_fields,
    overdue,
    recovery,
    refusals,
    snapshot_plan,
    status_names,
)
from tap_marketo_programs.export.actions import Now, Worker
from tap_marketo_programs.export.bookmark import write_bookmark
from tap_marketo_programs.export.places import (
    MAX_FILES,
    stop_if_quota_is_used,
    waiting,
    want_state_for_place,
)
from tap_marketo_programs.export.tasks import POLLED, Kind, Phase, Question, Task
from tap_marketo_programs.export.work import Standing

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tap_marketo_programs.export.log_lines import LogLine
    from tap_marketo_programs.export.work import Work


_HANDLERS: Mapping[type, Callable[[Work, Any, Now], None]] = {
    events.JobCreated: lifecycle.job_created,
    events.CreateFailed: refusals.create_failed,
    events.JobEnqueued: lifecycle.job_enqueued,
    events.EnqueueFailed: lifecycle.enqueue_failed,
    events.JobPolled: lifecycle.job_polled,
    events.PollFailed: recovery.poll_failed,
    events.JobCancelled: lifecycle.job_cancelled,
    events.ProgramsExist: recovery.programs_exist,
    events.FieldsExist: refusals.fields_exist,
    events.StatusNamesTold: status_names.names_told,
    events.ChangesFound: change_checks.changes_found,
    events.ChangesUntold: change_checks.changes_untold,
    events.FileVerified: lifecycle.file_verified,
    events.FileRejected: recovery.file_rejected,
    events.ExportWritten: lifecycle.export_written,
    events.StateSaved: lifecycle.state_saved,
    events.WorkerCrashed: lifecycle.worker_crashed,
}


class Scheduler:
    """One run of exports, decided step by step.

    Args:
        work: What the run knows; changed here, and by what is called from here, only.
    """

    def __init__(self, work: Work) -> None:
        self.work = work

    def next_action(self, worker: Worker, now: Now) -> actions.Action | None:
        """What a worker has to do now; None while there is nothing."""
        if worker is Worker.MAIN:
            return self._for_main()
        if worker is Worker.API and self.work.cancels:
            return self._cancel()
        if self.work.is_over:
            return None
        if worker is Worker.CHANGES:
            return change_checks.check_next(self.work, now)
        return self._for_api(now) if worker is Worker.API else self._for_download()

    def handle(self, event: events.Event, now: Now) -> None:
        """Take in what happened."""
        task = getattr(event, "task", None)
        if isinstance(task, Task):
            task.is_busy = False
            if task not in self.work.tasks:
                # Excluded meanwhile, as a whole.
                return
        _HANDLERS[type(event)](self.work, event, now)

    def next_due(self, worker: Worker, now: Now) -> float | None:
        """In how many seconds a worker may have something to do; None: after an event."""
        times = [task.due for task in waiting(self.work, now)] if worker is Worker.API else []
        return max(0.0, min(times) - now.seconds) if times else None

    def is_over(self, worker: Worker) -> bool:
        """Whether a worker will never have anything to do again."""
        if worker is Worker.CHANGES:
            return self.work.is_over or not self.work.checks.waiting
        cancels = worker is Worker.API and self.work.cancels
        return worker is not Worker.MAIN and self.work.is_over and not cancels

    def standing(self) -> Standing:
        """How things stand, for people."""
        tasks, checks = self.work.tasks, self.work.checks
        return Standing(
            figures=replace(self.work.figures),
            running=tasks.count(Phase.RUNNING),
            total=self.work.figures.jobs_written + len(tasks),
            to_ask=len(checks.waiting) + len(checks.open),
            changed=checks.found,
        )

    def log_lines(self) -> list[LogLine]:
        """What was decided since the last call, for people."""
        return self.work.say.take()

    def snapshot(self) -> dict[str, Any]:
        """The bookmark as of now."""
        request = self.work.request
        # A full table has no replication key.
        return write_bookmark(self.work.ledger, None if request.snapshot else "updatedAt")

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
        unfinished = work.ledger.unfinished is not None
        if work.error is None and unfinished and snapshot_plan.is_over(work):
            # What is left undone now was left on purpose; the next run plans again.
            work.ledger.unfinished = None
            work.note_change()
        return self.state_if_unsaid() or actions.Finish(work.outcome())

    # Downloads

    def _for_download(self) -> actions.DownloadFile | None:
        work = self.work
        task = work.tasks.next_to_download()
        if task is None or task.job is None or work.tasks.count(Phase.READY) >= MAX_FILES:
            return None
        task.move(Phase.DOWNLOADING)
        snapshot_at = task.slice.new_watermark if work.request.snapshot else None
        return actions.DownloadFile(
            task, task.job, task.slice, tuple(work.fields), snapshot_at=snapshot_at
        )

    # The API

    def _for_api(self, now: Now) -> actions.ApiAction | None:
        work = self.work
        change_checks.plan_changed(work)
        stop_if_quota_is_used(work, now)
        first = min(waiting(work, now), key=lambda task: task.due, default=None)
        if first is not None and first.due <= now.seconds:
            first.is_busy = True
            return self._act(first)
        want_state_for_place(work, now)
        overdue.end_if_overdue_only(work, now)
        return None

    def _cancel(self) -> actions.CancelJob:
        export_id = self.work.cancels.pop(0)
        self.work.cancelling.add(export_id)
        return actions.CancelJob(export_id)

    def _act(self, task: Task) -> actions.ApiAction:
        work = self.work
        if task.question is Question.PROGRAMS:
            return actions.AskExistingPrograms(task, task.slice.program_ids)
        if task.question is Question.FIELDS:
            return actions.AskExportableFields(task)
        if task.question is Question.STATUSES:
            return actions.AskStatusNames(task, self._create(task))
        if task.phase in POLLED or task.question is Question.STATUS:
            return actions.PollJob(task, task.export_id, in_list=bool(task.silence))
        if task.phase is Phase.CREATED:
            return actions.EnqueueJob(task, task.export_id)
        if not work.request.bounds.filterable:
            # Planned, or resumed from an earlier run, before a 1035 said so.
            task.slice = task.slice.unfiltered()
            if task.kind is not Kind.BACKFILL:
                task.slice = new_fields.with_backfills(work, task.slice)
        if (members := task.slice.members) is not None:
            task.slice = replace(task.slice, members=members.spelled(work.cadence.word))
        task.move(Phase.CREATING)
        return self._create(task)

    def _create(self, task: Task) -> actions.CreateJob:
        work = self.work
        known = frozenset(work.ledger.in_flight) | work.request.other_jobs
        one_program = work.request.bounds.one_program
        return actions.CreateJob(task, task.slice, tuple(work.fields), known, one_program)
