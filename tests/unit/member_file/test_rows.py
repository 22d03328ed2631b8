"""Export files as records: Marketo's bytes, RFC 4180's, and anybody's."""

from __future__ import annotations

import csv
import io
import tracemalloc
from collections import Counter
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tap_marketo_programs.errors import FileCorrupt
from tap_marketo_programs.member_file import file as rows
from tap_marketo_programs.member_file.file import MemberFile
from tap_marketo_programs.schemas.assets import property_schema, utc_timestamp

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

STRING = {"type": ["string", "null"]}
KEY = {"type": ["integer"]}

# tmp_path is one directory for all examples: each overwrites the last one's file.
# No deadline: other work on the machine must not fail a test.
one_directory = settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    deadline=None,
)


def write(tmp_path: Path, data: bytes) -> Path:
    path = tmp_path / "export.csv"
    path.write_bytes(data)
    return path


def strings(*names: str) -> dict[str, dict[str, Any]]:
    return dict.fromkeys(names, STRING)


def read(
    tmp_path: Path,
    data: bytes,
    properties: Mapping[str, Mapping[str, Any]],
    nulled: Counter[str] | None = None,
) -> list[dict[str, Any]]:
    """The records of a checked file, which is as many as the check said."""
    file = MemberFile(
        write(tmp_path, data), properties, Counter[str]() if nulled is None else nulled
    )
    count = file.check()
    records = list(file)
    assert len(records) == count
    return records


def table(tmp_path: Path, data: bytes, *names: str) -> list[list[Any]]:
    return [list(record.values()) for record in read(tmp_path, data, strings(*names))]


# --- the one public real extract -------------------------------------------

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


# --- cells -------------------------------------------------------------------

INTEGER = {"type": ["integer", "null"]}
NUMBER = {"type": ["number", "null"]}
BOOLEAN = {"type": ["boolean", "null"]}
DATE = {"type": ["string", "null"], "format": "date"}
DATETIME = {"type": ["string", "null"], "format": "date-time"}
MISFIT = object()


@pytest.mark.parametrize(
    ("schema", "cell", "expected"),
    [
        pytest.param(STRING, "null", None, id="the bare word null is null"),
        pytest.param(STRING, "", None, id="the empty cell is null"),
        pytest.param(STRING, '"null"', None, id="quotes cannot save a surname null"),
        pytest.param(STRING, "Null", "Null", id="Null is a surname"),
        pytest.param(STRING, "NULL", "NULL", id="NULL is a text"),
        pytest.param(STRING, " null", " null", id="null with a blank is a text"),
        pytest.param(STRING, " a ", " a ", id="blanks of a text stay"),
        pytest.param(STRING, "a\0b", "ab", id="NUL is stripped"),
        pytest.param(STRING, "0012.0", "0012.0", id="digits in a text stay"),
        *(
            pytest.param(BOOLEAN, cell, expected, id=f"boolean {cell!r}")
            for cell, expected in [
                ("0", False),
                ("1", True),
                ("true", True),
                ("False", False),
                ("YES", True),
                ("nO", False),
                (" true ", True),
                ("null", None),
                ("", None),
                ("2", MISFIT),
                ("t", MISFIT),
                ("NULL", MISFIT),
                (" ", MISFIT),
            ]
        ),
        *(
            pytest.param(INTEGER, cell, expected, id=f"integer {cell[:20]!r}")
            for cell, expected in [
                ("12", 12),
                ("007", 7),
                ("-12", -12),
                ("+12", 12),
                (" 12 ", 12),
                ("12.0", 12),
                ("1E3", 1000),
                ("1e0003", 1000),
                ("1.0E7", 10_000_000),
                ("1200e-2", 12),
                ("0e-5", 0),
                ("9223372036854775807", 2**63 - 1),
                ("-9223372036854775808", -(2**63)),
                ("null", None),
                ("9223372036854775808", MISFIT),
                ("42.7", MISFIT),
                ("1e-999", MISFIT),
                ("1e999", MISFIT),
                ("1e999999999", MISFIT),
                ("1e-999999999999999999999", MISFIT),
                ("1" * 5000, MISFIT),
                ("1_000", MISFIT),
                ("0x10", MISFIT),
                ("\u0661\u0662", MISFIT),
                ("\u00b2", MISFIT),
                ("nan", MISFIT),
                ("12 000", MISFIT),
                ("true", MISFIT),
                (".", MISFIT),
                ("-", MISFIT),
            ]
        ),
        *(
            pytest.param(NUMBER, cell, expected, id=f"number {cell[:20]!r}")
            for cell, expected in [
                ("12", 12),
                ("12.0", 12.0),
                ("42.7", 42.7),
                ("-0.5", -0.5),
                (".5", 0.5),
                ("5.", 5.0),
                ("1.0E7", 1.0e7),
                ("1e100", 1e100),
                ("-12", -12),
                (" 12 ", 12),
                ("-.5", -0.5),
                ("9" * 20, 1e20),
                ("9223372036854775807", 2**63 - 1),
                ("-9223372036854775808", -(2**63)),
                ("9223372036854775808", 2.0**63),
                ("null", None),
                ("nan", MISFIT),
                ("Infinity", MISFIT),
                ("-inf", MISFIT),
                ("1e999", MISFIT),
                ("1e999999999", MISFIT),
                ("9" * 5000, MISFIT),
                ("$5", MISFIT),
                ("1_0.5", MISFIT),
                ("1.2.3", MISFIT),
                ("\u0661\u0662", MISFIT),
                ("\u0661.\u0662", MISFIT),
            ]
        ),
        *(
            pytest.param(DATE, cell, expected, id=f"date {cell!r}")
            for cell, expected in [
                ("2024-02-29", "2024-02-29"),
                ("2024-02-29T10:00:00Z", "2024-02-29"),
                ("null", None),
                ("2024-02-31", MISFIT),
            ]
        ),
        *(
            pytest.param(DATETIME, cell, expected, id=f"datetime {cell!r}")
            for cell, expected in [
                ("2019-04-12T05:58:10Z", "2019-04-12T05:58:10Z"),
                ("2019-04-12T05:58:10-0700", "2019-04-12T12:58:10Z"),
                ("2019-04-12", "2019-04-12T00:00:00Z"),
                ("null", None),
                ("yesterday", MISFIT),
            ]
        ),
    ],
)
def test_a_cell_becomes_what_its_schema_allows(
    tmp_path: Path,
    schema: dict[str, Any],
    cell: str,
    expected: object,
) -> None:
    nulled: Counter[str] = Counter()

    [record] = read(tmp_path, f"x,y\n{cell},\n".encode(), {"x": schema}, nulled)

    fits = expected is not MISFIT
    assert record == {"x": expected if fits else None}
    assert type(record["x"]) is (type(expected) if fits else type(None))
    assert nulled == ({} if fits else {"x": 1})


@pytest.mark.parametrize(
    ("schema", "cell", "expected"),
    [
        ({"type": "integer"}, "12.0", 12),
        ({"type": "string"}, "12.0", "12.0"),
        ({"type": "string"}, "null", ""),
        ({"type": "string"}, "", ""),
        ({"type": ["null", "integer"]}, "12.0", 12),
        ({"type": ["string", "integer", "null"]}, "12", "12"),
        ({"type": ["integer", "number", "null"]}, "12.5", 12.5),
        ({"type": ["boolean", "integer"]}, "12", 12),
        ({"type": ["object", "null"]}, "{}", "{}"),
        ({"type": ["array", "null"]}, "null", None),
        ({"type": ["string", "null"], "format": "uri"}, "no uri", "no uri"),
        ({"type": ["string", "null"], "format": "integer"}, "x", "x"),
        ({"type": ["integer", "null"], "format": "date"}, "12", 12),
        ({}, "12", "12"),
        ({}, "null", None),
        (
            {"anyOf": [{"type": "string", "format": "date-time"}, {"type": "null"}]},
            "2019-04-12T05:58:10+0000",
            "2019-04-12T05:58:10Z",
        ),
        ({"anyOf": [{"type": "string", "format": "date-time"}, {"type": "null"}]}, "x", None),
        ({"type": "null"}, "null", None),
    ],
)
def test_the_catalog_decides_and_not_marketo(
    tmp_path: Path,
    schema: dict[str, Any],
    cell: str,
    expected: object,
) -> None:
    assert read(tmp_path, f"x,y\n{cell},\n".encode(), {"x": schema}) == [{"x": expected}]


def test_misfits_are_counted_by_field_while_iterating(tmp_path: Path) -> None:
    data = b"a,b,c\nx,1,1\nx,2.5,2\ny,x,null\n"
    nulled: Counter[str] = Counter()
    file = MemberFile(write(tmp_path, data), {"a": INTEGER, "b": INTEGER, "c": INTEGER}, nulled)

    file.check()
    assert not nulled
    list(file)

    assert nulled == {"a": 3, "b": 2}


# --- columns -----------------------------------------------------------------

KINDS = [STRING, {"type": "string"}, INTEGER, NUMBER, BOOLEAN, DATE, DATETIME]
neighbours = st.lists(
    st.sampled_from(
        [
            *("", "null", "0", "1", "12", "-1", "12.0", "2.5", ".5", "5.", ".", "1.2.3", "1e3"),
            *("9" * 18, "9" * 19, "9" * 30, "1" * 500, " 7 ", "٣", "true", "No", "x", "NULL"),
            *("2024-05-06", "2024-05-06T07:08:09Z", "2024-05-06T07:08:09+0100"),
            *("2024-02-30T00:00:00Z", "2024-05-06T24:00:00Z", "2024-05-06 07:08:09Z"),
        ]
    ),
    min_size=1,
    max_size=5,
)


@one_directory
@given(st.sampled_from(KINDS), neighbours, st.sampled_from([1, 8, 40]))
@example(STRING, ["a", "null"], 1)
@example(STRING, ["a", "null", ""], 1)
@example(INTEGER, ["1", "2", ""], 1)
@example(INTEGER, ["1", "9" * 30], 1)
@example(INTEGER, ["12", "7"], 16)
@example(NUMBER, ["1", "9" * 30], 1)
@example(NUMBER, ["1", "2.5"], 1)
@example(NUMBER, ["1", "2", "null"], 1)
@example(NUMBER, ["1.2.3", "4"], 1)
@example(DATETIME, ["2024-05-06T07:08:09Z", "2024-05-06", ""], 1)
def test_what_a_cell_becomes_does_not_depend_on_its_neighbours(
    tmp_path: Path, schema: dict[str, Any], column: list[str], times: int
) -> None:
    column = column * times
    alone: Counter[str] = Counter()
    expected = [
        read(tmp_path, f"x,y\n{cell},\n".encode(), {"x": schema}, alone)[0] for cell in column
    ]
    together: Counter[str] = Counter()
    lines = "".join(f"{cell},\n" for cell in column)

    found = read(tmp_path, f"x,y\n{lines}".encode(), {"x": schema}, together)

    assert found == expected
    assert [type(record["x"]) for record in found] == [type(record["x"]) for record in expected]
    assert together == alone


@pytest.mark.parametrize(
    ("schema", "cells"),
    [
        (INTEGER, ["1", "007", "9" * 18]),
        (NUMBER, ["1", "9" * 18, "null", ""]),
        (NUMBER, ["1.5", "null", ".5", "1." + "9" * 16]),
        (DATETIME, ["2024-05-06T07:08:09Z", "2024-02-29T23:59:59Z", "null", ""]),
    ],
)
@pytest.mark.parametrize("times", [1, 1000])
def test_a_column_of_the_usual_form_is_not_read_cell_by_cell(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    schema: dict[str, Any],
    cells: list[str],
    times: int,
) -> None:
    more = [f"{number}" for number in range(times)] if schema is INTEGER else []
    lines = "".join(f"{cell},\n" for cell in [*cells, *more])
    monkeypatch.setattr(rows, "_different", lambda _: pytest.fail("Cells were looked at."))

    assert read(tmp_path, f"x,y\n{lines}".encode(), {"x": schema})


def test_columns_are_found_by_name_in_the_order_wanted(tmp_path: Path) -> None:
    data = b"programId,unwanted,leadId,status\n1001,x,452,Member\n"

    records = read(tmp_path, data, {"status": STRING, "leadId": KEY, "programId": KEY})

    assert [list(record.items()) for record in records] == [
        [("status", "Member"), ("leadId", 452), ("programId", 1001)],
    ]


def test_a_name_in_quotes_may_hold_anything(tmp_path: Path) -> None:
    data = b'"a\nb","c,\n""d""","e"\r\n1,2,3\r\n'

    assert table(tmp_path, data, "a\nb", 'c,\n"d"', "e") == [["1", "2", "3"]]


@pytest.mark.parametrize(
    ("header", "words"),
    [(b'"a,b\n', "a quoted name never ends"), (b'"a"b,c\n', "its quotes make no sense")],
)
def test_a_header_that_cannot_be_read_is_told_from_a_row(
    tmp_path: Path, header: bytes, words: str
) -> None:
    file = MemberFile(write(tmp_path, header + b"1,2\n"), strings("a"), Counter())

    with pytest.raises(FileCorrupt, match=rf"^The header .*: {words}\.$"):
        file.check()


def test_of_two_columns_with_one_name_the_first_counts(tmp_path: Path) -> None:
    assert table(tmp_path, b"programId,leadId,programId\n1,2,3\n", "programId") == [["1"]]


def test_wanting_no_column_yields_empty_records(tmp_path: Path) -> None:
    assert read(tmp_path, b"a\n1\n2\n", {}) == [{}, {}]


def test_missing_columns_that_cannot_be_null_are_named(tmp_path: Path) -> None:
    properties = {**strings("a", "may"), "leadId": KEY, "B": {"type": "string"}}
    file = MemberFile(write(tmp_path, b"a,c\n1,2\n"), properties, Counter())

    with pytest.raises(FileCorrupt, match=r"no column leadId, B\.$"):
        file.check()


@pytest.mark.parametrize(
    "row",
    [b"1", b"1,2,3", b'"1,2"', b'"1"', b'"1",2,"3"', b'"1"x', b'"a"b,2,3'],
)
def test_a_row_of_the_wrong_width_is_reported_by_its_number(tmp_path: Path, row: bytes) -> None:
    data = b'a,b\n1,2\n"x\ny",2\n' + row + b"\n1,2\n"
    file = MemberFile(write(tmp_path, data), strings("a", "b"), Counter())

    with pytest.raises(FileCorrupt, match=r"row 3 "):
        file.check()


@pytest.mark.parametrize("cell", [b"null", b"", b"4.5", b"secret"])
@pytest.mark.parametrize("stray", [b"plain", b'"a"b"'])
def test_a_row_without_what_the_catalog_demands_is_refused_before_any_row_is_out(
    tmp_path: Path,
    cell: bytes,
    stray: bytes,
) -> None:
    data = b"x,leadId,y\n" + stray + b",1,y\nx,2.0,y\nx," + cell + b",y\n"
    file = MemberFile(write(tmp_path, data), {"leadId": KEY}, Counter())

    with pytest.raises(FileCorrupt, match=r"row 3 .* value for leadId, where the catalog"):
        file.check()
    with pytest.raises(FileCorrupt):
        next(iter(file))


@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
@pytest.mark.parametrize(
    "row",
    [
        *(b",a,2", b"1,a,", b"null,a,2", b"1,a,null", b"x,a,2", b"1,a,2x", b"1,a,2.5", b"1,a,-"),
        *(b"1" * 30 + b",a,2", b'1,a,"2 "" "'),
    ],
)
def test_one_demanded_value_that_is_no_number_is_found_among_those_that_are(
    tmp_path: Path, row: bytes, end: bytes
) -> None:
    data = end.join([b"leadId,x,programId", b"1,a,2", b"3,,4", row, b"5,b,6", b""])
    file = MemberFile(write(tmp_path, data), {"programId": KEY, "leadId": KEY}, Counter())

    with pytest.raises(FileCorrupt, match=r"row 3 .* value for (leadId|programId), where"):
        file.check()


def test_a_required_boolean_is_looked_at_too(tmp_path: Path) -> None:
    properties = {"x": {"type": "boolean"}}

    assert read(tmp_path, b"x\n1\n0\n", properties) == [{"x": True}, {"x": False}]
    with pytest.raises(FileCorrupt, match=r"row 2 "):
        MemberFile(write(tmp_path, b"x\n1\n12\n"), properties, Counter()).check()


def test_messages_do_not_hold_what_cells_hold(tmp_path: Path) -> None:
    file = MemberFile(write(tmp_path, b"a,b\nsecret\n"), strings("a", "b"), Counter())

    with pytest.raises(FileCorrupt) as caught:
        file.check()

    assert "secret" not in str(caught.value)
    assert caught.value.__cause__ is None


# --- bytes -------------------------------------------------------------------


@pytest.mark.parametrize("data", [b"", b"\0\0", b"\xef\xbb\xbf"])
def test_a_file_of_nothing_has_no_rows(tmp_path: Path, data: bytes) -> None:
    assert read(tmp_path, data, strings("leadId")) == []


@pytest.mark.parametrize("data", [b"a,b\n", b"a,b", b"a,b\r\n", b'"a","b"\n'])
def test_a_header_alone_has_no_rows(tmp_path: Path, data: bytes) -> None:
    assert read(tmp_path, data, strings("a", "b")) == []


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        pytest.param(b"a,b\n1,2\n3,4\n", [["1", "2"], ["3", "4"]], id="LF"),
        pytest.param(b"a,b\n1,2\n3,4", [["1", "2"], ["3", "4"]], id="no final LF"),
        pytest.param(b"a,b\r\n1,2\r\n3,4\r\n", [["1", "2"], ["3", "4"]], id="CRLF"),
        pytest.param(b"a,b\r\n1,2\r\n3,4", [["1", "2"], ["3", "4"]], id="no final CRLF"),
        pytest.param(b"a,b\r\n1,2\n3,4\r\n", [["1", "2"], ["3", "4"]], id="CRLF and an LF"),
        pytest.param(b'a,b\r\n1,"2"\r\n"3",4\r\n', [["1", "2"], ["3", "4"]], id="CRLF, quotes"),
        pytest.param(b'a,b\r\n1,"2\r\n"\r\n', [["1", "2\r\n"]], id="CRLF inside CRLF rows"),
        pytest.param(b'a,b\r\n"x","1"2\r\n', None, id="CRLF, undoubled quote, never closed"),
        pytest.param(b'a,b\r\n"x","1"2"\r\n', [["x", '1"2']], id="CRLF, undoubled quote"),
        pytest.param(b"\xef\xbb\xbfa,b\n1,2\n", [["1", "2"]], id="byte order mark"),
        pytest.param(b'\xef\xbb\xbf"a",b\n1,2\n', [["1", "2"]], id="mark before a quote"),
        pytest.param(b"a,b\n1,x\ry\n", [["1", "x\ry"]], id="lone CR"),
        pytest.param(b"a,b\n\r,x\r\n", [["\r", "x\r"]], id="CR at a row's end in a file of LFs"),
        pytest.param(b"a,b\r\n1,x\ry\r\n", [["1", "x\ry"]], id="lone CR in CRLF rows"),
        pytest.param(b'a,b\nx\ry,"1,2"\n', [["x\ry", "1,2"]], id="lone CR beside quotes"),
        pytest.param(b'a,b\r\nx\ry,"1,2"\r\n', [["x\ry", "1,2"]], id="the same in CRLF rows"),
        pytest.param(b'a,b\n"x\r",2\r\n', [["x\r", "2\r"]], id="CR in quotes and at a row's end"),
        pytest.param(b'a,b\n"x",2\r\n', [["x", "2\r"]], id="CR behind quotes in a file of LFs"),
        pytest.param(b'a,b\r\n"x"y",2\r\n', [['x"y', "2"]], id="CRLF, stray and no quotes"),
        pytest.param(b'a,b\n"x"y",2\r\n', [['x"y', "2\r"]], id="CR behind stray quotes"),
        pytest.param(b'a,b\n"x"y",\xff\n', [['x"y', "\ufffd"]], id="stray and not UTF-8"),
        pytest.param(b'a,b\n"x"y",\xff', [['x"y', "\ufffd"]], id="the same without final LF"),
        pytest.param(b'a,b\n1,"x\ny"\n', [["1", "x\ny"]], id="LF in quotes"),
        pytest.param(b'a,b\n1,"x\r\ny\r"\n', [["1", "x\r\ny\r"]], id="CRLF and CR in quotes"),
        pytest.param(b'a,b\n"","\n"\n', [[None, "\n"]], id="empty quotes, LF alone"),
        pytest.param("a,b\n1,x\u2028y\x85\n".encode(), [["1", "x\u2028y\x85"]], id="U+2028, NEL"),
        pytest.param(b"a,b\n1,x\x0b\x0c\x1c\n", [["1", "x\x0b\x0c\x1c"]], id="VT, FF, FS"),
        pytest.param(b'a,b\n1\0,"\0x\0"\n\0', [["1", "x"]], id="NUL"),
        pytest.param(b"a,b\n1,\xe2\x82\n", [["1", "\ufffd"]], id="broken UTF-8 before the LF"),
        pytest.param("a,b\n1,\U0001f680\n".encode(), [["1", "\U0001f680"]], id="emoji"),
        pytest.param(b'a,b\n"x ""y""",2\n', [['x "y"', "2"]], id="doubled quotes"),
        pytest.param(b'a,b\n"x"",y",2\n', [['x",y', "2"]], id="a doubled quote before a comma"),
        pytest.param(b'a,b\n1,"x""\ny,z"\n', [["1", 'x"\ny,z']], id="a doubled quote before LF"),
        pytest.param(b'a,b\n"""","""x"""\n', [['"', '"x"']], id="quotes alone"),
        pytest.param(b"a,b\n1,2\n\n", [["1", "2"]], id="an empty line"),
        pytest.param(b'a,b\n1,"2\n3,4\n', None, id="a quote never closed"),
        pytest.param(b'"a,b\n1,2\n', None, id="a header never closed"),
        pytest.param(b"\n1,2\n", None, id="an empty header"),
    ],
)
def test_line_ends_and_odd_characters(
    tmp_path: Path,
    data: bytes,
    expected: list[list[str]] | None,
) -> None:
    if expected is None:
        with pytest.raises(FileCorrupt):
            table(tmp_path, data, "a", "b")
    else:
        assert table(tmp_path, data, "a", "b") == expected


def test_an_empty_line_under_one_column_is_an_empty_cell(tmp_path: Path) -> None:
    assert table(tmp_path, b'a\n1\n\n"2"\n\n', "a") == [["1"], [None], ["2"], [None]]


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        pytest.param(
            b'a,b\n"first"Name1","lastName1"\n',
            [['first"Name1', "lastName1"]],
            id="the row that embulk met",
        ),
        pytest.param(b'a,b\n"say "hi"",2\n', [['say "hi"', "2"]], id="at the end of a cell"),
        pytest.param(b'a,b\n1,"say "hi""\n3,4\n', [["1", 'say "hi"'], ["3", "4"]], id="of a row"),
        pytest.param(b'a,b\n1,"say "hi""', [["1", 'say "hi"']], id="of a file"),
        pytest.param(b'a,b\n""hi" he said",2\n', [['"hi" he said', "2"]], id="at the beginning"),
        pytest.param(b'a,b\n6" pipe,2\n', [['6" pipe', "2"]], id="in an unquoted cell"),
        pytest.param(b'a,b\n"x"y\nz",2\n', [['x"y\nz', "2"]], id="beside a line break"),
        pytest.param(b'a,b\n"x"y,z",2\n', [['x"y,z', "2"]], id="beside a comma"),
        pytest.param(
            b'a,b\n"x"y",1\n"p""q",2\n"r"",s",3\n',
            [['x"y', "1"], ['p"q', "2"], ['r",s', "3"]],
            id="beside rows that double theirs",
        ),
        pytest.param(
            b'a,b\n"x"y""z",1\n"x"y"",z",2\n',
            [['x"y"z', "1"], ['x"y",z', "2"]],
            id="beside doubled ones in one cell",
        ),
        pytest.param(b'a,b\nx"y",2\n', [['x"y"', "2"]], id="around the end of an unquoted cell"),
        pytest.param(
            b'a,b\nx"y",' + b"z" * 500 + b"\n", [['x"y"', "z" * 500]], id="the same, few quotes"
        ),
        pytest.param(
            b'a,b\n"s"t",1\n"x"",y\n",2\n',
            [['s"t', "1"], ['x",y\n', "2"]],
            id="beside a row that only RFC 4180 reads as one",
        ),
        pytest.param(
            b'a,b\n6" pipe,"x""\n1,y"\n',
            [['6" pipe', 'x"'], ["1", 'y"']],
            id="in an unquoted cell, which RFC 4180 has not, before a quoted one",
        ),
        pytest.param(
            b'a,b\n6" pipe,"say "hi""\n6" pipe,"x"y"",z"\n',
            [['6" pipe', 'say "hi"'], ['6" pipe', 'x"y",z']],
            id="in an unquoted cell and in a quoted one",
        ),
    ],
)
def test_undoubled_quotes(tmp_path: Path, data: bytes, expected: list[list[str]]) -> None:
    assert table(tmp_path, data, "a", "b") == expected


# --- sizes -------------------------------------------------------------------


def padded(rows_: int, row: bytes) -> bytes:
    return b"a,b\n" + row * rows_


@pytest.mark.parametrize(
    "row",
    [
        pytest.param(b"1,plain text\n", id="plain"),
        pytest.param(b'1,"quoted, with\na break"\n', id="quoted"),
        pytest.param(b'1,"it ""is""\r\nso"\n', id="CRLF in cells"),
        pytest.param(b'1,"stray"quote"\n', id="stray quotes"),
        pytest.param(b'1,"stray"quote \xff"\n', id="stray quotes, not UTF-8"),
        pytest.param(b'1,"a "stray" quote,\nand breaks\n\n"\n', id="stray quotes and breaks"),
        pytest.param(b'1,"a "b" c' + b"\nd, e" * 30 + b'"\n', id="stray quotes and many breaks"),
        pytest.param("1,\U0001f680\u65e5\n".encode(), id="wide characters"),
    ],
)
def test_blocks_do_not_show(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, row: bytes) -> None:
    whole = table(tmp_path, padded(50, row), "a", "b")

    assert len(whole) == 50
    for size in (1, 7, 64, 333):
        monkeypatch.setattr(rows, "_BLOCK", size)
        assert table(tmp_path, padded(50, row), "a", "b") == whole


@pytest.mark.parametrize("size", [1, 7, 64, 333, 65_536])
@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"a,b\n" + b"1,plain text\n" * 50, id="plain"),
        pytest.param(b"a,b\r\n" + b"1,plain text\r\n" * 50, id="CRLF"),
        pytest.param(b"a,b\n" + b'1,"quoted, ""with""\n\na break"\n"2",3\n' * 20, id="quoted"),
        pytest.param(b"a,b\r\n" + b'1,"quoted\r\n"\r\n"2",3\r\n' * 20, id="quoted, CRLF"),
        pytest.param(b"a,b\n" + b'1,"' + b"long\n" * 100 + b'"\n', id="longer than a block"),
        pytest.param(b'a,b\n"x\ry",2\rz\n1,2\r\n', id="CR in cells"),
        pytest.param(b"a,b\n1,\xfe\xff\n", id="not UTF-8"),
        pytest.param(b'a,b\n1,2\n3,"4"', id="no final LF"),
    ],
)
def test_a_file_of_rfc_4180_is_never_read_row_by_row(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, data: bytes, size: int
) -> None:
    monkeypatch.setattr(rows, "_BLOCK", size)
    monkeypatch.setattr(rows, "_records", lambda *_: pytest.fail("Rows were looked at."))
    file = MemberFile(write(tmp_path, data), strings("a", "b"), Counter())

    assert file.check()
    monkeypatch.setattr(file, "check", lambda: pytest.fail("The file was checked twice."))
    raw = [block.raw or b"" for block in file.blocks()]

    assert b"".join(raw).removesuffix(b"\n") == data.partition(b"\n")[2].removesuffix(b"\n")
    assert all(piece.endswith(b"\n") for piece in raw)


@pytest.mark.parametrize("stray", [b"1,plain\n", b'1,"stray"quote"\n'])
def test_nuls_and_marks_between_blocks_are_no_end_and_no_beginning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stray: bytes
) -> None:
    monkeypatch.setattr(rows, "_BLOCK", 4)
    data = b"a,b\n\xef\xbb\xbf1,2\n" + b"\0" * 9 + b"3,4\n" + b"\0" * 99 + stray

    assert table(tmp_path, data, "a", "b")[:2] == [["\ufeff1", "2"], ["3", "4"]]
    assert len(table(tmp_path, data, "a", "b")) == 3


@pytest.mark.parametrize("end", ["\r\n", "\n"])  # with LF alone the csv module reads it
def test_a_cell_of_many_megabytes_is_read(tmp_path: Path, end: str) -> None:
    text = f'line, "quoted"{end}' * 300_000
    data = f'a,b\n"{text.replace(chr(34), chr(34) * 2)}",2\nx,{"y" * 3_000_000}\n'.encode()

    assert table(tmp_path, data, "a", "b") == [[text, "2"], ["x", "y" * 3_000_000]]


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"x" * 5000, id="one endless line"),
        pytest.param(b'"' + b"x\n" * 2500, id="one endless quoted cell"),
        pytest.param(b'"x"y' + b"x\n" * 2500, id="one endless stray cell"),
        pytest.param(b'"x\n",' * 900, id="one endless row"),
        pytest.param(b'"x\n"y\n","",' * 400, id="endless stray rows"),
    ],
)
def test_a_row_beyond_all_bounds_is_refused(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    body: bytes,
) -> None:
    monkeypatch.setattr(rows, "_BLOCK", 64)
    monkeypatch.setattr(rows, "ROW_LIMIT", 1000)
    file = MemberFile(
        write(tmp_path, b"a,b\n1,2\n" + body + b'",1\n1,2\n'), strings("a"), Counter()
    )

    with pytest.raises(FileCorrupt):
        file.check()


def test_a_header_beyond_all_bounds_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rows, "_BLOCK", 64)
    monkeypatch.setattr(rows, "ROW_LIMIT", 1000)
    file = MemberFile(write(tmp_path, b'a,"' + b"x" * 5000 + b'"\n1,2\n'), strings("a"), Counter())

    with pytest.raises(FileCorrupt, match=r"^The header "):
        file.check()


@pytest.mark.parametrize("block", range(1, 30))
def test_a_row_that_begins_a_block_and_is_cut_by_its_end_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, block: int
) -> None:
    monkeypatch.setattr(rows, "_BLOCK", block)
    data = b'a,b\n"x"y",1\n2,3\n"p\nq\nr",4\n5,6\n'

    found = table(tmp_path, data, "a", "b")

    assert found == [['x"y', "1"], ["2", "3"], ["p\nq\nr", "4"], ["5", "6"]]


def test_guessing_at_quotes_has_an_end(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(rows, "_GUESSES", 0)
    file = MemberFile(write(tmp_path, padded(50, b'"x"y",2\n')), strings("a"), Counter())

    with pytest.raises(FileCorrupt, match="make no sense up to data row"):
        file.check()


# Both lines are rows; RFC 4180 would have them be one, of two cells.
MISLEADING = b'"x"",y,z\na,b",c\n'


def test_a_row_read_with_the_wrong_width_counts_as_a_guess(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rows, "_GUESSES", 0)
    file = MemberFile(write(tmp_path, b"a,b,c\n" + MISLEADING), strings("a"), Counter())

    with pytest.raises(FileCorrupt, match=r"up to data row 1\.$"):
        file.check()


def test_guesses_at_one_row_add_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    row = b'"x' + b"z" * 30 + b'"y"",z",1\n'  # two readings fail, after 33 and 42 bytes

    def check(guesses: int) -> int:
        monkeypatch.setattr(rows, "_GUESSES", guesses)
        return MemberFile(write(tmp_path, b"a,b\n" + row), strings("a"), Counter()).check()

    assert check(80) == 1
    with pytest.raises(FileCorrupt, match="make no sense"):
        check(60)


def test_rows_that_are_found_pay_for_the_guesses(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rows, "_GUESSES", 100)

    found = table(tmp_path, b"a,b,c\n" + MISLEADING * 200, "a", "b", "c")

    assert found == [['x"', "y", "z"], ["a", 'b"', "c"]] * 200


def test_a_limit_that_others_set_for_the_csv_module_is_no_crash(tmp_path: Path) -> None:
    file = MemberFile(write(tmp_path, b'a\n"longer than that"\n'), {"a": STRING}, Counter())
    before = csv.field_size_limit(5)
    try:
        with pytest.raises(FileCorrupt, match=r"csv module cannot read"):
            list(file)
    finally:
        csv.field_size_limit(before)


@pytest.mark.parametrize("row", [b'12,"some text, quoted"\n', b'12,"some "stray" text"\n'])
def test_memory_does_not_grow_with_the_file(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    row: bytes,
) -> None:
    monkeypatch.setattr(rows, "_BLOCK", 4096)

    def peak(count: int) -> int:
        file = MemberFile(write(tmp_path, padded(count, row)), {"a": KEY, "b": STRING}, Counter())
        tracemalloc.start()
        try:
            assert file.check() == count
            assert sum(1 for _ in file) == count
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    assert peak(8_000) < 1.5 * peak(2_000)


# --- any table, any bytes -----------------------------------------------------

cells = st.text(
    alphabet=st.one_of(
        st.sampled_from('",\r\n\u2028\x85 ab'),
        st.characters(exclude_categories=["Cs"], exclude_characters="\0"),
    ),
    max_size=12,
)
tables = st.integers(1, 4).flatmap(
    lambda width: st.lists(
        st.lists(cells, min_size=width, max_size=width),
        max_size=8,
    ),
)


def rfc_4180(header: Sequence[str], table_: list[list[str]], end: str) -> bytes:
    def cell(text: str) -> str:
        bare = not any(mark in text for mark in '",\n') and not (end == "\r\n" and "\r" in text)
        return text if bare else '"' + text.replace('"', '""') + '"'

    return "".join(",".join(map(cell, row)) + end for row in [header, *table_]).encode()


@one_directory
@given(tables, st.sampled_from(["\n", "\r\n"]), st.sampled_from([3, 64, 65_536]))
def test_any_table_reads_back_equal(
    tmp_path: Path,
    table_: list[list[str]],
    end: str,
    block: int,
) -> None:
    header = [f"c{place}" for place in range(len(table_[0]) if table_ else 2)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rows, "_BLOCK", block)
        found = table(tmp_path, rfc_4180(header, table_, end), *header)

    assert found == [[cell if cell not in ("", "null") else None for cell in row] for row in table_]


@one_directory
@given(tables)
def test_a_file_of_the_csv_module_reads_back_equal(tmp_path: Path, table_: list[list[str]]) -> None:
    header = [f"c{place}" for place in range(len(table_[0]) if table_ else 2)]
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n", quoting=csv.QUOTE_ALL).writerows([header, *table_])

    found = table(tmp_path, text.getvalue().encode(), *header)

    assert found == [[cell if cell not in ("", "null") else None for cell in row] for row in table_]


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
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rows, "_BLOCK", block)
        try:
            records = read(tmp_path, data, strings("a", "b"))
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


def accepted(cell: str) -> str | None:
    """What a datetime column makes of one cell by itself."""
    try:
        return utc_timestamp(cell)
    except ValueError:
        return None


@given(
    st.lists(
        st.tuples(
            st.sampled_from([0, 1, 99, 1900, 2000, 2023, 2024, 9999]),
            st.integers(0, 13),
            st.sampled_from([0, 1, 27, 28, 29, 30, 31, 32]),
            st.sampled_from([0, 9, 19, 23, 24, 30]),
            st.sampled_from([0, 59, 60]),
            st.sampled_from([0, 59, 60, 61]),
        ),
        min_size=1,
        max_size=5,
    )
)
def test_a_column_of_datetimes_is_read_as_each_of_its_cells_would_be(
    tmp_path_factory: pytest.TempPathFactory, moments: list[tuple[int, ...]]
) -> None:
    cells = ["{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z".format(*moment) for moment in moments]
    path = tmp_path_factory.mktemp("moments") / "file.csv"
    path.write_text("\n".join(["when", *cells]) + "\n", encoding="utf-8")
    schema = {"when": {"type": ["string", "null"], "format": "date-time"}}

    rows = list(MemberFile(path, schema, Counter()))

    assert [row["when"] for row in rows] == [accepted(cell) for cell in cells]
