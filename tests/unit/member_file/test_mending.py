"""Files with a few rows that are not RFC 4180: read by shape in part, and as if row by row."""

from __future__ import annotations

import contextlib
import io
from typing import TYPE_CHECKING, Any, cast

import pytest
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from tap_marketo_programs.errors import FileCorrupt
from tap_marketo_programs.member_file.bounds import Bounds
from tap_marketo_programs.member_file.file import MemberFile
from tap_marketo_programs.member_file.lenient import LenientRows, lines_of, written
from tap_marketo_programs.member_file.mending import mended_rows
from tap_marketo_programs.member_file.oddities import FileOddities
from tap_marketo_programs.member_file.strict import decoded, split

if TYPE_CHECKING:
    from pathlib import Path

    from tap_marketo_programs.member_file.source import Source

# tmp_path is one directory for all examples: each overwrites the last one's file.
one_directory = settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    deadline=None,
)

Cells = list[list[str]]


def lenient(body: bytes, width: int, *, crlf: bool, block: int) -> LenientRows:
    bounds = Bounds(block=block)
    lines = lines_of(cast("Source", io.BytesIO(body)), b"", block, bounds.row)
    return LenientRows(lines, width=width, crlf=crlf, bounds=bounds)


def alone(body: bytes, width: int, *, crlf: bool) -> tuple[Cells, LenientRows]:
    """The rows as the lenient reader finds them in the whole file."""
    rows = lenient(body, width, crlf=crlf, block=1 << 16)
    return [[decoded(cell) for cell in row.cells] for row in rows], rows


def mixed(body: bytes, width: int, *, crlf: bool, block: int) -> tuple[Cells, LenientRows, int]:
    """The rows, those that are clean by shape, and the blank lines that were told of."""
    rows = lenient(body, width, crlf=crlf, block=block)
    blocks = list(mended_rows(rows, width, block))
    found = [split(one.raw, crlf=crlf) for one in blocks]
    assert [len(cells) for cells in found] == [one.rows * width for one in blocks]
    cells = [cell for some in found for cell in some]
    table = [cells[at : at + width] for at in range(0, len(cells), width)]
    return table, rows, sum(one.blanks for one in blocks)


def assert_mixed_reading_is_lenient_reading(
    body: bytes, width: int, *, crlf: bool, block: int
) -> None:
    try:
        expected, reader = alone(body, width, crlf=crlf)
    except FileCorrupt as error:
        with pytest.raises(FileCorrupt) as caught:
            mixed(body, width, crlf=crlf, block=block)
        assert str(caught.value) == str(error)  # noqa: PT017 - it is compared with another
        return
    found, rows, blanks = mixed(body, width, crlf=crlf, block=block)
    assert found == expected
    assert (rows.rows, rows.blanks, rows.position) == (
        len(expected),
        reader.blanks,
        reader.position,
    )
    assert blanks == reader.blanks


FAULTY = [
    b'1,"a "b" c"\n2,d\n3,e\n',
    b'1,a\n2,"say "hi""\n3,b\n',
    b'1,6" pipe\n2,"a\nb"\n3,c\n',
    b'1,"x"y\n2,looks\n3,like rows\nz"\n4,d\n',
    b'1,"x"y\n2,"looks"\n3,"like rows"\nz"\n4,d\n',
    b'1,"a"b"\n\n \n2,c\n\n3,"d\n\n"\n\n',
    b'1,"a"b\r"\r\n2,c\r\n3,"d"\r\n',
    b'1,"a"b",\n',
    b'1,a\n2,"b"c"\n3\n4,d\n',
    b'1,a\n2,"b"c\n3,d\n4,e\n',
    b'1,"\xff"\xe2"\n2,\xe2\x80\xa8\n',
]


@pytest.mark.parametrize("crlf", [False, True])
@pytest.mark.parametrize("body", FAULTY)
@pytest.mark.parametrize("times", [1, 9])
def test_a_faulty_row_says_nothing_of_the_rows_behind_it(
    body: bytes, times: int, *, crlf: bool
) -> None:
    clean = b'7,x\n8,"y, ""z"""\n'
    for block in (1, 5, 17, 64, 1 << 16):
        for data in ((clean + body) * times, (body + clean) * times, body * times):
            assert_mixed_reading_is_lenient_reading(data, 2, crlf=crlf, block=block)


cells = st.sampled_from(
    [
        *("", "1", "x y", "null", "é", "\r", '"x"', '"a, b"', '"a\nb"', '""', '"say ""hi"""'),
        *('""""', '""","""', '"""\n"', '"\n\n"', '"1,2\n3,4\n"', '"\r\n"', " "),
    ]
)
lines = st.one_of(
    st.integers(1, 3).flatmap(lambda width: st.lists(cells, min_size=width, max_size=width)),
    st.lists(cells, min_size=3, max_size=3),
    st.lists(cells, min_size=3, max_size=3),
).map(",".join)
faults = st.lists(
    st.tuples(
        st.integers(0, 400),
        st.sampled_from(["insert", "replace", "delete"]),
        st.sampled_from([b'"', b'"', b'"', b'""', b",", b"\n", b"\r", b"x", b"\xff"]),
    ),
    max_size=4,
)


def spoiled(data: bytes, changes: list[tuple[int, str, bytes]]) -> bytes:
    """The data with a few bytes changed."""
    for place, change, new in changes:
        at = place % (len(data) + 1)
        end = at if change == "insert" else at + 1
        data = data[:at] + (b"" if change == "delete" else new) + data[end:]
    return data


@settings(one_directory, max_examples=150)
@given(
    st.lists(lines, max_size=12),
    faults,
    st.integers(1, 3),
    st.sampled_from(["\n", "\r\n"]),
    st.sampled_from([1, 9, 30, 1 << 16]),
)
@example(["1,2", "3,4"], [(0, "insert", b'"')], 2, "\n", 1)
def test_mixed_reading_of_spoiled_rows_is_the_lenient_reading_of_all(
    table: list[str], changes: list[tuple[int, str, bytes]], width: int, end: str, block: int
) -> None:
    body = spoiled("".join(line + end for line in table).encode(), changes)

    assert_mixed_reading_is_lenient_reading(body, width, crlf=end == "\r\n", block=block)


# Of a whole file

WHEN = {"type": ["string", "null"], "format": "date-time"}
PROPERTIES: dict[str, dict[str, Any]] = {
    "programId": {"type": ["integer"]},
    "leadId": {"type": ["integer"]},
    "name": {"type": ["string", "null"]},
    "updatedAt": WHEN,
}
HEADER = ",".join(PROPERTIES)


def opened(tmp_path: Path, data: bytes, counted: FileOddities, block: int) -> MemberFile:
    path = tmp_path / "export.csv"
    path.write_bytes(data)
    keys = {"leadId": (), "programId": (1001, 1002)}
    return MemberFile(
        path,
        PROPERTIES,
        counted.nulled,
        keys=keys,
        oddities=counted,
        bounds=Bounds(block=block),
    )


members = st.tuples(
    st.sampled_from(["1001", "1001", "1002", '"1001"', "99", "null"]),
    st.sampled_from(["1", "22", '"333"', "x", "4.0"]),
    cells,
    st.sampled_from(["2024-05-06T07:08:09Z", "null", "soon", '"2024-05-06"']),
).map(",".join)
some_lines = st.one_of(members, members, members, st.sampled_from(["", " ", HEADER]))


@settings(one_directory, max_examples=150)
@given(
    st.lists(some_lines, max_size=12),
    faults,
    st.sampled_from(["\n", "\r\n"]),
    st.sampled_from([1, 40, 100, 1 << 16]),
)
def test_a_spoiled_file_has_the_values_and_the_counts_that_reading_it_row_by_row_has(
    tmp_path: Path,
    table: list[str],
    changes: list[tuple[int, str, bytes]],
    end: str,
    block: int,
) -> None:
    body = spoiled("".join(line + end for line in table).encode(), changes)
    counted, expected = FileOddities(), FileOddities()
    found: list[dict[str, Any]] | None = None
    file = opened(tmp_path, f"{HEADER}{end}".encode() + body, counted, block)
    with contextlib.suppress(FileCorrupt):
        found = list(file)
    assume("with a comma behind each row" not in counted.files)

    rows = lenient(body, len(PROPERTIES), crlf=end == "\r\n", block=1 << 16)
    whole = body if body.endswith(b"\n") else body + b"\n"
    mended, is_certain = f"{HEADER}\n".encode(), True
    try:
        for row in rows:
            mended += written(row.cells)
            is_certain = is_certain and whole[: rows.position].endswith(row.clean)
        other = opened(tmp_path, mended, expected, 1 << 16)
        expected_rows = list(other)
    except FileCorrupt:
        assert found is None
        return

    # The file that was read first is there no longer.
    assert (found, file.held, file.skipped) == (expected_rows, other.held, other.skipped)
    assert (counted.nulled, counted.skipped) == (expected.nulled, expected.skipped)
    assert counted.files == ({"with blank lines": 1} if rows.blanks else {})
    assert file.is_certain is is_certain
