"""Arrow's columns of an export file hold what its records hold."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tap_marketo_programs.export import tables
from tap_marketo_programs.export.rows import MemberFile
from tap_marketo_programs.export.tables import arrow_type, read_tables

if TYPE_CHECKING:
    from pathlib import Path

Properties = dict[str, dict[str, Any]]

STRING: dict[str, Any] = {"type": ["string", "null"]}
INTEGER = {"type": ["integer", "null"]}
NUMBER = {"type": ["number", "null"]}
BOOLEAN = {"type": ["boolean", "null"]}
MOMENT = {"type": ["string", "null"], "format": "date-time"}
DATE = {"type": ["string", "null"], "format": "date"}
NEVER_NULL = {"type": "string"}

# tmp_path is one directory for all examples: each overwrites the last one's file.
one_directory = settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    deadline=None,
)


def both(
    tmp_path: Path,
    data: bytes,
    properties: Properties,
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The rows as records and as Arrow has them; as many cells became null on both ways."""
    path = tmp_path / "export.csv"
    path.write_bytes(data)
    counted: Counter[str] = Counter()
    records = list(MemberFile(path, properties, counted))
    counted_too: Counter[str] = Counter()
    file = MemberFile(path, properties, counted_too)
    file.check()
    rows = [row for table in read_tables(file, properties) for row in table.to_pylist()]
    assert counted_too == counted
    return records, rows


def column(tmp_path: Path, cells: list[str], spec: dict[str, Any]) -> list[Any]:
    """One column's values, which are those of the records."""
    lines = [f"1,{cell}" if not set(cell) & set('",\n') else f'1,"{cell}"' for cell in cells]
    data = "\n".join(["id,x", *lines, ""]).encode()
    records, rows = both(tmp_path, data, {"x": spec})
    assert rows == records
    return [row["x"] for row in rows]


@pytest.mark.parametrize(
    ("spec", "cells", "values"),
    [
        pytest.param(STRING, ["a", "", "null", "Null", " b "], ["a", None, None, "Null", " b "]),
        pytest.param(NEVER_NULL, ["a", "", "null"], ["a", "", ""]),
        pytest.param(INTEGER, ["1", "null", "12", "007"], [1, None, 12, 7]),
        pytest.param(INTEGER, ["1", "12.0", "1E3", "-4"], [1, 12, 1000, -4]),
        pytest.param(INTEGER, ["0x1F", "1_0", "+5", " 6 ", "\u0663"], [None, None, 5, 6, None]),
        pytest.param(INTEGER, [str(2**63 - 1), str(2**63), "1" * 30], [2**63 - 1, None, None]),
        pytest.param(NUMBER, ["1", "2.5", "", ".5", "5."], [1.0, 2.5, None, 0.5, 5.0]),
        pytest.param(NUMBER, ["nan", "inf", "1e5", "1.2.3", "."], [None, None, 1e5, None, None]),
        pytest.param(BOOLEAN, ["1", "0", "true", "No", "x", "x"], [True, False, True, False, None]),
        pytest.param(DATE, ["2024-02-29", "2023-02-29", ""], ["2024-02-29", None, None]),
        pytest.param(INTEGER, ["null", "", "null"], [None] * 3),
    ],
)
def test_columns_hold_what_records_hold(
    tmp_path: Path, spec: dict[str, Any], cells: list[str], values: list[Any]
) -> None:
    found = column(tmp_path, cells, spec)

    assert found[: len(values)] == values


@pytest.mark.parametrize("cells", [[str(2**60 + 1), "-1"], [str(2**60 + 1)]])
def test_a_number_of_more_digits_than_a_double_has_is_the_nearest_double(
    tmp_path: Path, cells: list[str]
) -> None:
    data = "\n".join(["x", *cells, ""]).encode()

    _, rows = both(tmp_path, data, {"x": NUMBER})

    assert rows[0] == {"x": float(2**60 + 1)}


@pytest.mark.parametrize(
    "odd",
    [
        "2024-02-30T00:00:00Z",
        "2024-01-01 00:00:00Z",
        "2024-01-01T24:00:00Z",
        "2024-01-01T23:59:60Z",
        "0000-01-01T00:00:00Z",
        "0001-01-01T00:00:00Z",
        "9999-12-31T23:59:59Z",
        "2024-01-01T00:00:0\u0663",
        "2024-01-01T00:00+0000",
        "2024-01-01T00:00:00.5Z",
        "soon",
    ],
)
def test_a_moment_of_another_form_is_read_as_records_have_it(tmp_path: Path, odd: str) -> None:
    usual = "2024-05-06T07:08:09Z"

    assert column(tmp_path, [usual, odd, "null"], MOMENT)[0] == usual


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"id,x\r\n1,a\r\n2,b\r\n", id="crlf"),
        pytest.param(b"id,x\n1,a\rb\n2,c\r\n", id="lone-cr"),
        pytest.param(b"x,id\n\xef\xbb\xbfa,1\n", id="mark-in-a-cell"),
        pytest.param(b"\xef\xbb\xbfx,id\na,1\n", id="mark-of-the-file"),
        pytest.param(b"id,x\n1,\xff\n2,b\n", id="not-utf-8"),
        pytest.param(b"id,x\n1,a\0b\n", id="nul"),
        pytest.param(b'id,x\n1,"a ""b"" c"\n2,"d\n,e"\n', id="quotes"),
        pytest.param(b'id,x\n1,"a "b" c"\n2,d\n', id="not-rfc-4180"),
        pytest.param(b"x\na\n\nb\n", id="one-column"),
        pytest.param(b"x,x,id\n1,2,3\n", id="a-name-twice"),
        pytest.param(b"id,x\n", id="no-rows"),
        pytest.param(b"", id="no-bytes"),
    ],
)
def test_any_shape_of_file_reads_as_records_do(tmp_path: Path, data: bytes) -> None:
    records, rows = both(tmp_path, data, {"x": STRING})

    assert rows == records


def test_the_types_are_the_schemas_whatever_the_cells(tmp_path: Path) -> None:
    path = tmp_path / "export.csv"
    path.write_bytes(b"a,b,c,d,e\n" + b"null,null,null,null,null\n" * 3)
    properties: Properties = {"a": STRING, "b": INTEGER, "c": NUMBER, "d": BOOLEAN, "e": MOMENT}

    (table,) = read_tables(MemberFile(path, properties, Counter()), properties)

    assert table.schema.types == [
        pa.string(),
        pa.int64(),
        pa.float64(),
        pa.bool_(),
        pa.string(),
    ]


def test_nested_types_follow_their_schema() -> None:
    tags = {
        "type": ["array", "null"],
        "items": {"type": "object", "properties": {"a": STRING, "b": INTEGER}},
    }

    assert arrow_type(tags) == pa.list_(pa.struct([("a", pa.string()), ("b", pa.int64())]))


@pytest.mark.parametrize("spec", [{}, {"anyOf": [STRING, {"type": "null"}]}], ids=["any", "anyOf"])
def test_a_property_of_no_clear_type_is_a_text(spec: dict[str, Any]) -> None:
    assert arrow_type(spec) == pa.string()


PROPERTIES: Properties = {
    "a": INTEGER,
    "b": STRING,
    "c": MOMENT,
    "d": NUMBER,
    "e": BOOLEAN,
    "f": NEVER_NULL,
    "g": DATE,
}
cells = st.one_of(
    st.sampled_from(
        [
            *("", "null", "0", "1", "12", "1.5", "-1", "1e3", "true", "no", "x,y", 'say "x"'),
            *("2024-05-06T07:08:09Z", "2024-02-30T07:08:09Z", "2024-05-06", "2024-05-06 07:08"),
            *("a\nb", "\u2028", "é", "😀", "\r", "9" * 19, "0x1", "nan", "٣"),
        ]
    ),
    st.text(alphabet=st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=5),
)


@settings(one_directory, max_examples=200)
@given(
    st.lists(st.lists(cells, min_size=len(PROPERTIES), max_size=len(PROPERTIES)), max_size=6),
    st.sampled_from([8, 1 << 18]),
)
@example([["1", "a", "2024-05-06T07:08:09Z", "1.5", "1", "b", "2024-05-06"]] * 3, 8)
def test_any_table_reads_as_its_records_do(
    tmp_path: Path, rows: list[list[str]], block: int
) -> None:
    def line(row: list[str]) -> str:
        return ",".join('"' + cell.replace('"', '""') + '"' for cell in row) + "\n"

    data = (",".join(PROPERTIES) + "\n" + "".join(map(line, rows))).encode()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tables, "_BLOCK", block)
        records, found = both(tmp_path, data, PROPERTIES)

    assert found == records
