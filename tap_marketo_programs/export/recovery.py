"""What to do when a job, a program or a file does not do what it should.

A failed *request* is the client's business; here a failed *job* is created again within
a budget of its own, and one sick job, program or file never ends the run for the others.
Pure: every function changes the run's `Work` and nothing else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tap_marketo_programs.errors import (
    AnswerError,
    DailyQuotaExceeded,
    ExportFailed,
    FileForeign,
    FileUnreadable,
    MarketoTransientError,
    QueueFull,
    RequestRefused,
)
from tap_marketo_programs.export.refusals import (
    ask,
    is_outage,
    stop_creating,
    wait_for_slot,
)
from tap_marketo_programs.export.tasks import Kind, Phase, Question, Task
from tap_marketo_programs.retry_policy import JOB_POLICY

if TYPE_CHECKING:
    from tap_marketo_programs.errors import MarketoError
    from tap_marketo_programs.export import events
    from tap_marketo_programs.export.actions import Now
    from tap_marketo_programs.export.work import Work


MADE_AGAIN = "; what it was to bring is exported again"
NEXT_RUN = "The state is saved; the next run exports what is missing."

# A program at fault


def programs_exist(work: Work, event: events.ProgramsExist, now: Now) -> None:
    """Exclude what was deleted; else split until the program at fault stands alone."""
    task, why = event.task, event.task.trouble
    task.question = None
    if event.gone:
        for program_id in event.gone:
            work.say.warning("Program %d was deleted in Marketo; skipped", program_id)
            work.ledger.forget(program_id)
            exclude_program(work, program_id)
        work.note_change(wanted=False)
        return
    if isinstance(why, RequestRefused) and task.asks_for_statuses:
        _doubt_statuses(work, task, why, now)
    else:
        split_or_skip(work, task, str(why))


def _doubt_statuses(work: Work, task: Task, why: RequestRefused, now: Now) -> None:
    """A program may lack a status that is asked for; each is asked by itself."""
    if len(task.slice.program_ids) > 1:
        work.tasks.replace(task, task.slice.singles())
        return
    ask(task, Question.STATUSES, why, now)


def split_or_skip(work: Work, task: Task, why: str) -> None:
    """Halve a task, or give its only program up."""
    ids = task.slice.program_ids
    if len(ids) > 1:
        # Each part gets one try: the whole has had its share.
        work.tasks.replace(task, task.slice.halves(), creates=JOB_POLICY.creates - 1)
        return
    message = f"program {ids[0]} cannot be exported: {why}"
    work.problems.append(ExportFailed(message))
    work.say.error("%s; going on with the others", message)
    exclude_program(work, ids[0])


def exclude_program(work: Work, program_id: int) -> None:
    """A part of a program will not come: what is known of it ends before that part."""
    work.excluded.add(program_id)
    work.tasks.exclude_program(program_id)
    work.checks.exclude(program_id)


# A job that does not do what it should


def not_enqueued(work: Work, task: Task, error: AnswerError, now: Now) -> None:
    """An enqueue had no effect."""
    if isinstance(error, QueueFull):
        wait_for_slot(work, task, error, now)
    elif isinstance(error, DailyQuotaExceeded):
        stop_creating(work, error, now)
    elif not isinstance(error, RequestRefused | MarketoTransientError):
        work.end_with(error)
    elif not (isinstance(error, MarketoTransientError) and is_outage(work, "enqueue", error)):
        # What Marketo shows of a job may be a minute old, so one look is not enough.
        task.refused_enqueues += 1
        task.due = now.seconds + work.settings.poll_interval
        if task.refused_enqueues >= JOB_POLICY.refused_enqueues:
            work.cancels.append(task.export_id)
            job_died(work, task, str(error), now)


def poll_failed(work: Work, event: events.PollFailed, now: Now) -> None:
    """A job's status cannot be had: look into the list of jobs from then on.

    A refusal means that the job is gone for us; where the list cannot be had
    either, it is not the job, and the run ends with all jobs named in the state.
    """
    task, error = event.task, event.error
    if not isinstance(error, RequestRefused | MarketoTransientError) or task.silence:
        work.end_with(error)
        return
    task.silence, task.due = str(error), now.seconds
    if isinstance(error, MarketoTransientError):
        work.say.warning(
            "Export %s: its status cannot be had (%s); the list of jobs is asked instead",
            task.export_id,
            error,
        )
        return
    task.looks_left = 0
    if task.question is Question.STATUS:
        task.question = None
        if isinstance(task.trouble, AnswerError):
            not_enqueued(work, task, task.trouble, now)
        return
    job_unseen(work, task, now)


def job_unseen(work: Work, task: Task, now: Now) -> None:
    """Nobody says what became of a job: look again, then count it as failed."""
    if task.looks_left > 0:
        task.due = now.seconds + work.settings.poll_interval
        return
    # Whatever Marketo means by it, the job must not run on unnamed.
    work.cancels.append(task.export_id)
    job_died(work, task, task.silence, now)


def job_died(work: Work, task: Task, why: str, now: Now) -> None:
    """A job ended without a file: try once more, then look for the program at fault."""
    work.failures += 1
    work.figures.jobs_given_up += 1
    follows = MADE_AGAIN if work.failures < JOB_POLICY.failures else ""
    work.say.warning("Export %s ended without a file (%s)%s", task.export_id, why, follows)
    if not follows:
        message = f"{work.failures} export jobs in a row failed; the last one: {why}. {NEXT_RUN}"
        work.end_with(ExportFailed(message))
        return
    left = requeue(work, task, now)
    if left.creates >= JOB_POLICY.creates:
        ask(left, Question.PROGRAMS, why, now)


def requeue(work: Work, task: Task, now: Now) -> Task:
    """The job is lost, the slice is not; the task that goes on with it."""
    work.ledger.dropped(task.export_id)
    work.note_change()
    task.job, task.due = None, now.seconds
    task.move(Phase.PLANNED)
    if task.kind is Kind.BACKFILL:
        work.tasks.postpone(task)
    if work.request.bounds.one_program and len(task.slice.program_ids) > 1:
        work.tasks.replace(task, task.slice.singles())
    return task


# A file that is no good


def file_rejected(work: Work, event: events.FileRejected, now: Now) -> None:
    """There is no file of a completed job that can be read."""
    task, error = event.task, event.error
    if isinstance(error, FileUnreadable):
        _split_unreadable(work, task, error)
        return
    task.bad_files += 1
    # Somebody else's file will not become ours.
    if task.bad_files < JOB_POLICY.downloads and not isinstance(error, FileForeign):
        # Either the file or what the status says of it is wrong: ask for both again.
        task.due = now.seconds + work.settings.poll_interval
        task.move(Phase.RECHECKING)
        _say_of_file(work, task, error, "; it is downloaded again")
    elif isinstance(error, MarketoTransientError):
        _leave_to_next_run(work, task, error, now)
    else:
        work.figures.jobs_given_up += 1
        task.bad_jobs += 1
        if task.bad_jobs < JOB_POLICY.bad_jobs:
            _say_of_file(work, task, error, MADE_AGAIN)
            requeue(work, task, now)
        else:
            give_up(work, task, error)


def _say_of_file(work: Work, task: Task, error: MarketoError, follows: str) -> None:
    """Say what is wrong with a job's file; only some errors name the job themselves."""
    what = str(error).removeprefix(f"export {task.export_id}: ")
    work.say.warning("Export %s: %s%s", task.export_id, what, follows)


def _split_unreadable(work: Work, task: Task, error: FileUnreadable) -> None:
    """A file that is as Marketo made it and no table: find the program at fault.

    Neither another download nor the same job once more would be any better.
    """
    work.unreadable += 1
    work.figures.jobs_given_up += 1
    if len(task.slice.program_ids) == 1 or work.unreadable >= JOB_POLICY.unreadable:
        give_up(work, task, error)
        return
    work.say.warning(
        "Export %s: %s Its programs are exported apart to find the one at fault.",
        task.export_id,
        error,
    )
    work.ledger.dropped(task.export_id)
    work.note_change()
    work.tasks.replace(task, task.slice.halves())


def _leave_to_next_run(work: Work, task: Task, error: MarketoTransientError, now: Now) -> None:
    """A job is paid for: create it again only once a day has made no difference."""
    created = task.job.created_at if task.job else None
    if created is not None and now.calendar - created > JOB_POLICY.unreachable:
        work.figures.jobs_given_up += 1
        requeue(work, task, now)
    else:
        give_up(work, task, error, keep_job=True)


def give_up(work: Work, task: Task, error: MarketoError, *, keep_job: bool = False) -> None:
    """This run does not bring a slice: its programs are named, and the others go on."""
    programs = ", ".join(map(str, task.slice.program_ids))
    noun = "program" if len(task.slice.program_ids) == 1 else "programs"
    work.say.error("Left to the next run: %s %s (%s)", noun, programs, error)
    if not keep_job:
        work.ledger.dropped(task.export_id)
    work.note_change()
    work.problems.append(error)
    for program_id in task.slice.program_ids:
        exclude_program(work, program_id)
    work.tasks.remove(task)
