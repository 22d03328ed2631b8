"""Arrow's columns of an export file hold what its records hold."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, ClassVar, NoReturn

import pyarrow as pa
import pytest
from arrow_rows import in_text
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tap_marketo_programs.member_file.arrow import arrow_type, read_tables, to_array
from tap_marketo_programs.member_file.file import MemberFile

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from tap_marketo_programs.member_file.blocks import Block
    from tap_marketo_programs.member_file.cells import Value

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
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    deadline=None,
)


def both(
    tmp_path: Path,
    data: bytes,
    properties: Properties,
    size: int = 1 << 22,
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The rows as records and as Arrow has them; as many cells became null on both ways."""
    path = tmp_path / "export.csv"
    path.write_bytes(data)
    counted: Counter[str] = Counter()
    records = list(MemberFile(path, properties, counted))
    counted_too: Counter[str] = Counter()
    file = MemberFile(path, properties, counted_too)
    file.check()
    rows = [in_text(row) for table in read_tables(file, size) for row in table.to_pylist()]
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
        # No cell beside these keeps Arrow from reading the column as a whole.
        pytest.param(INTEGER, ["0" * 17 + "1", "9" * 18], [1, 10**18 - 1]),
        pytest.param(INTEGER, [str(2**63 - 1), str(2**63)], [2**63 - 1, None]),
        pytest.param(NUMBER, ["1.2.3", "4"], [None, 4.0]),
        pytest.param(NUMBER, ["1" * 350, "1" * 500, "4"], [None, None, 4.0]),
        pytest.param(BOOLEAN, ["12", "0"], [None, False]),
        pytest.param(BOOLEAN, ["1.5", "1"], [None, True]),
        pytest.param(DATE, ["2024-05-06T07:08:09Z"], ["2024-05-06"]),
    ],
)
def test_columns_hold_what_records_hold(
    tmp_path: Path, spec: dict[str, Any], cells: list[str], values: list[Any]
) -> None:
    found = column(tmp_path, cells, spec)

    assert found[: len(values)] == values


@pytest.mark.parametrize("number", [2**59 + 1, 2**60 + 1])
@pytest.mark.parametrize("others", [["-1"], []])
def test_a_number_of_more_digits_than_a_double_has_is_the_nearest_double(
    tmp_path: Path, number: int, others: list[str]
) -> None:
    data = "\n".join(["x", str(number), *others, ""]).encode()

    _, rows = both(tmp_path, data, {"x": NUMBER})

    assert rows[0] == {"x": float(number)}


@pytest.mark.parametrize(
    "odd",
    [
        "2024-02-30T00:00:00Z",
        "2024-01-01 00:00:00Z",
        "2024-01-01T24:00:00Z",
        "2024-01-01T23:59:60Z",
        "0000-01-01T00:00:00Z",
        "0000-12-31T23:59:59Z",
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
        pytest.param(b"id,x\n1,a\r\n2,b\n", id="cr-at-the-end-of-a-row"),
        pytest.param(b"x\na\rb\n", id="lone-cr-in-one-column"),
        pytest.param(b'id,x\n1,"a\rb"\n2,"c\r\nd"\n3,"e\r"\n', id="quoted-cr"),
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


class OfArrowOnly(MemberFile):
    """A file that makes no Python object of a cell."""

    def values(self, block: Block) -> NoReturn:
        del block
        pytest.fail("A cell became a Python object.")

    def convert(self, number: int, cells: Sequence[str], *, silent: bool = False) -> NoReturn:
        del number, cells, silent
        pytest.fail("A cell became a Python object.")


def test_cells_of_the_usual_form_become_no_objects_of_python(tmp_path: Path) -> None:
    properties: Properties = {
        "key": INTEGER,
        "whole": NUMBER,
        "part": NUMBER,
        "when": MOMENT,
        "text": STRING,
        "never": NEVER_NULL,
        "day": DATE,
        "flag": BOOLEAN,
    }
    path = tmp_path / "export.csv"
    path.write_bytes(b"""\
key,whole,part,when,text,never,day,flag
1,123456789012345678,1.5,2024-05-06T07:08:09Z,null,,null,
123456789012345678,,1.2345678901234567,0001-01-01T00:00:00Z,"a, ""b""
c",d,null,
null,1,12345678901234567.,null,e,null,null,
""")
    file = OfArrowOnly(path, properties, Counter())
    file.check()

    (table,) = read_tables(file)

    assert table.num_rows == 3


def test_rows_whose_quotes_were_not_doubled_become_no_objects_of_python(tmp_path: Path) -> None:
    path = tmp_path / "export.csv"
    path.write_bytes(b'key,text\n1,a\n2,"say "hi""\n3,"b, ""c"""\n4,6" pipe\n')
    file = OfArrowOnly(path, {"key": INTEGER, "text": STRING}, Counter())

    (table,) = read_tables(file)

    assert not file.is_certain
    assert table.to_pydict() == {
        "key": [1, 2, 3, 4],
        "text": ["a", 'say "hi"', 'b, "c"', '6" pipe'],
    }


class Watched(MemberFile):
    """A file that keeps the cells that it was asked to convert."""

    seen: ClassVar[list[str]] = []

    def convert(
        self, number: int, cells: Sequence[str], *, silent: bool = False
    ) -> Sequence[Value]:
        self.seen.extend(cells)
        return super().convert(number, cells, silent=silent)


@pytest.mark.parametrize(
    ("spec", "cells"),
    [(BOOLEAN, ["1", "0"]), (DATE, ["2024-05-06", "2024-05-07"]), (INTEGER, ["-1", "12.0"])],
)
def test_each_text_of_a_column_that_repeats_itself_is_read_once(
    tmp_path: Path, spec: dict[str, Any], cells: list[str]
) -> None:
    path = tmp_path / "export.csv"
    path.write_text("\n".join(["x", *cells * 50, ""]), encoding="utf-8")
    Watched.seen.clear()

    (table,) = read_tables(Watched(path, {"x": spec}, Counter()))

    assert table.num_rows == 100
    assert Watched.seen == cells


def test_the_types_are_the_schemas_whatever_the_cells(tmp_path: Path) -> None:
    path = tmp_path / "export.csv"
    path.write_bytes(b"a,b,c,d,e\n" + b"null,null,null,null,null\n" * 3)
    properties: Properties = {"a": STRING, "b": INTEGER, "c": NUMBER, "d": BOOLEAN, "e": MOMENT}

    (table,) = read_tables(MemberFile(path, properties, Counter()))

    assert table.schema.types == [
        pa.string(),
        pa.int64(),
        pa.float64(),
        pa.bool_(),
        pa.timestamp("us", "UTC"),
    ]


def test_nested_types_follow_their_schema() -> None:
    tags = {
        "type": ["array", "null"],
        "items": {"type": "object", "properties": {"a": STRING, "b": INTEGER}},
    }

    assert arrow_type(tags) == pa.list_(pa.struct([("a", pa.string()), ("b", pa.int64())]))


def test_a_moment_is_a_timestamp_wherever_it_stands() -> None:
    spec = {"type": "array", "items": {"type": "object", "properties": {"a": MOMENT, "b": DATE}}}
    wanted = arrow_type(spec)

    array = to_array(
        [[{"a": "2026-01-31T00:00:00Z", "b": "2026-01-31"}, {"a": None}], None], wanted
    )

    assert wanted == pa.list_(pa.struct([("a", pa.timestamp("us", "UTC")), ("b", pa.string())]))
    assert array.to_pylist() == [
        [
            {"a": datetime(2026, 1, 31, tzinfo=UTC), "b": "2026-01-31"},
            {"a": None, "b": None},
        ],
        None,
    ]


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-01-31T12:00:00.123456789Z", datetime(2026, 1, 31, 12, 0, 0, 123456, UTC)),
        ("0001-01-01T00:00:00Z", datetime(1, 1, 1, tzinfo=UTC)),
        ("9999-12-31T23:59:59Z", datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)),
        # As a stream map may make of one.
        ("2026-01-31", datetime(2026, 1, 31, tzinfo=UTC)),
        ("2026-01-31T02:00:00+02:00", datetime(2026, 1, 31, tzinfo=UTC)),
    ],
)
def test_a_moment_is_the_same_to_the_microsecond(text: str, moment: datetime) -> None:
    assert to_array([text], arrow_type(MOMENT)).to_pylist() == [moment]


@pytest.mark.parametrize("value", ["soon", "", 5, True])
def test_what_is_no_moment_is_refused_without_being_repeated(value: object) -> None:
    with pytest.raises(pa.ArrowException, match="no date and time"):
        to_array([value], arrow_type(MOMENT))


@pytest.mark.parametrize(
    "spec",
    [
        {"type": ["string", "integer"], "format": "date-time"},
        {"anyOf": [MOMENT, {"type": "integer"}]},
    ],
)
def test_a_property_that_may_be_more_than_a_moment_is_a_text(spec: dict[str, Any]) -> None:
    assert arrow_type(spec) == pa.string()


def test_what_is_in_an_array_or_an_object_need_not_be_told() -> None:
    assert arrow_type({"type": "array"}) == pa.list_(pa.string())
    assert arrow_type({"type": "object"}) == pa.struct([])


@pytest.mark.parametrize("spec", [{}, {"anyOf": [STRING, {"type": "null"}]}], ids=["any", "anyOf"])
def test_a_property_of_no_clear_type_is_a_text(spec: dict[str, Any]) -> None:
    assert arrow_type(spec) == pa.string()


@pytest.mark.parametrize(("value", "spec"), [("12", INTEGER), (12, STRING), (1, BOOLEAN)])
def test_a_value_of_another_type_is_not_made_one_of_the_column(
    value: object, spec: dict[str, Any]
) -> None:
    with pytest.raises(pa.ArrowException):
        to_array([value], arrow_type(spec))


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


@one_directory
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

    records, found = both(tmp_path, data, PROPERTIES, block)

    assert found == records
