"""Programs, programs by tag, tag types and channels reach the target as the sandbox knows them."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from altering_proxy import Alteration, ends_with, proxy
from harness import UpsertingTarget

from tap_marketo_programs.config.state import CLOCK_TOLERANCE
from tap_marketo_programs.errors import MarketoConfigError, RequestRefused, StateRefused

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from altering_proxy import Answer, Proxy
    from harness import Output, Tap
    from marketo_sandbox import Sandbox

Row = dict[str, Any]

# What Get Program by Id adds to a browsed program.
DETAILS = ("tags", "costs", "startDate", "endDate")
# Nothing is read again only because a week is over, which may be at any time of a program's own.
NO_SWEEP: dict[str, Any] = {"full_sweep_days": 36_525}
WITH_PROGRAMS = ("program_members", "programs", "programs_by_tag")


def by_id(rows: Iterable[Row]) -> dict[Any, Row]:
    return {row["id"]: row for row in rows}


def by_tag(rows: Iterable[Row]) -> dict[tuple[Any, ...], Row]:
    return {(row["id"], row["tagType"], row["tagValue"]): row for row in rows}


def complete(record: Row, like: Mapping[str, Any]) -> Row:
    """A record without nulls for what `like` has not, and with `[]` where null means none."""
    lists = {"tags", "costs"} & set(like)
    full = {name: value for name, value in record.items() if name in like or value is not None}
    return full | {name: full[name] or [] for name in lists}


def without(row: Row, *names: str) -> Row:
    return {name: value for name, value in row.items() if name not in names}


def assert_true(output: Output, truth: list[Row]) -> None:
    """The programs of a run are exactly these."""
    records = output.records("programs")
    assert len(records) == len(truth)
    assert by_id(complete(row, truth[0]) for row in records) == by_id(truth)


def bookmark(output: Output) -> Any:  # noqa: ANN401 - None when there is none
    return output.state.get("bookmarks", {}).get("programs", {}).get("replication_key_value")


@pytest.fixture(params=["tiny", "demo"])
def world(request: pytest.FixtureRequest, tap: Tap) -> str:
    """Both worlds, one after the other."""
    tap.sandbox.control.reset(world=request.param)
    tap.sandbox.control.knob(rate_limit=None)
    return str(request.param)


@pytest.fixture
def frozen(sandbox: Sandbox) -> Iterator[Sandbox]:
    """The sandbox with a calendar that only `advance` moves."""
    sandbox.control.reset(world="tiny", frozen=True)
    yield sandbox
    sandbox.control.reset(world="tiny", frozen=False)


def full_table(catalog: dict[str, Any], stream: str) -> dict[str, Any]:
    """The catalog with one stream set to FULL_TABLE."""
    for entry in catalog["streams"]:
        if entry["tap_stream_id"] == stream:
            entry["replication_method"] = "FULL_TABLE"
    return catalog


# programs


@pytest.mark.usefixtures("world")
def test_programs_are_what_marketo_holds_with_their_tags_costs_and_dates(tap: Tap) -> None:
    output = tap.sync("programs")

    assert_true(output, tap.sandbox.control.programs())


@pytest.mark.usefixtures("world")
def test_programs_without_details_are_as_browsed_and_cost_no_call_each(tap: Tap) -> None:
    output = tap.sync("programs", program_details=False)

    truth = tap.sandbox.control.programs()
    assert_true(output, [without(row, *DETAILS) for row in truth])
    assert not tap.sandbox.control.requests("program")


def test_a_world_without_programs_gives_no_records_and_a_bookmark(tap: Tap) -> None:
    tap.sandbox.control.reset(world="empty")

    output = tap.sync()

    assert not output.of("RECORD", "programs")
    assert not output.of("RECORD", "programs_by_tag")
    assert not output.of("RECORD", "program_members")
    assert bookmark(output)


def test_more_programs_than_one_page_holds_all_arrive_once(tap: Tap) -> None:
    tap.sandbox.control.reset(world="sized", programs=450, members_per_program=0)
    tap.sandbox.control.knob(rate_limit=None)

    output = tap.sync("programs", program_details=False)

    truth = tap.sandbox.control.programs()
    assert_true(output, [without(row, *DETAILS) for row in truth])


def test_programs_created_while_pages_are_read_push_none_out(tap: Tap) -> None:
    control = tap.sandbox.control
    control.reset(world="sized", programs=450, members_per_program=0)
    control.knob(rate_limit=None)
    control.fault("shift_page", "programs", action="delete")

    output = tap.sync("programs", program_details=False)

    # The deleted one was on a page already read.
    truth = by_id(control.programs())
    assert by_id(output.records("programs")).keys() >= truth.keys()


def test_a_second_sync_brings_only_the_programs_that_changed(tap: Tap) -> None:
    control = tap.sandbox.control
    control.advance(7200)
    first = tap.sync("programs")
    control.advance(7200)
    control.edit_program(1002, description="edited")
    control.advance(1)
    control.clear_requests()

    second = tap.sync("programs", state=first.state, **NO_SWEEP)

    assert [(row["id"], row["description"]) for row in second.records("programs")] == [
        (1002, "edited")
    ]
    assert len(control.requests("program")) == 1


def test_a_new_program_comes_with_the_next_sync(tap: Tap) -> None:
    control = tap.sandbox.control
    first = tap.sync("programs")
    control.advance(7200)
    added = control.add_program(name="Zeta")
    control.advance(1)

    second = tap.sync("programs", state=first.state, **NO_SWEEP)

    assert [row["id"] for row in second.records("programs")] == [added["id"]]


def test_a_program_edited_within_the_lookback_comes_again(tap: Tap) -> None:
    control = tap.sandbox.control
    control.edit_program(1003, description="just before the first sync")
    control.advance(1800)
    first = tap.sync("programs")
    control.advance(60)

    again = tap.sync("programs", state=first.state, **NO_SWEEP)
    not_again = tap.sync("programs", state=first.state, lookback_seconds=60, **NO_SWEEP)

    assert [row["id"] for row in again.records("programs")] == [1003]
    assert not not_again.records("programs")


def test_the_bookmark_is_the_time_before_the_scan_began(tap: Tap) -> None:
    control = tap.sandbox.control
    before = datetime.fromisoformat(control.now())
    # An hour passes while the second program's details are read.
    control.fault("edit", "program", after=1, do="advance", seconds=3600)

    output = tap.sync("programs")

    moved = datetime.fromisoformat(bookmark(output)) - before
    assert timedelta(0) <= moved < timedelta(seconds=60)
    assert output.state["bookmarks"]["programs"]["replication_key"] == "updatedAt"


def test_a_program_edited_during_the_scan_comes_with_the_next_sync(tap: Tap) -> None:
    control = tap.sandbox.control
    control.reset(world="sized", programs=30, members_per_program=0)
    target = UpsertingTarget()
    # The first one's details are read already when it is edited: no thread is as far ahead.
    control.fault(
        "edit",
        "program",
        where="/1030.json",
        do="edit_program",
        program_id=1001,
        description="too late",
    )
    first = tap.sync("programs")
    target.load(first)
    control.advance(60)

    target.load(tap.sync("programs", state=first.state, lookback_seconds=0))

    assert by_id(first.records("programs"))[1001]["description"] == ""
    assert target.tables["programs"][1001,]["description"] == "too late"


@pytest.mark.parametrize(
    ("endpoint", "where"), [("program", "/1100.json"), ("programs", "offset=199")]
)
def test_a_scan_that_fails_midway_writes_no_bookmark(tap: Tap, endpoint: str, where: str) -> None:
    control = tap.sandbox.control
    control.reset(world="sized", programs=450, members_per_program=0)
    control.knob(rate_limit=None)
    control.fault("error", endpoint, where=where, code="1003")

    output = tap.run("programs", program_details=endpoint == "program")

    assert isinstance(output.error, RequestRefused)
    assert output.records("programs")
    assert bookmark(output) is None


def test_a_later_scan_that_fails_keeps_the_bookmark_before_it(tap: Tap) -> None:
    control = tap.sandbox.control
    first = tap.sync("programs")
    control.advance(7200)
    control.edit_program(1001, description="edited")
    control.edit_program(1002, description="edited")
    control.advance(1)
    control.fault("error", "program", after=1, code="1003")

    second = tap.run("programs", state=first.state, **NO_SWEEP)

    assert isinstance(second.error, RequestRefused)
    assert bookmark(second) == bookmark(first)
    third = tap.sync("programs", state=second.state, **NO_SWEEP)
    assert {row["id"] for row in third.records("programs")} == {1001, 1002}


def test_a_start_date_leaves_out_what_is_older(tap: Tap) -> None:
    control = tap.sandbox.control
    control.reset(world="demo")
    control.knob(rate_limit=None)
    truth = control.programs()
    start = sorted(row["updatedAt"] for row in truth)[len(truth) // 2]

    output = tap.sync("programs", start_date=start)

    wanted = [row for row in truth if max(row["updatedAt"], row["createdAt"]) >= start]
    assert 0 < len(wanted) < len(truth)
    assert_true(output, wanted)


def test_a_start_date_counts_on_the_first_sync_only(tap: Tap) -> None:
    # As far ahead as a clock may be.
    start = (tap.clock.now() + CLOCK_TOLERANCE / 2).strftime("%Y-%m-%dT%H:%M:%SZ")
    first = tap.sync("programs", start_date=start)
    tap.sandbox.control.advance(60)
    later = tap.sync(
        "programs", state=tap.sync("programs").state, start_date="2020-01-01", **NO_SWEEP
    )

    assert not first.records("programs")
    assert bookmark(first) is None
    assert not later.records("programs")


@pytest.mark.parametrize("bounds", ["inclusive", "exclusive", "701"])
def test_no_edit_is_lost_between_two_windows_whatever_their_bounds_mean(
    tap: Tap, frozen: Sandbox, bounds: str
) -> None:
    control = frozen.control
    control.knob(U19=bounds, rate_limit=None)
    target = UpsertingTarget()
    state: dict[str, Any] = {}
    for edit in range(3):
        # In the second of the sync, and after it.
        control.edit_program(1001, description=f"{edit} before")
        output = tap.sync("programs", state=state, lookback_seconds=0, start_date="2020-01-01")
        target.load(output)
        state = output.state
        control.edit_program(1002, description=f"{edit} after")
        control.advance(60)
    target.load(tap.sync("programs", state=state, lookback_seconds=0))

    truth = control.programs()
    found = target.tables["programs"].values()
    assert by_id(complete(row, truth[0]) for row in found) == by_id(truth)


def test_two_syncs_within_one_second_ask_for_no_empty_window(tap: Tap, frozen: Sandbox) -> None:
    frozen.control.knob(rate_limit=None)
    first = tap.sync("programs")

    second = tap.sync("programs", state=first.state, lookback_seconds=0, **NO_SWEEP)

    assert not second.records("programs")
    assert bookmark(second) == bookmark(first)


@pytest.mark.parametrize("damage", ["yesterday", "2026-13-01T00:00:00Z", 12])
def test_a_bookmark_that_is_no_time_is_refused_and_kept(tap: Tap, damage: object) -> None:
    state = {"bookmarks": {"programs": {"replication_key_value": damage}}}

    output = tap.run("programs", state=state)

    assert isinstance(output.error, StateRefused)
    assert "bookmarks.programs" in str(output.error)
    assert not output.of("RECORD")
    assert all(message["value"] == state for message in output.of("STATE"))


@pytest.mark.parametrize(
    ("spelling", "expected"),
    [
        ("zulu_offset", "2024-08-20T22:08:07Z"),
        ("milliseconds", "2024-08-20T22:08:07Z"),
        ("offset", "2024-08-21T05:08:07Z"),
    ],
)
def test_start_dates_are_read_in_every_spelling(tap: Tap, spelling: str, expected: str) -> None:
    control = tap.sandbox.control
    control.reset(world="demo")
    control.knob(rate_limit=None, U33=spelling)

    output = tap.sync("programs", program_ids=[1010])

    assert [row["startDate"] for row in output.records("programs")] == [expected]


def test_programs_without_tags_or_costs_may_have_null_for_them(tap: Tap) -> None:
    tap.sandbox.control.knob(empty_tags="null")

    output = tap.sync("programs")

    gamma = by_id(output.records("programs"))[1003]
    assert gamma["tags"] is None
    assert gamma["costs"] is None


def test_a_program_deleted_between_listing_and_detail_comes_as_it_was_listed(tap: Tap) -> None:
    control = tap.sandbox.control
    truth = by_id(control.programs())
    # Beta goes as soon as it has been listed.
    control.fault("edit", "programs", do="delete_program", program_id=1002)

    output = tap.sync("programs")

    records = by_id(output.records("programs"))
    beta = without(truth[1002], *DETAILS)
    assert complete(records.pop(1002), beta) == beta
    assert {key: complete(row, truth[key]) for key, row in records.items()} == {
        key: truth[key] for key in (1001, 1003)
    }


@pytest.mark.parametrize(("bumps", "comes"), [("no", []), ("yes", [1003])])
def test_a_new_tag_reaches_programs_when_it_moves_their_updated_at(
    tap: Tap, bumps: str, comes: list[int]
) -> None:
    control = tap.sandbox.control
    control.knob(U25=bumps)
    first = tap.sync("programs")
    control.advance(7200)
    control.tag_program(1003, "Region", "LATAM")
    control.advance(1)

    second = tap.sync("programs", "programs_by_tag", state=first.state, **NO_SWEEP)

    assert [row["id"] for row in second.records("programs")] == comes
    # The tag streams look at everything each time.
    assert (1003, "Region", "LATAM") in by_tag(second.records("programs_by_tag"))


def test_full_table_brings_every_program_each_time_and_no_bookmark(tap: Tap) -> None:
    control = tap.sandbox.control
    catalog = full_table(tap.catalog(), "programs")
    first = tap.sync("programs", catalog=catalog)
    control.advance(7200)
    control.tag_program(1003, "Region", "LATAM")

    second = tap.sync("programs", catalog=catalog, state=first.state)

    assert_true(second, control.programs())
    assert bookmark(first) is None


def test_full_table_ends_with_its_version_where_the_target_wants_it(tap: Tap) -> None:
    catalog = full_table(tap.catalog(), "programs")

    output = tap.sync("programs", catalog=catalog, emit_activate_version_messages=True)

    kinds = [message["type"] for message in output.messages if message["type"] != "STATE"]
    assert kinds == ["SCHEMA", "RECORD", "RECORD", "RECORD", "ACTIVATE_VERSION"]
    (activated,) = output.of("ACTIVATE_VERSION", "programs")
    assert {message["version"] for message in output.of("RECORD")} == {activated["version"]}


def test_a_full_table_that_fails_midway_activates_no_version(tap: Tap) -> None:
    tap.sandbox.control.fault("error", "program", after=1, code="1003")
    catalog = full_table(tap.catalog(), "programs")

    output = tap.run("programs", catalog=catalog, emit_activate_version_messages=True)

    assert isinstance(output.error, RequestRefused)
    assert not output.of("ACTIVATE_VERSION")


# program_ids


def test_program_ids_restrict_every_stream_that_has_programs(tap: Tap) -> None:
    control = tap.sandbox.control
    control.reset(world="demo")
    control.knob(rate_limit=None)
    wanted = {1004, 1010, 1097}

    output = tap.sync(program_ids=sorted(wanted))

    truth = [row for row in control.programs() if row["id"] in wanted]
    assert_true(output, truth)
    tags = by_tag(row for row in control.programs_by_tag() if row["id"] in wanted)
    assert by_tag(output.records("programs_by_tag")).keys() == tags.keys()
    members = {(row["programId"], row["leadId"]) for row in output.records()}
    assert members == {
        (row["programId"], row["leadId"]) for row in control.truth(program_ids=sorted(wanted))
    }
    assert len(output.records("tag_types")) == len(control.tag_types())
    assert len(output.records("channels")) == len(control.channels())


@pytest.mark.parametrize("stream", WITH_PROGRAMS)
def test_a_program_id_that_does_not_exist_is_a_config_error(tap: Tap, stream: str) -> None:
    output = tap.run(stream, program_ids=[1001, 4711, 4712])

    assert isinstance(output.error, MarketoConfigError)
    assert "program_ids" in str(output.error)
    assert "4711, 4712" in str(output.error)
    assert "1001" not in str(output.error)
    assert not output.of("RECORD")
    assert not tap.sandbox.control.jobs()


def test_a_program_id_that_the_listing_missed_is_asked_for_by_itself(tap: Tap) -> None:
    # Marketo's listings move while they are read; this one has lost every row, twice.
    tap.sandbox.control.fault("no_result", "programs", count=2)

    output = tap.sync("programs", program_ids=[1002])

    assert [row["id"] for row in output.records("programs")] == [1002]


def test_a_program_id_that_answers_702_is_unknown_too(tap: Tap) -> None:
    tap.sandbox.control.fault("error", "program", code="702", count=9)

    output = tap.run("programs", program_ids=[4711])

    assert isinstance(output.error, MarketoConfigError)
    assert "4711" in str(output.error)


# programs_by_tag


def browsed(rows: Iterable[Row]) -> dict[tuple[Any, ...], Row]:
    """Program and tag pairs without what byTag does not tell."""
    return by_tag(without(row, "costs", "tags") for row in rows)


@pytest.mark.usefixtures("world")
def test_programs_by_tag_are_every_program_with_every_tag(tap: Tap) -> None:
    output = tap.sync("programs_by_tag")

    records, truth = output.records("programs_by_tag"), tap.sandbox.control.programs_by_tag()
    assert len(records) == len(truth)
    filled = [complete(without(row, "tags"), without(truth[0], "costs", "tags")) for row in records]
    assert by_tag(filled) == browsed(truth)
    assert all(
        {"tagType": row["tagType"], "tagValue": row["tagValue"]} in row["tags"] for row in records
    )


def test_all_tags_in_a_record_do_not_change_which_pair_it_stands_for(tap: Tap) -> None:
    control = tap.sandbox.control
    control.reset(world="demo")
    control.knob(rate_limit=None, U22_tags="all")

    output = tap.sync("programs_by_tag")

    assert (
        by_tag(output.records("programs_by_tag")).keys() == by_tag(control.programs_by_tag()).keys()
    )


def test_more_programs_under_one_tag_than_a_page_holds_all_arrive_once(tap: Tap) -> None:
    control = tap.sandbox.control
    control.reset(world="sized", programs=640, members_per_program=0)
    control.knob(rate_limit=None)

    output = tap.sync("programs_by_tag")

    records = output.records("programs_by_tag")
    assert len(records) == 640
    assert by_tag(records).keys() == by_tag(control.programs_by_tag()).keys()


@pytest.mark.parametrize("unknown", ["warning", "702", "709", "1003"])
@pytest.mark.parametrize("case", ["insensitive", "sensitive"])
def test_a_value_with_a_comma_is_found_whatever_marketo_says_to_unknown_ones(
    tap: Tap, unknown: str, case: str
) -> None:
    control = tap.sandbox.control
    control.knob(U22=unknown, U22_case=case)
    control.tag_program(1003, "Region", "North America, Canada")

    output = tap.sync("programs_by_tag")

    assert (
        by_tag(output.records("programs_by_tag")).keys() == by_tag(control.programs_by_tag()).keys()
    )


def test_a_value_that_is_others_joined_by_a_comma_is_found(tap: Tap) -> None:
    control = tap.sandbox.control
    control.add_tag_type("Area", ["North", "South", "North, South"])
    for program_id, value in ((1001, "North"), (1002, "South"), (1003, "North, South")):
        control.tag_program(program_id, "Area", value)

    output = tap.sync("programs_by_tag")

    assert (
        by_tag(output.records("programs_by_tag")).keys() == by_tag(control.programs_by_tag()).keys()
    )


def test_program_ids_do_not_make_used_tag_values_look_unused(
    tap: Tap, caplog: pytest.LogCaptureFixture
) -> None:
    control = tap.sandbox.control
    control.reset(world="sized", programs=60, members_per_program=0)
    control.knob(rate_limit=None)
    values = [f"Value {number}" for number in range(60)]
    control.add_tag_type("Area", values)
    for number, value in enumerate(values):
        control.tag_program(1001 + number, "Area", value)

    output = tap.sync("programs_by_tag", program_ids=[1005])

    assert by_tag(output.records("programs_by_tag")).keys() == {
        (1005, "Area", "Value 4"),
        (1005, "Region", "APJ"),
    }
    assert "cannot be told" not in caplog.text


def test_too_many_unused_values_are_said_to_hide_those_with_commas(
    tap: Tap, caplog: pytest.LogCaptureFixture
) -> None:
    control = tap.sandbox.control
    control.add_tag_type("Area", [f"Value {number}" for number in range(60)] + ["This, that"])
    control.tag_program(1001, "Area", "This, that")

    output = tap.sync("programs_by_tag")
    assert (1001, "Area", "This, that") not in by_tag(output.records("programs_by_tag"))
    assert "Tag type Area" in caplog.text
    assert "program_tags" in caplog.text
    named = tap.sync(
        "programs_by_tag", program_tags=[{"tag_type": "Area", "tag_values": ["This, that"]}]
    )
    assert by_tag(named.records("programs_by_tag")).keys() == {(1001, "Area", "This, that")}


def test_program_tags_with_values_bring_these_values_only(tap: Tap) -> None:
    control = tap.sandbox.control
    control.reset(world="demo")
    control.knob(rate_limit=None)

    output = tap.sync(
        "programs_by_tag",
        program_tags=[
            {"tag_type": "Region", "tag_values": ["EMEA", "North America, Canada"]},
            {"tag_type": "Quarter"},
        ],
    )

    wanted = {
        (row["id"], row["tagType"], row["tagValue"])
        for row in control.programs_by_tag()
        if row["tagValue"] in {"EMEA", "North America, Canada"} or row["tagType"] == "Quarter"
    }
    assert by_tag(output.records("programs_by_tag")).keys() == wanted
    assert {pair[2] for pair in wanted} > {"EMEA", "North America, Canada", "Q1"}


def test_a_tag_type_named_twice_brings_the_values_of_both(tap: Tap) -> None:
    output = tap.sync(
        "programs_by_tag",
        program_tags=[
            {"tag_type": "Region", "tag_values": ["EMEA"]},
            {"tag_type": "region", "tag_values": ["APJ", "emea"]},
        ],
    )

    assert sorted((row["id"], row["tagValue"]) for row in output.records("programs_by_tag")) == [
        (1001, "EMEA"),
        (1002, "APJ"),
    ]


def test_values_named_in_program_tags_are_not_joined_to_others(tap: Tap) -> None:
    control = tap.sandbox.control
    control.tag_program(1003, "Region", "North America, Canada")

    output = tap.run(
        "programs_by_tag",
        program_tags=[{"tag_type": "Region", "tag_values": ["North America", "Canada"]}],
    )

    assert not output.records("programs_by_tag")
    assert "No program passes program_tags" in str(output.error)


@pytest.mark.parametrize("case", ["insensitive", "sensitive"])
@pytest.mark.parametrize("value", ["EMEA", "North America, Canada"])
def test_tags_are_found_in_any_case_and_keep_marketos_spelling(
    tap: Tap, case: str, value: str
) -> None:
    control = tap.sandbox.control
    control.knob(U22_case=case)
    control.tag_program(1001, "Region", value)

    output = tap.sync(
        "programs_by_tag",
        program_tags=[{"tag_type": "REGION", "tag_values": [value.lower()]}],
    )

    assert by_tag(output.records("programs_by_tag")).keys() == {(1001, "Region", value)}


def test_an_unknown_tag_type_is_a_config_error_that_names_the_known_ones(tap: Tap) -> None:
    output = tap.run("programs_by_tag", program_tags=[{"tag_type": "Regoin"}])

    assert isinstance(output.error, MarketoConfigError)
    assert "program_tags" in str(output.error)
    assert "Regoin" in str(output.error)
    assert "Business Unit, Product Line, Quarter, Region" in str(output.error)
    assert not output.of("RECORD")


@pytest.mark.parametrize("unknown", ["warning", "702", "709", "1003"])
def test_an_unknown_tag_value_brings_nothing_and_a_warning(
    tap: Tap, caplog: pytest.LogCaptureFixture, unknown: str
) -> None:
    tap.sandbox.control.knob(U22=unknown)

    output = tap.sync(
        "programs_by_tag",
        program_tags=[{"tag_type": "Region", "tag_values": ["EMAE", "EMEA"]}],
    )

    assert [row["id"] for row in output.records("programs_by_tag")] == [1001]
    warnings = [line.getMessage() for line in caplog.records if line.levelname == "WARNING"]
    assert [line for line in warnings if "EMAE" in line and "Region" in line]


@pytest.mark.parametrize("after", [0, 1])
def test_a_refusal_that_is_not_about_the_value_ends_the_run(tap: Tap, after: int) -> None:
    tap.sandbox.control.fault("error", "programs_by_tag", after=after, code="1001")

    output = tap.run("programs_by_tag")

    assert isinstance(output.error, RequestRefused)
    assert "1001" in str(output.error)


def test_a_refusal_on_a_later_page_ends_the_run(tap: Tap) -> None:
    control = tap.sandbox.control
    control.reset(world="sized", programs=640, members_per_program=0)
    control.knob(rate_limit=None)
    control.fault("error", "programs_by_tag", where="offset=199", code="1003")

    output = tap.run("programs_by_tag")

    assert isinstance(output.error, RequestRefused)


# tag_types


def listed(row: Row) -> Row:
    """A tag type with both of its lists as lists."""
    kinds = row["applicableProgramTypes"].strip("[]").split(",")
    lists = {"allowableValues": split(row["allowableValues"]), "applicableProgramTypes": kinds}
    return row | lists


def split(values: Iterable[str]) -> list[str]:
    """The values as Marketo's unescaped list shows them."""
    return [part for value in values for part in value.split(", ")]


@pytest.mark.usefixtures("world")
def test_tag_types_have_their_values_as_a_list(tap: Tap) -> None:
    output = tap.sync("tag_types")

    truth = tap.sandbox.control.tag_types()
    # A comma inside a value cannot be told from the one between two.
    assert output.records("tag_types") == [listed(row) for row in truth]


def test_a_tag_type_without_allowable_values_has_none(tap: Tap) -> None:
    tap.sandbox.control.add_tag_type("Bare")

    output = tap.sync("tag_types", "programs_by_tag")

    (bare,) = [row for row in output.records("tag_types") if row["tagType"] == "Bare"]
    assert bare["allowableValues"] == []


def test_more_tag_types_than_one_page_holds_all_arrive(tap: Tap) -> None:
    for number in range(20):
        tap.sandbox.control.add_tag_type(f"Type {number}", ["a"])

    output = tap.sync("tag_types")

    assert len(output.records("tag_types")) == 25


@pytest.mark.parametrize(
    ("kind", "answer"), [("no_result", {}), ("error", {"code": "702"})], ids=["warning", "702"]
)
def test_a_tag_type_gone_between_listing_and_detail_comes_without_values(
    tap: Tap, kind: str, answer: dict[str, Any]
) -> None:
    tap.sandbox.control.fault(kind, "tag_type", count=2, where="Quarter", **answer)

    output = tap.sync("tag_types")

    found = {row["tagType"]: row["allowableValues"] for row in output.records("tag_types")}
    assert len(found) == 5
    assert found["Quarter"] == []


# channels


@pytest.mark.usefixtures("world")
@pytest.mark.parametrize("detail", ["description", "type"])
def test_channels_have_their_progression_statuses(tap: Tap, detail: str) -> None:
    control = tap.sandbox.control
    control.knob(channel_status_detail=detail)

    output = tap.sync("channels")

    assert output.records("channels") == control.channels()


def test_the_time_of_every_record_is_utc(tap: Tap) -> None:
    output = tap.sync("programs", "channels")

    for row in [*output.records("programs"), *output.records("channels")]:
        for name in ("createdAt", "updatedAt"):
            assert row[name].endswith("Z")
            assert datetime.fromisoformat(row[name]) < datetime.now(tz=UTC)


# Tag values that are not spelt as ever


def respelt(tap: Tap, spell: Callable[[str], Any]) -> Iterator[Proxy]:
    """The tap, aimed at a proxy that spells `allowableValues` in another way."""

    def change(answer: Answer) -> bool:
        content = answer.json
        for row in content.get("result", ()):
            row["allowableValues"] = spell(row.get("allowableValues", ""))
        answer.write(content)
        return True

    with proxy(tap.sandbox.url) as between:
        between.alterations.append(Alteration(ends_with("/byName.json"), change, times=1000))
        yield between


@pytest.mark.parametrize(
    "spell",
    [
        pytest.param(lambda text: text[1:-1].split(", "), id="array"),
        pytest.param(lambda text: text.replace(", ", ","), id="without blanks"),
        pytest.param(lambda text: "[x, " + text[1:].replace(", ", ","), id="of either kind"),
        pytest.param(lambda text: text.replace("[", "[, ").replace("]", ", ]"), id="blank ones"),
        pytest.param(lambda text: text[1:-1], id="without brackets"),
    ],
)
def test_programs_by_tag_are_complete_however_the_values_are_spelt(
    tap: Tap, spell: Callable[[str], Any], caplog: pytest.LogCaptureFixture
) -> None:
    control = tap.sandbox.control
    control.reset(world="demo")
    control.knob(rate_limit=None)
    for program in control.programs_by_tag():
        if ", " in program["tagValue"]:
            control.untag(program["id"], program["tagType"])
    control.add_tag_type("Comma", ["a,b", "c,d"])
    control.tag_program(1001, "Comma", "c,d")
    good = by_tag(tap.sync("programs_by_tag").records("programs_by_tag"))
    caplog.clear()

    for between in respelt(tap, spell):
        output = tap.sync("programs_by_tag", "tag_types", base_url=between.url)

    assert by_tag(output.records("programs_by_tag")) == good
    values = {row["tagType"]: row["allowableValues"] for row in output.records("tag_types")}
    assert values["Quarter"] in (["Q1", "Q2", "Q3", "Q4"], ["x", "Q1,Q2,Q3,Q4"])
    assert not [line for line in caplog.records if line.levelname == "WARNING"]


@pytest.mark.parametrize("told", [{"a": 1}, True, 7.5])
def test_values_that_cannot_be_read_are_a_warning_and_not_no_values(
    tap: Tap, told: object, caplog: pytest.LogCaptureFixture
) -> None:
    for between in respelt(tap, lambda _: told):
        output = tap.sync("programs_by_tag", "tag_types", base_url=between.url)

    assert {row["allowableValues"] for row in output.records("tag_types")} == {None}
    warnings = [line.getMessage() for line in caplog.records if line.levelname == "WARNING"]
    assert [line for line in warnings if "values of tag type 'Region'" in line]
    assert [line for line in warnings if "allowableValues: 5" in line]


# Programs of which Marketo does not tell everything


def test_a_program_whose_details_are_never_told_stops_no_other(tap: Tap) -> None:
    tap.sandbox.control.fault("error", "program", where="1002", code="611", count=100_000)

    output = tap.run("programs")

    assert {row["id"] for row in output.records("programs")} == {1001, 1003}
    assert "1002" in str(output.error)
    assert "611" in str(output.error)
    assert "replication_key_value" not in output.state.get("bookmarks", {}).get("programs", {})
    tap.sandbox.control.clear_faults()
    again = tap.sync("programs", state=output.state)
    assert {row["id"] for row in again.records("programs")} == {1001, 1002, 1003}


def test_details_that_are_told_of_no_program_end_the_run_at_once(tap: Tap) -> None:
    tap.sandbox.control.reset(world="sized", programs=40, members_per_program=0)
    tap.sandbox.control.knob(rate_limit=None)
    tap.sandbox.control.fault("error", "program", code="611", count=100_000)

    output = tap.run("programs")

    assert "611" in str(output.error)
    assert not output.records("programs")
    # Three programs, with all retries of each.
    asked = Counter(call["path"] for call in tap.sandbox.control.requests("program"))
    assert [asked[f"/rest/asset/v1/program/{one}.json"] for one in (1001, 1002, 1003)] == [8, 8, 8]
    assert len(asked) < 40
