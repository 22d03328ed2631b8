"""Export files as records: the one public real extract, and any bytes."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from member_files import (
    BOOLEAN,
    DATETIME,
    KEY,
    NUMBER,
    STRING,
    one_directory,
    read,
    rfc_4180,
    strings,
    write,
)

from tap_marketo_programs.errors import FileCorrupt
from tap_marketo_programs.member_file.bounds import Bounds
from tap_marketo_programs.member_file.file import MemberFile
from tap_marketo_programs.schemas.members import property_schema

if TYPE_CHECKING:
    from pathlib import Path


REAL = b"""\
isExhausted,webinarUrl,program,reachedSuccessDate,trackName,acquiredBy,membershipDate,createdAt,\
statusReason,registrationLikelihood,nurtureCadence,programMemberCustomFieldTest,statusName,\
registrationCode,attendanceLikelihood,waitlistPriority,programId,reachedSuccess,leadId,updatedAt
0,null,DA - Demo Account (DO NOT EDIT),null,null,1,2019-04-12T05:58:10Z,2019-04-12T05:58:10Z,\
null,null,null,null,02 Opened,null,null,null,1001,0,452,2019-04-12T05:58:10Z
0,null,DA - Demo Account (DO NOT EDIT),null,null,1,2019-04-12T05:58:10Z,2019-04-12T05:58:10Z,\
null,null,null,null,03 Clicked,null,null,null,1001,1,454,2019-04-12T05:58:10Z
"""

REAL_TYPES = {
    "acquiredBy": "boolean",
    "attendanceLikelihood": "integer",
    "createdAt": "datetime",
    "isExhausted": "boolean",
    "leadId": "integer",
    "membershipDate": "datetime",
    "nurtureCadence": "string",
    "program": "string",
    "programId": "integer",
    "programMemberCustomFieldTest": "string",
    "reachedSuccess": "boolean",
    "reachedSuccessDate": "datetime",
    "registrationCode": "string",
    "registrationLikelihood": "integer",
    "statusName": "string",
    "statusReason": "string",
    "trackName": "string",
    "updatedAt": "datetime",
    "waitlistPriority": "integer",
    "webinarUrl": "string",
}


def test_the_real_extract_is_read_as_it_was_meant(tmp_path: Path) -> None:
    properties = {
        name: property_schema(data_type, key=name in ("leadId", "programId"))
        for name, data_type in REAL_TYPES.items()
    }
    nulled: Counter[str] = Counter()

    records = read(tmp_path, REAL, properties, nulled)

    first = {
        "acquiredBy": True,
        "attendanceLikelihood": None,
        "createdAt": "2019-04-12T05:58:10Z",
        "isExhausted": False,
        "leadId": 452,
        "membershipDate": "2019-04-12T05:58:10Z",
        "nurtureCadence": None,
        "program": "DA - Demo Account (DO NOT EDIT)",
        "programId": 1001,
        "programMemberCustomFieldTest": None,
        "reachedSuccess": False,
        "reachedSuccessDate": None,
        "registrationCode": None,
        "registrationLikelihood": None,
        "statusName": "02 Opened",
        "statusReason": None,
        "trackName": None,
        "updatedAt": "2019-04-12T05:58:10Z",
        "waitlistPriority": None,
        "webinarUrl": None,
    }
    second = {**first, "leadId": 454, "reachedSuccess": True, "statusName": "03 Clicked"}
    assert records == [first, second]
    assert [list(record) for record in records] == [list(properties)] * 2
    assert records[0]["reachedSuccess"] is False
    assert records[1]["reachedSuccess"] is True
    assert not nulled


@pytest.mark.parametrize("data", [b"", b"\0\0", b"\xef\xbb\xbf"])
def test_a_file_of_nothing_has_no_rows(tmp_path: Path, data: bytes) -> None:
    assert read(tmp_path, data, strings("leadId")) == []


@pytest.mark.parametrize(
    "row",
    [b"1", b"1,2,3", b'"1,2"', b'"1"', b'"1",2,"3"', b'"1"x', b'"a"b,2,3'],
)
def test_a_row_of_the_wrong_width_is_reported_by_its_number(tmp_path: Path, row: bytes) -> None:
    data = b'a,b\n1,2\n"x\ny",2\n' + row + b"\n1,2\n"
    file = MemberFile(write(tmp_path, data), strings("a", "b"), Counter())

    with pytest.raises(FileCorrupt, match=r"row 3 "):
        file.check()


def test_messages_do_not_hold_what_cells_hold(tmp_path: Path) -> None:
    file = MemberFile(write(tmp_path, b"a,b\nsecret\n"), strings("a", "b"), Counter())

    with pytest.raises(FileCorrupt) as caught:
        file.check()

    assert "secret" not in str(caught.value)
    assert caught.value.__cause__ is None


TYPED: dict[str, dict[str, Any]] = {
    "a": KEY,
    "b": STRING,
    "c": DATETIME,
    "d": NUMBER,
    "e": BOOLEAN,
    "f": {"type": "string"},
}

pieces = st.sampled_from(
    [b'"', b'""', b",", b"\n", b"\r\n", b"\r", b"\0", b"1", b"null", b"x", b"\xff", b'","', b'"\n'],
)


@settings(one_directory, max_examples=400)
@given(
    st.one_of(
        st.binary(max_size=200),
        st.lists(pieces, max_size=40).map(b"".join),
        st.lists(pieces, max_size=40).map(lambda parts: b"a,b\n" + b"".join(parts)),
    ),
    st.sampled_from([2, 65_536]),
)
@example(b'a,b\n"', 2)
@example(b'"\n', 2)
def test_any_bytes_end_in_rows_or_file_corrupt(tmp_path: Path, data: bytes, block: int) -> None:
    try:
        records = read(tmp_path, data, strings("a", "b"), bounds=Bounds(block=block))
    except FileCorrupt:
        return
    assert all(list(record) == ["a", "b"] for record in records)


oddities = st.sampled_from(["1", "12.0", "1e5", "null", "x", "true", "2024-02-30T"])


@one_directory
@given(st.lists(st.lists(oddities, min_size=6, max_size=6)))
def test_every_record_validates_against_the_catalog(
    tmp_path: Path, table_: list[list[str]]
) -> None:
    data = rfc_4180(list(TYPED), table_, "\n")
    validator = jsonschema.Draft202012Validator(
        {"type": "object", "properties": TYPED, "required": list(TYPED)},
        format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER,
    )
    try:
        records = read(tmp_path, data, TYPED)
    except FileCorrupt:
        assert any(row[0] in ("null", "x", "true", "2024-02-30T") for row in table_)
        return
    for record in records:
        validator.validate(record)
