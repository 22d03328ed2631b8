"""Every record is what its schema says, down to the format of its dates."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Any

import pytest
from altering_proxy import Alteration, ends_with
from harness import by_key
from marketo_sandbox.data.fields import LEAD_FIELDS
from record_schemas import assert_valid, validator

if TYPE_CHECKING:
    from collections.abc import Callable

    from altering_proxy import Answer, Proxy
    from harness import Tap

STREAMS = {"channels", "program_members", "programs", "programs_by_tag", "tag_types"}

# Every lead field that an export can join to a member.
JOINABLE = [
    field.name
    for field in LEAD_FIELDS
    if field.exportable and field.name not in {"createdAt", "updatedAt"}
]

# Both rows of the only real extract of program members that is public: a fixture of
# treasure-data/embulk-input-marketo, out of an instance of 2021.
REAL_ROW = {
    "isExhausted": False,
    "webinarUrl": None,
    "program": "DA - Demo Account (DO NOT EDIT)",
    "reachedSuccessDate": None,
    "trackName": None,
    "acquiredBy": True,
    "membershipDate": "2019-04-12T05:58:10Z",
    "createdAt": "2019-04-12T05:58:10Z",
    "statusReason": None,
    "registrationLikelihood": None,
    "nurtureCadence": None,
    "programMemberCustomFieldTest": None,
    "registrationCode": None,
    "attendanceLikelihood": None,
    "waitlistPriority": None,
    "programId": 1001,
    "updatedAt": "2019-04-12T05:58:10Z",
}
REAL_ROWS = [
    {**REAL_ROW, "leadId": 452, "statusName": "02 Opened", "reachedSuccess": False},
    {**REAL_ROW, "leadId": 453, "statusName": "01 Sent", "reachedSuccess": False},
    {**REAL_ROW, "leadId": 454, "statusName": "03 Clicked", "reachedSuccess": True},
]


@pytest.mark.parametrize(
    ("form", "value"),
    [
        ("date-time", "2015-11-18T15:25:35Z+0000"),
        ("date-time", "2015-11-18"),
        ("date", "2015-11-18T15:25:35Z"),
        ("date", "2015-02-30"),
    ],
)
def test_the_validator_of_these_tests_knows_a_wrong_date(form: str, value: str) -> None:
    assert not validator({"type": "string", "format": form}).is_valid(value)


@pytest.mark.parametrize(
    "settings",
    [
        pytest.param({}, id="default"),
        pytest.param({"program_details": False}, id="without details"),
        pytest.param({"lead_fields": JOINABLE}, id="with lead fields"),
        pytest.param({"flattening_enabled": True, "flattening_max_depth": 2}, id="flattened"),
    ],
)
@pytest.mark.parametrize("method", ["INCREMENTAL", "FULL_TABLE"])
def test_every_record_of_every_stream_fits_its_schema(
    tap: Tap, method: str, settings: dict[str, Any]
) -> None:
    tap.sandbox.control.reset(world="demo")
    tap.sandbox.control.knob(rate_limit=None)
    catalog = tap.catalog(**settings)
    for stream in catalog["streams"]:
        if stream.get("replication_key"):
            stream["replication_method"] = method

    output = tap.sync(*STREAMS, catalog=catalog, **settings)

    assert {message["stream"] for message in output.of("RECORD")} == STREAMS
    assert_valid(output)


@pytest.mark.parametrize("folder", [None, {"type": "Folder", "value": 7}])
def test_a_flattened_record_has_every_column_although_its_folder_lacks_some(
    tap: Tap, between: Proxy, folder: object
) -> None:
    between.alterations = [
        Alteration(ends_with("/asset/v1/programs.json"), each_row(folder=folder)),
    ]

    output = tap.sync(
        "programs",
        base_url=between.url,
        program_details=False,
        flattening_enabled=True,
        flattening_max_depth=1,
    )

    assert output.records("programs")
    assert_valid(output)


def each_row(**values: object) -> Callable[[Answer], bool]:
    def change(answer: Answer) -> bool:
        content = answer.json
        for row in content.get("result") or ():
            row.update(values)
        answer.write(content)
        return True

    return change


def test_every_type_of_field_has_values_in_the_world_these_tests_use(tap: Tap) -> None:
    tap.sandbox.control.reset(world="demo")
    tap.sandbox.control.knob(rate_limit=None)

    output = tap.sync("program_members", lead_fields=JOINABLE)

    seen = {name for row in output.records() for name, value in row.items() if value is not None}
    (schema,) = output.of("SCHEMA")
    assert seen == set(schema["schema"]["properties"])
    # A column of one value could be right by chance.
    booleans = {
        value for row in output.records() for value in row.values() if isinstance(value, bool)
    }
    assert booleans == {True, False}


@pytest.mark.parametrize(
    ("spelling", "cells"), [("mixed", {"0", "1"}), ("words", {"true", "false"})]
)
def test_the_public_real_extract_is_read_right_in_all_its_fields(
    tap: Tap, spelling: str, cells: set[str]
) -> None:
    control = tap.sandbox.control
    control.reset(world="extract")
    control.knob(U10=spelling)

    output = tap.sync("program_members")

    assert by_key(output.records()) == by_key(REAL_ROWS)
    assert all(len(row) == 20 for row in output.records())
    assert_valid(output)
    (job,) = control.jobs()
    path = f"/bulk/v1/program/members/export/{job['exportId']}/file.json"
    with tap.make().client.open_file(path) as file:
        rows = list(csv.DictReader(io.StringIO(file.text)))
    assert {row["reachedSuccess"] for row in rows} == cells
    assert {row["webinarUrl"] for row in rows} == {"null"}
