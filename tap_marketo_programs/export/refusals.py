"""What to do when no job can be created, or only with less than was asked for.

A refusal is followed no further than it reaches: the named fields, the filter, the
program, the day. Pure: every function changes the run's `Work` and nothing else.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from tap_marketo_programs.errors import (
    AnswerError,
    DailyQuotaExceeded,
    ExportFailed,
    FieldUnknown,
    FilterUnsupported,
    MarketoConfigError,
    MarketoTransientError,
    MemberFilterUnsupported,
    ProgramsFilterUnsupported,
    QueueFull,
    RequestRefused,
)
from tap_marketo_programs.export import new_fields, quota
from tap_marketo_programs.export.planning import plan_again
from tap_marketo_programs.export.tasks import Phase, Question, Task
from tap_marketo_programs.quoting import quoted
from tap_marketo_programs.retry_policy import JOB_POLICY

if TYPE_CHECKING:
    from collections.abc import Collection

    from tap_marketo_programs.export import events
    from tap_marketo_programs.export.actions import Now
    from tap_marketo_programs.export.work import Work

KEY_FIELD = "leadId"


def create_failed(work: Work, event: events.CreateFailed, now: Now) -> None:
    """What a create that brought no job means for the run, the plan or the task."""
    task, error = event.task, event.error
    task.move(Phase.PLANNED)
    for program_id in work.excluded.intersection(task.slice.program_ids):
        work.tasks.exclude_program(program_id)
    if isinstance(error, DailyQuotaExceeded):
        stop_creating(work, error, now)
    elif isinstance(error, QueueFull):
        wait_for_slot(work, task, error, now)
    elif isinstance(error, MemberFilterUnsupported) and task.slice.members:
        work.end_with(_no_member_filter(error))
    elif isinstance(error, ProgramsFilterUnsupported):
        _go_single(work, error)
    elif isinstance(error, FilterUnsupported):
        _go_unfiltered(work, task, error)
    elif isinstance(error, RequestRefused):
        _create_refused(work, task, error, now)
    elif isinstance(error, MarketoTransientError):
        _create_unanswered(work, task, error, now)
    else:
        work.end_with(error)


def _create_refused(work: Work, task: Task, error: RequestRefused, now: Now) -> None:
    """A field or a program is at fault."""
    if isinstance(error, FieldUnknown):
        named = error.named(work.fields)
        if KEY_FIELD in named:
            message = f"Marketo refuses to export {KEY_FIELD}, the members' key ({error})"
            work.end_with(ExportFailed(message))
            return
        if named:
            drop_fields(work, named)
            return
    work.refusals += 1
    if work.refusals >= JOB_POLICY.refusals:
        message = f"{work.refusals} creates in a row were refused; the last one: {error}"
        work.end_with(ExportFailed(message))
        return
    is_field = isinstance(error, FieldUnknown)
    may_be_word = is_field or type(error) is RequestRefused
    members = task.slice.members if may_be_word else None
    if members and work.cadence.try_other(task.slice.program_ids, members.status_names):
        return
    ask(task, Question.FIELDS if is_field else Question.PROGRAMS, error, now)


def fields_exist(work: Work, event: events.FieldsExist, now: Now) -> None:
    """Drop what Marketo does not describe any more; if it describes all, it is a program."""
    task, error = event.task, event.task.trouble
    task.question = None
    if vanished := set(work.fields) - set(event.fields) - {KEY_FIELD}:
        drop_fields(work, vanished)
    else:
        ask(task, Question.PROGRAMS, error, now)


def _create_unanswered(work: Work, task: Task, error: MarketoTransientError, now: Now) -> None:
    """Try again later; where other creates are answered, a program is at fault."""
    task.creates += 1
    if is_outage(work, "create", error) or task not in work.tasks:
        return
    if task.creates < JOB_POLICY.creates:
        task.due = now.seconds + JOB_POLICY.queue_waits.first
    else:
        ask(task, Question.PROGRAMS, error, now)


def is_outage(work: Work, verb: str, error: MarketoTransientError) -> bool:
    """Tell one sick job from a verb that Marketo answers for nobody, which ends the run."""
    work.unanswered[verb] += 1
    if work.unanswered[verb] < JOB_POLICY.unanswered:
        return False
    work.end_with(error)
    return True


def ask(task: Task, question: Question, trouble: AnswerError | str, now: Now) -> None:
    """Let something be asked before a task goes on."""
    task.question, task.trouble = question, trouble
    # Where a status may be why, before others are created: what that explains does not count
    # among the refusals in a row.
    task.due = 0.0 if task.asks_for_statuses else now.seconds


def stop_creating(work: Work, error: DailyQuotaExceeded, now: Now) -> None:
    """No more jobs today; those that run are still awaited and written."""
    reset = quota.reset_text(now.calendar)
    message = (
        f"{error}. Exports go on after the quota's reset at {reset}; the state is saved and "
        "the next run continues from it."
    )
    work.stop_reason = DailyQuotaExceeded(message, code=error.code)


def wait_for_slot(work: Work, task: Task, error: QueueFull, now: Now) -> None:
    """Wait for a place among ten that other integrations share."""
    if work.queue_full_since is None:
        work.queue_full_since = now.seconds
        work.say.info("%s; waiting for a place", error)
    if now.seconds - work.queue_full_since > work.settings.timeout:
        message = (
            f"The subscription's export queue has been full for {work.settings.timeout:.0f} s "
            "(export_timeout_seconds). The state is saved; the next run goes on from it."
        )
        work.end_with(QueueFull(message, code=error.code))
        return
    work.queue_wait = JOB_POLICY.queue_waits.after(work.queue_wait)
    wait = min(work.queue_wait, work.settings.poll_interval * 5)
    task.due = work.create_at = now.seconds + wait


def _go_unfiltered(work: Work, task: Task, error: FilterUnsupported) -> None:
    """1035: plan again without the `updatedAt` filter, once."""
    if task.slice.window is None:
        # It was not asked for, so it cannot be meant.
        _go_single(work, error)
        return
    work.say.warning(
        "This subscription has no updatedAt filter for program members (%s). Every export is "
        "a whole one from now on, filtered here; it costs more of the daily export quota.",
        error,
    )
    plan_again(work, replace(work.request.bounds, filterable=False))


def _go_single(work: Work, error: FilterUnsupported) -> None:
    """1035 of `programIds`: one program a job; where that was so already, no export is possible."""
    if work.request.bounds.one_program:
        work.end_with(_no_member_filter(error) if work.request.members else error)
        return
    work.say.warning(
        "This subscription does not export several programs at once (%s). Every program has "
        "an export of its own from now on; that takes longer, and no more of the quota.",
        error,
    )
    plan_again(work, replace(work.request.bounds, one_program=True))


def _no_member_filter(error: FilterUnsupported) -> MarketoConfigError:
    return MarketoConfigError(
        f"member_filter: this subscription does not filter exports of members so ({error}). "
        "Leave out of it what the subscription lacks"
    )


def drop_fields(work: Work, names: Collection[str]) -> None:
    """Export without these from now on."""
    if not names:
        return
    work.say.warning(
        "Marketo no longer knows %s, or does not export it; exporting without. Refresh the "
        "catalog, or deselect it, to silence this.",
        ", ".join(quoted(name) for name in sorted(names)),
    )
    work.fields = [name for name in work.fields if name not in names]
    new_fields.leave_out_what_is_not_exported(work)
