"""Windows leave no hole, watermarks tell the truth, and the quota's days are kept."""

from __future__ import annotations

import functools
import operator
from datetime import timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest
from clocks import WrongClock
from scenes import DAY, HOUR, Scene
from states import assert_states_true, ledger, moment, named

from tap_marketo_programs.errors import DailyQuotaExceeded, ExportFailed

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from harness import Tap

Message = dict[str, Any]
Filter = dict[str, Any]

QUOTA_GONE = {"code": "1029", "message": "Export daily quota 500MB exceeded."}


@pytest.fixture
def scene(tap: Tap) -> Scene:
    """Ten programs of five members: one job."""
    scene = Scene(tap)
    scene.begin(members=5)
    return scene


def windows(filters: list[Filter]) -> list[tuple[datetime, datetime]]:
    """The updatedAt windows of some filters, in the order of time."""
    spans = [chosen["updatedAt"] for chosen in filters if "updatedAt" in chosen]
    return sorted((moment(span["startAt"]), moment(span["endAt"])) for span in spans)


def edit(scene: Scene, *program_ids: int, **values: Any) -> None:  # noqa: ANN401 - any field
    """One member of each of these programs changes now."""
    for program_id in program_ids:
        (row, *_) = scene.control.truth(["leadId"], [program_id])
        scene.control.edit_member(program_id, row["leadId"], **values)


def pause(scene: Scene, days: int, programs: int = 10) -> None:
    """A long time without a run, in which people work."""
    for day in range(days):
        scene.control.advance(DAY)
        edit(scene, 1001 + day % programs)
    scene.control.advance(2)


# Windows


def test_after_a_pause_of_seventy_days_windows_of_a_month_leave_no_hole(scene: Scene) -> None:
    scene.sync()
    (known,) = set(ledger(scene.state).watermarks.values())
    pause(scene, 70)

    output = scene.sync(lookback_seconds=3600)

    spans = windows(scene.filters())
    assert len(spans) == 3
    assert spans[0][0] == known - timedelta(seconds=3600)
    assert all(before[1] == after[0] for before, after in pairwise(spans))
    assert all(end - start <= timedelta(days=31) for start, end in spans)
    assert {spans[-1][1]} == set(ledger(scene.state).watermarks.values())
    assert_states_true([output], [])
    scene.assert_complete()


@pytest.mark.parametrize("lookback", [0, 3600, 90_000])
def test_an_increment_begins_its_lookback_before_the_watermark(scene: Scene, lookback: int) -> None:
    scene.sync()
    (known,) = set(ledger(scene.state).watermarks.values())
    scene.control.advance(DAY)

    scene.sync(lookback_seconds=lookback, change_detection="none")

    ((start, _),) = windows(scene.filters())
    assert start == known - timedelta(seconds=lookback)


def test_a_second_run_in_the_same_second_asks_for_nothing(scene: Scene) -> None:
    scene.begin(now="2026-03-01T00:00:00Z", frozen=True)
    scene.control.advance(5)
    scene.control.knob(job_seconds_queued=0, job_seconds_processing=0)
    scene.sync()

    scene.sync(lookback_seconds=0)

    assert scene.creates == 1
    scene.begin(frozen=False)


def test_a_start_date_of_this_month_is_a_window(scene: Scene) -> None:
    scene.begin(programs=10, members=30, now="2026-01-20T00:00:00Z")

    output = scene.sync(start_date="2025-12-25T00:00:00Z")

    (span,) = windows(scene.filters())
    assert span[0] == moment("2025-12-25T00:00:00Z")
    expected = [row for row in scene.control.truth() if row["updatedAt"] >= "2025-12-25"]
    assert expected
    assert len(output.records()) == len(expected)


def test_an_older_start_date_is_one_unfiltered_export_whose_older_rows_are_dropped(
    scene: Scene,
) -> None:
    scene.begin(programs=10, members=30, now="2026-02-20T00:00:00Z")

    output = scene.sync(start_date="2025-10-01T00:00:00Z")

    assert scene.filters() == [{"programIds": [*range(1001, 1011)]}]
    expected = [row for row in scene.control.truth() if row["updatedAt"] >= "2025-10-01"]
    assert 0 < len(expected) < 300
    assert len(output.records()) == len(expected)
    assert_states_true([output], scene.control.truth(), since="2025-10-01")


@pytest.mark.parametrize(
    "meaning",
    ["exclusive_end", "lag_5_minutes", "lag_60_minutes", "visible_outside", "lead_edits_count"],
)
def test_whatever_the_filter_means_no_change_is_lost(scene: Scene, meaning: str) -> None:
    scene.begin(members=5, knobs={"U17": meaning})
    scene.sync()
    for round_ in range(3):
        scene.control.advance(600)
        edit(scene, 1001 + round_, 1004 + round_)
        scene.control.edit_lead(1, firstName=f"N{round_}")
        scene.control.advance(1)
        scene.sync()
    scene.control.advance(2 * HOUR)
    scene.sync()

    scene.assert_complete()


def test_a_row_whose_visible_time_lies_outside_the_window_is_emitted_and_moves_nothing(
    scene: Scene,
) -> None:
    scene.begin(members=5, knobs={"U17": "visible_outside"})
    scene.sync()
    scene.control.advance(DAY)
    edit(scene, 1003, touch=False, updatedAt="2024-05-05T05:05:05Z")
    scene.control.advance(1)

    # Asking does not show such a change; it would come with the sweep.
    output = scene.sync(change_detection="none")

    assert [row["updatedAt"] for row in output.records()] == ["2024-05-05T05:05:05Z"]
    ((_, end),) = windows(scene.filters())
    assert set(ledger(scene.state).watermarks.values()) == {end}


@pytest.mark.parametrize("hours", [-24, 24])
def test_the_taps_own_clock_may_be_a_day_wrong(scene: Scene, hours: int) -> None:
    scene.tap.clock = WrongClock(scene.tap.sandbox, timedelta(hours=hours))
    scene.sync()
    scene.control.advance(HOUR)
    edit(scene, 1001)
    scene.control.advance(1)

    scene.sync(lookback_seconds=0)
    edit(scene, 1002)
    # Behind, it shows a change a day late.
    scene.control.advance(DAY + 1)
    scene.sync(lookback_seconds=0)

    end = moment(scene.control.now()) + timedelta(hours=min(0, hours))
    now = ledger(scene.state)
    (known,) = {now.known_from(*exported) for exported in now.watermarks.items()}
    assert end - timedelta(seconds=60) <= known <= end
    scene.assert_complete()


# Programs and their watermarks


@pytest.mark.parametrize(("detection", "increments"), [("none", 2), ("auto", 1), ("members", 1)])
def test_increments_are_exported_before_histories_of_new_programs(
    scene: Scene, detection: str, increments: int
) -> None:
    scene.begin(programs=20, members=2)
    scene.sync()
    scene.control.advance(DAY)
    for number in range(15):
        scene.control.add_program(name=f"New {number}", member_count=3, first_lead=number + 1)
    edit(scene, 1001, 1020)
    scene.control.advance(1)

    scene.sync(max_queued_exports=2, change_detection=detection)

    kinds = ["updatedAt" in chosen for chosen in scene.filters()[2:]]
    assert kinds == [True] * increments + [False, False]
    scene.assert_complete()


def test_a_program_that_is_newly_wanted_gets_its_whole_history(scene: Scene) -> None:
    scene.sync(program_ids=[1001, 1002])
    scene.control.advance(DAY)

    scene.sync(program_ids=[1001, 1002, 1003], change_detection="none")

    assert [chosen["programIds"] for chosen in scene.filters()] == [
        [1001, 1002],
        [1001, 1002],
        [1003],
    ]
    assert "updatedAt" not in scene.filters()[2]
    assert {row["programId"] for row in scene.records} == {1001, 1002, 1003}


def test_programs_that_are_not_wanted_today_keep_their_watermarks(scene: Scene) -> None:
    scene.sync()
    scene.control.advance(DAY)
    edit(scene, 1007)
    scene.sync(program_ids=[1001])
    scene.control.advance(DAY)

    scene.sync()

    scene.assert_complete()
    assert all("updatedAt" in chosen for chosen in scene.filters()[1:])


# A lost window


def lose_the_first_window(scene: Scene, times: int = 1000) -> str:
    """After a pause of 70 days, the first of one program's three windows fails; its start."""
    scene.begin(programs=1, members=5)
    scene.sync()
    (known,) = set(ledger(scene.state).watermarks.values())
    pause(scene, 70, programs=1)
    start = (known - timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    scene.control.fault("job_failed", where=start, count=times)
    return start


def test_a_watermark_does_not_pass_a_window_that_was_given_up(scene: Scene) -> None:
    lose_the_first_window(scene)
    before = ledger(scene.state).watermarks

    output = scene.run()

    assert isinstance(output.error, ExportFailed)
    # The later windows came, and will come again.
    assert output.records()
    assert ledger(scene.state).watermarks == before
    scene.control.clear_faults()
    scene.sync()
    scene.assert_complete()


def after_naming(jobs: int) -> Callable[[Message], bool]:
    """True from the message on that follows a STATE with that many jobs."""
    named_all = False

    def gone(message: Message) -> bool:
        nonlocal named_all
        if named_all:
            return True
        named_all = message["type"] == "STATE" and len(named(message["value"])) >= jobs
        return False

    return gone


@pytest.mark.parametrize("most", [1, 10])
def test_a_window_lost_between_two_runs_is_exported_before_the_later_ones_go_on(
    scene: Scene, most: int
) -> None:
    scene.sync()
    pause(scene, 270)
    scene.cut(after_naming(9), max_queued_exports=10)
    first, *others = sorted(
        ledger(scene.state).in_flight.values(), key=lambda flight: flight.slice.new_watermark
    )
    assert len(others) == 8
    scene.control.forget(first.export_id)
    scene.control.advance(10)
    before = scene.creates

    scene.sync(max_queued_exports=most)

    # The lost one, and one for what the overlap with the others shows as changed.
    assert scene.creates - before <= 2
    spans = windows(scene.filters())
    assert spans[0] == (first.slice.window and (first.slice.window.start, first.slice.window.end))
    scene.assert_complete()


def test_a_lost_window_does_not_keep_a_run_waiting_that_may_create_no_more_jobs(
    scene: Scene,
) -> None:
    start = lose_the_first_window(scene)
    scene.control.fault("error", "export_create", where=start, after=1, count=1000, **QUOTA_GONE)

    output = scene.run()

    assert isinstance(output.error, DailyQuotaExceeded)
    assert len(named(scene.state)) == 2
    scene.control.clear_faults()
    before = scene.creates
    scene.sync()
    assert scene.creates - before <= 2
    scene.assert_complete()


def test_a_window_that_is_created_again_after_others_is_still_taken_up_first(
    scene: Scene,
) -> None:
    lose_the_first_window(scene, times=1)

    def first_is_last(message: Message) -> bool:
        flights = [*ledger(message["value"]).in_flight.values()] if "value" in message else []
        ends = [flight.slice.new_watermark for flight in flights]
        return len(ends) == 3 and ends[-1] == min(ends)

    scene.cut(first_is_last, out=True)
    before = scene.creates
    scene.control.advance(1)

    # Without the overlap, in which everything has changed.
    scene.sync(lookback_seconds=0)

    assert scene.creates == before
    scene.assert_complete()


def test_windows_taken_up_without_the_filter_are_exported_whole(scene: Scene) -> None:
    scene.settings["change_detection"] = "none"
    scene.begin(programs=20, members=5)
    scene.sync()
    scene.control.advance(DAY)
    edit(scene, 1001, 1011)
    scene.control.advance(1)
    scene.control.knob(job_seconds_processing=10**7)
    scene.cut(after_naming(1), out=True)
    scene.control.knob(updated_at_filter=False)
    # One is lost before the 1035, the other one right after it.
    first, second = named(scene.state)
    scene.control.fault("error", "export_status", code="1013", where=first, after=1)
    scene.control.fault("edit", "export_create", do="cancel", export_id=second)
    scene.control.fault("edit", "export_create", do="knobs", job_seconds_processing=45)
    scene.control.advance(1)

    # They hold both places, so that no job is created before the first one is lost.
    scene.sync(max_queued_exports=2)

    assert scene.control.stats()["errors"] == {"1013": 1, "1035": 1}
    scene.assert_complete()


# The quota


@pytest.mark.parametrize("way", ["fail", "stop"])
@pytest.mark.parametrize("endpoint", ["export_create", "export_enqueue"])
def test_when_the_quota_is_gone_in_mid_run_jobs_under_way_are_still_emitted(
    scene: Scene, endpoint: str, way: str, caplog: pytest.LogCaptureFixture
) -> None:
    scene.begin(programs=60, now="2026-03-08T20:00:00Z")
    scene.control.fault("error", endpoint, after=2, count=1000, **QUOTA_GONE)

    output = scene.run(max_queued_exports=2, on_quota_exhausted=way)

    assert {row["programId"] for row in output.records()} == {*range(1001, 1021)}
    told = "\n".join([str(output.error), *(line.getMessage() for line in caplog.records)])
    assert "2026-03-09 05:00 UTC" in told
    local = moment("2026-03-09T05:00:00Z").astimezone()
    assert f"{local:%Y-%m-%d %H:%M %Z}" in told
    if way == "fail":
        assert isinstance(output.error, DailyQuotaExceeded)
    else:
        assert output.error is None
        assert [line for line in caplog.records if line.levelname == "WARNING"]
    scene.control.clear_faults()
    scene.control.advance(DAY)
    # One job was created and could not be enqueued; its day has come.
    scene.sync()
    histories = [chosen for chosen in scene.filters() if "updatedAt" not in chosen]
    assert len(histories) == 6
    scene.assert_complete()


@pytest.mark.parametrize("charged", ["completion", "create"])
@pytest.mark.parametrize("whose", ["own", "marketo"])
def test_a_backfill_of_five_days_quota_takes_as_many_runs_and_exports_every_program_once(
    scene: Scene, whose: str, charged: str
) -> None:
    scene.begin(programs=50, members=20, now="2026-03-06T15:00:00Z", knobs={"U26": charged})
    limit: dict[str, Any] = {}
    if whose == "own":
        limit = {"daily_export_quota_mb": 0.04}
    else:
        scene.control.knob(export_quota_mb=0.04)

    # Charged at create, Marketo's quota lets the day's last job be created, not enqueued.
    days = 6 if (whose, charged) == ("marketo", "create") else 5

    outputs = []
    for day in range(days):
        if day:
            scene.control.advance(DAY)
        outputs.append(scene.run(max_queued_exports=1, **limit))

    assert [type(output.error) for output in outputs] == [
        *[DailyQuotaExceeded] * (days - 1),
        type(None),
    ]
    histories = [chosen["programIds"] for chosen in scene.filters() if "updatedAt" not in chosen]
    assert [len(ids) for ids in histories] == [10] * 5
    assert sorted(functools.reduce(operator.iadd, histories, [])) == [*range(1001, 1051)]
    assert_states_true(outputs, scene.control.truth())
    scene.assert_complete()


def test_jobs_of_earlier_runs_count_against_todays_own_quota(scene: Scene) -> None:
    scene.begin(programs=30, members=20, now="2026-03-06T15:00:00Z")
    scene.run(max_queued_exports=1, daily_export_quota_mb=0.08)
    assert scene.creates == 2

    output = scene.run(max_queued_exports=1, daily_export_quota_mb=0.08)

    assert isinstance(output.error, DailyQuotaExceeded)
    assert "daily_export_quota_mb" in str(output.error)
    assert scene.creates == 2
    assert not output.records()


@pytest.mark.parametrize(
    ("used", "before", "after"),
    [
        ("2026-03-08T20:00:00Z", "2026-03-09T04:45:00Z", "2026-03-09T05:05:00Z"),
        ("2026-11-01T20:00:00Z", "2026-11-02T05:45:00Z", "2026-11-02T06:05:00Z"),
    ],
    ids=["spring forward", "fall back"],
)
def test_the_quota_resets_at_midnight_in_chicago_on_the_days_the_clock_changes(
    scene: Scene, used: str, before: str, after: str
) -> None:
    scene.begin(programs=20, members=20, now=used)
    limits: dict[str, Any] = {"max_queued_exports": 1, "daily_export_quota_mb": 0.01}
    scene.run(**limits)
    assert scene.creates == 1
    scene.control.advance((moment(before) - moment(scene.control.now())).total_seconds())
    scene.run(**limits)
    assert scene.creates == 1
    scene.control.advance((moment(after) - moment(scene.control.now())).total_seconds())

    scene.run(**limits)

    assert scene.creates > 1


def test_a_quota_of_nothing_creates_no_job(scene: Scene) -> None:
    output = scene.run(daily_export_quota_mb=0)

    assert isinstance(output.error, DailyQuotaExceeded)
    assert scene.creates == 0


# What nobody knows


@pytest.mark.parametrize(
    "knobs",
    [
        {"U1": "609", "U2": "1001"},
        {"U3": "1003", "U4": "1003"},
        {"U3": "failed", "U5": "1003"},
        {"U6": "610", "U7": "html"},
        {"U6": "404", "U7": "empty"},
        {"U8": "zero_bytes", "U9": "twice"},
        {"U8": "404", "U26": "create"},
        {"U13": "crlf", "U27": "both"},
        {"U13": "no_final", "U32": "utc-6"},
        {"U14": "200", "U16": "json", "U18": "stay"},
        {"status_refresh_seconds": 0, "row_order": "reverse"},
    ],
    ids=str,
)
def test_whatever_marketo_does_where_nobody_knows_the_truth_arrives(
    scene: Scene, knobs: dict[str, Any]
) -> None:
    scene.begin(programs=21, members=3, knobs=knobs)
    scene.control.add_program(name="Deserted", member_count=0)
    scene.sync()
    scene.control.advance(DAY)
    edit(scene, 1001, 1013)
    scene.control.advance(1)

    scene.sync()

    scene.assert_complete()
