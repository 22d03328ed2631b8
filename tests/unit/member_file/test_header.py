"""The first line of an export file."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest
from member_files import (
    read,
    strings,
    table,
    write,
)

from tap_marketo_programs.errors import FileCorrupt
from tap_marketo_programs.member_file.bounds import Bounds
from tap_marketo_programs.member_file.file import MemberFile

if TYPE_CHECKING:
    from pathlib import Path


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


@pytest.mark.parametrize("data", [b"a,b\n", b"a,b", b"a,b\r\n", b'"a","b"\n'])
def test_a_header_alone_has_no_rows(tmp_path: Path, data: bytes) -> None:
    assert read(tmp_path, data, strings("a", "b")) == []


def test_a_header_beyond_all_bounds_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path, b'a,"' + b"x" * 5000 + b'"\n1,2\n')
    file = MemberFile(path, strings("a"), Counter(), bounds=Bounds(block=64, row=1000))

    with pytest.raises(FileCorrupt, match=r"^The header "):
        file.check()
