"""Rows whose quotes are not doubled."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest
from member_files import (
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
            id="beside rows that double their quotes",
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


@pytest.mark.parametrize("block", range(1, 30))
def test_a_row_that_begins_a_block_and_is_cut_by_its_end_is_read(
    tmp_path: Path, block: int
) -> None:
    data = b'a,b\n"x"y",1\n2,3\n"p\nq\nr",4\n5,6\n'

    found = table(tmp_path, data, "a", "b", bounds=Bounds(block=block))

    assert found == [['x"y', "1"], ["2", "3"], ["p\nq\nr", "4"], ["5", "6"]]


NO_WASTE = Bounds(wasted=0)


def test_guessing_at_quotes_has_an_end(tmp_path: Path) -> None:
    path = write(tmp_path, padded(50, b'"x"y",2\n'))
    file = MemberFile(path, strings("a"), Counter(), bounds=NO_WASTE)

    with pytest.raises(FileCorrupt, match="make no sense up to data row"):
        file.check()


# Both lines are rows; RFC 4180 would have them be one, of two cells.
MISLEADING = b'"x"",y,z\na,b",c\n'


def test_a_row_read_with_the_wrong_width_counts_as_a_guess(tmp_path: Path) -> None:
    path = write(tmp_path, b"a,b,c\n" + MISLEADING)
    file = MemberFile(path, strings("a"), Counter(), bounds=NO_WASTE)

    with pytest.raises(FileCorrupt, match=r"up to data row 1\.$"):
        file.check()


def test_guesses_at_one_row_add_up(tmp_path: Path) -> None:
    row = b'"x' + b"z" * 30 + b'"y"",z",1\n'  # two readings fail, after 33 and 42 bytes

    def check(guesses: int) -> int:
        path = write(tmp_path, b"a,b\n" + row)
        bounds = Bounds(wasted=guesses)
        return MemberFile(path, strings("a"), Counter(), bounds=bounds).check()

    assert check(80) == 1
    with pytest.raises(FileCorrupt, match="make no sense"):
        check(60)


def test_rows_that_are_found_pay_for_the_guesses(tmp_path: Path) -> None:
    few = Bounds(wasted=100)

    found = table(tmp_path, b"a,b,c\n" + MISLEADING * 200, "a", "b", "c", bounds=few)

    assert found == [['x"', "y", "z"], ["a", 'b"', "c"]] * 200
