"""What real instances answered, byte for byte, reaches the target row for row."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING, Any

import pytest
from record_schemas import assert_valid
from recordings import (
    CHANNELS,
    DESCRIBE,
    FOLDER,
    PROGRAMS,
    asset,
    database,
    recording,
    replaying,
)
from states import ledger

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from harness import Output, Tap
    from recordings import Instance

pytestmark = pytest.mark.skipif(
    not FOLDER.is_dir(), reason=f"recorded answers of real instances are not at {FOLDER}"
)

Row = dict[str, Any]


def run(tap: Tap, instance: Instance, stream: str, **settings: Any) -> Output:  # noqa: ANN401 - any setting
    """Sync a stream from an instance that answers as recorded."""
    output = tap.sync(stream, base_url=instance.url, program_details=False, **settings)
    assert_valid(output)
    return output


def utc(row: Row) -> Row:
    """A recorded row with its times as RFC 3339 has them."""
    times = {name: row[name].removesuffix("+0000") for name in ("createdAt", "updatedAt")}
    return {**row, **times}


def told(row: Row) -> Row:
    """What of a record is more than the absence of a value."""
    return {name: value for name, value in row.items() if value is not None}


def programs_of_2020() -> list[Row]:
    """The kept columns of a hundred programs, as Get Programs would show them."""
    names = {"created_at": "createdAt", "updated_at": "updatedAt", "sfdc_id": "sfdcId"}
    names |= {name: name for name in ("name", "description", "channel", "status", "type", "url")}
    names |= {"sfdc_name": "sfdcName", "workspace": "workspace"}
    kept = csv.DictReader(io.StringIO(recording("programs_100_of_2020.csv").decode(), newline=""))
    rows = []
    for line in kept:
        row: Row = {"id": int(line["id"])}
        row |= {names[name]: value for name, value in line.items() if name in names}
        for name in ("createdAt", "updatedAt"):
            row[name] = row[name].replace(" UTC", "Z+0000").replace(" ", "T")
        linked = bool(row["sfdcId"])
        rows.append({n: v for n, v in row.items() if linked or not n.startswith("sfdc")})
    return rows


@pytest.mark.parametrize("year", ["2022", "2023"])
def test_recorded_programs_come_as_they_were_recorded(tap: Tap, year: str) -> None:
    content = recording(f"programs_browse_{year}.json")
    with replaying({PROGRAMS: asset(content), DESCRIBE: describe()}) as instance:
        output = run(tap, instance, "programs")

    expected = [utc(row) for row in json.loads(content)]
    assert len(expected) == (8 if year == "2022" else 13)
    assert sorted(map(told, output.records("programs")), key=lambda row: row["id"]) == sorted(
        expected, key=lambda row: row["id"]
    )


def test_a_hundred_programs_of_a_real_instance_come_all(tap: Tap) -> None:
    rows = programs_of_2020()
    content = asset(json.dumps(rows).encode())
    with replaying({PROGRAMS: content, DESCRIBE: describe()}) as instance:
        output = run(tap, instance, "programs")

    assert len(rows) == 100
    assert sum(row["type"] == "EventWithWebinar" for row in rows) == 47
    records = {row["id"]: told(row) for row in output.records("programs")}
    assert records == {row["id"]: utc(row) for row in rows}
    assert output.state["bookmarks"]["programs"]


@pytest.mark.parametrize("name", ["amp_channels.json", "amp_channels15.json"])
def test_recorded_channels_come_as_they_were_recorded(tap: Tap, name: str) -> None:
    content = recording(name)
    kept = json.loads(content)
    rows = [row["raw"] for row in kept["data"]] if "data" in kept else kept["result"]
    if "data" in kept:
        content = asset(json.dumps(rows).encode())
    with replaying({CHANNELS: content, DESCRIBE: describe()}) as instance:
        output = run(tap, instance, "channels")

    records = output.records("channels")
    assert [told(row) for row in records] == [utc(row) for row in rows]
    assert len(records) == (15 if "data" in kept else 1)


# Members


def describe() -> bytes:
    """The recorded describe in its envelope."""
    return database(recording("program_members_describe.json"))


def described() -> dict[str, str]:
    """Data types of the recorded describe, by name."""
    fields = json.loads(recording("program_members_describe.json"))["fields"]
    return {field["name"]: field["dataType"] for field in fields}


def members() -> list[Row]:
    """The recorded extract as the csv module reads it, typed by the recorded describe."""
    read: dict[str, Callable[[str], Any]] = {
        "boolean": {"0": False, "1": True}.__getitem__,
        "integer": int,
    }
    types = described()
    text = recording("program_members_extract.csv").decode()
    return [
        {n: None if cell == "null" else read.get(types[n], str)(cell) for n, cell in line.items()}
        for line in csv.DictReader(io.StringIO(text, newline=""))
    ]


@pytest.fixture
def instance() -> Iterator[Instance]:
    """The instance whose describe and extract were recorded; its list of programs is another's."""
    answers = {
        DESCRIBE: describe(),
        PROGRAMS: asset(json.dumps([programs_of_2020()[0]]).encode()),
    }
    with replaying(answers, recording("program_members_extract.csv")) as made:
        yield made


def test_the_recorded_extract_comes_cell_for_cell(tap: Tap, instance: Instance) -> None:
    output = run(tap, instance, "program_members")

    assert len(members()) == 3
    assert output.records() == members()
    assert [set(job["fields"]) | {"programId"} for job in instance.created] == [set(described())]
    assert set(ledger(output.state).watermarks) == {1001}


def test_the_recorded_describe_becomes_the_schema(tap: Tap, instance: Instance) -> None:
    output = run(tap, instance, "program_members")

    schema = output.of("SCHEMA", "program_members")[0]["schema"]["properties"]
    kinds = {"boolean": "boolean", "integer": "integer"}
    assert {name: set(each["type"]) - {"null"} for name, each in schema.items()} == {
        name: {kinds.get(data_type, "string")} for name, data_type in described().items()
    }
    assert schema["programMemberCustomFieldTest"]["description"] == "ProgramMemberCustomFieldTest"
    formats = {name for name, each in schema.items() if each.get("format") == "date-time"}
    assert formats == {name for name, kind in described().items() if kind == "datetime"}


def test_a_selected_part_of_the_extract_comes_too(tap: Tap, instance: Instance) -> None:
    """The file holds columns that were not asked for, in an order that nobody asked for."""
    catalog = tap.catalog(base_url=instance.url)
    wanted = {"statusName", "reachedSuccess", "leadId", "programId", "updatedAt"}
    for stream in catalog["streams"]:
        for entry in stream["metadata"]:
            if entry["breadcrumb"] and entry["breadcrumb"][-1] not in wanted:
                entry["metadata"]["selected"] = False

    output = run(tap, instance, "program_members", catalog=catalog)

    kept = [{name: row[name] for name in row if name in wanted} for row in members()]
    assert [dict(sorted(row.items())) for row in output.records()] == [
        dict(sorted(row.items())) for row in kept
    ]
    assert set(instance.created[0]["fields"]) <= wanted
