"""A stream map does what was meant or is refused, and what fails on a row tells no cell."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from harness import only
from record_schemas import assert_valid
from singer_sdk.exceptions import ConfigValidationError
from waiting import PATIENCE

from tap_marketo_programs.errors import MarketoConfigError, RecordFailed

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from harness import Output, Tap

Maps = dict[str, Any]
STREAMS = ("channels", "program_members", "programs", "programs_by_tag", "tag_types")
# A text of each stream's rows that is no number.
TEXTS = {
    "channels": "name",
    "program_members": "statusName",
    "programs": "name",
    "programs_by_tag": "tagValue",
    "tag_types": "tagType",
}


def warnings(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [one.getMessage() for one in caplog.records if one.levelname == "WARNING"]


def complaint(tap: Tap, maps: Maps) -> str:
    """The one line on stream maps, before anything is sent."""
    with pytest.raises(ConfigValidationError) as caught:
        tap.make(stream_maps=maps)
    assert tap.sandbox.control.requests() == []
    (line,) = caught.value.errors
    return str(line)


# Maps that got lost


def test_a_field_that_meltano_would_not_have_removed_ends_the_run_before_anything_is_sent(
    tap: Tap, monkeypatch: pytest.MonkeyPatch
) -> None:
    variable = "TAP_MARKETO_PROGRAMS_STREAM_MAPS"
    monkeypatch.setenv(variable, '{"program_members.statusName": null}')

    line = complaint(tap, {})

    assert line.startswith("stream_maps.program_members.statusName: Meltano drops null")


# Maps that are of nothing


@pytest.mark.parametrize(
    ("maps", "line"),
    [
        ({"program": {"x": "id"}}, "there is no stream program. Did you mean programs?"),
        ({"program_member": None}, "no stream program_member. Did you mean program_members?"),
        ({"leads": {"x": "id"}}, "stream_maps.leads: there is no stream leads."),
        ({"lead_*": None}, "stream_maps.lead_*: there is no stream lead_*."),
        ({"copy": {"__source__": "progams"}}, "stream_maps.copy: there is no stream progams. Did"),
        ({"copy": {"__source__": 5}}, "stream_maps.copy: there is no stream 5."),
        ({"__els__": None}, "stream_maps.__els__: is no option. Did you mean __else__?"),
        ({"__else__": {}}, 'stream_maps.__else__: expected "__NULL__"'),
        ({"programs": {"__alais__": "x"}}, "__alais__: is no option. Did you mean __alias__?"),
        ({"programs": {"__else__": "id"}}, 'stream_maps.programs.__else__: expected "__NULL__"'),
        ({"programs": {"__key_properties__": "id"}}, "__key_properties__: expected array"),
        ({"programs": {"__alias__": 5}}, "__alias__: expected the name of a stream"),
        ({"programs": {"__alias__": ""}}, "__alias__: expected the name of a stream"),
        ({"programs": "id"}, "stream_maps.programs: expected"),
        ({"programs": {"x": 5}}, "stream_maps.programs.x: expected an expression as text"),
        ({"programs": {"x": "int(id"}}, "stream_maps.programs.x: 'int(id' is no expression"),
        ({"programs": {"x": ""}}, "stream_maps.programs.x: '' is no expression"),
        ({"programs": {"x": "y = 1"}}, "stream_maps.programs.x: 'y = 1' is no expression"),
        ({"programs": {"x": "1; 2"}}, "is no expression"),
        ({"programs": {"x": "(" * 500}}, "is no expression"),
        ({"programs": {"__filter__": "id =="}}, "stream_maps.programs.__filter__: 'id ==' is no"),
        ({"programs": {"x": "itn(id)"}}, "calls itn, which is no function here. Did you mean int?"),
        ({"programs": {"__filter__": "open('x')"}}, "calls open, which is no function here."),
    ],
)
def test_a_map_that_means_nothing_is_refused_with_what_was_probably_meant(
    tap: Tap, maps: Maps, line: str
) -> None:
    assert line in complaint(tap, maps)


@pytest.mark.parametrize(
    "maps",
    [
        {"programs": None, "tag_types": "__NULL__"},
        {"*": {"__alias__": "__stream_name__ + '_v2'"}},
        {"program*": {"url": None}},
        {"copy": {"__source__": "programs", "x": "str(id)"}},
        {"programs": {"x": "md5(name)", "__else__": None, "id": "id", "updatedAt": "updatedAt"}},
        {"programs": {"x": "[item for item in [1, 2] if item > 1][0]", "y": "record['id']"}},
        {"programs": {"x": "_['id']", "y": "json.dumps(tags)", "z": "config.get('a')"}},
        {"programs": {"name": "self.upper()", "__filter__": "id != 1001 and not None"}},
        {"programs": {"__key_properties__": ["id"], "x": "datetime.date.today().isoformat()"}},
        {"programs": {"x": "__original_stream_name__"}, "__else__": "__NULL__"},
        {"programs": {"__key_properties__": None, "id": None}},
    ],
)
def test_a_map_that_means_something_is_taken(tap: Tap, maps: Maps) -> None:
    output = tap.sync("programs", stream_maps=maps, stream_map_config={"a": "b"})

    assert output.records("programs") or maps.get("programs", 5) in {None, 5}


# Maps and fields


@pytest.mark.parametrize(
    ("maps", "line"),
    [
        ({"programs": {"x": "nmae"}}, "rows of programs do not have. Did you mean name?"),
        ({"programs": {"__filter__": "upadtedAt > ''"}}, "Did you mean updatedAt?"),
        ({"programs": {"ulr": None}}, "programs has no such field to remove. Did you mean url?"),
        ({"program_members": {"status_name": "__NULL__"}}, "Did you mean statusName?"),
        ({"programs": {"id": None}}, "Removing key property 'id' is not permitted"),
        ({"programs": {"__key_properties__": ["nmae"]}}, "Invalid key properties for 'programs'"),
        ({"programs": {"__alias__": "(("}}, "stream_maps: "),
        ({"programs": {"__alias__": "1 / 0"}}, "stream_maps: division by zero"),
        ({"programs": {"__alias__": "123"}}, "stream_maps of programs: the alias 123 is no text"),
    ],
)
def test_a_field_that_does_not_exist_is_refused_before_a_row_is_paid_for(
    tap: Tap, maps: Maps, line: str
) -> None:
    catalog = tap.catalog()

    with pytest.raises(MarketoConfigError) as caught:
        tap.make(stream_maps=maps, catalog=catalog)

    assert line in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1
    assert not tap.sandbox.control.jobs()


def test_an_expression_cannot_use_a_field_that_is_not_selected(tap: Tap) -> None:
    catalog = only(tap.catalog(), "programs")
    for entry in catalog["streams"]:
        for item in entry["metadata"]:
            if item["breadcrumb"] == ["properties", "name"]:
                item["metadata"]["selected"] = False

    with pytest.raises(MarketoConfigError, match="uses name, which rows of programs do not have"):
        tap.make(stream_maps={"programs": {"x": "name"}}, catalog=catalog)


def test_a_field_to_remove_that_is_like_no_other_is_mentioned(
    tap: Tap, caplog: pytest.LogCaptureFixture
) -> None:
    tap.sync("programs", catalog=tap.catalog(), stream_maps={"programs": {"zzzz": None}})

    assert warnings(caplog) == ["stream_maps.programs.zzzz: programs has no such field to remove."]


@pytest.mark.parametrize("stream", STREAMS)
def test_a_map_of_a_stream_that_is_not_selected_ends_no_run(tap: Tap, stream: str) -> None:
    other = next(name for name in STREAMS if name not in {stream, "program_members"})
    maps = {stream: {"x": f"str({TEXTS[stream]})", "url": None}}

    output = tap.sync(other, stream_maps=maps)

    assert output.records(other)
    assert not output.of("SCHEMA", stream)


@pytest.mark.parametrize(
    ("settings", "line"),
    [
        ({"flattening_max_depth": 2}, "flattening_max_depth: sets nothing without"),
        ({"flattening_separator": "."}, "flattening_separator: sets nothing without"),
        ({"stream_map_config": {"a": 1}}, "stream_map_config: sets nothing without stream_maps"),
    ],
)
def test_a_setting_that_sets_nothing_alone_is_mentioned(
    tap: Tap, caplog: pytest.LogCaptureFixture, settings: dict[str, Any], line: str
) -> None:
    tap.make(catalog=only(tap.catalog()), **settings)

    assert [told for told in warnings(caplog) if told.startswith(line)]


def test_flattening_without_a_depth_is_refused(command: Callable[..., Output]) -> None:
    output = command(flattening_enabled=True)

    assert output.code == 1
    assert "flattening_max_depth is required" in output.logs
    assert "Traceback" not in output.logs


# What fails on a row

# The expression, and what it raises.
FAILING = {
    "int({text})": "ValueError",
    "float({text})": "ValueError",
    "{text} + 1": "TypeError",
    "{text}[99]": "IndexError",
    "{text}.nothing": "AttributeDoesNotExist",
    "json.loads({text})": "JSONDecodeError",
    "record[{text}]": "KeyError",
    "1 / 0": "ZeroDivisionError",
    "datetime.datetime.fromisoformat({text})": "ValueError",
    "(lambda: 1)()": "FeatureNotAvailable",
    "'x' * 100000000": "IterableTooLong",
}


def cells(tap: Tap, stream: str) -> set[str]:
    """The texts that no error may repeat."""
    rows = tap.sync(stream).records(stream)
    return {
        value
        for row in rows
        for name, value in row.items()
        if isinstance(value, str) and (name == TEXTS[stream] or "@" in value)
    }


@pytest.mark.parametrize("batched", [False, True], ids=["records", "batches"])
@pytest.mark.parametrize("expression", FAILING)
@pytest.mark.parametrize("stream", ["program_members", "programs"])
def test_an_expression_that_fails_on_a_row_is_told_with_its_place_and_no_cell(
    tap: Tap,
    tmp_path: Path,
    stream: str,
    expression: str,
    batched: bool,  # noqa: FBT001 - a table's column
) -> None:
    written = expression.format(text=TEXTS[stream])
    settings: dict[str, Any] = {"stream_maps": {stream: {"made": written}}}
    if batched:
        settings["batch_config"] = {
            "encoding": {"format": "jsonl", "compression": "none"},
            "storage": {"root": tmp_path.as_uri()},
        }
    secrets = cells(tap, stream)

    output = tap.run(stream, **settings)

    assert isinstance(output.error, RecordFailed), output.error
    text = str(output.error)
    assert text.startswith(
        f"{stream}: the stream map of made: {written!r} fails on a row ({FAILING[expression]})"
    )
    assert not [item for item in secrets if item in text.replace(written, "")]
    assert output.error.__cause__ is None
    assert not output.of("RECORD")


def test_an_expression_finds_a_field_that_marketo_leaves_out_of_some_rows(tap: Tap) -> None:
    maps = {"programs": {"__filter__": "not sfdcId", "campaign": "sfdcId or 'none'"}}

    output = tap.sync("programs", stream_maps=maps)

    records = output.records("programs")
    assert records
    assert {row["campaign"] for row in records} == {"none"}


def test_a_map_that_begins_with_no_field_names_no_version_of_json_schema(tap: Tap) -> None:
    maps = {"programs": {"id": "id", "updatedAt": "updatedAt", "__else__": "__NULL__"}}

    output = tap.sync("programs", stream_maps=maps)

    assert_valid(output)


@pytest.mark.parametrize("stream", STREAMS)
def test_a_filter_that_fails_is_told_as_such_in_every_stream(tap: Tap, stream: str) -> None:
    maps = {stream: {"__filter__": f"int({TEXTS[stream]}) > 1"}}

    output = tap.run(stream, stream_maps=maps)

    assert isinstance(output.error, RecordFailed)
    assert f"{stream}: the stream map of __filter__: 'int(" in str(output.error)


def test_a_copy_of_a_stream_that_fails_is_told_too(tap: Tap) -> None:
    maps = {"copy": {"__source__": "programs", "made": "int(name)"}}

    output = tap.run("programs", stream_maps=maps)

    assert isinstance(output.error, RecordFailed)
    assert "programs: the stream map of made: 'int(name)'" in str(output.error)


@pytest.mark.parametrize(
    "maps",
    [
        {"program_members": {"made": "int(statusName)"}},
        {"program_members": {"__filter__": "int(email) > 1"}},
        {
            "program_members": {
                "made": "float(statusName)",
                "leadId": "leadId",
                "programId": "programId",
                "__else__": None,
            }
        },
    ],
)
def test_the_command_says_one_line_and_never_a_cell(
    tap: Tap, command: Callable[..., Output], maps: Maps
) -> None:
    catalog = only(tap.catalog(lead_fields=["email"]), "program_members")

    output = command(catalog=catalog, lead_fields=["email"], stream_maps=maps)

    truth = tap.sandbox.control.truth(fields=["email", "statusName"])
    said = {str(value) for row in truth for value in row.values() if value}
    assert said
    assert output.code == 1
    errors = [line for line in output.logs.splitlines() if "| ERROR " in line]
    assert len(errors) == 1
    assert "Traceback" not in output.logs
    assert not [item for item in said if item in output.logs]
    assert output.messages[-1]["type"] == "STATE"
    assert not output.state["bookmarks"]["program_members"]["watermarks"]


@pytest.mark.parametrize(
    "settings",
    [
        {"flattening_enabled": True, "flattening_max_depth": 1},
        {"stream_maps": {"program_members": {"made": "{1: statusName}"}}},
        {"stream_maps": {"program_members": {"made": "[record]"}}},
        {"stream_maps": {"program_members": {"made": "2 ** 70"}}},
    ],
)
def test_odd_values_that_a_message_can_hold_are_written(
    tap: Tap, command: Callable[..., Output], settings: dict[str, Any]
) -> None:
    output = command(catalog=only(tap.catalog(), "program_members"), **settings)

    assert output.code == 0, output.logs
    assert len(output.records()) == 12


def test_an_error_nobody_thought_of_is_told_by_its_place_and_not_by_its_text(
    tap: Tap, tmp_path: Path
) -> None:
    script = """
import sys
from tap_marketo_programs.tap import TapMarketoPrograms

class Tap(TapMarketoPrograms):
    def discover_streams(self):
        raise LookupError("jane.doe@example.com")

Tap.cli()
"""
    (tmp_path / "config").write_text(json.dumps(tap.config()))

    done = subprocess.run(  # noqa: S603 - our own command
        [sys.executable, "-c", script, "--config", str(tmp_path / "config")],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )

    assert done.returncode == 1
    assert "Unexpected LookupError at <string>:7" in done.stderr
    assert "jane.doe" not in done.stderr
    assert "Traceback" not in done.stderr


def test_what_a_filter_made_of_a_row_is_not_logged_on_any_level(
    tap: Tap, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG", "singer_sdk.mapper")

    output = tap.sync("programs", stream_maps={"programs": {"__filter__": "name"}})

    names = {row["name"] for row in output.records("programs")}
    assert names
    assert not [name for name in names if name in caplog.text]
