"""Who may take a place in Marketo's queue."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from tap_marketo_programs.export.actions import Now
from tap_marketo_programs.export.job import ExportJob, ExportStatus
from tap_marketo_programs.export.ledger import Ledger
from tap_marketo_programs.export.places import waiting
from tap_marketo_programs.export.plan import Bounds
from tap_marketo_programs.export.quota import MEGABYTE
from tap_marketo_programs.export.request import ExportRequest, ExportSettings
from tap_marketo_programs.export.slices import ExportSlice, Window
from tap_marketo_programs.export.tasks import Kind, Phase, Task
from tap_marketo_programs.export.work import Work

NOW = Now(0.0, datetime(2026, 3, 1, 12, tzinfo=UTC))


def work_of(*phases: Phase, max_queued: int) -> Work:
    """A run with a job in each phase, as it may resume them, all named in a STATE."""
    ids = range(1001, 1001 + len(phases))
    request = ExportRequest(ids, Bounds(NOW.calendar), ["leadId"], "client", "members")
    work = Work.begin(request, ExportSettings(max_queued=max_queued), Ledger())
    for program_id, phase in zip(ids, phases, strict=True):
        task = Task(ExportSlice((program_id,), None, None, NOW.calendar), phase, due=60.0)
        task.take_job(ExportJob(f"export-{program_id}", ExportStatus.CREATED))
        work.tasks.tasks.append(task)
    return work


def test_a_job_that_waits_is_not_enqueued_while_all_places_are_taken() -> None:
    """An earlier run may have been allowed more places than this one."""
    full = work_of(Phase.RUNNING, Phase.RUNNING, Phase.CREATED, max_queued=2)

    assert [task.phase for task in waiting(full, NOW)] == [Phase.RUNNING, Phase.RUNNING]


def test_a_job_that_waits_is_enqueued_once_a_place_is_free() -> None:
    free = work_of(Phase.RUNNING, Phase.CREATED, max_queued=2)

    assert [task.phase for task in waiting(free, NOW)] == [Phase.RUNNING, Phase.CREATED]


def test_a_backfill_with_a_window_is_taken_to_need_as_much_as_a_history() -> None:
    """So that it does not fit where another increment would."""
    work = work_of(Phase.COMPLETED, Phase.RUNNING, max_queued=2)
    increment, running = work.tasks
    window = Window(NOW.calendar - timedelta(days=9), NOW.calendar)
    for task in work.tasks:
        task.slice = replace(task.slice, window=window)
    work.quota.limit_mb = 60.0
    for megabytes, is_increment in ((1, True), (50, False)):
        done = ExportJob(f"{megabytes}", ExportStatus.COMPLETED, file_size=megabytes * MEGABYTE)
        work.quota.completed(done, is_increment=is_increment)
    work.tasks.add([increment.slice])

    assert [task.phase for task in waiting(work, NOW)] == [Phase.RUNNING, Phase.PLANNED]
    running.kind = Kind.BACKFILL
    assert [task.phase for task in waiting(work, NOW)] == [Phase.RUNNING]
