"""Export files cut into blocks: where they are cut does not show."""

from __future__ import annotations

import tracemalloc
from collections import Counter
from typing import TYPE_CHECKING

import pytest
from member_files import (
    KEY,
    STRING,
    padded,
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
def test_blocks_do_not_show(tmp_path: Path, row: bytes) -> None:
    whole = table(tmp_path, padded(50, row), "a", "b")

    assert len(whole) == 50
    for size in (1, 7, 64, 333):
        assert table(tmp_path, padded(50, row), "a", "b", bounds=Bounds(block=size)) == whole


@pytest.mark.parametrize("stray", [b"1,plain\n", b'1,"stray"quote"\n'])
def test_nuls_and_marks_between_blocks_are_no_end_and_no_beginning(
    tmp_path: Path, stray: bytes
) -> None:
    small = Bounds(block=4)
    data = b"a,b\n\xef\xbb\xbf1,2\n" + b"\0" * 9 + b"3,4\n" + b"\0" * 99 + stray

    found = table(tmp_path, data, "a", "b", bounds=small)

    assert found[:2] == [["\ufeff1", "2"], ["3", "4"]]
    assert len(found) == 3


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
def test_a_row_beyond_all_bounds_is_refused(tmp_path: Path, body: bytes) -> None:
    path = write(tmp_path, b"a,b\n1,2\n" + body + b'",1\n1,2\n')
    file = MemberFile(path, strings("a"), Counter(), bounds=Bounds(block=64, row=1000))

    with pytest.raises(FileCorrupt):
        file.check()


@pytest.mark.parametrize("row", [b'12,"some text, quoted"\n', b'12,"some "stray" text"\n'])
def test_memory_does_not_grow_with_the_file(tmp_path: Path, row: bytes) -> None:
    small = Bounds(block=1024)

    def peak(count: int) -> int:
        path = write(tmp_path, padded(count, row))
        file = MemberFile(path, {"a": KEY, "b": STRING}, Counter(), bounds=small)
        tracemalloc.start()
        try:
            assert file.check() == count
            assert sum(1 for _ in file) == count
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    assert peak(2_000) < 1.5 * peak(500)
