"""What `--plan` says is what the run then does, and it creates nothing."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest
from harness import only
from scenes import DAY, MEMBERS, Scene

from tap_marketo_programs.export.quota import MEGABYTE
from tap_marketo_programs.streams.make_plan import plan_run
from tap_marketo_programs.streams.plan_text import as_json

if TYPE_CHECKING:
    from collections.abc import Callable

    from harness import Tap

PROGRAMS = 60
MEMBERS_EACH = 20
JOBS = "export_jobs"
# A job is done when it is looked at first, so that no figure hangs on the machine's speed.
AT_ONCE = {"job_seconds_queued": 0, "job_seconds_processing": 0, "status_refresh_seconds": 0}
SHARE = 0.2
# Where a run does nearly nothing, a share of it is nothing.
CALLS, MB = 1, 0.0005


@dataclass
class Days(Scene):
    """A scene whose runs are planned first."""

    planned: dict[str, Any] = field(default_factory=dict)
    made: int = 0

    def first_day(self, **settings: Any) -> None:  # noqa: ANN401 - any setting
        """Everything is extracted once."""
        self.settings = settings
        self.begin(PROGRAMS, MEMBERS_EACH, knobs=AT_ONCE)
        self.catalog = self.tap.catalog()
        self.sync()
        self.control.advance(DAY)

    def plan(
        self,
        *streams: str,
        asks: bool = False,
        **settings: Any,  # noqa: ANN401 - any setting
    ) -> dict[str, Any]:
        """What `--plan=json` says of the next run of these streams, by default of the members."""
        catalog = only(self.catalog or self.tap.catalog(), *(streams or (MEMBERS,)))
        tap = self.tap.make(state=self.state, catalog=catalog, **self.settings | settings)
        jobs, before = self.control.jobs(), self.calls()
        plan = plan_run(tap.streams.values(), tap.client, has_state=bool(self.state), asks=asks)
        self.made = self.calls() - before
        assert self.control.jobs() == jobs
        return dict(json.loads(as_json(plan)))

    def calls(self) -> int:
        """All calls so far, but those for tokens."""
        stats = self.control.stats()
        return int(stats["total"]) - int(stats["calls"].get("identity", 0))

    def day(self) -> dict[str, float]:
        """What a run does."""
        jobs, calls, used = self.creates, self.calls(), self.control.stats()["quota_bytes_used"]
        self.sync()
        return {
            "jobs": self.creates - jobs,
            "api_calls": self.calls() - calls,
            "megabytes": (self.control.stats()["quota_bytes_used"] - used) / MEGABYTE,
        }

    def change(self, programs: int, members: int) -> None:
        """Let people work on some members of the first programs."""
        leads: dict[int, list[int]] = {}
        for row in self.control.truth(["leadId", "programId"]):
            leads.setdefault(row["programId"], []).append(row["leadId"])
        for program_id in sorted(leads)[:programs]:
            for lead_id in leads[program_id][:members]:
                self.control.edit_member(program_id, lead_id, reachedSuccess=True)


def members(plan: dict[str, Any]) -> dict[str, Any]:
    (found,) = (each for each in plan["streams"] if each["stream"] == MEMBERS)
    return dict(found)


def assert_close(said: dict[str, Any], did: dict[str, float], *figures: str) -> None:
    """Each figure of a plan is within a fifth of what was done."""
    for name in figures:
        least = {"jobs": 0, "api_calls": CALLS, "megabytes": MB}[name]
        allowed = max(SHARE * did[name], least)
        assert abs(said[name] - did[name]) <= allowed, (name, said, did)


ALL = ("jobs", "api_calls", "megabytes")


@pytest.fixture
def days(tap: Tap) -> Days:
    """A first day that is over."""
    return Days(tap)


def nothing(_: Days) -> None:
    pass


def some(days: Days) -> None:
    days.change(programs=15, members=10)


def many(days: Days) -> None:
    days.change(programs=PROGRAMS, members=15)


def a_new_program(days: Days) -> None:
    leads = [row["leadId"] for row in days.control.truth(["leadId", "programId"])]
    program = days.control.add_program(name="Late Program")
    for lead_id in sorted(set(leads))[:MEMBERS_EACH]:
        days.control.add_member(program["id"], lead_id)


@pytest.mark.parametrize("change", [nothing, some, many, a_new_program])
@pytest.mark.parametrize("detection", ["none", "members", "auto"])
def test_a_plan_that_asks_is_close_to_what_the_second_day_does(
    days: Days,
    change: Callable[[Days], None],
    detection: str,
) -> None:
    days.first_day(change_detection=detection)
    change(days)

    said = members(days.plan(asks=True))

    assert_close(said, days.day(), *ALL)


@pytest.mark.parametrize("change", [nothing, some, many, a_new_program])
def test_a_plan_that_does_not_ask_knows_jobs_and_calls_where_every_program_is_exported(
    days: Days,
    change: Callable[[Days], None],
) -> None:
    days.first_day(change_detection="none")
    change(days)

    said = members(days.plan())

    assert said["guesses"] == ["megabytes"]
    assert "guess" in " ".join(said["notes"])
    assert_close(said, days.day(), "jobs")
    assert days.made < 20


@pytest.mark.parametrize("change", [nothing, some, many])
def test_from_the_third_day_on_megabytes_are_learned_without_asking(
    days: Days,
    change: Callable[[Days], None],
) -> None:
    days.first_day(change_detection="none")
    change(days)
    days.day()
    days.control.advance(DAY)
    change(days)

    said = members(days.plan())

    assert not said["guesses"]
    assert_close(said, days.day(), *ALL)


# What else a run may begin with


def test_a_first_day_is_planned_without_inventing_megabytes(days: Days) -> None:
    days.begin(PROGRAMS, MEMBERS_EACH, knobs=AT_ONCE)
    days.catalog = days.tap.catalog()

    plan = days.plan()

    said = members(plan)
    assert not plan["has_state"]
    assert plan["fits"]
    assert said["megabytes"] is said["days_of_quota"] is None
    assert {"minutes", "api_calls"} <= set(said["guesses"])
    assert said["jobs"] == days.day()["jobs"] == PROGRAMS / 10


def test_a_first_sync_is_planned_by_what_jobs_of_another_state_brought(days: Days) -> None:
    days.first_day()
    days.state = {}

    said = members(days.plan())

    assert said["guesses"] == ["megabytes"]
    assert_close(said, days.day(), *ALL)


@pytest.mark.parametrize("asks", [True, False])
def test_a_run_that_goes_on_asks_first_and_so_its_plan_says(days: Days, *, asks: bool) -> None:
    days.first_day(change_detection="none")
    days.control.advance(DAY)
    written = iter(range(1000))
    some(days)
    days.cut(
        lambda message: (
            message["type"] == "STATE"
            and MEMBERS in message["value"].get("bookmarks", {})
            and next(written) == PROGRAMS // 10
        ),
        max_queued_exports=1,
    )
    days.control.advance(60)

    said = members(days.plan(asks=asks))

    assert said["programs_to_ask"] > 0
    did = days.day()
    if asks:
        assert_close(said, did, *ALL)
    else:
        assert {"jobs", "api_calls", "megabytes"} <= set(said["guesses"])


@pytest.mark.parametrize("detection", ["none", "members"])
def test_a_backfill_is_planned_with_its_reason(days: Days, detection: str) -> None:
    days.first_day(change_detection=detection, on_new_fields="backfill")
    some(days)
    days.control.add_member_field("tshirtSize", values=["S", "M"])
    days.catalog = days.tap.catalog()

    said = members(days.plan(asks=True))

    assert said["programs_to_backfill"] == PROGRAMS
    note = f"{PROGRAMS} programs are backfilled: their members were exported without tshirtSize"
    assert note in said["notes"]
    assert_close(said, days.day(), *ALL)
    assert members(days.plan())["programs_to_backfill"] == 0


def test_a_new_field_that_is_not_backfilled_is_told_by_the_plan(days: Days) -> None:
    days.first_day(change_detection="none")
    days.control.add_member_field("tshirtSize", values=["S", "M"])
    days.catalog = days.tap.catalog()

    said = members(days.plan())

    assert said["programs_to_backfill"] == 0
    assert any(
        "tshirtSize" in note and "backfill would export 60" in note for note in said["notes"]
    )


def test_a_full_table_is_planned_whatever_is_known(days: Days) -> None:
    days.first_day()
    assert days.catalog is not None
    for stream in days.catalog["streams"]:
        stream["replication_method"] = "FULL_TABLE"

    said = members(days.plan())

    assert said["jobs"] == PROGRAMS / 10
    assert said["windows"] == 0
    assert_close(said, days.day(), *ALL)


def test_all_streams_together_make_the_calls_that_their_plan_says(days: Days) -> None:
    days.first_day()
    names = [stream["tap_stream_id"] for stream in days.catalog["streams"]]  # type: ignore[index] # there since the first day

    plan = days.plan(*names, program_details=True)
    before = days.calls()
    days.tap.sync(state=days.state, catalog=days.catalog)

    assert [one["stream"] for one in plan["streams"]] == [*sorted({*names} - {JOBS}), JOBS]
    assert_close(plan["total"], {"api_calls": days.calls() - before}, "api_calls")
    assert plan["calls_made"] < 20


def test_a_stream_that_is_not_selected_is_not_planned(days: Days) -> None:
    days.first_day()

    plan = days.plan("channels", "programs")

    assert [one["stream"] for one in plan["streams"]] == ["channels", "programs"]
    assert plan["quota"] is None
    assert plan["fits"]


def test_what_is_left_is_the_day_less_what_was_exported_today(days: Days) -> None:
    days.begin(PROGRAMS, MEMBERS_EACH, knobs=AT_ONCE)
    days.catalog = days.tap.catalog()
    days.sync()
    used = days.control.stats()["quota_bytes_used"] / MEGABYTE

    free, tight = days.plan(), days.plan(daily_export_quota_mb=used)

    assert free["quota"]["daily_mb"] == 500
    assert free["quota"]["daily_mb_is_guess"]
    assert free["quota"]["used_mb"] == pytest.approx(used)
    assert free["quota"]["left_mb"] == pytest.approx(500 - used)
    assert free["fits"]
    assert not tight["quota"]["daily_mb_is_guess"]
    assert tight["quota"]["left_mb"] == 0
    assert not tight["fits"]


def test_usage_that_is_not_told_ends_no_plan(days: Days) -> None:
    days.first_day()
    days.control.knob(denied="usage")

    assert days.plan()["calls_today"] is None


def test_calls_of_everybody_are_told(days: Days) -> None:
    days.first_day()

    assert days.plan()["calls_today"] > 0


@pytest.mark.parametrize("knobs", [{"U35": "1003"}, {"members_cap": 1}, {"denied": "members"}])
def test_what_cannot_be_asked_is_planned_as_exported(days: Days, knobs: dict[str, Any]) -> None:
    days.first_day(change_detection="none")
    some(days)
    days.control.knob(**knobs)

    said = members(days.plan(asks=True))

    assert said["jobs"] == days.day()["jobs"]


def test_many_tag_types_cost_the_plan_no_call_each(days: Days) -> None:
    days.first_day()
    for number in range(15):
        days.control.add_tag_type(f"Late Type {number}", ["a", "b"])

    plan = days.plan("program_members", "programs_by_tag", "tag_types")

    assert days.made == plan["calls_made"] < 20
    by_name = {each["stream"]: each for each in plan["streams"]}
    assert by_name["tag_types"]["api_calls"] > 15
    assert "api_calls" in by_name["programs_by_tag"]["guesses"]


def test_named_programs_cost_a_run_the_listing_without_members_too(days: Days) -> None:
    days.first_day()
    settings: dict[str, Any] = {"program_ids": [1001, 1002], "program_details": False}
    days.state = {}

    plan = days.plan("programs", **settings)
    before = days.calls()
    days.tap.sync("programs", catalog=days.catalog, **settings)

    assert plan["total"]["api_calls"] == days.calls() - before == 1


def test_a_filter_of_members_is_planned_job_by_job_and_its_size_is_a_guess(days: Days) -> None:
    days.first_day()
    assert days.catalog is not None
    for stream in days.catalog["streams"]:
        stream["replication_method"] = "FULL_TABLE"
    days.settings = {"member_filter": {"statusNames": ["Viewed", "Member"], "isExhausted": False}}

    plan = days.plan()
    did = days.day()

    (members,) = plan["streams"]
    assert members["jobs"] == did["jobs"] > 0
    assert abs(members["api_calls"] - did["api_calls"]) <= SHARE * did["api_calls"] + CALLS
    assert "megabytes" in members["guesses"]
    assert "member_filter" in " ".join(members["notes"])
