"""Filters restrict every stream to the same programs, cost nothing, and lose nothing once lifted.

What should come is computed here by hand, from what the sandbox holds.
"""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

import pytest
from harness import UpsertingTarget, by_key
from hypothesis import given, settings
from hypothesis import strategies as st

from tap_marketo_programs.errors import MarketoConfigError, StateRefused
from tap_marketo_programs.streams.detail_sweep import DetailSweep

if TYPE_CHECKING:
    from collections.abc import Mapping

    from harness import Output, Tap
    from hypothesis.strategies import SearchStrategy
    from marketo_sandbox.control import SandboxControl

Row = dict[str, Any]
Filters = dict[str, Any]

STREAMS = ("program_members", "programs", "programs_by_tag")
# Endpoints that have to do with programs, whichever they are.
ASSETS = {"programs", "program", "programs_by_tag", "tag_types", "tag_type"}
HOUR = 3600
# The details of each program are read again at its own hour of the week: for a day from here,
# those of none of these, so that a test may say what a run brings.
NONE_IS_DUE = "2026-05-06T20:00:00Z"


@pytest.fixture
def control(tap: Tap) -> SandboxControl:
    """Programs of which each filter finds some and not others, with two members each."""
    control = tap.sandbox.control
    control.reset(world="tiny", now=NONE_IS_DUE)
    control.knob(rate_limit=None)
    control.add_tag_type("Quarter", ["Q1", "Q2"])
    kinds = [
        ("[2026] Webinar A", "EventWithWebinar", "Webinar", "", "Default", ("Folder", 28)),
        ("2026-05 webinar", "Event", "Webinar", "", "EMEA", ("Folder", 41)),
        ("Inner mail", "Email", "Email Send", "unlocked", "EMEA", ("Program", 1005)),
        ("Innermost mail", "Email", "Email Send", "locked", "EMEA", ("Program", 1006)),
        ("Nurture", "Engagement", "Nurture", "off", "APJ", ("Folder", 1005)),
        ("新年会", "Default", "Réseau & Partner", "", "APJ", ("Folder", 41)),
    ]
    for number, (name, kind, channel, status, workspace, place) in enumerate(kinds):
        added = control.add_program(
            id=1004 + number,
            name=name,
            type=kind,
            channel=channel,
            status=status,
            workspace=workspace,
            folder={"type": place[0], "value": place[1], "folderName": name},
            member_count=2,
            first_lead=1 + 3 * number,
        )
        control.tag_program(
            added["id"], "Region", ["EMEA", "APJ", "North America, Canada"][number % 3]
        )
        if number % 2:
            control.tag_program(added["id"], "Quarter", "Q1")
    control.advance(2 * HOUR)
    control.clear_requests()
    return control


# What is wanted, by hand


def passes(row: Row, rows: Mapping[int, Row], wanted: Filters) -> bool:
    """Whether a program passes filters."""

    def is_one_of(setting: str, value: object) -> bool:
        chosen = wanted.get(setting)
        texts = [str(choice).strip().casefold() for choice in chosen or ()]
        return chosen is None or str(value) in texts

    name = row["name"].casefold()
    globs = [glob.casefold().replace("[", "[[]") for glob in wanted.get("program_names", ["*"])]
    place = row["folder"]
    while place["type"] == "Program":
        place = rows[place["value"]]["folder"]
    tags = {(tag["tagType"].casefold(), tag["tagValue"].casefold()) for tag in row["tags"]}
    return (
        is_one_of("program_ids", row["id"])
        and any(fnmatchcase(name, glob) for glob in globs)
        and all(
            is_one_of(setting, row[field].casefold())
            for setting, field in (
                ("program_types", "type"),
                ("program_channels", "channel"),
                ("program_workspaces", "workspace"),
                ("program_statuses", "status"),
            )
        )
        and is_one_of("program_folder_ids", place["value"])
        and ("program_tags" not in wanted or any(is_tag(tag, wanted) for tag in tags))
    )


def is_tag(tag: tuple[str, str], wanted: Filters) -> bool:
    """Whether `program_tags`, if it is set, wants a tag."""
    return "program_tags" not in wanted or any(
        entry["tag_type"].casefold() == tag[0].casefold()
        and tag[1].casefold() in [one.casefold() for one in entry.get("tag_values", [tag[1]])]
        for entry in wanted["program_tags"]
    )


def wanted_ids(control: SandboxControl, wanted: Filters) -> set[int]:
    rows = {row["id"]: row for row in control.programs()}
    return {number for number, row in rows.items() if passes(row, rows, wanted)}


def assert_true(tap: Tap, tables: Mapping[str, Mapping[Any, Row]], wanted: Filters) -> None:
    """The tables of all streams hold the truth, restricted."""
    control = tap.sandbox.control
    ids = wanted_ids(control, wanted)
    members = control.truth(program_ids=sorted(ids)) if ids else []
    assert tables["program_members"] == by_key(members)
    assert {key[0] for key in tables["programs"]} == ids
    for row in control.programs():
        if row["id"] in ids:
            assert tables["programs"][row["id"],]["updatedAt"] == row["updatedAt"]
    assert set(tables["programs_by_tag"]) == {
        (row["id"], row["tagType"], row["tagValue"])
        for row in control.programs_by_tag()
        if row["id"] in ids and is_tag((row["tagType"], row["tagValue"]), wanted)
    }


def loaded(*outputs: Output) -> dict[str, dict[tuple[Any, ...], Row]]:
    target = UpsertingTarget()
    for output in outputs:
        target.load(output)
    return target.tables


def calls(control: SandboxControl) -> Counter[str]:
    """How often each endpoint of programs was asked."""
    return Counter(one["endpoint"] for one in control.requests() if one["endpoint"] in ASSETS)


# Every filter


CHOICES: dict[str, list[Any]] = {
    "program_ids": [1001, 1002, 1003, 1004, 1006, 1009],
    "program_names": [
        "*webinar*",
        "[2026] webinar ?",
        "Alpha",
        "inner*",
        "新*",
        "none such",
        "*, *",
    ],
    "program_types": ["EMAIL", "event", "EventWithWebinar", "Default", "none such"],
    "program_channels": ["webinar", "Email Send", "réseau & PARTNER", "none such"],
    "program_workspaces": ["default", " EMEA", "apj", "none such"],
    "program_statuses": ["", "ON", "unlocked", "none such"],
    "program_folder_ids": [28, 41, 1005, 4711],
    "program_tags": [
        {"tag_type": "Region"},
        {"tag_type": "region", "tag_values": ["emea"]},
        {"tag_type": "Region", "tag_values": ["North America, Canada", "APJ"]},
        {"tag_type": "Quarter"},
        {"tag_type": "Quarter", "tag_values": ["Q2"]},
    ],
}


def some(setting: str) -> SearchStrategy[list[Any]]:
    return st.lists(st.sampled_from(CHOICES[setting]), min_size=1, max_size=4, unique_by=str)


FILTERS: SearchStrategy[Filters] = st.lists(
    st.sampled_from(sorted(CHOICES)), min_size=1, max_size=3, unique=True
).flatmap(lambda names: st.fixed_dictionaries({name: some(name) for name in names}))


@given(wanted=FILTERS)
def test_all_streams_hold_the_truth_of_any_filters_and_these_cost_no_call(
    tap: Tap, control: SandboxControl, wanted: Filters
) -> None:
    catalog = tap.catalog()
    control.clear_requests()
    tap.sync(*STREAMS, catalog=catalog)
    without = calls(control)
    control.clear_requests()
    # Tags are read with the programs or asked for one by one, whichever takes fewer calls.
    tap.sync("programs_by_tag", catalog=catalog)
    without |= calls(control)
    control.clear_requests()
    jobs = len(control.jobs())

    output = tap.run(*STREAMS, catalog=catalog, **wanted)

    if not any(wanted_ids(control, {name: one}) for name, one in wanted.items()) or not wanted_ids(
        control, wanted
    ):
        assert isinstance(output.error, MarketoConfigError)
        assert "nothing would be extracted" in str(output.error)
        assert not output.of("RECORD")
        assert len(control.jobs()) == jobs
    else:
        assert output.error is None, output.error
        assert_true(tap, loaded(output), wanted)
    if "program_tags" not in wanted:
        assert calls(control) <= without


@pytest.mark.parametrize("streams", [("programs",), ("programs", "programs_by_tag"), STREAMS])
@pytest.mark.parametrize("details", [True, False])
def test_a_filter_reads_no_listing_besides_that_of_a_run_without(
    tap: Tap, control: SandboxControl, streams: tuple[str, ...], *, details: bool
) -> None:
    catalog = tap.catalog()
    control.clear_requests()
    tap.sync(*streams, catalog=catalog, program_details=details)
    without = len(control.requests("programs"))
    control.clear_requests()

    output = tap.sync(
        *streams, catalog=catalog, program_details=details, program_types=["Email", "Event"]
    )

    assert len(control.requests("programs")) <= without
    assert {row["id"] for row in output.records("programs")} == wanted_ids(
        control, {"program_types": ["Email", "Event"]}
    )


@settings(max_examples=12)
@given(wanted=FILTERS, later=st.one_of(st.just({}), FILTERS))
def test_lifting_or_changing_filters_brings_what_is_new_and_nothing_else(
    tap: Tap, control: SandboxControl, wanted: Filters, later: Filters
) -> None:
    # The calendar only goes forward, and each example begins with the same programs.
    control.advance(HOUR)
    catalog = tap.catalog()
    if not wanted_ids(control, wanted) or not wanted_ids(control, later):
        return
    first = tap.sync(*STREAMS, catalog=catalog, **wanted)
    control.advance(3 * HOUR)
    control.clear_requests()

    second = tap.sync(*STREAMS, catalog=catalog, state=first.state, **later)

    before, after = wanted_ids(control, wanted), wanted_ids(control, later)
    due = due_between(first, second, after & before)
    assert {row["id"] for row in second.records("programs")} == after - before | due
    assert {row["programId"] for row in second.records()} <= after - before
    tables = loaded(first, second)
    assert {key[0] for key in tables["programs"]} == before | after
    assert tables["program_members"] == by_key(control.truth(program_ids=sorted(before | after)))
    third = tap.sync(*STREAMS, catalog=catalog, state=second.state, **later)
    assert {row["id"] for row in third.records("programs")} == due_between(second, third, after)
    assert not third.records()


def due_between(earlier: Output, now: Output, program_ids: set[int]) -> set[int]:
    """Those of some programs whose details are read again, by where the calendar stands."""
    since, until = (
        datetime.fromisoformat(one.state["bookmarks"]["programs"]["replication_key_value"])
        for one in (earlier, now)
    )
    sweep = DetailSweep(since, until, timedelta(days=7))
    return set(filter(sweep.is_due, program_ids))


def test_a_program_that_changes_while_it_is_left_out_comes_once_the_filter_is_lifted(
    tap: Tap, control: SandboxControl
) -> None:
    first = tap.sync("programs")
    control.advance(3 * HOUR)
    control.edit_program(1002, description="while left out")
    control.advance(3 * HOUR)
    second = tap.sync("programs", state=first.state, program_types=["Default"])
    control.advance(3 * HOUR)
    third = tap.sync("programs", state=second.state, program_types=["Default"])
    control.advance(3 * HOUR)

    fourth = tap.sync("programs", state=third.state)

    assert not second.records("programs")
    assert not third.records("programs")
    assert [(row["id"], row["description"]) for row in fourth.records("programs")] == [
        (1002, "while left out")
    ]
    assert fourth.records("programs")[0]["tags"]
    control.advance(3 * HOUR)
    assert not tap.sync("programs", state=fourth.state).records("programs")


def test_program_ids_that_are_lifted_bring_the_other_programs(
    tap: Tap, control: SandboxControl
) -> None:
    first = tap.sync("programs", program_ids=[1001])
    control.advance(3 * HOUR)

    second = tap.sync("programs", state=first.state)

    assert {row["id"] for row in second.records("programs")} == wanted_ids(control, {}) - {1001}


def test_a_program_that_comes_to_pass_a_filter_unchanged_is_written(
    tap: Tap, control: SandboxControl
) -> None:
    first = tap.sync("programs", program_folder_ids=[41])
    control.advance(3 * HOUR)
    # A move leaves `updatedAt` as it is.
    control.edit_program(1001, folder={"type": "Folder", "value": 41, "folderName": "x"})

    second = tap.sync("programs", state=first.state, program_folder_ids=[41])

    assert [row["id"] for row in second.records("programs")] == [1001]


def test_a_program_created_after_the_listing_was_read_is_not_lost(
    tap: Tap, control: SandboxControl
) -> None:
    control.fault("edit", "programs_by_tag", do="add_program", id=2000, name="Late", type="Email")
    wanted: Filters = {"program_tags": [{"tag_type": "Region"}]}

    first = tap.sync("programs", **wanted)
    control.tag_program(2000, "Region", "EMEA")
    control.advance(3 * HOUR)
    second = tap.sync("programs", state=first.state, **wanted)

    assert 2000 not in {row["id"] for row in first.records("programs")}
    assert [row["id"] for row in second.records("programs")] == [2000]


def test_what_is_older_than_the_start_date_is_not_left_out_but_unwanted(
    tap: Tap, control: SandboxControl
) -> None:
    start = control.now()
    control.advance(HOUR)
    control.edit_program(1003, description="new")
    control.advance(HOUR)
    first = tap.sync("programs", start_date=start, program_types=["Default"])
    control.advance(3 * HOUR)

    second = tap.sync("programs", state=first.state, start_date=start)

    assert not first.records("programs")
    assert [row["id"] for row in second.records("programs")] == [1003]


def test_a_program_that_is_not_listed_for_a_while_stays_left_out(
    tap: Tap, control: SandboxControl
) -> None:
    first = tap.sync("programs", program_ids=[1001])
    control.advance(3 * HOUR)
    control.fault("no_result", "programs", count=4)

    second = tap.sync("programs", state=first.state)
    third = tap.sync("programs", state=second.state)

    assert not second.records("programs")
    assert {row["id"] for row in third.records("programs")} == wanted_ids(control, {}) - {1001}


# The bookmark


def test_without_filters_the_bookmark_is_as_it_always_was(
    tap: Tap, control: SandboxControl
) -> None:
    first = tap.sync("programs")
    control.advance(HOUR)
    second = tap.sync("programs", state=first.state)

    for output in (first, second):
        bookmark = output.state["bookmarks"]["programs"]
        assert set(bookmark) == {"replication_key", "replication_key_value"} | (
            set(bookmark) & {"starting_replication_value"}
        )


def test_a_bookmark_names_what_was_left_out_until_it_is_written(
    tap: Tap, control: SandboxControl
) -> None:
    first = tap.sync("programs", program_ids=[1001, 1004])
    control.advance(3 * HOUR)
    second = tap.sync("programs", state=first.state)

    assert first.state["bookmarks"]["programs"]["left_out"] == "1002-1003,1005-1009"
    # Where a tool merges states key by key, a key that is only left away would stay.
    assert second.state["bookmarks"]["programs"]["left_out"] == ""


def test_a_run_that_fails_leaves_the_bookmark_with_what_was_left_out(
    tap: Tap, control: SandboxControl
) -> None:
    first = tap.sync("programs", program_ids=[1001])
    control.advance(3 * HOUR)
    control.fault("error", "program", after=2, code="1003")

    second = tap.run("programs", state=first.state)

    before = first.state["bookmarks"]["programs"]
    assert second.error is not None
    assert second.state["bookmarks"]["programs"]["left_out"] == before["left_out"]
    third = tap.sync("programs", state=second.state)
    assert {row["id"] for row in third.records("programs")} == wanted_ids(control, {}) - {1001}


@pytest.mark.parametrize("damage", [5, None, [1001], "1001-", "z:hush", "1003,1001", "0"])
@pytest.mark.usefixtures("control")
def test_a_damaged_set_of_programs_left_out_is_refused_in_one_line(
    tap: Tap, damage: object
) -> None:
    state = tap.sync("programs", program_ids=[1001]).state
    state["bookmarks"]["programs"]["left_out"] = damage

    output = tap.run("programs", state=state)

    assert isinstance(output.error, StateRefused)
    assert "state of programs cannot be read" in str(output.error)
    assert "\n" not in str(output.error)
    assert not output.of("RECORD")


def test_the_set_of_programs_left_out_is_small(tap: Tap) -> None:
    control = tap.sandbox.control
    control.reset(world="sized", programs=400, members_per_program=0)
    control.knob(rate_limit=None)

    output = tap.sync("programs", program_ids=[1002, 1399], program_details=False)

    assert output.state["bookmarks"]["programs"]["left_out"] == "1001,1003-1398,1400"


def test_a_program_that_a_filter_leaves_out_keeps_its_watermark(
    tap: Tap, control: SandboxControl
) -> None:
    first = tap.sync("program_members")
    # Longer than a program may be missing from the listing before it is forgotten.
    control.advance(40 * 24 * HOUR)
    second = tap.sync("program_members", state=first.state, program_types=["Email"])
    control.advance(HOUR)
    before = len(control.jobs())

    third = tap.sync("program_members", state=second.state)

    assert not third.records()
    assert all("updatedAt" in job["request"]["filter"] for job in control.jobs()[before:])


# What nobody has


@pytest.mark.usefixtures("control")
@pytest.mark.parametrize("stream", STREAMS)
@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        ({"program_types": ["Emial"]}, "program_types: no program has the type 'Emial'"),
        ({"program_names": ["none*"]}, "program_names: no program has a name like 'none*'"),
        ({"program_folder_ids": [4711]}, "program_folder_ids: no program is directly in"),
        (
            {"program_types": ["Email"], "program_workspaces": ["APJ"]},
            "No program passes program_types (3 of 9) and program_workspaces (2 of 9)",
        ),
        (
            {"program_tags": [{"tag_type": "Quarter", "tag_values": ["Q2"]}]},
            "No program passes program_tags",
        ),
        ({"program_tags": [{"tag_type": "Regoin"}]}, "no tag type 'Regoin'. Did you mean Region?"),
        ({"program_ids": [1001], "program_types": ["Email"]}, "No program passes program_ids (1"),
    ],
)
def test_where_nothing_would_be_extracted_one_line_says_so_before_anything_is_exported(
    tap: Tap,
    caplog: pytest.LogCaptureFixture,
    stream: str,
    wanted: Filters,
    words: str,
) -> None:
    catalog = tap.catalog()
    caplog.clear()

    output = tap.run(stream, catalog=catalog, **wanted)

    assert isinstance(output.error, MarketoConfigError)
    assert words in str(output.error)
    assert "\n" not in str(output.error)
    assert not output.of("RECORD")
    assert not tap.sandbox.control.jobs()
    assert "no program has" not in caplog.text


@pytest.mark.usefixtures("control")
def test_a_value_that_no_program_has_is_one_warning_for_all_streams(
    tap: Tap, caplog: pytest.LogCaptureFixture
) -> None:
    tap.sync(
        *STREAMS,
        program_types=["Email", "Event with Webinar", "none such"],
        program_tags=[
            {"tag_type": "Region", "tag_values": ["EMEA", "APJJ"]},
            {"tag_type": "Quarter"},
        ],
    )

    types, tags = [
        record.getMessage() for record in caplog.records if record.levelname == "WARNING"
    ]
    assert types.startswith("program_types: no program has the type 'Event with Webinar', 'none su")
    assert "Did you mean EventWithWebinar?" in types
    assert tags.startswith("program_tags: tag type 'Region' has no value 'APJJ'. Did you mean APJ?")


def test_streams_without_programs_are_not_restricted_and_ask_nobody(
    tap: Tap, control: SandboxControl
) -> None:
    output = tap.sync("channels", "tag_types", program_types=["none such"])

    assert len(output.records("channels")) == len(control.channels())
    assert len(output.records("tag_types")) == len(control.tag_types())
    assert not control.requests("programs")


def test_a_program_of_program_ids_that_the_listing_missed_is_held_to_the_filters(
    tap: Tap, control: SandboxControl
) -> None:
    control.fault("no_result", "programs", count=2)

    output = tap.sync("program_members", program_ids=[1001, 1002], program_types=["Email"])

    assert {row["programId"] for row in output.records()} == {1002}


def test_filters_by_tag_cost_a_sweep_for_each_value_and_no_other_call(
    tap: Tap, control: SandboxControl
) -> None:
    catalog = tap.catalog()
    control.clear_requests()

    tap.sync(
        "program_members",
        catalog=catalog,
        program_tags=[{"tag_type": "Region", "tag_values": ["EMEA", "APJ"]}],
    )

    assert calls(control) == {"programs": 1, "tag_types": 1, "tag_type": 1, "programs_by_tag": 2}


def test_a_filter_that_passes_nobody_by_its_listing_costs_no_sweep_of_tags(
    tap: Tap, control: SandboxControl
) -> None:
    wanted: Filters = {"program_types": ["none such"], "program_tags": [{"tag_type": "Region"}]}

    assert tap.run(*STREAMS, **wanted).error is not None
    assert not control.requests("programs_by_tag")
