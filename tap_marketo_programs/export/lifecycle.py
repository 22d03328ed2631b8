"""What an event means for a task whose job does what it should.

Pure: every function changes the run's `Work` and nothing else. What to do when something
goes wrong stands in `refusals` and `recovery`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from tap_marketo_programs.export import overdue, recovery
from tap_marketo_programs.export.job import ExportStatus
from tap_marketo_programs.export.ledger import InFlight, digest
from tap_marketo_programs.export.member_filter import asked_for
from tap_marketo_programs.export.tasks import Kind, Phase, Question

if TYPE_CHECKING:
    from tap_marketo_programs.export import events
    from tap_marketo_programs.export.actions import Now
    from tap_marketo_programs.export.job import ExportJob
    from tap_marketo_programs.export.tasks import Task
    from tap_marketo_programs.export.work import Work


def job_created(work: Work, event: events.JobCreated, now: Now) -> None:
    """Name the job in the ledger; it is enqueued once a STATE says so."""
    task, job = event.task, event.job
    without = tuple(name for name in work.request.fields if name not in work.fields)
    asked = digest(asked_for(work.fields, task.slice.members))
    task.creates += 1
    task.take_job(job)
    task.due = now.seconds
    task.move(Phase.CREATED)
    work.refusals, work.cadence.is_settled = 0, True
    work.unanswered.pop("create", None)
    work.figures.jobs_created += 1
    work.ledger.created(
        InFlight(
            job.export_id,
            task.slice,
            asked,
            work.request.client,
            without,
            is_backfill=task.kind is Kind.BACKFILL,
        )
    )
    work.note_change()
    task.named_in = work.generation


def enqueue_failed(_: Work, event: events.EnqueueFailed, now: Now) -> None:
    """An earlier enqueue may have arrived although its answer did not: ask first."""
    event.task.question, event.task.trouble = Question.STATUS, event.error
    event.task.due = now.seconds


def job_enqueued(work: Work, event: events.JobEnqueued, now: Now) -> None:
    """Marketo took the job into its queue."""
    _enqueued(work, event.task, now)


def _enqueued(work: Work, task: Task, now: Now) -> None:
    work.unanswered.pop("enqueue", None)
    work.queue_full_since, work.queue_wait = None, 0.0
    task.deadline = now.seconds + work.settings.timeout
    task.due = now.seconds + work.settings.poll_interval
    task.move(Phase.RUNNING)


def job_polled(work: Work, event: events.JobPolled, now: Now) -> None:
    """Marketo said how far a job is, or does not know it."""
    task, job = event.task, event.job
    if job is None:
        task.looks_left -= 1
    if task.question is Question.STATUS:
        _enqueue_judged(work, task, job, now)
    elif job is None:
        recovery.job_unseen(work, task, now)
    else:
        task.job = job
        task.due = now.seconds + work.settings.poll_interval
        _follow(work, task, job, now)


def _enqueue_judged(work: Work, task: Task, job: ExportJob | None, now: Now) -> None:
    """What a failed enqueue means, now that the job's status is known."""
    error, task.question = task.trouble, None
    if job is not None and (job.status.is_running or job.status is ExportStatus.COMPLETED):
        _enqueued(work, task, now)
    elif not isinstance(error, str):
        recovery.not_enqueued(work, task, error, now)


def _follow(work: Work, task: Task, job: ExportJob, now: Now) -> None:
    if job.status is ExportStatus.COMPLETED:
        work.failures = 0
        task.is_overdue = False
        _count(work, task, job)
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
        overdue.note_if_overdue(work, task, now)


def file_verified(work: Work, event: events.FileVerified, _: Now) -> None:
    """A file waits to be written."""
    task = event.task
    work.unreadable = 0
    if task.job is not None and task.job.file_size is None:
        _count(work, task, replace(task.job, file_size=event.size))
    task.file = event.file
    task.move(Phase.READY)


def _count(work: Work, task: Task, job: ExportJob) -> None:
    work.quota.completed(job, is_increment=task.is_increment)


def export_written(work: Work, event: events.ExportWritten, _: Now) -> None:
    """All rows of an export are written: its watermark moves."""
    task = event.task
    kept = tuple(
        program_id for program_id in task.slice.program_ids if program_id not in work.excluded
    )
    written = replace(task.slice, program_ids=kept)
    job = work.ledger.in_flight.get(task.export_id)
    # Where no row came, none lacks anything.
    without = job.without if job and task.file.rows else ()
    # In this order: a signal in between costs a download, not another export. Where some
    # members are left out, the next increment without the filter has to bring them; nothing
    # increments keys.
    if work.request.members is None or work.request.snapshot:
        work.ledger.written(
            written,
            without=without,
            is_backfill=task.kind is Kind.BACKFILL,
            start_date=work.request.bounds.start_date,
        )
    else:
        work.ledger.may_be_written(written, without)
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


def state_saved(work: Work, event: events.StateSaved, _: Now) -> None:
    """A STATE is out: the jobs that it names may go on."""
    work.state_saved(event.generation, event.size, event.jobs, event.job_bytes)


def job_cancelled(work: Work, event: events.JobCancelled, _: Now) -> None:
    """Nothing more can be done about a job."""
    work.cancelling.discard(event.export_id)


def worker_crashed(work: Work, event: events.WorkerCrashed, _: Now) -> None:
    """No single job is to blame: the run ends."""
    work.end_with(event.error)
