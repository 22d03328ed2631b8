"""The bytes of export files: columns, quoting, nulls, booleans, numbers, line ends."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from marketo_sandbox import Sandbox
from marketo_sandbox.data.fields import AWKWARD_TEXTS
from marketo_sandbox.raw_client import RawClient

ONE = {"programId": 1001}
ONLY = {**ONE, "statusNames": ["Only"]}


def cell(client: RawClient, field: str, value: object, **more: object) -> str:
    """The cell of one member whose field has this value, as it stands in the file."""
    client.control.reset("empty", now="2026-03-01T12:00:00Z", knobs=more.pop("knobs", {}))
    client.forget_token()
    client.control.add_program(id=1001)
    client.control.add_member(1001, 7)
    edited: dict[str, Any] = {field: value}
    member = field in {
        f["name"] for f in client.get("/rest/v1/programs/members/describe.json").result[0]["fields"]
    }
    if member:
        client.control.edit_member(1001, 7, **edited)
    else:
        client.control.edit_lead(7, **edited)
    content = client.exported(ONE, [field])[1].decode()
    header, _, rest = content.partition("\n")
    assert header == field
    return rest.removesuffix("\n")


def test_columns_come_in_the_order_asked_for(client: RawClient) -> None:
    _, content = client.exported(ONE, ["updatedAt", "leadId", "program"])
    assert content.startswith(b"updatedAt,leadId,program\n")
    assert content.endswith(b",Alpha\n")


def test_headers_can_be_renamed(client: RawClient) -> None:
    names = {"leadId": "Lead, Id", "nothing": "x"}
    _, content = client.exported(ONE, ["leadId", "program"], columnHeaderNames=names)
    assert content.startswith(b'"Lead, Id",program\n')


def test_program_ids_prepend_a_column_and_program_id_does_not(client: RawClient) -> None:
    _, several = client.exported({"programIds": [1001, 1002]}, ["leadId"])
    assert several.split(b"\n")[:2] == [b"programId,leadId", b"1001,1"]
    assert b"1002,3" in several.split(b"\n")
    _, one = client.exported(ONE, ["leadId"])
    assert one.startswith(b"leadId\n1\n")


@pytest.mark.parametrize(
    ("variant", "header"),
    [("first_only", b"programId,leadId,program"), ("twice", b"programId,leadId,programId,program")],
)
def test_program_id_asked_for_beside_program_ids(
    client: RawClient, variant: str, header: bytes
) -> None:
    client.control.knob(U9=variant)
    _, content = client.exported({"programIds": [1001]}, ["leadId", "programId", "program"])
    assert content.split(b"\n")[0] == header


@pytest.mark.parametrize(
    ("variant", "member", "lead"),
    [("mixed", "1", "true"), ("words", "true", "true"), ("digits", "1", "1")],
)
def test_booleans(client: RawClient, variant: str, member: str, lead: str) -> None:
    knobs = {"U10": variant}
    assert cell(client, "acquiredBy", value=True, knobs=knobs) == member
    assert cell(client, "unsubscribed", value=True, knobs=knobs) == lead
    assert cell(client, "customBoolean", value=False, knobs=knobs) in {"0", "false"}


@pytest.mark.parametrize(
    ("variant", "small", "whole", "large"),
    [
        ("decimal", "42.7", "12.0", "12000000.0"),
        ("exponent", "42.7", "12.0", "1.2E7"),
        ("integral", "42.7", "12", "12000000"),
    ],
)
def test_fractions(client: RawClient, variant: str, small: str, whole: str, large: str) -> None:
    knobs = {"U11": variant}
    assert cell(client, "customFloat", 42.7, knobs=knobs) == small
    assert cell(client, "customPercent", 12.0, knobs=knobs) == whole
    assert cell(client, "customCurrency", 12e6, knobs=knobs) == large


def test_crm_integers_come_with_a_fraction(client: RawClient) -> None:
    assert cell(client, "Seats_Booked__c", 12) == "12.0"
    assert cell(client, "customInteger", 12) == "12"


@pytest.mark.parametrize(
    ("variant", "null", "word", "empty"),
    [
        ("bare", "null", "null", ""),
        ("quoted", "null", '"null"', ""),
        ("empty_cell", "", "null", ""),
    ],
)
def test_nulls(client: RawClient, variant: str, null: str, word: str, empty: str) -> None:
    knobs = {"U12": variant}
    assert cell(client, "customText", None, knobs=knobs) == null
    assert cell(client, "customText", "null", knobs=knobs) == word
    assert cell(client, "customText", "", knobs=knobs) == empty
    assert cell(client, "lastName", "Null", knobs=knobs) == "Null"
    assert cell(client, "createdAt", None, knobs=knobs) == null


@pytest.mark.parametrize("text", [text for text in AWKWARD_TEXTS if isinstance(text, str)])
def test_awkward_texts_survive_a_csv_reader(client: RawClient, text: str) -> None:
    raw = cell(client, "customText", text)
    assert raw.startswith('"') is any(mark in text for mark in ',"\n\r')
    rows = list(csv.reader(io.StringIO(raw.replace("\0", "<nul>") + "\n", newline="")))
    assert rows == [[text.replace("\0", "<nul>")]]


@pytest.mark.parametrize(
    ("variant", "content"),
    [
        ("lf", b"leadId\n1\n2\n3\n"),
        ("no_final", b"leadId\n1\n2\n3"),
        ("crlf", b"leadId\r\n1\r\n2\r\n3\r\n"),
    ],
)
def test_line_ends(client: RawClient, variant: str, content: bytes) -> None:
    client.control.knob(U13=variant)
    status, got = client.exported({"programId": 1003})
    assert got == content
    assert (status["fileSize"], status["numberOfRecords"]) == (len(content), 3)


@pytest.mark.parametrize(
    ("variant", "status", "content"),
    [("header", 200, b"leadId\n"), ("zero_bytes", 200, b""), ("404", 404, b"Not Found")],
)
def test_an_empty_export(client: RawClient, variant: str, status: int, content: bytes) -> None:
    client.control.knob(U8=variant)
    made = client.control.add_program(name="Deserted")
    row, got = client.exported({"programId": made["id"]})
    assert row["numberOfRecords"] == 0
    assert got == content
    assert client.file(row["exportId"]).status == status


@pytest.mark.parametrize(
    ("file_format", "knobs", "header"),
    [
        ("TSV", {}, b"leadId\tprogram"),
        ("SSV", {}, b"leadId;program"),
        ("SSV", {"ssv_separator": "space"}, b"leadId program"),
    ],
)
def test_other_separators(
    client: RawClient, file_format: str, knobs: dict[str, str], header: bytes
) -> None:
    client.control.knob(**knobs)
    _, content = client.exported(ONE, ["leadId", "program"], format=file_format)
    assert content.split(b"\n")[0] == header


@pytest.mark.parametrize(
    ("variant", "content_type"),
    [("csv", "text/csv;charset=UTF-8"), ("plain", "text/plain;charset=UTF-8")],
)
def test_content_type_of_other_separators(
    client: RawClient, variant: str, content_type: str
) -> None:
    client.control.knob(U15=variant)
    export_id = client.exported(ONE, format="TSV")[0]["exportId"]
    assert client.file(export_id).headers["content-type"] == content_type


def test_rows_may_come_in_another_order(client: RawClient) -> None:
    client.control.knob(row_order="reverse")
    assert client.exported({"programId": 1003})[1] == b"leadId\n3\n2\n1\n"


def test_member_fields_win_over_lead_fields_of_the_same_name(client: RawClient) -> None:
    client.control.edit_member(1001, 1, updatedAt="2026-02-02T00:00:00Z")
    _, content = client.exported(ONE, ["leadId", "id", "updatedAt"])
    assert content.split(b"\n")[1] == b"1,1,2026-02-02T00:00:00Z"


def test_truth_and_file_agree_on_every_value_of_the_demo() -> None:
    knobs = {"rate_limit": None, "U12": "bare"}
    with Sandbox("demo", now="2026-10-15T12:00:00Z", frozen=True, knobs=knobs) as sandbox:
        client = RawClient(sandbox.url)
        described = client.get("/rest/v1/programs/members/describe.json").result[0]["fields"]
        kinds = {field["name"]: field["dataType"] for field in described}
        programs = [p["id"] for p in client.control.programs()][:10]
        _, content = client.exported({"programIds": programs}, list(kinds))
        text = content.decode().replace("\0", "")
        got = [
            {name: read(kinds[name], value) for name, value in row.items()}
            for row in csv.DictReader(io.StringIO(text, newline=""))
        ]
        truth = client.control.truth(program_ids=programs)
        key = ("programId", "leadId")
        assert sorted(got, key=lambda r: [r[k] for k in key]) == truth
        assert len(truth) > 300


def read(kind: str, text: str) -> object:
    """Read a cell by its own rules, not the sandbox's."""
    if text in {"", "null"}:
        return None
    if kind == "boolean":
        return {"0": False, "1": True}[text]
    if kind in {"integer", "float", "currency", "percent", "score"}:
        return float(text)
    return text


def test_lead_fields_join_with_their_own_awkwardness() -> None:
    with Sandbox("demo", now="2026-10-15T12:00:00Z", frozen=True) as sandbox:
        client = RawClient(sandbox.url)
        fields = ["leadId", "firstName", "lastName", "company", "unsubscribed", "leadScore"]
        _, content = client.exported({"programIds": [1001, 1004]}, fields)
        rows = list(csv.DictReader(io.StringIO(content.decode(), newline="")))
        assert "Null" in {row["lastName"] for row in rows}
        assert {row["unsubscribed"] for row in rows} == {"true", "false"}
        truth = client.control.truth(fields, [1001, 1004])
        assert sorted(r["company"] or "null" for r in truth) == sorted(r["company"] for r in rows)


def test_the_same_lead_is_the_same_person_in_every_program() -> None:
    with Sandbox("sized", programs=2, members_per_program=10, speed=1) as sandbox:
        rows = sandbox.control.truth(["programId", "leadId", "company", "email"])
        people = {(r["leadId"], r["company"], r["email"]) for r in rows}
        assert len(rows) == 20
        assert len(people) == len({r["leadId"] for r in rows}) == 15


def test_a_sized_world_is_as_large_as_told_and_the_same_each_time() -> None:
    options: dict[str, Any] = {
        "programs": 3,
        "members_per_program": 7,
        "first_id": 500,
        "id_gap": 10,
        "seed": 9,
    }
    worlds = []
    for _ in range(2):
        with Sandbox("sized", now="2026-03-01T12:00:00Z", **options) as sandbox:
            worlds.append((sandbox.control.programs(), sandbox.control.truth()))
    assert worlds[0] == worlds[1]
    assert [program["id"] for program in worlds[0][0]] == [500, 510, 520]
    assert len(worlds[0][1]) == 21


def test_a_large_export_is_made_while_the_server_answers() -> None:
    with Sandbox("sized", programs=1, members_per_program=60_000, speed=1e6) as sandbox:
        client = RawClient(sandbox.url)
        sandbox.control.knob(rate_limit=None)
        export_id = client.queued({"programId": 1001}, ["leadId", "updatedAt"])
        sandbox.control.advance(1)
        status = client.status(export_id)
        assert status["numberOfRecords"] == 60_000
        tail = client.file(export_id, f"bytes={status['fileSize'] - 10}-").body
        assert tail.endswith(b"Z\n")
