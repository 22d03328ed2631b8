"""Rows of RFC 4180, whatever their cells hold."""

from __future__ import annotations

import csv
import io
from collections import Counter
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from member_files import (
    STRING,
    one_directory,
    rfc_4180,
    strings,
    table,
    write,
)

from tap_marketo_programs.errors import FileCorrupt
from tap_marketo_programs.member_file.bounds import Bounds
from tap_marketo_programs.member_file.file import MemberFile

if TYPE_CHECKING:
    from pathlib import Path


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
def test_a_file_of_rfc_4180_is_certain_and_its_blocks_are_its_bytes(
    tmp_path: Path, data: bytes, size: int
) -> None:
    path = write(tmp_path, data)
    file = MemberFile(path, strings("a", "b"), Counter(), bounds=Bounds(block=size))

    raw = [block.raw or b"" for block in file.blocks()]

    assert file.is_certain
    assert b"".join(raw).removesuffix(b"\n") == data.partition(b"\n")[2].removesuffix(b"\n")
    assert all(piece.endswith(b"\n") for piece in raw)


@pytest.mark.parametrize("end", ["\r\n", "\n"])  # with LF alone the csv module reads it
def test_a_cell_of_many_megabytes_is_read(tmp_path: Path, end: str) -> None:
    text = f'line, "quoted"{end}' * 100_000
    data = f'a,b\n"{text.replace(chr(34), chr(34) * 2)}",2\nx,{"y" * 3_000_000}\n'.encode()

    assert table(tmp_path, data, "a", "b") == [[text, "2"], ["x", "y" * 3_000_000]]


def test_a_limit_that_others_set_for_the_csv_module_is_no_crash(tmp_path: Path) -> None:
    file = MemberFile(write(tmp_path, b'a\n"longer than that"\n'), {"a": STRING}, Counter())
    before = csv.field_size_limit(5)
    try:
        with pytest.raises(FileCorrupt, match=r"csv module cannot read"):
            list(file)
    finally:
        csv.field_size_limit(before)


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


@one_directory
@given(tables, st.sampled_from(["\n", "\r\n"]), st.sampled_from([3, 64, 65_536]))
def test_any_table_reads_back_equal(
    tmp_path: Path,
    table_: list[list[str]],
    end: str,
    block: int,
) -> None:
    header = [f"c{place}" for place in range(len(table_[0]) if table_ else 2)]
    bounds = Bounds(block=block)

    found = table(tmp_path, rfc_4180(header, table_, end), *header, bounds=bounds)

    assert found == [[cell if cell not in ("", "null") else None for cell in row] for row in table_]


@one_directory
@given(tables)
def test_a_file_of_the_csv_module_reads_back_equal(tmp_path: Path, table_: list[list[str]]) -> None:
    header = [f"c{place}" for place in range(len(table_[0]) if table_ else 2)]
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n", quoting=csv.QUOTE_ALL).writerows([header, *table_])

    found = table(tmp_path, text.getvalue().encode(), *header)

    assert found == [[cell if cell not in ("", "null") else None for cell in row] for row in table_]
