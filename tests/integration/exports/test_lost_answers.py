"""An answer that is lost, late or in unknown words undoes nothing and is paid for once.

Every verb that changes something in Marketo may have done so although its answer never
came; what counts is what Marketo says of the job afterwards.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from scenes import FOR_EVER, Scene, fault_jobs_of
from states import assert_states_true, ledger, named

if TYPE_CHECKING:
    from harness import Tap

# How a second enqueue of a job may be refused; the last two are about something else.
REFUSALS: list[dict[str, Any]] = [
    {"code": "1029", "message": "Job already queued"},
    {"code": "1029", "message": "Export job is in state Processing"},
    {"code": "1003", "message": "Invalid status for enqueue"},
    {"code": "1013", "message": "Object not found"},
    {"code": "610", "message": "Requested resource not found"},
    {"code": "1029", "message": "Too many jobs (10) in queue"},
    {"code": "1029", "message": "Export daily quota 500MB exceeded."},
]


@pytest.fixture
def scene(tap: Tap) -> Scene:
    """Thirty programs of three members: three jobs."""
    scene = Scene(tap)
    scene.begin(programs=30)
    return scene


@pytest.mark.parametrize("refusal", REFUSALS, ids=lambda refusal: str(refusal["message"]))
@pytest.mark.parametrize("lost", ["reset", "empty_body", "http"])
def test_an_enqueue_whose_answer_was_lost_is_success_whatever_its_repetition_is_told(
    scene: Scene, lost: str, refusal: dict[str, Any]
) -> None:
    scene.control.fault(lost, "export_enqueue", after_handling=True)
    scene.control.fault("error", "export_enqueue", after=1, **refusal)

    output = scene.sync()

    assert scene.creates == 3
    scene.assert_complete()
    assert_states_true([output], scene.control.truth())


def test_jobs_that_are_done_before_their_enqueue_is_answered_are_read(scene: Scene) -> None:
    """The enqueue arrives, its answer does not, and its repetition comes when all is over."""
    refusal = {"code": "1029", "message": "Export job is in state Completed"}
    lost = ("reset", "export_enqueue", {"after_handling": True, "count": 1})
    again = ("error", "export_enqueue", {**refusal, "after": 1})
    scene.begin(programs=5, knobs={"job_seconds_queued": 0, "job_seconds_processing": 0})

    scene.sync(before=fault_jobs_of(scene, 1001, lost, again))

    assert scene.creates == 1
    scene.assert_complete()


def test_a_job_that_waits_although_its_enqueue_is_refused_is_tried_again(scene: Scene) -> None:
    """What a status shows may be older than the enqueue it contradicts."""
    scene.control.fault("error", "export_enqueue", code="1029", message="Try later", count=2)

    scene.sync()

    assert scene.creates == 3
    scene.assert_complete()


def test_an_enqueue_that_is_always_refused_ends_as_its_programs_failure(scene: Scene) -> None:
    refused = ("error", "export_enqueue", {"code": "1029", "message": "Not this one"})

    output = scene.run(before=fault_jobs_of(scene, 1015, refused))

    assert "1015" in str(output.error)
    assert "Not this one" in str(output.error)
    assert {row["programId"] for row in output.records()} == {*range(1001, 1031)} - {1015}
    assert not named(scene.state)
    assert_states_true([output], scene.control.truth())
    assert not scene.running()


def test_an_enqueue_that_is_never_answered_ends_as_its_programs_failure(scene: Scene) -> None:
    output = scene.run(
        before=fault_jobs_of(scene, 1015, ("error", "export_enqueue", {"code": "611"}))
    )

    assert "1015" in str(output.error)
    assert {row["programId"] for row in output.records()} == {*range(1001, 1031)} - {1015}
    assert_states_true([output], scene.control.truth())


def test_an_enqueue_that_nobody_gets_answered_ends_the_run_and_the_state_names_the_jobs(
    scene: Scene,
) -> None:
    scene.control.fault("error", "export_enqueue", code="611", count=FOR_EVER)

    output = scene.run()

    assert "611" in str(output.error)
    assert not output.records()
    assert named(scene.state) <= {job["exportId"] for job in scene.control.jobs()}
    scene.control.clear_faults()
    scene.sync()
    scene.assert_complete()
    assert len([job for job in scene.control.jobs() if job["status"] == "Completed"]) == 3


def test_a_create_that_is_never_answered_for_one_program_stops_no_other(scene: Scene) -> None:
    scene.control.fault("error", "export_create", code="611", where="1015", count=FOR_EVER)

    output = scene.run()

    assert "1015" in str(output.error)
    assert {row["programId"] for row in output.records()} == {*range(1001, 1031)} - {1015}
    assert set(ledger(scene.state).watermarks) == {*range(1001, 1031)} - {1015}


def test_a_create_that_nobody_gets_answered_ends_the_run(scene: Scene) -> None:
    scene.control.fault("error", "export_create", code="611", count=FOR_EVER)

    output = scene.run()

    assert "611" in str(output.error)
    assert not scene.control.jobs()
    # Eight tries for each of twelve calls, and not for each program.
    assert len(scene.control.requests("export_create")) <= 12 * 8


@pytest.mark.parametrize("lost", ["reset", "empty_body", "http"])
def test_a_cancel_whose_answer_is_lost_harms_nothing(scene: Scene, lost: str) -> None:
    scene.cut(lambda message: message["type"] == "RECORD", max_queued_exports=2)
    scene.control.fault(lost, "export_cancel", after_handling=True, count=FOR_EVER)

    # Other fields are wanted now, so jobs under way no longer fit.
    scene.sync(lead_fields=["company"])

    assert {row["programId"] for row in scene.records} == {*range(1001, 1031)}
    assert not named(scene.state)
