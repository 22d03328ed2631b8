"""A snapshot of keys has one time, however many runs it takes, and is paid for once."""

from __future__ import annotations

import base64
import logging
import re
from typing import TYPE_CHECKING, Any

import pytest
from altering_proxy import listing_without
from key_scenes import KEYS, KeyScene
from scenes import DAY, FOR_EVER, HOUR
from writers import Killed

from tap_marketo_programs.errors import ExportFailed, FileUnreadable

if TYPE_CHECKING:
    from altering_proxy import Proxy
    from harness import Output, Tap

MEMBERS = "program_members"
QUOTA: dict[str, Any] = {"code": "1029", "message": "Export daily quota 500MB exceeded."}


@pytest.fixture
def scene(tap: Tap) -> KeyScene:
    found = KeyScene(tap)
    found.begin(programs=40, members=4)
    return found


def is_state_of(jobs: int) -> Any:  # noqa: ANN401 - a predicate
    """A STATE by which programs of the snapshot are written, and that names as many jobs."""

    def look(message: dict[str, Any]) -> bool:
        if message["type"] != "STATE":
            return False
        bookmark = message["value"]["bookmarks"].get(KEYS, {})
        named = sum(len(one["jobs"]) for one in bookmark.get("exports", []))
        return bool(bookmark.get("watermarks")) and named >= jobs

    return look


def paid(scene: KeyScene) -> int:
    """Programs in all jobs that were enqueued: one that was only created costs nothing."""
    return sum(
        len(job["request"]["filter"]["programIds"])
        for job in scene.control.jobs()
        if job["status"] != "Created"
    )


def infos(caplog: pytest.LogCaptureFixture) -> str:
    return "\n".join(one.getMessage() for one in caplog.records if one.levelname == "INFO")


# When


def test_nothing_is_asked_beyond_the_listing_until_the_next_one_is_due(
    scene: KeyScene, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    scene.catalog = scene.tap.catalog(**scene.settings)
    scene.sync()
    scene.control.advance(5 * DAY)
    scene.control.clear_requests()
    caplog.clear()
    output = scene.sync()

    assert output.records(KEYS) == []
    assert {one["endpoint"] for one in scene.control.requests()} <= {"identity", "programs"}
    assert "the next one is not due before" in infos(caplog)
    assert scene.ledger.unfinished is None


@pytest.mark.parametrize("early", [-20 * 60, 20 * 60])
def test_a_run_at_the_same_hour_a_week_later_takes_the_next_one(
    scene: KeyScene, early: float
) -> None:
    scene.control.reset(
        world="sized", programs=5, members_per_program=3, now="2026-11-02T12:00:00Z"
    )
    scene.control.knob(rate_limit=None)
    scene.tap.clock.follow(scene.tap.sandbox)
    scene.sync()
    for _ in range(6):
        scene.control.advance(DAY)
        assert not scene.sync().records(KEYS)
    scene.control.advance(DAY - early)

    assert scene.sync().records(KEYS)
    assert len(set(scene.snapshots().values())) == 1


def test_every_run_takes_one_where_that_is_wanted(scene: KeyScene) -> None:
    for _ in range(3):
        assert len(scene.sync(member_keys_days=0).records(KEYS)) == len(scene.members())
        scene.control.advance(HOUR)

    assert len({row["snapshotAt"] for row in scene.records}) == 3


def test_a_new_program_waits_for_the_next_snapshot(
    scene: KeyScene, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    scene.sync()
    added = scene.control.add_program(name="New", type="Default", channel="Operational")
    scene.control.add_member(added["id"], 1)
    caplog.clear()
    assert not scene.sync().records(KEYS)
    assert "; 1 program is not in it until then" in infos(caplog)
    scene.control.advance(8 * DAY)
    scene.sync()

    assert set(scene.snapshots()) >= scene.members()


def test_a_test_of_the_connection_leaves_no_job_behind(scene: KeyScene) -> None:
    scene.tap.make(member_keys_days=7).run_connection_test()

    assert not scene.running()


# One time, paid once


@pytest.mark.parametrize("jobs", [0, 1, 2])
def test_a_killed_run_is_gone_on_with_under_the_same_time_and_nothing_is_paid_twice(
    scene: KeyScene, jobs: int
) -> None:
    scene.cut(is_state_of(jobs))
    scene.control.advance(DAY)
    scene.sync()

    assert set(scene.snapshots()) == scene.members()
    assert len({row["snapshotAt"] for row in scene.records}) == 1
    assert paid(scene) == 40
    assert scene.ledger.unfinished is None
    assert len(scene.ledger.watermarks) == 40


def test_kills_between_any_two_messages_change_neither_the_time_nor_the_price(
    scene: KeyScene,
) -> None:
    scene.begin(programs=30, members=1)
    for count in (1, 3, 7, 12, 20, 31):
        seen = [0]

        def is_enough(_: dict[str, Any], count: int = count, seen: list[int] = seen) -> None:
            seen[0] += 1
            if seen[0] > count:
                raise RuntimeError

        scene.run(before=is_enough)
        scene.control.advance(HOUR)
    scene.sync()

    assert set(scene.snapshots()) == scene.members()
    assert len({row["snapshotAt"] for row in scene.records}) == 1
    assert paid(scene) == 30


@pytest.mark.parametrize("choice", ["stop", "fail"])
def test_a_used_quota_lets_the_snapshot_go_on_the_next_day(scene: KeyScene, choice: str) -> None:
    quota: dict[str, Any] = {
        "daily_export_quota_mb": 0.00015,
        "max_queued_exports": 1,
        "on_quota_exhausted": choice,
    }
    days = 0
    while scene.ledger.unfinished is not None or not days:
        output = scene.run(**quota)
        assert (output.error is None) == (choice == "stop" or scene.ledger.unfinished is None)
        scene.control.pass_midnights(1, seconds=HOUR)
        days += 1
        assert days < 10

    assert days > 1
    assert set(scene.snapshots()) == scene.members()
    assert len({row["snapshotAt"] for row in scene.records}) == 1
    assert paid(scene) == 40


def test_marketos_own_quota_lets_it_go_on_the_next_day_too(scene: KeyScene) -> None:
    scene.control.fault("error", "export_enqueue", **QUOTA, count=100_000)
    first = scene.run()
    scene.control.clear_faults()
    scene.control.pass_midnights(1, seconds=HOUR)
    scene.sync()

    assert first.error is not None
    assert set(scene.snapshots()) == scene.members()
    assert len({row["snapshotAt"] for row in scene.records}) == 1


def test_members_are_paid_before_keys(scene: KeyScene) -> None:
    scene.streams = (MEMBERS, KEYS)
    output = scene.run(daily_export_quota_mb=0.001, on_quota_exhausted="stop")

    fields = [len(request["fields"]) for request in scene.asked()]
    assert fields == sorted(fields, reverse=True)
    assert output.records(MEMBERS)


# Whole, or not at all


def give(scene: KeyScene, content: bytes, **figures: Any) -> None:  # noqa: ANN401 - any figure of a job
    scene.control.fault("file_bytes", base64=base64.b64encode(content).decode(), **figures)


def file_of(scene: KeyScene, *program_ids: int, but: int = 0) -> list[str]:
    rows = [f"{key[1]},{key[0]}" for key in sorted(scene.members()) if key[1] in program_ids]
    return ["programId,leadId", *rows[: len(rows) - but]]


@pytest.mark.parametrize(
    "row", ["1001,null", "1001,", "null,3", "1001,x", "9999,3"], ids=lambda row: row or "blank"
)
def test_a_row_that_cannot_be_read_makes_the_file_none_and_the_program_is_found(
    scene: KeyScene, row: str
) -> None:
    scene.begin(programs=10, members=3)
    bad = [*file_of(scene, *range(1001, 1011)), row]
    give(scene, ("\n".join(bad) + "\n").encode())
    output = scene.run()

    # Halved, the programs are exported again, and all is well.
    assert output.error is None
    assert set(scene.snapshots()) == scene.members()
    assert [len(chosen["programIds"]) for chosen in scene.filters()] == [10, 5, 5]


def test_a_program_whose_keys_cannot_be_read_is_tried_again_under_the_same_time(
    scene: KeyScene,
) -> None:
    scene.begin(programs=3, members=3)
    bad = ("\n".join([*file_of(scene, 1001), "1001,null"]) + "\n").encode()
    give(scene, bad, where="1001", count=FOR_EVER)
    first = scene.run()
    assert isinstance(first.error, FileUnreadable | ExportFailed)
    assert {key[1] for key in scene.snapshots()} == {1002, 1003}
    assert set(scene.ledger.watermarks) == {1002, 1003}
    made = scene.creates
    scene.control.clear_faults()
    scene.control.advance(DAY)
    scene.sync()

    assert scene.filters()[made:] == [{"programIds": [1001]}]
    assert set(scene.snapshots()) == scene.members()
    assert len({row["snapshotAt"] for row in scene.records}) == 1


def test_a_program_that_is_given_up_does_not_hold_up_the_next_snapshot(scene: KeyScene) -> None:
    scene.begin(programs=3, members=3)
    bad = ("\n".join([*file_of(scene, 1001), "1001,null"]) + "\n").encode()
    give(scene, bad, where="1001", count=FOR_EVER)
    scene.run(member_keys_days=0)
    scene.control.clear_faults()
    scene.control.advance(HOUR)
    scene.sync(member_keys_days=0)

    assert max(scene.newest().items())[1] == scene.members()


def test_a_file_with_fewer_rows_than_its_job_counts_is_none(scene: KeyScene) -> None:
    scene.begin(programs=2, members=4)
    table = file_of(scene, 1001, 1002, but=2)
    give(scene, ("\n".join(table) + "\n").encode(), numberOfRecords=8)
    scene.run()

    assert set(scene.snapshots()) == scene.members()
    assert scene.creates > 1


def test_a_header_that_comes_once_more_is_no_row(scene: KeyScene) -> None:
    scene.begin(programs=2, members=4)
    table = [*file_of(scene, 1001, 1002), "programId,leadId"]
    give(scene, ("\n".join(table) + "\n").encode(), numberOfRecords=8)
    scene.sync()

    assert scene.creates == 1
    assert set(scene.snapshots()) == scene.members()


def test_programs_without_members_are_done_without_a_row(scene: KeyScene) -> None:
    scene.begin(programs=5, members=0)
    assert scene.sync().records(KEYS) == []

    assert len(scene.ledger.watermarks) == 5
    assert scene.ledger.unfinished is None


# Filters


def test_filters_hold_for_keys_and_one_that_is_lifted_waits(scene: KeyScene) -> None:
    scene.sync(program_ids=[1001, 1002])
    assert {key[1] for key in scene.snapshots()} == {1001, 1002}
    scene.sync()
    assert {key[1] for key in scene.snapshots()} == {1001, 1002}
    scene.control.advance(8 * DAY)
    scene.sync()

    assert max(scene.newest().items())[1] == scene.members()


def test_a_subscription_that_exports_one_program_a_job_has_snapshots_too(scene: KeyScene) -> None:
    scene.begin(programs=3, members=2, knobs={"program_ids_filter": "1035"})
    scene.sync()

    assert set(scene.snapshots()) == scene.members()
    assert len({row["snapshotAt"] for row in scene.records}) == 1


# Beside the members


def test_a_job_of_members_is_not_taken_for_a_lost_one_of_keys(scene: KeyScene) -> None:
    scene.streams = (MEMBERS, KEYS)
    scene.begin(programs=5, members=2)
    # The members' job is created and never enqueued; then a create of keys is lost.
    scene.control.fault("error", "export_enqueue", **QUOTA)

    def lose(message: dict[str, Any]) -> None:
        if message["type"] == "SCHEMA" and message["stream"] == KEYS:
            scene.control.fault("reset", "export_create")

    scene.run(before=lose, on_quota_exhausted="stop")

    members, *keys = scene.control.jobs()
    assert len(members["request"]["fields"]) > 1
    assert members["status"] == "Created"
    assert [job["request"]["fields"] for job in keys] == [["leadId"]]
    assert set(scene.snapshots()) == scene.members()
    assert {row["programId"] for row in scene.sync().records()} == {
        key[1] for key in scene.members()
    }


def test_the_fields_of_each_job_are_those_of_its_stream(scene: KeyScene) -> None:
    scene.streams = (MEMBERS, KEYS)
    output: Output = scene.sync()

    assert {key[1] for key in scene.snapshots()} == {row["programId"] for row in output.records()}
    assert sorted({len(request["fields"]) == 1 for request in scene.asked()}) == [False, True]


# Programs that the listing does not show


@pytest.mark.parametrize("settings", [{}, {"program_names": ["*"]}], ids=["all", "filtered"])
def test_a_program_that_slipped_through_the_listing_is_in_the_snapshot_all_the_same(
    scene: KeyScene, between: Proxy, settings: dict[str, Any]
) -> None:
    """Its members would look as if it had been deleted, after a run that ended well."""
    scene.begin(programs=12, members=2)
    scene.sync(**settings)
    scene.control.delete_program(1003)
    scene.control.advance(8 * DAY)
    between.alterations.append(listing_without(1007))
    scene.sync(base_url=between.url, **settings)

    assert max(scene.newest().items())[1] == scene.members()
    assert 1007 in {key[1] for key in scene.members()}
    asked = [one["path"] for one in scene.control.requests("program")]
    assert sorted(path.rpartition("/")[2] for path in asked) == ["1003.json", "1007.json"]
    # Those that are gone are asked for once.
    scene.control.advance(8 * DAY)
    scene.sync(**settings)
    assert len(scene.control.requests("program")) == 2


# What is said


def of_streams(caplog: pytest.LogCaptureFixture) -> list[str]:
    """The lines of the exports."""
    names = ("tap_marketo_programs.export", "tap_marketo_programs.streams")
    return [line.getMessage() for line in caplog.records if line.name.startswith(names)]


def test_each_line_of_two_exported_streams_says_which_one_it_is_about(
    scene: KeyScene, caplog: pytest.LogCaptureFixture
) -> None:
    """What is said of jobs, fields and programs would fit both."""
    caplog.set_level("INFO")
    scene.streams = (MEMBERS, KEYS)
    scene.sync()
    for stream in scene.streams:
        scene.control.add_member_field(f"new_{stream}", values=["a"])
        scene.control.advance(8 * DAY)
        words = "Invalid fields [statusReason]"
        scene.control.fault(
            "error", "export_create", where="statusReason", code="1003", message=words
        )

        def end(message: dict[str, Any], stream: str = stream) -> None:
            if message["type"] == "RECORD" and message["stream"] == stream:
                raise Killed

        scene.run(before=end, on_new_fields="backfill")
    scene.control.delete_program(1007)
    scene.sync(member_keys_days=7)

    lines = of_streams(caplog)
    assert len(lines) > 20
    assert not [line for line in lines if not line.startswith((f"{MEMBERS}: ", f"{KEYS}: "))]
    assert not [line for line in lines if re.search(r"\b1 (programs|jobs|rows|fields)\b", line)]


def test_each_stream_that_the_quota_ends_says_so_by_its_name(
    scene: KeyScene, caplog: pytest.LogCaptureFixture
) -> None:
    scene.streams = (MEMBERS, KEYS)
    scene.sync(daily_export_quota_mb=0, on_quota_exhausted="stop")

    told = [line.getMessage() for line in caplog.records if line.levelname == "WARNING"]
    assert [line.partition(": ")[0] for line in told] == [MEMBERS, KEYS]


def test_a_run_without_a_snapshot_says_so_once_and_nothing_of_what_it_did_not_ask(
    scene: KeyScene, caplog: pytest.LogCaptureFixture
) -> None:
    scene.sync()
    caplog.set_level("INFO")
    caplog.clear()
    scene.sync()

    due, end = [line for line in of_streams(caplog) if line.startswith(KEYS)]
    assert "is complete, and the next one is not due before" in due
    assert end.startswith(f"{KEYS}: 0 rows, since no snapshot is due; 0 jobs done")
    assert "exported today" not in end
