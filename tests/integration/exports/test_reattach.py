"""A run goes on with the jobs that the state names, whatever became of them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from marketo_sandbox.raw_client import RawClient
from scenes import DAY, HOUR, Scene
from states import bookmark, ledger, named

from tap_marketo_programs.export.bookmark import write_bookmark

if TYPE_CHECKING:
    from harness import Tap

Message = dict[str, Any]


@pytest.fixture
def scene(tap: Tap) -> Scene:
    """A state that names one job of ten programs, created and never enqueued."""
    scene = Scene(tap)
    scene.begin(programs=10, members=3)
    interrupt(scene)
    return scene


def interrupt(scene: Scene) -> None:
    """A run that dies once the STATE that names its job is out."""
    scene.cut(lambda message: message["type"] == "STATE" and bool(names(message)), out=True)
    assert [job["status"] for job in scene.control.jobs()] == ["Created"]


def names(message: Message) -> set[str]:
    """The jobs a STATE names."""
    return named(message["value"]) if bookmark(message["value"]) else set()


def the_job(scene: Scene) -> str:
    """The job that the state names."""
    (export_id,) = named(scene.state)
    return export_id


def enqueue(scene: Scene) -> None:
    """The job is queued."""
    RawClient(scene.tap.sandbox.url).enqueue(the_job(scene))


def enqueue_until_the_next(scene: Scene) -> None:
    """The job is queued, and stays so until another is made, however slow the machine."""
    scene.control.knob(job_seconds_queued=600 * DAY)
    scene.control.fault("edit", "export_create", do="knobs", job_seconds_queued=45)
    enqueue(scene)


def complete(scene: Scene) -> None:
    """The job is completed."""
    enqueue(scene)
    scene.control.advance(10)
    assert scene.control.jobs()[0]["status"] == "Completed"


def statuses(scene: Scene) -> list[str]:
    return [job["status"] for job in scene.control.jobs()]


def test_a_job_that_was_never_enqueued_is_enqueued(scene: Scene) -> None:
    scene.sync()

    assert scene.creates == 1
    scene.assert_complete()


def test_a_job_that_is_queued_is_awaited(scene: Scene) -> None:
    enqueue(scene)

    scene.sync()

    assert scene.creates == 1
    assert len(scene.control.requests("export_enqueue")) == 1
    scene.assert_complete()


def test_a_job_that_is_completed_is_downloaded(scene: Scene) -> None:
    complete(scene)

    scene.sync()

    assert scene.creates == 1
    assert len(scene.control.requests("export_enqueue")) == 1
    scene.assert_complete()


def test_what_changed_while_nobody_looked_comes_on_top(scene: Scene) -> None:
    complete(scene)
    scene.control.advance(2 * DAY)
    (row, *_) = scene.control.truth()
    scene.control.edit_member(row["programId"], row["leadId"], statusReason="edited")
    scene.control.advance(1)

    scene.sync()

    assert scene.creates == 2
    until = scene.filters()[1]["updatedAt"]
    assert until["startAt"] < bookmark(scene.state)["replication_key_value"]
    assert until["endAt"] in bookmark(scene.state)["watermarks"]
    scene.assert_complete()


@pytest.mark.parametrize("end", ["fail", "cancel"])
def test_a_job_that_ended_without_a_file_is_created_again(scene: Scene, end: str) -> None:
    enqueue(scene)
    getattr(scene.control, end)(the_job(scene))
    scene.control.advance(1)

    scene.sync()

    assert scene.creates == 2
    scene.assert_complete()


@pytest.mark.parametrize("answer", ["404", "json"])
def test_a_job_whose_file_is_gone_is_created_again(scene: Scene, answer: str) -> None:
    complete(scene)
    scene.control.knob(U16=answer)
    scene.control.expire(the_job(scene))

    scene.sync()

    assert scene.creates == 2
    scene.assert_complete()


@pytest.mark.parametrize("answer", ["1013", "610", "1003", "404"])
def test_a_job_that_marketo_has_forgotten_is_created_again(scene: Scene, answer: str) -> None:
    complete(scene)
    scene.control.knob(U6=answer)
    scene.control.forget(the_job(scene))

    scene.sync()

    assert scene.creates == 1
    assert scene.control.stats()["creates"] == 2
    scene.assert_complete()


def test_a_completed_job_a_week_later_is_created_again(scene: Scene) -> None:
    complete(scene)
    scene.control.advance(8 * DAY)

    scene.sync()

    # The same rows once more, and those since.
    assert scene.creates == 3
    scene.assert_complete()


def test_a_job_of_another_choice_of_fields_is_cancelled_and_created_again(scene: Scene) -> None:
    enqueue_until_the_next(scene)

    output = scene.sync(lead_fields=["email"])

    assert statuses(scene) == ["Cancelled", "Completed"]
    assert all("email" in row for row in output.records())


def test_a_job_of_another_api_user_is_left_alone_and_created_again(scene: Scene) -> None:
    enqueue(scene)

    scene.sync(client_id="other-client-id", client_secret="other-client-secret")

    assert statuses(scene) == ["Completed", "Completed"]
    clients = [job["client_id"] for job in scene.control.jobs()]
    assert clients == ["sandbox-client-id", "other-client-id"]
    scene.assert_complete()


def test_a_job_with_a_program_that_is_not_wanted_any_more_is_cancelled(scene: Scene) -> None:
    enqueue_until_the_next(scene)

    output = scene.sync(program_ids=[1001, 1002])

    assert statuses(scene) == ["Cancelled", "Completed"]
    assert {row["programId"] for row in output.records()} == {1001, 1002}


def test_a_job_with_a_program_that_was_deleted_is_used_all_the_same(scene: Scene) -> None:
    complete(scene)
    scene.control.delete_program(1005)

    scene.sync()

    assert scene.creates == 1
    scene.assert_complete()


def test_a_job_that_still_runs_after_a_day_is_cancelled_and_created_again(scene: Scene) -> None:
    enqueue(scene)
    scene.control.knob(job_seconds_queued=600 * 2 * DAY)
    scene.control.advance(DAY + HOUR)
    scene.control.fault("edit", "export_create", do="knobs", job_seconds_queued=45)

    scene.sync()

    assert statuses(scene) == ["Cancelled", "Completed"]
    scene.assert_complete()


def test_a_field_that_vanished_between_two_runs_does_not_cost_the_job(tap: Tap) -> None:
    scene = Scene(tap)
    scene.begin(programs=10)
    scene.control.add_member_field("shoeSize", "integer", values=[41, 42])
    scene.catalog = scene.tap.catalog()
    scene.control.remove_member_field("shoeSize")
    interrupt(scene)

    scene.sync()

    assert scene.creates == 1
    assert len(scene.records) == 30


def test_a_full_table_does_not_take_up_a_job_that_brings_a_part_only(tap: Tap) -> None:
    scene = Scene(tap)
    scene.begin(programs=10)
    scene.sync()
    scene.control.advance(DAY)
    scene.cut(
        lambda message: message["type"] == "STATE" and bool(names(message)),
        out=True,
        change_detection="none",
    )
    scene.catalog = scene.tap.catalog()
    for stream in scene.catalog["streams"]:
        stream["replication_method"] = "FULL_TABLE"

    output = scene.sync()

    assert len(output.records()) == 30
    assert statuses(scene)[1:] == ["Cancelled", "Completed"]


def test_what_an_interrupted_run_had_begun_is_asked_for_changes_and_not_exported_again(
    tap: Tap,
) -> None:
    scene = Scene(tap)
    scene.begin(programs=40, members=3)
    left = iter(range(45, -1, -1))
    scene.cut(lambda message: message["type"] == "RECORD" and next(left) == 0)
    assert len(ledger(scene.state).watermarks) == 10
    under_way = [flight.slice for flight in ledger(scene.state).in_flight.values()]
    begun = 10 + sum(len(one.program_ids) for one in under_way)

    scene.sync()

    assert scene.creates == 4
    assert scene.control.stats()["calls"]["members"] == begun
    scene.assert_complete()


def test_jobs_that_were_never_enqueued_are_enqueued_a_few_at_a_time(tap: Tap) -> None:
    scene = Scene(tap)
    scene.begin(programs=60, members=2)
    interrupt(scene)
    known = ledger(scene.state)
    (flight,) = known.in_flight.values()
    fields = scene.asked()[0]["fields"]
    for first in range(1011, 1061, 10):
        ids = tuple(range(first, first + 10))
        answer = RawClient(tap.sandbox.url).create({"programIds": list(ids)}, fields)
        export_id = answer.result[0]["exportId"]
        part = replace(flight.slice, program_ids=ids)
        known.created(replace(flight, export_id=export_id, slice=part))
    scene.state["bookmarks"]["program_members"] = write_bookmark(known)

    scene.sync(max_queued_exports=2)

    assert scene.control.stats()["max_jobs_at_once"] == 2
    assert scene.creates == 6
    scene.assert_complete()


def test_a_state_of_several_jobs_in_all_states_is_taken_up_in_one_go(tap: Tap) -> None:
    scene = Scene(tap)
    scene.begin(programs=80, members=2, knobs={"job_seconds_processing": 10**6})
    scene.cut(
        lambda message: message["type"] == "STATE" and len(names(message)) == 8,
        out=True,
        max_queued_exports=10,
    )
    jobs = scene.control.jobs()
    assert {"Created", "Queued"} <= {job["status"] for job in jobs}
    scene.control.cancel(jobs[0]["exportId"])
    scene.control.fail(jobs[1]["exportId"])
    scene.control.forget(jobs[2]["exportId"])
    scene.control.knob(job_seconds_processing=45)
    scene.control.advance(1)

    scene.sync()

    assert scene.control.stats()["creates"] == 8 + 3
    scene.assert_complete()
