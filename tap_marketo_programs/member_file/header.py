"""The first line of an export file: the names of its columns, and how its rows end.

It must not know which columns are wanted.
"""

from __future__ import annotations

import re
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tap_marketo_programs.errors import FileCorrupt
from tap_marketo_programs.member_file.bounds import BOUNDS
from tap_marketo_programs.member_file.lenient import LenientRows
from tap_marketo_programs.member_file.source import Source
from tap_marketo_programs.member_file.strict import decoded

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tap_marketo_programs.member_file.bounds import Bounds

# A row whose quotes open and close, and its line end. Possessive, for while the
# header is not complete there is no line end to find by going back.
FIRST_ROW = re.compile(rb'[^"\n]*+(?:"[^"]*+"[^"\n]*+)*+\n')


@dataclass(frozen=True, slots=True)
class Header:
    """The first line: the names, and whether rows end in CRLF.

    One for the whole file: in a file of LFs, a CR before an LF is the last
    cell's own.
    """

    names: tuple[str, ...]
    crlf: bool


def read_header(source: Source, bounds: Bounds) -> tuple[Header | None, bytes]:
    """The header, None in a file of no bytes, and what was read beyond it."""
    data = b""
    while (found := FIRST_ROW.match(data)) is None and len(data) <= bounds.row:
        piece = source.read(max(bounds.block, len(data)))
        if not piece and not data:
            return None, b""
        data += piece or b"\n"
        if not piece:
            found = FIRST_ROW.match(data)
            break
    if found is None:
        msg = "The header of the export file cannot be read: a quoted name never ends."
        raise FileCorrupt(msg)
    crlf = found[0].endswith(b"\r\n")
    line = found[0][: -2 if crlf else -1] + b"\n"
    try:
        names = next(LenientRows(iter([line]), width=None, crlf=False, bounds=bounds)).cells
    except FileCorrupt:
        msg = "The header of the export file cannot be read: its quotes make no sense."
        raise FileCorrupt(msg) from None
    return Header(tuple(map(decoded, names)), crlf), data[found.end() :]


@contextmanager
def opened(path: Path, bounds: Bounds) -> Iterator[tuple[Source, Header | None, bytes]]:
    """A file, its header, None in a file of no bytes, and what was read beyond it."""
    with path.open("rb") as file:
        source = Source(file)
        yield source, *read_header(source, bounds)


def names_in(path: Path, bounds: Bounds = BOUNDS) -> tuple[str, ...]:
    """The names of a file's columns; none of a file of no bytes.

    Raises:
        FileCorrupt: Its header cannot be read.
    """
    with opened(path, bounds) as (_, header, _rest):
        return header.names if header else ()
