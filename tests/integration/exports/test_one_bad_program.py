"""A file that is as Marketo made it and cannot be read fails for its own program only."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from scenes import FOR_EVER, Scene
from states import assert_states_true, ledger, moment, named

from tap_marketo_programs.errors import FileCorrupt
from tap_marketo_programs.export.bookmark import write_bookmark
from tap_marketo_programs.export.ledger import Ledger

if TYPE_CHECKING:
    from harness import Tap

PROGRAMS = {*range(1001, 1031)}


@pytest.fixture
def scene(tap: Tap) -> Scene:
    """Thirty programs of three members: three jobs."""
    scene = Scene(tap)
    scene.begin(programs=30)
    return scene


def spoil(scene: Scene, program_id: int) -> None:
    """Let every file that holds a program have a row that nobody can read, and right figures."""
    scene.control.fault(
        "corrupt", where=str(program_id), count=FOR_EVER, mode="short_row", consistent=True
    )


def test_the_other_programs_of_the_job_are_read(scene: Scene) -> None:
    spoil(scene, 1015)

    output = scene.run()

    assert isinstance(output.error, FileCorrupt)
    assert {row["programId"] for row in output.records()} == PROGRAMS - {1015}
    assert set(ledger(scene.state).watermarks) == PROGRAMS - {1015}
    assert not named(scene.state)
    # Three jobs, and two for each time that the ten programs were halved.
    assert scene.creates <= 3 + 2 * 4
    assert_states_true([output], scene.control.truth())


def test_the_run_after_it_pays_for_the_bad_program_only(scene: Scene) -> None:
    spoil(scene, 1015)
    scene.run()
    before = scene.creates

    output = scene.run()

    asked = [chosen["programIds"] for chosen in scene.filters()[before:]]
    assert [ids for ids in asked if 1015 in ids] == [[1015]]
    assert isinstance(output.error, FileCorrupt)
    scene.control.clear_faults()
    scene.sync()
    scene.assert_complete()


def test_two_bad_programs_of_one_job_cost_nobody_else(scene: Scene) -> None:
    spoil(scene, 1011)
    spoil(scene, 1020)

    output = scene.run()

    assert {row["programId"] for row in output.records()} == PROGRAMS - {1011, 1020}
    assert_states_true([output], scene.control.truth())


def test_the_log_names_the_programs_that_are_left_to_the_next_run(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    spoil(scene, 1015)

    scene.run()

    (line,) = [line for line in caplog.messages if "Left to the next run" in line]
    assert "Left to the next run: program 1015 (" in line


def test_files_that_are_all_unreadable_do_not_use_up_the_quota(scene: Scene) -> None:
    scene.control.fault("corrupt", count=FOR_EVER, mode="short_row", consistent=True)

    output = scene.run()

    assert isinstance(output.error, Exception)
    assert not output.records()
    # Three jobs, and two for each of the files that are split before it is enough.
    assert scene.creates <= 3 + 2 * 6


def test_an_increment_is_halved_too_and_no_watermark_passes_the_bad_program(
    scene: Scene,
) -> None:
    scene.sync()
    known = ledger(scene.state).watermarks[1015]
    scene.control.advance(3600)
    for row in scene.control.truth():
        scene.control.edit_member(row["programId"], row["leadId"], statusReason="edited")
    spoil(scene, 1015)

    output = scene.run()

    assert {row["programId"] for row in output.records()} == PROGRAMS - {1015}
    assert ledger(scene.state).watermarks[1015] == known
    scene.control.clear_faults()
    scene.sync()
    scene.assert_complete()


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
            "program_members": write_bookmark(
                Ledger(watermarks={1001: moment(start), 1002: moment(start)})
            )
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
