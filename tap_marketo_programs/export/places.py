"""Which tasks may go on with Marketo now: who is due, and who may take a place in its queue.

Pure. It must not know how an action is performed, nor what an event means.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tap_marketo_programs.errors import DailyQuotaExceeded
from tap_marketo_programs.export import refusals
from tap_marketo_programs.export.quota import Room
from tap_marketo_programs.export.tasks import POLLED, UNDER_WAY, Kind, Phase
from tap_marketo_programs.schemas.figures import size_text

if TYPE_CHECKING:
    from tap_marketo_programs.export.actions import Now
    from tap_marketo_programs.export.tasks import Task
    from tap_marketo_programs.export.work import Work

# Verified files waiting for the main thread.
MAX_FILES = 2
_FINISHED = (Phase.COMPLETED, Phase.DOWNLOADING, Phase.RECHECKING, Phase.READY, Phase.WRITING)


def waiting(work: Work, now: Now) -> list[Task]:
    """The tasks that need the API worker, now or once they are due."""
    found = [
        task
        for task in work.tasks.of(*POLLED, Phase.CREATED, Phase.PLANNED)
        if task.question is not None or task.phase in POLLED
    ]
    if work.stop_reason is None:
        found += _to_enqueue(work, now)
        if (planned := _may_create(work, now)) is not None:
            planned.due = max(planned.due, work.create_at)
            found.append(planned)
    return [task for task in found if not task.is_busy]


def _to_enqueue(work: Work, now: Now) -> list[Task]:
    """The created jobs that may take a place: those that a STATE names.

    One of an increment may have failed and have been created again after histories were created
    ahead; then these wait for it.
    """
    ready = ready_for_place(work, now)
    urgent = [task for task in ready if task.kind < Kind.HISTORY]
    return [task for task in urgent or ready if work.is_named(task)]


def ready_for_place(work: Work, now: Now) -> list[Task]:
    """The created jobs, named or not, if there is a place in the queue to take."""
    in_doubt = [task for task in work.tasks.of(Phase.CREATED) if task.question is not None]
    created = [task for task in work.tasks.of(Phase.CREATED) if task.question is None]
    # Whose enqueue was not answered may be in the queue all the same.
    taken = work.tasks.count(Phase.RUNNING) + len(in_doubt)
    if not created or taken >= work.settings.max_queued:
        return []
    return created if _room(work, now, Phase.RUNNING) is Room.FREE else []


def want_state_for_place(work: Work, now: Now) -> None:
    """Ask for a STATE if a place in the queue is free, and a job that none names could take it.

    For a moment at which nothing else can be done. While programs are asked for changes, more
    jobs will come; that is waited for, unless STATE lines are short. And while the queue is full
    of the jobs of others, those that are named come first.
    """
    if work.stop_reason is not None or (work.checks.are_left and not work.pace.is_prompt):
        return
    if work.queue_full_since is not None and _to_enqueue(work, now):
        return
    unnamed = any(not work.is_named(task) for task in ready_for_place(work, now))
    work.save_wanted = work.save_wanted or unnamed


def _may_create(work: Work, now: Now) -> Task | None:
    """The next planned task, if there is a place for its job, or it is created ahead."""
    most, ahead = work.settings.max_queued, work.changes_a_state
    unnamed = any(not work.is_named(task) for task in work.tasks.of(Phase.CREATED))
    is_ahead = unnamed or work.tasks.count(*UNDER_WAY) >= most
    if work.tasks.count(Phase.CREATING) or (
        is_ahead and (ahead == 1 or work.tasks.count(Phase.CREATED) >= ahead)
    ):
        return None
    if ahead == 1 and _room(work, now, *UNDER_WAY) is Room.RESERVED:
        return None
    planned = [task for task in work.tasks.of(Phase.PLANNED) if task.question is None]
    if work.checks.are_left:
        # What changed comes before long histories, and it is not known yet.
        planned = [task for task in planned if task.kind < Kind.HISTORY]
    if work.tasks.count(*_FINISHED) > most + MAX_FILES:
        # Only what these wait for; with nothing at all they might wait for ever.
        planned = [task for task in planned if work.tasks.blocks_a_finished_task(task)]
    return next(iter(planned), None)


def _room(work: Work, now: Now, *phases: Phase) -> Room:
    """Whether the quota has room beside the jobs in these phases."""
    under_way = [task.is_increment for task in work.tasks.of(*phases)]
    return work.quota.room(now.calendar, under_way)


def stop_if_quota_is_used(work: Work, now: Now) -> None:
    """Create no job beyond `daily_export_quota_mb`."""
    if work.stop_reason or not work.tasks.count(Phase.PLANNED, Phase.CREATED):
        return
    if _room(work, now, *UNDER_WAY) is Room.USED:
        used = work.quota.used_mb(now.calendar)
        message = (
            f"Today's exports of this API user have used {size_text(used)} of "
            f"daily_export_quota_mb ({size_text(work.quota.limit_mb or 0.0)})"
        )
        refusals.stop_creating(work, DailyQuotaExceeded(message), now)
