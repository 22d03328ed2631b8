"""What happens between two steps of the engine loses nothing and stops nothing."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, cast

import pytest
from clocks import FastClock
from writers import Killed

from tap_marketo_programs.export.job import ExportJob, ExportStatus
from tap_marketo_programs.export.ledger import InFlight, Ledger
from tap_marketo_programs.export.plan import Bounds
from tap_marketo_programs.export.request import ExportRequest, ExportSettings
from tap_marketo_programs.export.run import Export, ExportRun
from tap_marketo_programs.export.slices import ExportSlice
from tap_marketo_programs.export.tasks import Phase, Task, TaskList
from tap_marketo_programs.export.verify import VerifiedFile
from tap_marketo_programs.export.work import Work

if TYPE_CHECKING:
    from tap_marketo_programs.export.reading import Reading
    from tap_marketo_programs.export.workers import Remote

NOW = datetime(2026, 3, 1, tzinfo=UTC)
SLICE = ExportSlice((1001, 1002), None, None, NOW)


def test_a_program_given_up_while_its_job_is_being_created_stays_in_that_job() -> None:
    tasks = TaskList()
    tasks.add([SLICE, SLICE])
    creating, planned = tasks
    creating.move(Phase.CREATING)

    tasks.exclude_program(1001)

    assert creating in tasks
    assert creating.slice == SLICE
    assert planned not in tasks
    assert [task.slice.program_ids for task in tasks] == [(1001, 1002), (1002,)]


class _Interrupted(Ledger):
    """A signal comes as soon as a job is forgotten."""

    def dropped(self, export_id: str) -> None:
        super().dropped(export_id)
        raise Killed


def test_a_signal_between_the_last_row_and_the_end_of_a_job_costs_no_other_export() -> None:
    """The watermark has moved by the time the job is forgotten."""
    books = _Interrupted()
    books.created(InFlight("a", SLICE, "fields", "client"))
    request = ExportRequest(SLICE.program_ids, Bounds(NOW), ["leadId"], "client", "program_members")
    remote, reading = cast("Remote", _Nothing()), cast("Reading", _Nothing())
    work = Work.begin(request, ExportSettings(), books)
    run = ExportRun(remote, work, reading, lambda _: 0)
    task = Task(SLICE, Phase.WRITING, file=VerifiedFile(None, 0, 0))
    task.take_job(ExportJob("a", ExportStatus.COMPLETED))
    work.tasks.tasks.append(task)
    with pytest.raises(Killed):
        run.written(Export(task, task.file))

    assert books.watermarks == dict.fromkeys(SLICE.program_ids, NOW)
    run.close()


class _Nothing:
    """Time, and nothing else: nothing is sent here."""

    clock = FastClock()

    @property
    def api(self) -> _Nothing:
        return self

    def now(self) -> datetime:
        return NOW
