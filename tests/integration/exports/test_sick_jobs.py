"""One job that Marketo does not serve ends as that job's failure: this run, and every later one.

All others are read. Nothing that is paid for already is paid for again while it can be had.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from scenes import DAY, FOR_EVER, Scene, fault_jobs_of
from states import assert_states_true, bookmark, ledger, named

from tap_marketo_programs.errors import ExportTimedOut
from tap_marketo_programs.schemas.timestamps import wire_time

if TYPE_CHECKING:
    from harness import Tap

PROGRAMS = {*range(1001, 1031)}
SICK = {*range(1011, 1021)}


@pytest.fixture
def scene(tap: Tap) -> Scene:
    """Thirty programs of three members: three jobs."""
    scene = Scene(tap)
    scene.begin(programs=30)
    return scene


def exported(scene: Scene) -> set[int]:
    """The programs that a target holds rows of."""
    return {row["programId"] for row in scene.records}


def histories(scene: Scene) -> int:
    """The jobs that were paid for and brought whole histories."""
    paid = [job for job in scene.control.jobs() if job["status"] == "Completed"]
    return len([job for job in paid if "updatedAt" not in job["request"]["filter"]])


SILENCES: list[tuple[str, dict[str, Any]]] = [
    ("error", {"code": "611"}),
    ("http", {"status": 502}),
    ("empty_body", {}),
    ("reset", {}),
]


# Its status


@pytest.mark.parametrize(("kind", "args"), SILENCES)
def test_a_job_whose_status_is_never_told_is_looked_up_in_the_job_list(
    scene: Scene, kind: str, args: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    output = scene.sync(before=fault_jobs_of(scene, 1015, (kind, "export_status", args)))

    assert histories(scene) == 3
    scene.assert_complete()
    assert_states_true([output], scene.control.truth())
    assert len([line for line in caplog.messages if "its status cannot be had" in line]) == 1


def test_a_job_that_neither_its_status_nor_the_list_tells_of_is_created_again(
    scene: Scene,
) -> None:
    scene.control.knob(list_days=0)
    silent = ("error", "export_status", {"code": "611"})

    scene.sync(before=fault_jobs_of(scene, 1015, silent, jobs=1))

    assert scene.creates == 4
    scene.assert_complete()
    assert not scene.running()


def test_jobs_that_nothing_tells_of_end_as_the_failure_of_their_program(scene: Scene) -> None:
    scene.control.knob(list_days=0)
    silent = ("error", "export_status", {"code": "611"})

    output = scene.run(before=fault_jobs_of(scene, 1015, silent))

    assert "1015" in str(output.error)
    assert exported(scene) == PROGRAMS - {1015}
    assert set(ledger(scene.state).watermarks) == PROGRAMS - {1015}
    assert not named(scene.state)
    assert_states_true([output], scene.control.truth())


@pytest.mark.parametrize("listed", [True, False])
def test_a_run_that_takes_up_a_job_that_never_tells_its_status_brings_everything(
    scene: Scene, *, listed: bool
) -> None:
    scene.cut(lambda message: message["type"] == "RECORD", max_queued_exports=2)
    (sick, *_) = named(scene.state)
    scene.control.fault("error", "export_status", where=sick, code="611", count=FOR_EVER)
    scene.control.knob(list_days=7 if listed else 0)

    scene.sync()

    scene.assert_complete()
    assert not named(scene.state)


def test_while_marketo_is_down_no_job_is_dropped_from_the_state(scene: Scene) -> None:
    scene.cut(lambda message: message["type"] == "RECORD", max_queued_exports=2)
    before = named(scene.state)
    scene.control.fault("error", "export_status", code="611", count=FOR_EVER)
    scene.control.fault("error", "export_list", code="611", count=FOR_EVER)

    output = scene.run()

    assert "611" in str(output.error)
    assert named(scene.state) == before
    scene.control.clear_faults()
    scene.sync()
    assert histories(scene) == 3
    scene.assert_complete()


# Its time


def test_a_job_that_never_gets_done_is_left_to_the_next_run_and_the_others_are_read(
    scene: Scene,
) -> None:
    scene.control.fault("job_stuck", where="1015", state="Processing")

    output = scene.run(export_timeout_seconds=600, max_queued_exports=2)

    assert isinstance(output.error, ExportTimedOut)
    assert exported(scene) == PROGRAMS - SICK
    (left,) = named(scene.state)
    assert left in str(output.error)
    assert_states_true([output], scene.control.truth())


def test_jobs_that_never_get_done_end_the_run_once_they_hold_every_place(scene: Scene) -> None:
    scene.begin(programs=60)
    scene.control.fault("job_stuck", after=1, count=2, state="Queued")

    output = scene.run(export_timeout_seconds=600, max_queued_exports=2)

    assert isinstance(output.error, ExportTimedOut)
    assert len(named(scene.state)) >= 2
    assert exported(scene) < {*range(1001, 1061)}
    for job in scene.running():
        scene.control.fail(job)
    scene.sync()
    scene.assert_complete()


# Its file


@pytest.mark.parametrize(("kind", "args"), SILENCES)
def test_a_file_that_can_never_be_downloaded_is_left_to_the_next_run_and_not_paid_for_again(
    scene: Scene, kind: str, args: dict[str, Any]
) -> None:
    output = scene.run(before=fault_jobs_of(scene, 1015, (kind, "export_file", args)))

    assert output.error is not None
    assert exported(scene) == PROGRAMS - SICK
    assert len(named(scene.state)) == 1
    assert_states_true([output], scene.control.truth())
    scene.control.clear_faults()
    scene.sync()
    assert histories(scene) == 3
    scene.assert_complete()


def test_a_file_that_could_not_be_downloaded_for_a_day_is_exported_once_more(
    scene: Scene,
) -> None:
    hit = fault_jobs_of(scene, 1015, ("error", "export_file", {"code": "611"}), jobs=1)
    scene.run(before=hit)
    scene.control.advance(2 * DAY)

    scene.sync()

    assert exported(scene) == PROGRAMS
    assert not named(scene.state)


def test_files_that_nobody_can_download_are_paid_for_once(scene: Scene) -> None:
    scene.control.fault("error", "export_file", code="611", count=FOR_EVER)

    first, second = scene.run(), scene.run()

    assert first.error is not None
    assert second.error is not None
    assert histories(scene) == 3
    scene.control.clear_faults()
    scene.sync()
    assert histories(scene) == 3
    scene.assert_complete()


# Whether a program is there, and whether it changed


def test_a_program_of_which_marketo_never_tells_whether_it_is_there_stops_no_other(
    scene: Scene,
) -> None:
    scene.control.fault("job_failed", where="1015", count=FOR_EVER)
    scene.control.fault("error", "program", where="1012", code="611", count=FOR_EVER)

    output = scene.run()

    assert "1015" in str(output.error)
    assert "1012" not in str(output.error)
    assert exported(scene) == PROGRAMS - {1015}


@pytest.mark.parametrize("code", ["611", "603", "1003", "1011"])
def test_a_program_that_cannot_be_asked_for_changes_is_exported(scene: Scene, code: str) -> None:
    seen: set[str] = set()

    def second_export(message: dict[str, Any]) -> bool:
        seen.update(bookmark(message.get("value", {})).get("watermarks", {}).values())
        return message["type"] == "RECORD" and bool(seen)

    scene.cut(second_export, max_queued_exports=1)
    assert ledger(scene.state).watermarks
    scene.control.fault("error", "members", code=code, where="1005", count=FOR_EVER)

    scene.sync()

    scene.assert_complete()


def test_a_restart_asks_for_changes_with_the_lookback(scene: Scene) -> None:
    done: set[str] = set()

    def second_export(message: dict[str, Any]) -> bool:
        done.update(bookmark(message.get("value", {})).get("watermarks", {}).values())
        return message["type"] == "RECORD" and bool(done)

    scene.cut(second_export, max_queued_exports=1)
    known = ledger(scene.state).watermarks
    scene.control.clear_requests()

    scene.sync(lookback_seconds=1800)

    asked = {
        int(entry["path"].split("/")[4]): entry["query"]["startAt"]
        for entry in scene.control.requests("members")
    }
    assert {program_id: asked[program_id] for program_id in known} == {
        program_id: [wire_time(watermark - timedelta(seconds=1800))]
        for program_id, watermark in known.items()
    }
