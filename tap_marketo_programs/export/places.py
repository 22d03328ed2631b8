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
        if work.tasks.count(Phase.RUNNING) < work.settings.max_queued:
            created = work.tasks.of(Phase.CREATED)
            found += [task for task in created if not task.question and work.is_named(task)]
        if (planned := _may_create(work, now)) is not None:
            planned.due = max(planned.due, work.create_at)
            found.append(planned)
    return [task for task in found if not task.is_busy]


def _may_create(work: Work, now: Now) -> Task | None:
    """The next planned task, if there is a place for its job."""
    most = work.settings.max_queued
    unnamed = any(not work.is_named(task) for task in work.tasks.of(Phase.CREATED))
    if unnamed or work.tasks.count(Phase.CREATING) or work.tasks.count(*UNDER_WAY) >= most:
        return None
    if _room(work, now) is Room.RESERVED:
        return None
    planned = [task for task in work.tasks.of(Phase.PLANNED) if task.question is None]
    if work.checks.are_left:
        # What changed comes before long histories, and it is not known yet.
        planned = [task for task in planned if task.kind < Kind.HISTORY]
    if work.tasks.count(*_FINISHED) > most + MAX_FILES:
        # Only what these wait for; with nothing at all they might wait for ever.
        planned = [task for task in planned if work.tasks.blocks_a_finished_task(task)]
    return next(iter(planned), None)


def _room(work: Work, now: Now) -> Room:
    under_way = [task.is_increment for task in work.tasks.of(*UNDER_WAY)]
    return work.quota.room(now.calendar, under_way)


def stop_if_quota_is_used(work: Work, now: Now) -> None:
    """Create no job beyond `daily_export_quota_mb`."""
    if work.stop_reason or not work.tasks.count(Phase.PLANNED):
        return
    if _room(work, now) is Room.USED:
        used = work.quota.used_mb(now.calendar)
        message = (
            f"Today's exports of this API user have used {size_text(used)} of "
            f"daily_export_quota_mb ({size_text(work.quota.limit_mb or 0.0)})"
        )
        refusals.stop_creating(work, DailyQuotaExceeded(message), now)
