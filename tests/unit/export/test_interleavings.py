"""What happens between two steps of the engine loses nothing and stops nothing."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, cast

import pytest
from clocks import FastClock
from scenes import Scene
from states import assert_states_true, ledger, moment
from writers import Killed

from tap_marketo_programs.errors import FileCorrupt
from tap_marketo_programs.export.download import ExportFile
from tap_marketo_programs.export.job import ExportJob, ExportStatus
from tap_marketo_programs.export.ledger import InFlight, Ledger
from tap_marketo_programs.export.plan import Bounds, ExportSlice
from tap_marketo_programs.export.request import ExportRequest, ExportSettings
from tap_marketo_programs.export.run import Export, ExportRun
from tap_marketo_programs.export.tasks import Phase, Task, TaskList

if TYPE_CHECKING:
    from harness import Tap

    from tap_marketo_programs.export.api import ExportApi
    from tap_marketo_programs.export.run import Surroundings

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


def test_a_bad_file_during_the_create_of_the_next_job_stops_only_its_program(
    tap: Tap,
) -> None:
    """The program's second job is on its way when the file of the first is given up."""
    scene = Scene(tap)
    scene.begin(programs=2, members=3, now="2026-02-20T00:00:00Z")
    old, *_ = scene.control.truth(program_ids=[1001])
    scene.control.knob(job_seconds_queued=0, job_seconds_processing=0, status_refresh_seconds=0)
    start = "2026-01-10T00:00:00Z"
    scene.control.edit_member(1001, old["leadId"], updatedAt="2026-01-20T00:00:00Z")
    scene.state = {
        "bookmarks": {
            "program_members": Ledger(
                watermarks={1001: moment(start), 1002: moment(start)}
            ).to_bookmark()
        }
    }
    scene.control.fault("corrupt", mode="short_row", consistent=True)
    scene.control.fault("slow", "export_create", after=1, seconds=1)

    output = scene.run(max_queued_exports=1, program_ids=[1001])

    assert isinstance(output.error, FileCorrupt)
    assert ledger(scene.state).watermarks[1001] == moment(start)
    assert_states_true([output], scene.control.truth(), since=start)
    scene.sync(program_ids=[1001])
    assert old["leadId"] in {row["leadId"] for row in scene.records}


class _Interrupted(Ledger):
    """A signal comes as soon as a job is forgotten."""

    def dropped(self, export_id: str) -> None:
        super().dropped(export_id)
        raise Killed


def test_a_signal_between_the_last_row_and_the_end_of_a_job_costs_no_other_export() -> None:
    """The watermark has moved by the time the job is forgotten."""
    books = _Interrupted()
    books.created(InFlight("a", SLICE, "fields", "client"))
    run = ExportRun(
        cast("ExportApi", _Nothing()),
        ExportRequest(SLICE.program_ids, Bounds(NOW), ["leadId"], "client", "program_members"),
        books,
        ExportSettings(),
        cast("Surroundings", _Nothing()),
    )
    task = Task(SLICE, Phase.WRITING, file=ExportFile(None, 0, 0))
    task.take_job(ExportJob("a", ExportStatus.COMPLETED))
    run._work.tasks.tasks.append(task)
    with pytest.raises(Killed):
        run.written(Export(task, task.file, SLICE, "a"))

    assert books.watermarks == dict.fromkeys(SLICE.program_ids, NOW)
    run.close()


class _Nothing:
    """Time, and nothing else: nothing is sent here."""

    clock = FastClock()

    def now(self) -> datetime:
        return NOW
