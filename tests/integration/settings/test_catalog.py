"""What a catalog, stream maps, flattening and BATCH make of the streams."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
from harness import by_key, only
from record_schemas import assert_valid

from tap_marketo_programs.errors import MarketoConfigError, PermissionDenied
from tap_marketo_programs.export.id_set import read_programs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from harness import Output, Tap

Row = dict[str, Any]
Catalog = dict[str, Any]

STREAMS = ("channels", "program_members", "programs", "programs_by_tag", "tag_types")
# One field that is not automatic, and those that are.
FIELDS = {
    "channels": ("name", {"id"}),
    "program_members": ("statusName", {"leadId", "programId", "updatedAt"}),
    "programs": ("workspace", {"id", "updatedAt"}),
    "programs_by_tag": ("url", {"id", "tagType", "tagValue"}),
    "tag_types": ("required", {"tagType"}),
}


def entry(catalog: Catalog, stream: str) -> Row:
    (found,) = [entry for entry in catalog["streams"] if entry["tap_stream_id"] == stream]
    return dict(found)


def choose(catalog: Catalog, stream: str, *fields: str) -> Catalog:
    """The catalog with just these fields of one stream selected."""
    for item in entry(catalog, stream)["metadata"]:
        if item["breadcrumb"]:
            item["metadata"]["selected"] = item["breadcrumb"][-1] in fields
    return catalog


def columns(rows: Iterable[Row]) -> set[str]:
    return {name for row in rows for name in row}


def demo(tap: Tap) -> None:
    tap.sandbox.control.reset(world="demo")
    tap.sandbox.control.knob(rate_limit=None)


# Selection


@pytest.mark.parametrize("stream", STREAMS)
def test_only_selected_streams_are_extracted(tap: Tap, stream: str) -> None:
    output = tap.sync(stream)

    assert {message["stream"] for message in output.of("SCHEMA")} == {stream}
    assert {message["stream"] for message in output.of("RECORD")} == {stream}


def test_a_catalog_without_selection_extracts_nothing(tap: Tap) -> None:
    output = tap.sync(catalog=only(tap.catalog()))

    assert not output.of("RECORD")
    assert not output.of("SCHEMA")


@pytest.mark.parametrize("stream", STREAMS)
def test_only_selected_fields_and_keys_are_extracted(tap: Tap, stream: str) -> None:
    field, automatic = FIELDS[stream]

    output = tap.sync(stream, catalog=choose(tap.catalog(), stream, field))

    assert columns(output.records(stream)) == {field} | automatic
    (schema,) = output.of("SCHEMA")
    assert set(schema["schema"]["properties"]) == {field} | automatic
    assert_valid(output)


def test_only_selected_member_fields_are_asked_of_marketo(tap: Tap) -> None:
    catalog = choose(tap.catalog(), "program_members", "statusName", "customText")

    output = tap.sync("program_members", catalog=catalog)

    wanted = {"leadId", "updatedAt", "statusName", "customText"}
    created = tap.sandbox.control.requests("export_create")
    assert created
    for request in created:
        # `programIds` in the filter adds the column `programId` by itself.
        assert sorted(request["body"]["fields"]) == sorted(wanted)
    rows = tap.sandbox.control.truth(fields=[*wanted, "programId"])
    assert by_key(output.records()) == by_key(rows)


def test_member_keys_and_updated_at_are_asked_for_even_if_deselected(tap: Tap) -> None:
    output = tap.sync("program_members", catalog=choose(tap.catalog(), "program_members"))

    (request,) = tap.sandbox.control.requests("export_create")
    assert sorted(request["body"]["fields"]) == ["leadId", "updatedAt"]
    assert columns(output.records()) == {"leadId", "programId", "updatedAt"}


def test_programs_whose_details_are_deselected_cost_no_call_each(tap: Tap) -> None:
    catalog = choose(tap.catalog(), "programs", "name")

    output = tap.sync("programs", catalog=catalog)

    assert len(output.records("programs")) == 3
    assert not tap.sandbox.control.requests("program")


def test_one_selected_detail_brings_the_details(tap: Tap) -> None:
    catalog = choose(tap.catalog(), "programs", "tags")

    output = tap.sync("programs", catalog=catalog)

    assert next(row["tags"] for row in output.records("programs")) == [
        {"tagType": "Region", "tagValue": "EMEA"}
    ]


# A catalog that is older or newer than Marketo's fields


def test_a_field_added_after_discovery_is_left_out_until_the_next_one(tap: Tap) -> None:
    catalog = tap.catalog()
    tap.sandbox.control.add_member_field("customLater", values=["new"])

    before = tap.sync("program_members", catalog=catalog)
    after = tap.sync("program_members")

    assert "customLater" not in columns(before.records())
    assert {row["customLater"] for row in after.records()} == {"new"}
    assert_valid(before)


def test_a_field_removed_after_discovery_is_dropped_with_a_warning(
    tap: Tap, caplog: pytest.LogCaptureFixture
) -> None:
    catalog = tap.catalog()
    tap.sandbox.control.remove_member_field("customText")

    output = tap.sync("program_members", catalog=catalog)

    assert by_key(
        [{n: v for n, v in row.items() if n != "customText"} for row in output.records()]
    ) == by_key(tap.sandbox.control.truth())
    warnings = [line.getMessage() for line in caplog.records if line.levelname == "WARNING"]
    assert [line for line in warnings if "customText" in line]
    assert_valid(output)


def test_a_type_changed_in_the_catalog_is_the_type_of_the_records(tap: Tap) -> None:
    demo(tap)
    catalog = tap.catalog()
    properties = entry(catalog, "program_members")["schema"]["properties"]
    properties["customInteger"]["type"] = ["string", "null"]
    properties["registrationLikelihood"]["type"] = ["number", "null"]

    output = tap.sync("program_members", catalog=catalog)

    assert_valid(output)
    assert {row["customInteger"] for row in output.records()} == {
        None,
        "0",
        "12",
        "-7",
        "2147483647",
    }
    assert {row["registrationLikelihood"] for row in output.records()} == {
        None,
        5,
        40,
        65,
        99,
    }


# Missing permissions


def test_without_the_members_permission_discovery_lists_the_other_streams(
    tap: Tap, command: Callable[..., Output]
) -> None:
    tap.sandbox.control.knob(denied="members_describe")

    output = command("--discover")

    assert output.code == 0
    catalog = json.loads("\n".join(output.lines))
    assert {one["tap_stream_id"] for one in catalog["streams"]} == {
        "channels",
        "programs",
        "programs_by_tag",
        "tag_types",
    }
    warnings = [line for line in output.logs.splitlines() if "WARNING" in line]
    for stream, warning in zip(("program_members", "export_jobs"), warnings, strict=True):
        assert f"{stream} is left out of the catalog" in warning
        assert "Read-Only Lead" in warning


def test_every_run_of_a_catalog_that_discovery_left_members_out_of_says_so(
    tap: Tap, caplog: pytest.LogCaptureFixture
) -> None:
    """Meltano keeps a catalog, also once the permission is given."""
    kept = tap.catalog()
    left_out = {"program_members", "export_jobs"}
    streams = kept["streams"]
    kept["streams"] = [entry for entry in streams if entry["tap_stream_id"] not in left_out]

    output = tap.run(catalog=kept)

    assert output.error is None
    assert output.records("programs")
    (warning,) = [line.getMessage() for line in caplog.records if line.levelname == "WARNING"]
    assert "The catalog does not have program_members" in warning
    assert "--refresh-catalog" in warning


def test_without_the_members_permission_members_fail_with_its_name(tap: Tap) -> None:
    catalog = tap.catalog()
    tap.sandbox.control.knob(denied="members_describe")

    output = tap.run("program_members", catalog=catalog)

    assert isinstance(output.error, PermissionDenied)
    assert "Read-Only Lead" in str(output.error)
    assert not output.of("RECORD")


@pytest.mark.parametrize("stream", [name for name in STREAMS if name != "program_members"])
def test_without_the_members_permission_the_other_streams_work(tap: Tap, stream: str) -> None:
    catalog = tap.catalog()
    tap.sandbox.control.knob(denied="members_describe,leads_describe2,export_create")

    output = tap.sync(stream, catalog=catalog)

    assert output.records(stream)


# Lead fields


def test_lead_fields_are_joined_to_every_member(tap: Tap) -> None:
    demo(tap)
    wanted = ["email", "firstName", "notes", "leadScore", "unsubscribed", "annualRevenue"]

    output = tap.sync("program_members", lead_fields=wanted)

    control = tap.sandbox.control
    members = list(control.truth()[0])
    assert by_key(output.records()) == by_key(control.truth(fields=[*members, *wanted]))
    assert_valid(output)
    (schema,) = output.of("SCHEMA")
    assert schema["schema"]["properties"]["leadScore"]["type"] == ["number", "null"]


def test_a_lead_field_can_be_deselected(tap: Tap) -> None:
    catalog = tap.catalog(lead_fields=["email", "company"])
    choose(catalog, "program_members", "email")

    output = tap.sync("program_members", catalog=catalog, lead_fields=["email", "company"])

    assert columns(output.records()) == {"leadId", "programId", "updatedAt", "email"}
    (request,) = tap.sandbox.control.requests("export_create")
    assert sorted(request["body"]["fields"]) == ["email", "leadId", "updatedAt"]


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("emial", "not a lead field"),
        ("LeadPartition", "not a lead field"),
        ("fullName", "formula"),
        ("updatedAt", "program member field"),
    ],
)
def test_a_lead_field_that_cannot_be_joined_is_a_config_error(
    tap: Tap, name: str, reason: str
) -> None:
    output = tap.run(lead_fields=["email", name])

    assert isinstance(output.error, MarketoConfigError)
    assert "lead_fields" in str(output.error)
    assert f"'{name}'" in str(output.error)
    assert reason in str(output.error)
    assert not output.lines


def test_a_wrong_lead_field_does_not_stop_other_streams(tap: Tap) -> None:
    output = tap.sync("programs", catalog=tap.catalog(), lead_fields=["emial"])

    assert len(output.records("programs")) == 3


# Stream maps and flattening


def test_a_stream_map_renames_filters_removes_and_computes(tap: Tap) -> None:
    maps = {
        "programs": {
            "__alias__": "campaigns",
            "__filter__": "channel != 'Email Send'",
            "url": "__NULL__",
            "label": "str(id) + ' ' + name",
        }
    }

    output = tap.sync("programs", stream_maps=maps)

    assert not output.records("programs")
    rows = output.records("campaigns")
    channels = {row["id"]: row["channel"] for row in tap.sandbox.control.programs()}
    assert {row["id"] for row in rows} == {
        key for key, channel in channels.items() if channel != "Email Send"
    }
    assert 0 < len(rows) < 3
    assert "url" not in columns(rows)
    assert {row["label"] for row in rows} == {f"{row['id']} {row['name']}" for row in rows}
    assert_valid(output)
    assert output.state["bookmarks"]["programs"]["replication_key_value"]


def test_a_stream_map_works_on_members_and_keeps_their_bookmark(tap: Tap) -> None:
    maps = {
        "program_members": {
            "__alias__": "members",
            "__filter__": "programId == 1002",
            "webinarUrl": "__NULL__",
            "who": "str(leadId) + '@' + str(programId)",
        }
    }

    output = tap.sync("program_members", stream_maps=maps)

    truth = tap.sandbox.control.truth(program_ids=[1002])
    assert {row["who"] for row in output.records("members")} == {
        f"{row['leadId']}@1002" for row in truth
    }
    assert "webinarUrl" not in columns(output.records("members"))
    assert_valid(output)
    # What a filter leaves out was extracted all the same.
    (programs,) = output.state["bookmarks"]["program_members"]["watermarks"].values()
    assert read_programs(programs) == [1001, 1002, 1003]


def test_a_stream_map_can_drop_all_fields_but_some(tap: Tap) -> None:
    maps = {"program_members": {"leadId": "leadId", "programId": "programId", "__else__": None}}

    output = tap.sync("program_members", stream_maps=maps)

    assert columns(output.records()) == {"leadId", "programId"}
    assert len(output.records()) == 12


def test_a_stream_map_can_drop_a_stream(tap: Tap) -> None:
    output = tap.sync("programs", "tag_types", stream_maps={"programs": "__NULL__"})

    assert {message["stream"] for message in output.of("RECORD")} == {"tag_types"}
    assert {message["stream"] for message in output.of("SCHEMA")} == {"tag_types"}


def test_flattening_makes_columns_of_objects(tap: Tap) -> None:
    output = tap.sync(flattening_enabled=True, flattening_max_depth=1)

    rows = output.records("programs")
    assert {row["folder__value"] for row in rows} == {28}
    assert "folder" not in columns(rows)
    # Lists become JSON texts.
    assert {json.loads(row["tags"])[0]["tagValue"] for row in rows if row["tags"] != "[]"} == {
        "EMEA",
        "APJ",
    }
    assert_valid(output)
    assert by_key(output.records()) == by_key(tap.sandbox.control.truth())


# BATCH


def batches(output: Output, stream: str) -> list[Row]:
    """The rows in the files of a stream's BATCH messages."""
    return [
        json.loads(line)
        for message in output.of("BATCH", stream)
        for file in message["manifest"]
        for line in gzip.decompress(Path(urlsplit(file).path).read_bytes()).splitlines()
    ]


@pytest.fixture
def batch_config(tmp_path: Path) -> Row:
    return {
        "encoding": {"format": "jsonl", "compression": "gzip"},
        "storage": {"root": tmp_path.as_uri(), "prefix": "marketo-"},
        "batch_size": 500,
    }


@pytest.mark.parametrize("stream", STREAMS)
def test_batches_hold_the_rows_that_records_would(tap: Tap, stream: str, batch_config: Row) -> None:
    demo(tap)
    records = tap.sync(stream)

    output = tap.sync(stream, batch_config=batch_config)

    def in_order(rows: list[Row]) -> list[str]:
        return sorted(json.dumps(row, sort_keys=True) for row in rows)

    assert not output.of("RECORD")
    assert in_order(batches(output, stream)) == in_order(records.records(stream))


@pytest.mark.parametrize("stream", STREAMS)
def test_batches_hold_selected_fields_only(tap: Tap, stream: str, batch_config: Row) -> None:
    field, automatic = FIELDS[stream]
    catalog = choose(tap.catalog(), stream, field)

    output = tap.sync(stream, catalog=catalog, batch_config=batch_config)

    assert columns(batches(output, stream)) == {field} | automatic


@pytest.mark.parametrize(
    "stream",
    [
        "programs",
        "program_members",
    ],
)
def test_batches_hold_what_stream_maps_make(tap: Tap, stream: str, batch_config: Row) -> None:
    maps = {
        stream: {"__alias__": "other", "__filter__": "updatedAt > '2025'", "year": "updatedAt[:4]"}
    }
    records = tap.sync(stream, stream_maps=maps)

    output = tap.sync(stream, stream_maps=maps, batch_config=batch_config)

    assert batches(output, "other") == records.records("other")
    assert records.records("other")


def test_the_state_of_members_follows_their_batches(tap: Tap, batch_config: Row) -> None:
    demo(tap)

    output = tap.sync("program_members", batch_config=batch_config)

    every = by_key(tap.sandbox.control.truth())
    out: set[tuple[int, int]] = set()
    known: set[int] = set()
    for message in output.messages:
        if message["type"] == "BATCH":
            one = type(output)([json.dumps(message)])
            out |= by_key(batches(one, "program_members")).keys()
        elif message["type"] == "STATE":
            marks = message["value"]["bookmarks"].get("program_members", {}).get("watermarks", {})
            known = {one for programs in marks.values() for one in read_programs(programs)}
            assert {key for key in every if key[1] in known} <= out
    assert out == every.keys()
    assert known == {row["id"] for row in tap.sandbox.control.programs()}


def test_the_state_of_programs_follows_their_batches(tap: Tap, batch_config: Row) -> None:
    output = tap.sync("programs", batch_config=batch_config)

    assert output.messages[-1]["type"] == "STATE"
    assert output.state["bookmarks"]["programs"]["replication_key_value"]
    for message in output.messages[: output.messages.index(output.of("BATCH")[-1])]:
        if message["type"] == "STATE":
            assert "replication_key_value" not in message["value"]["bookmarks"].get("programs", {})
