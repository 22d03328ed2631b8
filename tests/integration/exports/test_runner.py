"""The export engine keeps the queue busy, shares it, and loses nothing when jobs misbehave."""

from __future__ import annotations

import tempfile
import time
from typing import TYPE_CHECKING, Any

import pytest
from marketo_sandbox.raw_client import RawClient
from scenes import DAY, HOUR, Scene, are_queued, jobs_held_until
from states import assert_states_true, ledger, named

from tap_marketo_programs.errors import (
    ExportFailed,
    ExportTimedOut,
    FileCorrupt,
    FileUnavailable,
    QueueFull,
)

if TYPE_CHECKING:
    from pathlib import Path

    from harness import Tap

Message = dict[str, Any]


@pytest.fixture
def scene(tap: Tap) -> Scene:
    """Ten programs of three members: one job."""
    scene = Scene(tap)
    scene.begin()
    return scene


def warnings(caplog: pytest.LogCaptureFixture) -> list[str]:
    """All WARNINGs of the run."""
    return [line.getMessage() for line in caplog.records if line.levelname == "WARNING"]


# The queue


@pytest.mark.parametrize("most", [1, 4, 10])
def test_the_queue_holds_as_many_jobs_of_ours_as_allowed_and_never_one_more(
    scene: Scene, most: int
) -> None:
    scene.begin(programs=150, members=1)

    with jobs_held_until(scene.control, are_queued(most)):
        scene.sync(max_queued_exports=most)

    assert scene.control.stats()["max_jobs_at_once"] == most
    scene.assert_complete()


def test_jobs_of_an_earlier_run_count_among_those_in_the_queue(scene: Scene) -> None:
    scene.begin(programs=120, members=1)
    with jobs_held_until(scene.control, are_queued(4)):
        scene.cut(lambda message: message["type"] == "RECORD", max_queued_exports=4)
    assert len(named(scene.state)) >= 3

    scene.sync(max_queued_exports=3)

    assert scene.control.stats()["max_jobs_at_once"] == 4
    scene.assert_complete()


def test_the_queue_is_refilled_while_a_slow_target_reads_the_first_file(scene: Scene) -> None:
    scene.begin(programs=100, members=8)
    rows, started = 0, 0

    def slowly(message: Message) -> None:
        nonlocal rows, started
        if message["type"] == "RECORD":
            rows += 1
            if rows < 80:
                time.sleep(0.015)
            elif rows == 80:
                started = len(scene.control.jobs())

    scene.sync(before=slowly, max_queued_exports=2)

    assert started >= 4
    scene.assert_complete()


def test_a_bounded_number_of_files_waits_for_a_target_that_does_not_read(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    scene.begin(programs=150, members=3)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    most = rows = 0

    def slowly(message: Message) -> None:
        nonlocal most, rows
        if message["type"] == "RECORD":
            rows += 1
            if rows <= 40:
                time.sleep(0.02)
            most = max(most, len(list(tmp_path.glob("*/*.csv"))))

    scene.sync(before=slowly, max_queued_exports=10)

    # Two that wait, the one being read and the one being fetched.
    assert 2 <= most <= 4
    assert not list(tmp_path.iterdir())


def test_no_other_user_of_the_machine_can_read_a_waiting_file(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    modes: set[int] = set()

    def look(message: Message) -> None:
        if message["type"] == "RECORD":
            modes.update(path.stat().st_mode & 0o077 for path in tmp_path.rglob("*"))

    scene.sync(before=look)

    assert modes == {0}


@pytest.mark.parametrize("refuses", ["enqueue", "both"])
def test_a_queue_that_others_fill_for_an_hour_is_waited_for(scene: Scene, refuses: str) -> None:
    scene.tap.clock.speed = 6000
    scene.begin(programs=30, knobs={"neighbour_jobs": 10, "U27": refuses})
    endpoint = "export_create" if refuses == "both" else "export_enqueue"
    scene.control.fault("edit", endpoint, after=25, do="knobs", neighbour_jobs=0)
    before = scene.tap.clock.monotonic()

    scene.sync()

    assert scene.tap.clock.monotonic() - before > HOUR
    assert scene.control.stats()["errors"] == {"1029": 26}
    assert scene.creates == 3
    scene.assert_complete()


def test_one_place_in_the_queue_is_enough(scene: Scene) -> None:
    scene.begin(programs=50, knobs={"neighbour_jobs": 9})

    scene.sync(max_queued_exports=4)

    assert scene.control.stats()["max_jobs_at_once"] == 1
    assert scene.creates == 5
    scene.assert_complete()


def test_a_queue_that_stays_full_ends_the_run_and_the_next_one_uses_its_job(scene: Scene) -> None:
    scene.begin(programs=30, knobs={"neighbour_jobs": 10})

    output = scene.run(export_timeout_seconds=600)

    assert isinstance(output.error, QueueFull)
    assert "export_timeout_seconds" in str(output.error)
    made = {job["exportId"] for job in scene.control.jobs()}
    assert named(scene.state) == made
    scene.control.knob(neighbour_jobs=0)
    scene.sync()
    assert scene.creates == 3
    scene.assert_complete()


# Lost answers


def test_a_job_that_is_queued_already_is_as_good_as_one_enqueued_now(scene: Scene) -> None:
    scene.control.fault("reset", "export_enqueue", after_handling=True)

    scene.sync()

    assert scene.control.stats()["errors"] == {"1029": 1}
    assert scene.creates == 1
    scene.assert_complete()


@pytest.mark.parametrize("how", ["reset", "empty_body", "http"])
def test_a_job_whose_creation_was_not_confirmed_is_found_again(scene: Scene, how: str) -> None:
    scene.begin(programs=20)
    scene.control.fault(how, "export_create", after=1, after_handling=True)

    scene.sync()

    assert scene.creates == 2
    assert scene.control.stats()["creates"] == 2
    scene.assert_complete()


def test_a_create_that_never_arrived_is_sent_again(scene: Scene) -> None:
    scene.control.fault("reset", "export_create", count=2)

    scene.sync()

    assert scene.creates == 1
    scene.assert_complete()


def test_of_two_jobs_that_may_be_the_lost_one_neither_is_taken(scene: Scene) -> None:
    probe = RawClient(scene.tap.sandbox.url)
    foreign = ""

    def somebody_creates_one_too(message: Message) -> None:
        nonlocal foreign
        if message["type"] == "SCHEMA":
            answer = probe.create({"programIds": [1001]}, ["leadId"])
            foreign = answer.result[0]["exportId"]

    scene.control.fault("reset", "export_create", after=1, after_handling=True)

    scene.sync(before=somebody_creates_one_too)

    jobs = {job["exportId"]: job["status"] for job in scene.control.jobs()}
    assert jobs[foreign] == "Created"
    assert sorted(jobs.values()) == ["Completed", "Created", "Created"]
    scene.assert_complete()


def test_a_strangers_job_that_was_taken_for_the_lost_one_is_found_out(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    scene.begin(programs=20)
    probe = RawClient(scene.tap.sandbox.url)

    def somebody_creates_one(message: Message) -> None:
        if message["type"] == "SCHEMA":
            fields = [name for name in message["schema"]["properties"] if name != "programId"]
            probe.create({"programIds": [1011, 1012]}, fields)

    scene.control.fault("reset", "export_create", after=1)

    output = scene.sync(before=somebody_creates_one, program_ids=list(range(1001, 1011)))

    assert {row["programId"] for row in output.records()} == set(range(1001, 1011))
    assert any("holds other programs" in line for line in warnings(caplog))


# Jobs that fail


@pytest.mark.parametrize("fate", ["job_failed", "job_cancelled"])
def test_a_job_that_fails_or_that_somebody_cancels_is_created_again(
    scene: Scene, fate: str, caplog: pytest.LogCaptureFixture
) -> None:
    scene.begin(programs=30)
    scene.control.fault(fate, after=1)

    scene.sync()

    assert scene.creates == 4
    scene.assert_complete()
    (line,) = [one.getMessage() for one in caplog.records if "without a file" in one.getMessage()]
    assert line.endswith("; what it was to bring is exported again")


def test_a_job_that_nobody_knows_any_more_in_mid_run_is_created_again(scene: Scene) -> None:
    scene.begin(programs=20)
    scene.control.fault("error", "export_status", code="1013", after=1)

    scene.sync()

    assert scene.creates == 3
    scene.assert_complete()


def misbehave(scene: Scene, how: str, program_id: int) -> None:
    """One program that no job can export."""
    where = str(program_id)
    if how == "fails":
        scene.control.fault("job_failed", where=where, count=1000, errorMsg="no such audience")
    else:
        scene.control.fault(
            "error", "export_create", code="1003", message="Invalid data", where=where, count=1000
        )


@pytest.mark.parametrize("how", ["fails", "is refused"])
def test_a_program_that_cannot_be_exported_is_named_and_does_not_stop_the_others(
    scene: Scene, how: str
) -> None:
    scene.begin(programs=20)
    misbehave(scene, how, 1005)

    output = scene.run()

    assert isinstance(output.error, ExportFailed)
    assert "1005" in str(output.error)
    assert "1004" not in str(output.error)
    assert {row["programId"] for row in output.records()} == {*range(1001, 1021)} - {1005}
    assert set(ledger(scene.state).watermarks) == {*range(1001, 1021)} - {1005}
    assert_states_true([output], scene.control.truth())


def test_two_programs_that_cannot_be_exported_are_both_named(scene: Scene) -> None:
    misbehave(scene, "fails", 1003)
    misbehave(scene, "is refused", 1008)

    output = scene.run()

    assert "1003" in str(output.error)
    assert "1008" in str(output.error)
    assert len({row["programId"] for row in output.records()}) == 8


def test_the_run_after_a_program_was_at_fault_brings_the_rest_of_it(scene: Scene) -> None:
    misbehave(scene, "fails", 1005)
    scene.run()
    scene.control.clear_faults()

    scene.sync()

    scene.assert_complete()


@pytest.mark.parametrize("unknown", ["1003", "1013", "failed"])
def test_a_program_deleted_in_mid_run_is_skipped_with_a_warning(
    scene: Scene, unknown: str, caplog: pytest.LogCaptureFixture
) -> None:
    scene.begin(programs=20)
    scene.sync()
    scene.control.advance(2 * HOUR)
    for row in scene.control.truth():
        scene.control.edit_member(row["programId"], row["leadId"], statusReason="edited")
    scene.control.knob(U3=unknown)
    scene.control.fault("edit", "programs", after=0, do="delete_program", program_id=1005)

    output = scene.sync()

    assert [line for line in warnings(caplog) if "1005 was deleted" in line]
    assert {row["programId"] for row in output.records()} == {*range(1001, 1021)} - {1005}
    assert 1005 not in ledger(scene.state).watermarks
    scene.assert_complete()


def test_a_deleted_program_that_marketo_exports_as_empty_harms_nothing(scene: Scene) -> None:
    scene.control.fault("edit", "programs", do="delete_program", program_id=1005)

    scene.sync()
    scene.sync()
    scene.assert_complete()
    # Out of sight is not gone; after a month it is.
    scene.control.advance(31 * DAY)
    scene.sync()

    assert 1005 not in ledger(scene.state).watermarks
    scene.assert_complete()


def test_twelve_failures_in_a_row_end_the_run(scene: Scene) -> None:
    scene.begin(programs=150)
    scene.control.fault("job_failed", count=1000, errorMsg="try tomorrow")

    output = scene.run(max_queued_exports=4)

    assert isinstance(output.error, ExportFailed)
    assert "12 export jobs in a row" in str(output.error)
    assert "try tomorrow. The state is saved; the next run" in str(output.error)
    assert 12 <= scene.creates <= 12 + 4
    assert not output.records()


def test_failures_with_successes_between_them_do_not_end_the_run(scene: Scene) -> None:
    scene.begin(programs=150, members=1)
    for first in range(1001, 1151, 10):
        scene.control.fault("job_failed", where=str(first))

    scene.sync(max_queued_exports=2)

    assert scene.creates == 15 + 15
    scene.assert_complete()


# No updatedAt filter


@pytest.fixture
def unfilterable(scene: Scene) -> Scene:
    """A second run is due, and the subscription has no updatedAt filter."""
    scene.begin(programs=30, members=5)
    scene.sync()
    scene.control.advance(DAY)
    scene.control.knob(updated_at_filter=False)
    return scene


@pytest.mark.parametrize(("detection", "jobs"), [("none", 3), ("auto", 1), ("members", 1)])
def test_without_the_filter_whole_exports_bring_what_changed(
    unfilterable: Scene, caplog: pytest.LogCaptureFixture, detection: str, jobs: int
) -> None:
    scene = unfilterable
    scene.control.edit_member(1002, scene.control.truth(program_ids=[1002])[0]["leadId"])
    before = scene.creates

    output = scene.sync(change_detection=detection)

    assert len(output.records()) == 1
    assert len([line for line in warnings(caplog) if "updatedAt" in line]) == 1
    assert scene.control.stats()["errors"] == {"1035": 1}
    assert all("updatedAt" not in chosen for chosen in scene.filters()[before:])
    assert scene.creates - before == jobs
    scene.assert_complete()


def test_without_the_filter_the_lookback_holds_and_rows_without_a_time_are_kept(
    unfilterable: Scene,
) -> None:
    scene = unfilterable
    known = min(ledger(scene.state).watermarks.values()).timestamp()
    leads = [row["leadId"] for row in scene.control.truth(program_ids=[1002])]
    for lead, age in zip(leads, (100, 3500, 3700, 10**6), strict=False):
        at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(known - age))
        scene.control.edit_member(1002, lead, updatedAt=at)
    scene.control.edit_member(1002, leads[4], touch=False, updatedAt=None)

    output = scene.sync(lookback_seconds=3600)

    assert {row["leadId"] for row in output.records()} == {leads[0], leads[1], leads[4]}


def test_without_the_filter_start_date_holds(scene: Scene) -> None:
    scene.begin(programs=10, members=20, now="2026-02-20T00:00:00Z")
    scene.control.knob(updated_at_filter=False)

    output = scene.sync(start_date="2026-02-01T00:00:00Z")
    older = scene.sync(start_date="2026-02-01T00:00:00Z")

    expected = [row for row in scene.control.truth() if row["updatedAt"] >= "2026-02-01"]
    assert len(output.records()) == len(expected)
    assert not older.records()


# Fields that vanish


@pytest.mark.parametrize("code", ["1006", "1003"])
def test_a_field_deleted_since_discovery_is_dropped_with_a_warning(
    scene: Scene, code: str, caplog: pytest.LogCaptureFixture
) -> None:
    scene.begin(programs=20, knobs={"U4": code})
    scene.control.add_member_field("shoeSize", "integer", values=[41, 42])
    scene.catalog = scene.tap.catalog()
    scene.control.remove_member_field("shoeSize")

    output = scene.sync()

    assert [line for line in warnings(caplog) if "shoeSize" in line]
    assert scene.control.stats()["errors"] == {code: 1}
    assert len(output.records()) == 60
    assert "shoeSize" not in str(scene.asked())


def test_a_lead_field_that_vanishes_is_dropped_by_its_name(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    scene.control.fault(
        "error", "export_create", code="1006", message="Field 'company' not found", where="company"
    )

    output = scene.sync(lead_fields=["company", "email"])

    assert [line for line in warnings(caplog) if "company" in line]
    assert [row["email"] for row in output.records()]
    assert "email" in scene.asked()[0]["fields"]
    assert "company" not in scene.asked()[0]["fields"]


def test_only_selected_fields_and_keys_are_asked_for(scene: Scene) -> None:
    catalog = scene.tap.catalog()
    (stream,) = [
        stream for stream in catalog["streams"] if stream["tap_stream_id"] == "program_members"
    ]
    for entry in stream["metadata"]:
        if entry["breadcrumb"]:
            entry["metadata"]["selected"] = entry["breadcrumb"][-1] == "statusName"
    scene.catalog = catalog

    scene.sync()

    assert scene.asked()[0]["fields"] == ["leadId", "updatedAt", "statusName"]


# Time-outs


def test_a_job_that_is_not_done_in_time_is_left_to_the_next_run(scene: Scene) -> None:
    scene.control.knob(job_seconds_processing=1_000_000)

    output = scene.run(export_timeout_seconds=300)

    assert isinstance(output.error, ExportTimedOut)
    (job,) = scene.control.jobs()
    assert job["exportId"] in str(output.error)
    assert named(scene.state) == {job["exportId"]}
    scene.control.knob(job_seconds_processing=45)
    scene.sync()
    assert scene.creates == 1
    scene.assert_complete()


# Files

CORRUPTIONS = ["flip", "truncate", "append", "extra_column", "short_row"]
MISSTATEMENTS = ["wrong_checksum", "wrong_size"]


@pytest.mark.parametrize("fault", ["file_missing", *CORRUPTIONS, *MISSTATEMENTS])
def test_a_file_that_is_wrong_once_is_downloaded_again(
    scene: Scene, fault: str, caplog: pytest.LogCaptureFixture
) -> None:
    if fault in CORRUPTIONS:
        scene.control.fault("corrupt", mode=fault)
    else:
        scene.control.fault(fault)

    scene.sync()

    assert scene.control.stats()["calls"]["export_file"] >= 2
    assert scene.creates == 1
    scene.assert_complete()
    (job,) = scene.control.jobs()
    # The download itself goes on after a file that ends early.
    assert len(warnings(caplog)) == (fault != "truncate")
    for line in warnings(caplog):
        assert line.lower().count(f"export {job['exportId']}: ") == 1
        assert line.endswith("; it is downloaded again")


@pytest.mark.parametrize("fault", ["file_missing", *CORRUPTIONS, *MISSTATEMENTS])
def test_a_file_that_stays_wrong_is_made_anew_once_and_then_fails_the_run_without_a_row(
    scene: Scene, fault: str
) -> None:
    scene.begin(programs=30)

    def spoil(message: Message) -> None:
        """As soon as a job of the second batch is known, spoil it."""
        if message["type"] != "STATE":
            return
        for export_id, flight in ledger(message["value"]).in_flight.items():
            if 1011 in flight.slice.program_ids and export_id not in spoiled:
                spoiled.add(export_id)
                if fault in CORRUPTIONS:
                    scene.control.fault("corrupt", where=export_id, count=1000, mode=fault)
                else:
                    scene.control.fault(fault, where=export_id, count=1000)

    spoiled: set[str] = set()

    output = scene.run(before=spoil)

    expected = FileUnavailable if fault == "file_missing" else FileCorrupt
    assert isinstance(output.error, expected)
    assert len(spoiled) == 2
    assert scene.creates == 4
    others = {*range(1001, 1011), *range(1021, 1031)}
    assert {row["programId"] for row in output.records()} == others
    assert set(ledger(scene.state).watermarks) == others
    assert not named(scene.state)


def test_a_file_with_consistent_figures_but_broken_rows_does_not_get_out(scene: Scene) -> None:
    scene.control.fault("corrupt", mode="short_row", consistent=True, count=1000)

    output = scene.run(program_ids=[1001])

    assert isinstance(output.error, FileCorrupt)
    assert not output.records()
    assert scene.creates == 1


def test_a_job_that_failed_before_may_still_have_a_bad_file(scene: Scene) -> None:
    scene.control.fault("job_failed")
    scene.control.fault("corrupt", mode="flip", count=2)

    scene.sync()

    assert scene.creates == 3
    scene.assert_complete()


def test_a_lost_connection_is_resumed_where_it_broke(scene: Scene) -> None:
    scene.begin(programs=10, members=500)
    scene.control.fault("cut", "export_file", bytes=70_000, count=2)

    scene.sync()

    ranges = [entry["headers"].get("Range") for entry in scene.control.requests("export_file")]
    assert ranges[0] is None
    assert all(text.startswith("bytes=") for text in ranges[1:])
    assert len(ranges) == 3
    assert scene.creates == 1
    scene.assert_complete()
