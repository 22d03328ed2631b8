"""Who may take a place in Marketo's queue."""

from __future__ import annotations

from datetime import UTC, datetime

from tap_marketo_programs.export.actions import Now
from tap_marketo_programs.export.job import ExportJob, ExportStatus
from tap_marketo_programs.export.ledger import Ledger
from tap_marketo_programs.export.places import waiting
from tap_marketo_programs.export.plan import Bounds, ExportSlice
from tap_marketo_programs.export.request import ExportRequest, ExportSettings
from tap_marketo_programs.export.tasks import Phase, Task
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
