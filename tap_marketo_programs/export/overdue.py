"""Jobs that are not done in time: waited for as long as others need the run.

Pure. It must not know how a job is polled.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tap_marketo_programs.errors import ExportTimedOut
from tap_marketo_programs.export.places import ready_for_place, waiting
from tap_marketo_programs.export.tasks import Phase

if TYPE_CHECKING:
    from tap_marketo_programs.export.actions import Now
    from tap_marketo_programs.export.tasks import Task
    from tap_marketo_programs.export.work import Work

# The phases that go on by themselves.
_BUSY = (Phase.CREATING, Phase.DOWNLOADING, Phase.RECHECKING, Phase.READY, Phase.WRITING)


def note_if_overdue(work: Work, task: Task, now: Now) -> None:
    """A job that is not done in time is waited for as long as others need the run."""
    if not task.is_overdue and now.seconds > task.deadline:
        work.say.warning("%s", _text(work, task))
        task.is_overdue = True


def _text(work: Work, task: Task) -> str:
    """For the log, and for the end of a run that has nothing else to wait for."""
    status = task.job.status if task.job else "gone"
    return (
        f"export {task.export_id} is still {status} after {work.settings.timeout:.0f} s "
        "(export_timeout_seconds); the state names it, and the next run goes on with it"
    )


def end_if_overdue_only(work: Work, now: Now) -> None:
    """End the run once nothing is left that does not wait for an overdue job."""
    running = work.tasks.of(Phase.RUNNING)
    late = [task for task in running if task.is_overdue]
    if not late or len(running) > len(late) or work.stop_reason or work.checks.are_left:
        return
    if work.tasks.count(*_BUSY) or work.tasks.next_to_download() or _waiting_but(work, late, now):
        return
    work.end_with(ExportTimedOut(_text(work, late[0])))


def _waiting_but(work: Work, late: list[Task], now: Now) -> bool:
    unnamed = any(not work.is_named(one) for one in ready_for_place(work, now))
    return unnamed or any(task not in late for task in waiting(work, now))
