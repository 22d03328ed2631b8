"""Programs by tag are the same, made of what was read by id or asked for tag by tag."""

from __future__ import annotations

import json
import logging
import re
from typing import TYPE_CHECKING, Any

import pytest
from altering_proxy import Alteration, ends_with
from scenes import DAY

from tap_marketo_programs.errors import RequestRefused
from tap_marketo_programs.streams.tags_by_id import MAX_SAMPLES

if TYPE_CHECKING:
    from altering_proxy import Answer, Proxy
    from harness import Output, Tap
    from marketo_sandbox.control import SandboxControl

Row = dict[str, Any]

BOTH = ("programs", "programs_by_tag")
BY_TAG = "programs_by_tag"


def start(tap: Tap, world: str = "demo", **knobs: Any) -> SandboxControl:  # noqa: ANN401 - any knob
    control = tap.sandbox.control
    options = {"programs": 30, "members_per_program": 0} if world == "sized" else {}
    control.reset(world=world, **options)
    control.knob(rate_limit=None, **knobs)
    return control


def rows(output: Output) -> list[str]:
    """The records in an order of their own, each exactly as it was written."""
    return sorted(json.dumps(row, sort_keys=True) for row in output.records(BY_TAG))


def swept(tap: Tap, **settings: Any) -> list[str]:  # noqa: ANN401 - any setting
    return rows(tap.sync(BY_TAG, **settings))


def derived(tap: Tap, calls: int = MAX_SAMPLES, **settings: Any) -> list[str]:  # noqa: ANN401 - any setting
    """The records of a run that reads all programs first, and asks byTag at most so often."""
    control = tap.sandbox.control
    control.clear_requests()
    output = tap.sync(*BOTH, **settings)
    assert len(control.requests(BY_TAG)) <= calls
    return rows(output)


def pairs(lines: list[str]) -> set[tuple[int, str, str]]:
    return {(row["id"], row["tagType"], row["tagValue"]) for row in map(json.loads, lines)}


def truth(control: SandboxControl) -> set[tuple[int, str, str]]:
    return {(row["id"], row["tagType"], row["tagValue"]) for row in control.programs_by_tag()}


def ways(caplog: pytest.LogCaptureFixture) -> list[str]:
    """The lines that say which way was taken."""
    told = [one.getMessage() for one in caplog.records if one.levelno == logging.INFO]
    return [
        line
        for line in told
        if line.startswith(("programs_by_tag: made", "programs_by_tag: Marketo"))
    ]


@pytest.mark.parametrize("world", ["tiny", "demo", "sized"])
@pytest.mark.parametrize("tags", ["queried", "all"])
@pytest.mark.parametrize("case", ["insensitive", "sensitive"])
def test_the_rows_are_the_same_and_true_however_by_tag_answers(
    tap: Tap, world: str, tags: str, case: str
) -> None:
    control = start(tap, world, U22_tags=tags, U22_case=case)

    found = derived(tap)

    assert found == swept(tap)
    assert pairs(found) == truth(control)


@pytest.mark.parametrize(
    "knobs",
    [
        {"empty_tags": "null"},
        {"U33": "milliseconds"},
        {"U33": "offset"},
        {"U22": "702"},
        {"U22": "1003"},
        {"U20": "random"},
    ],
    ids=str,
)
def test_the_rows_are_the_same_however_other_things_are_answered(
    tap: Tap, knobs: dict[str, str]
) -> None:
    control = start(tap, **knobs)

    found = derived(tap)

    assert found == swept(tap)
    assert pairs(found) == truth(control)


SETTINGS = [
    {"program_tags": [{"tag_type": "Region"}]},
    {"program_tags": [{"tag_type": "region", "tag_values": ["emea", "apj", "EMAE"]}]},
    {
        "program_tags": [
            {"tag_type": "Region", "tag_values": ["EMEA", "North America, Canada"]},
            {"tag_type": "Quarter"},
        ]
    },
    {"program_ids": [1004, 1007, 1010, 1097]},
    {"program_ids": [1004, 1010, 1097], "program_tags": [{"tag_type": "Quarter"}]},
]


@pytest.mark.parametrize("settings", SETTINGS, ids=str)
@pytest.mark.parametrize("tags", ["queried", "all"])
def test_the_rows_are_the_same_whatever_is_wanted(
    tap: Tap, settings: dict[str, Any], tags: str
) -> None:
    start(tap, U22_tags=tags)

    assert rows(tap.sync(*BOTH, **settings)) == swept(tap, **settings)


def test_the_fields_are_those_of_by_tag_even_where_few_programs_have_them(tap: Tap) -> None:
    control = start(tap, "sized", U22_tags="all")
    control.edit_program(1007, costs=[{"startDate": "2026-01-01", "cost": 5}])
    control.edit_program(1011, startDate="2026-03-01T10:00:00Z", headStart=True)
    control.edit_program(1012, sfdcId="701", sfdcName="Spring")
    control.tag_program(1013, "Quarter", "Q1")

    assert derived(tap) == swept(tap)


@pytest.mark.parametrize("case", ["insensitive", "sensitive"])
def test_tags_in_another_letter_case_are_asked_for_by_tag(tap: Tap, case: str) -> None:
    control = start(tap, "sized", U22_case=case)
    control.tag_program(1004, "Region", "emea")
    control.tag_program(1005, "region", "APJ")

    found = derived(tap, calls=MAX_SAMPLES + 2)

    assert found == swept(tap)


def test_a_value_that_marketo_does_not_list_has_no_rows_either_way(tap: Tap) -> None:
    control = start(tap, "sized")
    control.tag_program(1004, "Region", "Atlantis")

    found = derived(tap)

    assert found == swept(tap)
    assert not [pair for pair in pairs(found) if pair[0] == 1004]


@pytest.mark.parametrize("unknown", ["warning", "709"])
@pytest.mark.parametrize("settings", [{}, {"program_ids": [1001, 1002, 1003]}], ids=str)
def test_values_with_commas_are_the_same(tap: Tap, unknown: str, settings: dict[str, Any]) -> None:
    control = start(tap, "sized", U22=unknown)
    control.add_tag_type("Area", ["North", "South", "North, South", "East, West", "Up, Down"])
    for program_id, value in (
        (1001, "North"),
        (1002, "South"),
        (1003, "North, South"),
        (1004, "East, West"),
        (1005, "East"),
    ):
        control.tag_program(program_id, "Area", value)

    assert rows(tap.sync(*BOTH, **settings)) == swept(tap, **settings)
    if not settings:
        assert derived(tap) == swept(tap)
        assert (1003, "Area", "North, South") in pairs(derived(tap))


def test_a_comma_that_cannot_be_told_apart_is_left_out_with_the_same_warning(
    tap: Tap, caplog: pytest.LogCaptureFixture
) -> None:
    control = start(tap, "sized")
    control.add_tag_type("Area", [f"Value {number}" for number in range(60)] + ["This, that"])
    control.tag_program(1001, "Area", "This, that")

    found = derived(tap)

    assert "Tag type Area has 62 values that no program carries" in caplog.text
    assert found == swept(tap)


def test_tags_that_were_read_in_an_earlier_run_are_not_used(tap: Tap) -> None:
    control = start(tap, "demo", U25="no")
    first = tap.sync(*BOTH)
    control.advance(DAY)
    control.tag_program(1004, "Region", "LATAM")
    tagged = [row for row in control.programs_by_tag() if row["id"] != 1004]
    control.untag_program(tagged[0]["id"], tagged[0]["tagType"])
    control.clear_requests()

    second = tap.sync(*BOTH, state=first.state)

    assert pairs(rows(second)) == truth(control)


def test_each_run_of_a_week_is_true_with_details_of_a_part_of_the_programs(tap: Tap) -> None:
    control = start(tap, "demo", U25="no")
    output = tap.sync(*BOTH)
    for program in control.programs()[:7]:
        control.advance(DAY)
        control.tag_program(program["id"], "Region", "LATAM")
        output = tap.sync(*BOTH, state=output.state)
        assert pairs(rows(output)) == truth(control)


# Which way is taken


def test_the_few_missing_details_are_read_where_that_takes_fewer_calls(
    tap: Tap, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    control = start(tap, "sized")
    control.add_tag_type("Area", [f"Value {number}" for number in range(60)])
    first = tap.sync("programs")
    control.advance(2 * DAY)
    for one in range(1001, 1026):
        control.edit_program(one, description="edited")
    control.tag_program(1030, "Region", "EMEA")
    control.advance(60)
    control.clear_requests()

    second = tap.sync(*BOTH, state=first.state)

    assert pairs(rows(second)) == truth(control)
    assert len(control.requests("program")) == 30
    assert len(control.requests(BY_TAG)) <= MAX_SAMPLES
    assert "made of the tags of 30 programs" in ways(caplog)[-1]


def test_one_of_a_kind_is_told_in_the_singular(tap: Tap, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    start(tap, "demo")

    tap.sync(*BOTH, program_ids=[1001])

    (line,) = ways(caplog)
    assert "the tags of 1 program, read by id" in line
    assert "that took 1 more call in place of about" in line


def test_tags_are_asked_for_where_many_details_are_missing(
    tap: Tap, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    control = start(tap, "demo")
    first = tap.sync("programs")
    control.advance(7200)
    control.edit_program(1004, description="edited")
    control.advance(60)
    control.clear_requests()

    second = tap.sync(*BOTH, state=first.state)

    assert pairs(rows(second)) == truth(control)
    assert len(control.requests("program")) < 20
    (line,) = ways(caplog)
    assert "more programs by id would take no fewer" in line


def test_one_line_says_what_the_derivation_saved(
    tap: Tap, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    control = start(tap, "sized")

    found = derived(tap)

    assert len(found) == 30
    (line,) = ways(caplog)
    samples = len(control.requests(BY_TAG))
    assert "30 programs" in line
    assert f"took {samples} more call" in line


def test_without_details_tags_are_asked_for(tap: Tap, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    control = start(tap, "demo")

    output = tap.sync(*BOTH, program_details=False)

    assert pairs(rows(output)) == truth(control)
    assert not control.requests("program")
    assert "read no program by id" in ways(caplog)[0]


def test_the_listing_is_not_read_a_second_time(tap: Tap) -> None:
    control = start(tap, "sized")

    derived(tap)

    assert len(control.requests("programs")) == 1


def test_many_programs_of_one_tag_take_no_repeated_sweeps(tap: Tap) -> None:
    control = tap.sandbox.control
    control.reset(world="sized", programs=1500, members_per_program=0)
    control.knob(rate_limit=None)

    found = derived(tap)

    assert pairs(found) == truth(control)


# What does not fit together is asked for by tag


@pytest.mark.parametrize(
    "edit",
    [
        {"do": "tag_program", "program_id": 1002, "tag_type": "Region", "tag_value": "EMEA"},
        {"do": "untag_program", "program_id": 1001, "tag_type": "Region"},
        {"do": "delete_program", "program_id": 1001},
        {"do": "add_program", "name": "New", "tags": {"Region": "EMEA"}},
    ],
    ids=lambda edit: str(edit["do"]),
)
def test_an_edit_after_the_details_were_read_is_seen_in_the_answers_that_are_looked_at(
    tap: Tap, caplog: pytest.LogCaptureFixture, edit: dict[str, Any]
) -> None:
    caplog.set_level(logging.INFO)
    control = start(tap, "tiny")
    # One tag is carried, so that its programs are the ones looked at.
    for program_id, tag_type, _ in truth(control):
        control.untag(program_id, tag_type)
    for program_id in (1001, 1003):
        control.tag_program(program_id, "Region", "EMEA")
    # Between the details of all and the programs of the tag.
    control.fault("edit", "tag_types", **edit)

    output = tap.sync(*BOTH)

    assert pairs(rows(output)) == truth(control)
    assert "not what the programs' details say" in ways(caplog)[0]


@pytest.mark.parametrize("path", ["/program/byTag.json", "/program/1002.json"])
@pytest.mark.parametrize("name", ["extra", "description", "tags"])
def test_answers_that_differ_in_a_field_are_asked_for_by_tag(
    tap: Tap, between: Proxy, path: str, name: str
) -> None:
    start(tap, "tiny")

    def change(answer: Answer) -> bool:
        content = answer.json
        for row in content.get("result", ()):
            row[name] = "other" if name != "tags" else [{"tagType": 1}]
        answer.write(content)
        return True

    between.alterations.append(Alteration(ends_with(path), change, times=1000))
    asked = tap.sync(BY_TAG, base_url=between.url)

    assert rows(tap.sync(*BOTH, base_url=between.url)) == rows(asked)


def test_a_program_deleted_meanwhile_is_not_made_up(tap: Tap) -> None:
    control = start(tap, "demo")
    control.fault("edit", "programs", do="delete_program", program_id=1004)

    output = tap.sync(*BOTH)

    assert pairs(rows(output)) == truth(control)


def test_a_refusal_of_what_is_looked_at_ends_the_run(tap: Tap) -> None:
    start(tap, "demo").fault("error", BY_TAG, code="1001")

    output = tap.run(*BOTH)

    assert isinstance(output.error, RequestRefused)


def test_a_person_sees_how_far_it_is_while_many_tags_are_asked_for(
    tap: Tap, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    control = start(tap, "tiny")
    control.add_tag_type("Region", values=[f"R{number}" for number in range(400)])

    tap.sync("programs_by_tag", max_calls_per_20_seconds=50)

    told = [one.getMessage() for one in caplog.records if " tag values read; " in one.getMessage()]
    assert 1 <= len(told) <= 5
    for line in told:
        assert re.fullmatch(
            r"programs_by_tag: programs of \d+ of \d+ tag values read; "
            r"about .* (min|s) left at this pace",
            line,
        )
