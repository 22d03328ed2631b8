"""What each regular expression of the room matches, and what it does not."""

from __future__ import annotations

import ast
import importlib
import pkgutil
import re
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from tap_marketo_programs import member_file
from tap_marketo_programs.member_file import (
    blanks,
    blocks,
    dialects,
    header,
    lenient,
    source,
    strict,
)
from tap_marketo_programs.member_file.layout import lay_out
from tap_marketo_programs.member_file.wanted import WantedColumns

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Pattern = re.Pattern[bytes]
Match = re.Match[bytes]


class Table(NamedTuple):
    """What a pattern is for.

    Attributes:
        use: How the room applies it.
        matches: Bytes, each with the part that is matched, or its groups.
        misses: Bytes that it finds nothing in.
    """

    use: Callable[[Pattern, bytes], Match | None]
    matches: dict[bytes, bytes | tuple[bytes | None, ...]]
    misses: list[bytes]


def cells_of(inner: bytes) -> dict[bytes, bytes | tuple[bytes | None, ...]]:
    """Cells that all dialects read in one way, behind their comma, and one of a single dialect."""
    return {
        b",\n": (None, b""),
        b",a b,c\n": (None, b"a b"),
        b",\r\n": (None, b"\r"),
        b',""\n': (b"", None),
        b',"a,\nb",c\n': (b"a,\nb", None),
        b',"%b"\n' % inner: (inner, None),
    }


TABLES: dict[str, Table] = {
    "strict.QUOTED_CELL": Table(
        Pattern.search,
        {
            b'"a"\n': b'"a"',
            b'1,"a,\nb",2\n': b'"a,\nb"',
            b'1,""\n': b'""',
            b'1,"a ""b"""\r\n': b'"a ""b"""',
            b'1\n"""",2\n': b'""""',
            b'x"y,"a",2\n': b'"a"',
        },
        [b"a,b\n", b'1,"a\n', b'1,"a"b\n', b'1,x"a",2\n', b'1,"a"', b'1,"a"\r', b'1,"a""\n'],
    ),
    "blocks.WHOLE_ROWS": Table(
        Pattern.match,
        {
            b"": b"",
            b"a\nb\nc": b"a\nb\n",
            b'a,"x\ny"\n"z\n': b'a,"x\ny"\n',
            b'a"b"c\n': b'a"b"c\n',
            b'"a""b"\nc\n': b'"a""b"\nc\n',
            b'a\n"b\nc\n': b"a\n",
            b'"a\n': b"",
        },
        [],
    ),
    "header.FIRST_ROW": Table(
        Pattern.match,
        {b"a,b\nc\n": b"a,b\n", b"a\r\n": b"a\r\n", b'"a\nb",c\nd': b'"a\nb",c\n', b"\n": b"\n"},
        [b"", b"a,b", b'"a\nb\n', b'a,"b""\n'],
    ),
    "source._FIRST_LINE": Table(
        Pattern.match,
        {b"a\nb": (b"\n",), b"a\r\nb": (b"\r\n",), b"a\rb\n": (b"\r",), b'"a\rb"\n': (b"\n",)},
        [b"", b"a", b'"a\r\n'],
    ),
    "source._UNMARKED[0][0]": Table(
        Pattern.match, {b"i\0d\0,\0": b"i\0d\0"}, [b"id,x", b"\0i\0d", b"\xe9\0d\0", b"\0\0d\0"]
    ),
    "source._UNMARKED[1][0]": Table(
        Pattern.match, {b"\0i\0d\0,": b"\0i\0d"}, [b"id,x", b"i\0d\0", b"\0\xe9\0d", b"\0\0\0d"]
    ),
    "blanks.BLANK_LINE": Table(
        Pattern.match,
        {b"\na": b"\n", b" \t\r\n": b" \t\r\n", b"\n\n": b"\n"},
        [b"", b" ", b" a\n", b",\n", b"\x0b\n"],
    ),
    "blanks._FIRST_BLANKS": Table(
        Pattern.match, {b"\n \r\na\n\n": b"\n \r\n", b"\n": b"\n"}, [b"", b"a\n\n", b"  a\n"]
    ),
    "blanks._BLANKS": Table(
        Pattern.search,
        {b"a\n\nb": b"\n\n", b"a\n \t\n\r\n b\n": b"\n \t\n\r\n", b"\n\n": b"\n\n"},
        [b"a\nb\n", b" \nb", b"a\n b\n"],
    ),
    "lenient.TO_QUOTE": Table(
        Pattern.search,
        {b'a"': b'"', b"a,b": b",", b"a\nb": b"\n", b"a\r": b"\r"},
        [b"", b"a b", b"null", b"\xe2\x80\xa8", b"a\tb"],
    ),
    "dialects.RFC_4180.row": Table(
        Pattern.match,
        {
            b"a,b\nc\n": (b"a,b",),
            b'"a\n""b""","c"\r\n': (b'"a\n""b""","c"',),
            b"a\r\n": (b"a\r",),
            b'"",\n': (b'"",',),
        },
        [b"a,b", b'"a"b",c\n', b'a"b,c\n', b'"a\n', b'"a"" ,b\n', b' "a"\n'],
    ),
    "dialects.RFC_4180.partial": Table(
        Pattern.match,
        {b"a,b\n": b"a,", b'a,"b\nc': b'a,"b\nc', b'"a"b",c\n': b'"a', b'x"y,\n': b""},
        [],
    ),
    "dialects.RFC_4180.cells": Table(Pattern.match, cells_of(b'a ""b""'), [b"a", b',"a\n', b'"a"']),
    "dialects.UNDOUBLED.row": Table(
        Pattern.match,
        {
            b'"a"b",c\n': (b'"a"b",c',),
            b'"a ""b"", c"\n': (b'"a ""b"", c"',),
            b'a"b,c\n': (b'a"b,c',),
            b'"a"b,\nc"\r\n': (b'"a"b,\nc"',),
            b'"say "hi""\n': (b'"say "hi""',),
        },
        [b'"a"b\n', b'"a\n', b"a,b"],
    ),
    "dialects.UNDOUBLED.partial": Table(
        Pattern.match,
        {b'"a"b\nc,d': b'"a"b\nc,d', b'x"y,"a"b,\nc': b'x"y,"a"b,\nc', b'"a","b\n': b'"a","b\n'},
        [],
    ),
    "dialects.UNDOUBLED.cells": Table(
        Pattern.match,
        {
            **cells_of(b'a "b" c'),
            b',6" pipe,\n': (None, b'6" pipe'),
            b',"a"",b\n': (b'a"', None),
        },
        [b"a", b',"a\n', b',"a"b\n'],
    ),
    "dialects.MIXED.row": Table(
        Pattern.match,
        {
            b'"a"b",c\n': (b'"a"b",c',),
            b'"x"y"",z",c\n': (b'"x"y"",z",c',),
            b'6" pipe,"a"" ,\nb"\n': (b'6" pipe,"a"" ,\nb"',),
        },
        [b'"say "hi""\n', b'"a\n', b"a,b"],
    ),
    "dialects.MIXED.partial": Table(
        Pattern.match,
        {b'"say "hi""\n': b'"say "hi""\n', b'"a","b\n': b'"a","b\n', b"a\n": b""},
        [],
    ),
    "dialects.MIXED.cells": Table(
        Pattern.match,
        {**cells_of(b'x"y"",z'), b',6" pipe,\n': (None, b'6" pipe')},
        [b"a", b',"a\n', b',"a"",b\n'],
    ),
}
KNOWN = {
    "strict": strict,
    "blocks": blocks,
    "header": header,
    "source": source,
    "blanks": blanks,
    "lenient": lenient,
    "dialects": dialects,
}
ROOM = Path(member_file.__path__[0])


def pattern(name: str) -> Pattern:
    """The pattern of a table."""
    found: Pattern = eval(name, dict(KNOWN))  # noqa: S307 - the names of TABLES
    return found


def patterns_in(value: object) -> Iterator[re.Pattern[Any]]:
    """Every pattern that a module or a value of one holds."""
    if isinstance(value, re.Pattern):
        yield value
    elif isinstance(value, (tuple, list, set, frozenset)):
        for one in value:
            yield from patterns_in(one)
    elif isinstance(value, dict):
        yield from patterns_in([*value, *value.values()])
    elif type(value).__module__.startswith(member_file.__name__):
        yield from patterns_in(list(getattr(value, "__dict__", {}).values()))


def test_each_pattern_of_the_room_has_a_table() -> None:
    modules = [
        importlib.import_module(f"{member_file.__name__}.{one.name}")
        for one in pkgutil.iter_modules(member_file.__path__)
    ]
    found = {one for module in modules for one in patterns_in(dict(vars(module)))}

    assert found == {pattern(name) for name in TABLES}
    assert len(found) == len(TABLES)


def test_no_other_pattern_is_made_while_a_file_is_read() -> None:
    """Those that are have a table too, or a test below."""
    makers = Counter(
        f"{path.stem}.{node.name}"
        for path in ROOM.glob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef)
        for call in ast.walk(node)
        if isinstance(call, ast.Attribute) and call.attr == "compile"
    )

    assert makers == {"dialects.__init__": 3, "wanted.usual_rows": 1}


@pytest.mark.parametrize("name", TABLES)
def test_a_pattern_matches_what_its_table_says(name: str) -> None:
    table = TABLES[name]

    for data, expected in table.matches.items():
        found = table.use(pattern(name), data)
        assert found is not None, data
        assert expected == (found.groups() if isinstance(expected, tuple) else found[0]), data
    for data in table.misses:
        assert table.use(pattern(name), data) is None, data


@pytest.mark.parametrize("name", [name for name in TABLES if name.endswith(".row")])
def test_a_dialects_cells_are_all_of_its_row(name: str) -> None:
    cells = pattern(name.replace(".row", ".cells"))

    for row in TABLES[name].matches:
        found = TABLES[name].use(pattern(name), row)
        assert found is not None
        assert "".join(one[0].decode() for one in cells.finditer(b",%b\n" % found[1])) == (
            f",{found[1].decode()}"
        )


KEY = {"type": ["integer"]}
TEXT = {"type": ["string", "null"]}


@pytest.mark.parametrize(
    ("rows", "is_usual"),
    [
        (b"", True),
        (b"x,1001,7\nx,1002,8,more\r\n", True),
        (b",1001,7\r\n", True),
        (b"x,1003,7\n", False),
        (b"x,10010,7\n", False),
        (b"x,1001,\n", False),
        (b"x,1001,null\n", False),
        (b"x,1001,-7\n", False),
        (b"x,1001,7x\n", False),
        (b"x,1001,1234567890123456789\n", False),
        (b"x,1001,7\nx,1001,7.0\n", False),
    ],
)
def test_rows_are_usual_whose_keys_are_plain_digits_of_those_expected(
    rows: bytes, *, is_usual: bool
) -> None:
    properties = {"leadId": KEY, "programId": KEY}
    wanted = WantedColumns(properties, Counter(), {"leadId": (), "programId": (1001, 1002)})

    usual = wanted.usual_rows(lay_out(["name", "programId", "leadId"], wanted.names))

    assert usual is not None
    assert bool(usual.fullmatch(rows)) is is_usual


def test_no_rows_are_usual_where_the_catalog_types_a_key_as_a_text() -> None:
    wanted = WantedColumns({"leadId": TEXT}, Counter(), {"leadId": ()})

    assert wanted.usual_rows(lay_out(["leadId"], wanted.names)) is None
