"""`program_tags`: each tag is asked for once in a run, and a line tells what nobody carries."""

from __future__ import annotations

import unicodedata
from collections import Counter
from itertools import combinations
from typing import TYPE_CHECKING, Any

import pytest
from altering_proxy import Alteration, ends_with
from scenes import HOUR

from tap_marketo_programs.errors import MarketoConfigError

if TYPE_CHECKING:
    from altering_proxy import Answer, Proxy
    from harness import Output, Tap
    from marketo_sandbox.control import SandboxControl

STREAMS = ("program_members", "programs", "programs_by_tag")
BY_TAG = "programs_by_tag"
Tags = list[dict[str, Any]]


@pytest.fixture
def control(tap: Tap) -> SandboxControl:
    """Six programs with tags; 1003 has a value with a comma, and nobody has Q3."""
    control = tap.sandbox.control
    control.reset(world="sized", programs=6, members_per_program=2)
    control.knob(rate_limit=None)
    for row in control.programs():
        for tag in row["tags"]:
            control.untag(row["id"], tag["tagType"])
    control.add_tag_type("Region", ["EMEA", "APJ", "North America, Canada", "LATAM"])
    control.add_tag_type("Quarter", ["Q1", "Q2", "Q3"])
    control.add_tag_type("Größe", ["Ärmel", "klein", "KLEIN"])
    control.add_tag_type("Secret")
    for program_id, tag_type, value in [
        (1001, "Region", "EMEA"),
        (1002, "Region", "APJ"),
        (1003, "Region", "North America, Canada"),
        (1004, "Region", "EMEA"),
        (1001, "Quarter", "Q1"),
        (1002, "Quarter", "Q2"),
        (1005, "Größe", "Ärmel"),
        (1006, "Größe", "klein"),
        (1004, "Größe", "KLEIN"),
        (1003, "Secret", "kept"),
    ]:
        control.tag_program(program_id, tag_type, value)
    control.advance(2 * HOUR)
    control.clear_requests()
    return control


def ids(output: Output) -> dict[str, set[int]]:
    """The programs of each stream."""
    assert output.error is None, output.error
    keys = {"program_members": "programId", "programs": "id", BY_TAG: "id"}
    return {name: {row[key] for row in output.records(name)} for name, key in keys.items()}


def warnings(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [one.getMessage() for one in caplog.records if one.levelname == "WARNING"]


# Calls


@pytest.mark.parametrize(
    "streams", [chosen for size in (1, 2, 3) for chosen in combinations(STREAMS, size)]
)
@pytest.mark.parametrize("details", [True, False])
def test_each_tag_is_asked_for_once_whichever_streams_want_to_know(
    tap: Tap, control: SandboxControl, streams: tuple[str, ...], *, details: bool
) -> None:
    tags: Tags = [
        {"tag_type": "Region", "tag_values": ["EMEA", "APJ"]},
        {"tag_type": "Quarter", "tag_values": ["Q2"]},
    ]
    catalog = tap.catalog()
    control.clear_requests()

    output = tap.sync(*streams, catalog=catalog, program_tags=tags, program_details=details)

    made = Counter(one["endpoint"] for one in control.requests())
    assert made["tag_types"] == 1
    assert made["tag_type"] == 2
    assert made[BY_TAG] == 3
    for name in streams:
        assert ids(output)[name] == {1001, 1002, 1004}


def test_values_that_may_have_commas_are_told_apart_once_too(
    tap: Tap, control: SandboxControl
) -> None:
    catalog = tap.catalog()
    tags: Tags = [{"tag_type": "Region"}]
    control.clear_requests()
    tap.sync("program_members", catalog=catalog, program_tags=tags)
    alone = len(control.requests(BY_TAG))
    control.clear_requests()

    output = tap.sync(*STREAMS, catalog=catalog, program_tags=tags)

    assert len(control.requests(BY_TAG)) == alone
    assert all(found == {1001, 1002, 1003, 1004} for found in ids(output).values())
    assert (1003, "North America, Canada") in {
        (row["id"], row["tagValue"]) for row in output.records(BY_TAG)
    }


def test_all_streams_of_a_run_go_by_the_same_answers(tap: Tap, control: SandboxControl) -> None:
    control.fault("edit", "program", do="untag_program", program_id=1001, tag_type="Region")

    output = tap.sync(*STREAMS, program_tags=[{"tag_type": "Region", "tag_values": ["EMEA"]}])

    assert all(found == {1001, 1004} for found in ids(output).values())


# Spellings


@pytest.mark.parametrize(
    ("tag_type", "value", "found"),
    [
        (" region ", "\temea ", {1001, 1004}),
        ("REGION", "north america, canada", {1003}),
        (unicodedata.normalize("NFD", "Größe"), unicodedata.normalize("NFD", "ärmel"), {1005}),
        ("GRÖSSE", "ÄRMEL", {1005}),
        # Two values in capitals and not: case does not matter, so both are meant.
        ("größe", "Klein", {1004, 1006}),
    ],
)
def test_a_tag_is_found_whatever_its_case_blanks_and_accents_are_coded_as(
    tap: Tap, control: SandboxControl, tag_type: str, value: str, found: set[int]
) -> None:
    control.knob(U22_case="sensitive")

    output = tap.sync(*STREAMS, program_tags=[{"tag_type": tag_type, "tag_values": [value]}])

    assert all(one == found for one in ids(output).values())


def test_a_tag_named_twice_is_read_once(tap: Tap, control: SandboxControl) -> None:
    control.clear_requests()
    tags: Tags = [
        {"tag_type": "Region", "tag_values": ["EMEA", "emea", "EMEA"]},
        {"tag_type": "region", "tag_values": [" EMEA"]},
    ]

    output = tap.sync(*STREAMS, program_tags=tags)

    assert len(control.requests(BY_TAG)) == 1
    assert len(output.records(BY_TAG)) == 2


# What nobody carries


@pytest.mark.parametrize("stream", STREAMS)
@pytest.mark.parametrize(
    ("tags", "words"),
    [
        (
            [{"tag_type": "Region", "tag_values": ["APJJ"]}],
            (
                "program_tags: tag type 'Region' has no value 'APJJ'. Did you mean APJ? It has: "
                "EMEA, APJ, North America, Canada, LATAM (Admin > Tags). No program passes "
                "program_tags (0 of 6), so nothing would be extracted."
            ),
        ),
        (
            [{"tag_type": "Quarter", "tag_values": ["Q3"]}],
            (
                "program_tags: no program has the value 'Q3' of tag type 'Quarter'. No program "
                "passes program_tags (0 of 6), so nothing would be extracted."
            ),
        ),
    ],
)
@pytest.mark.usefixtures("control")
def test_tags_that_nobody_carries_are_one_line_and_no_other_says_more(
    tap: Tap, caplog: pytest.LogCaptureFixture, stream: str, tags: Tags, words: str
) -> None:
    catalog = tap.catalog()
    caplog.clear()

    output = tap.run(stream, catalog=catalog, program_tags=tags)

    assert isinstance(output.error, MarketoConfigError)
    assert str(output.error) == words
    assert not warnings(caplog)
    assert not output.of("RECORD")


@pytest.mark.usefixtures("control")
def test_a_tag_that_carries_others_than_those_that_pass_is_told_with_counts(tap: Tap) -> None:
    output = tap.run(*STREAMS, program_ids=[1003, 1005], program_tags=[{"tag_type": "Quarter"}])

    assert str(output.error) == (
        "No program passes program_ids (2 of 6) and program_tags (2 of 6), so nothing would be "
        "extracted."
    )


@pytest.mark.usefixtures("control")
def test_values_of_a_type_that_nobody_carries_are_one_warning_in_a_run(
    tap: Tap, caplog: pytest.LogCaptureFixture
) -> None:
    tap.sync(
        *STREAMS,
        program_tags=[
            {"tag_type": "Region", "tag_values": ["EMAE", "APJ", "Q3", "LATAM"]},
            {"tag_type": "Quarter", "tag_values": ["Q1"]},
        ],
    )

    (line,) = warnings(caplog)
    assert line == (
        "program_tags: tag type 'Region' has no value 'EMAE', 'Q3'. Did you mean EMEA? It has: "
        "EMEA, APJ, North America, Canada, LATAM (Admin > Tags). No program has the value 'LATAM' "
        "of tag type 'Region'."
    )


@pytest.mark.usefixtures("control")
def test_a_value_named_beside_all_others_of_its_type_is_not_ignored(
    tap: Tap, caplog: pytest.LogCaptureFixture
) -> None:
    tap.sync(
        *STREAMS,
        program_tags=[
            {"tag_type": "Region"},
            {"tag_type": "Region", "tag_values": ["EMAE", "APJ"]},
        ],
    )

    (line,) = warnings(caplog)
    assert "has no value 'EMAE'. Did you mean EMEA?" in line


@pytest.mark.parametrize("beside", [[], [{"tag_type": "Secret"}]])
@pytest.mark.usefixtures("control")
def test_values_of_a_type_that_marketo_does_not_tell_are_read_where_they_are_named(
    tap: Tap, caplog: pytest.LogCaptureFixture, beside: Tags
) -> None:
    tags = [*beside, {"tag_type": "Secret", "tag_values": ["kept", "lost"]}]

    output = tap.sync(*STREAMS, program_tags=tags)

    assert all(found == {1003} for found in ids(output).values())
    assert "program_tags: no program has the value 'lost' of tag type 'Secret'." in warnings(caplog)


@pytest.mark.usefixtures("control")
def test_a_line_on_many_values_is_bounded(tap: Tap, caplog: pytest.LogCaptureFixture) -> None:
    strange = [f"none such {number}" for number in range(200)]

    tap.sync("programs", program_tags=[{"tag_type": "Region", "tag_values": ["EMEA", *strange]}])

    (line,) = warnings(caplog)
    assert "'none such 9', 190 more." in line
    assert len(line) < 1_500


def test_a_row_by_tag_that_cannot_be_read_hides_no_other_and_is_told_once(
    tap: Tap, control: SandboxControl, between: Proxy, caplog: pytest.LogCaptureFixture
) -> None:
    def change(answer: Answer) -> bool:
        content = answer.json
        content["result"][0].pop("id")
        answer.write(content)
        return True

    between.alterations = [Alteration(ends_with("/program/byTag.json"), change)]
    tags: Tags = [{"tag_type": "Region", "tag_values": ["EMEA"]}]

    output = tap.run(*STREAMS, base_url=between.url, program_tags=tags)

    assert all(len(found) == 1 for found in ids(output).values())
    assert len([line for line in warnings(caplog) if "no usable id: 1" in line]) == 1
    assert len(control.requests(BY_TAG)) == 1
