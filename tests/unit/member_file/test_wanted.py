"""The columns of an export file that are wanted, and rows without values for them."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from member_files import (
    KEY,
    STRING,
    read,
    strings,
    table,
    write,
)

from tap_marketo_programs.errors import FileCorrupt
from tap_marketo_programs.member_file.arrow import read_tables
from tap_marketo_programs.member_file.file import MemberFile
from tap_marketo_programs.member_file.oddities import FileOddities

if TYPE_CHECKING:
    from pathlib import Path


def test_columns_are_found_by_name_in_the_order_wanted(tmp_path: Path) -> None:
    data = b"programId,unwanted,leadId,status\n1001,x,452,Member\n"

    records = read(tmp_path, data, {"status": STRING, "leadId": KEY, "programId": KEY})

    assert [list(record.items()) for record in records] == [
        [("status", "Member"), ("leadId", 452), ("programId", 1001)],
    ]


def test_of_two_columns_with_one_name_the_first_counts(tmp_path: Path) -> None:
    assert table(tmp_path, b"programId,leadId,programId\n1,2,3\n", "programId") == [["1"]]


def test_wanting_no_column_yields_empty_records(tmp_path: Path) -> None:
    assert read(tmp_path, b"a\n1\n2\n", {}) == [{}, {}]


def test_missing_columns_that_cannot_be_null_are_named(tmp_path: Path) -> None:
    properties = {**strings("a", "may"), "leadId": KEY, "B": {"type": "string"}}
    file = MemberFile(write(tmp_path, b"a,c\n1,2\n"), properties, Counter())

    with pytest.raises(FileCorrupt, match=r"no column leadId, B\.$"):
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


# What no file has

SEEN = "2026-03-01T12:00:00Z"
MOMENT = {"type": ["string"], "format": "date-time"}


@pytest.mark.parametrize(
    "data",
    [
        b"programId,leadId\n1001,1\n1001,2\n",
        # Nor is it taken from a file that has a column of that name.
        b"programId,seen,leadId\n1001,x,1\n1001,,2\n",
        b"programId,SEEN,leadId\n1001,null,1\n1001,null,2\n",
    ],
)
def test_a_constant_is_the_same_in_every_row_in_records_and_in_arrow(
    tmp_path: Path, data: bytes
) -> None:
    nulled, oddities = Counter[str](), FileOddities()
    file = MemberFile(
        write(tmp_path, data),
        {"leadId": KEY, "seen": MOMENT, "programId": KEY},
        nulled,
        keys={"leadId": (), "programId": [1001]},
        constants={"seen": SEEN},
        oddities=oddities,
    )

    assert file.check() == 2
    rows = [{"leadId": lead, "seen": SEEN, "programId": 1001} for lead in (1, 2)]
    assert list(file) == rows
    assert [row for one in read_tables(file) for row in one.to_pylist()] == [
        {**row, "seen": datetime(2026, 3, 1, 12, tzinfo=UTC)} for row in rows
    ]
    assert not nulled
    assert not [text for text in oddities.files if "became null" in text]


def test_rows_that_are_skipped_leave_the_constant_of_the_others(tmp_path: Path) -> None:
    file = MemberFile(
        write(tmp_path, b"programId,leadId\n1001,1\n1001,null\n1001,3\n"),
        {"leadId": KEY, "seen": MOMENT},
        Counter(),
        keys={"leadId": ()},
        constants={"seen": SEEN},
    )

    assert list(file) == [{"leadId": lead, "seen": SEEN} for lead in (1, 3)]
