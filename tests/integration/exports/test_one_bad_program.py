"""A file that is as Marketo made it and cannot be read fails for its own program only."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from scenes import FOR_EVER, Scene
from states import assert_states_true, ledger, named

from tap_marketo_programs.errors import FileCorrupt

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

    (line,) = [line for line in caplog.messages if line.startswith("Left to the next run")]
    assert "program_members of 1015" in line


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
