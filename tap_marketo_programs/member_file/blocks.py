"""Blocks of whole rows, cut from the bytes of an export file.

It must not know columns, or whether the rows are as they should be.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tap_marketo_programs.member_file.strict import NotClean, split

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tap_marketo_programs.member_file.source import Source

# Rows, as long as every quote opens or closes; the rest may be the start of a row.
# Possessive: without it the last quote that does not close would have all rows
# before it, whose quotes do, tried in all other ways to divide them.
WHOLE_ROWS = re.compile(rb'(?:[^"\n]*+(?:"[^"]*+"[^"\n]*+)*+\n)*+')


def cut_blocks(source: Source, rest: bytes, size: int, max_row: int) -> Iterator[bytes]:
    """The file in pieces of whole rows, each of about the size and ending in LF.

    Raises `NotClean` for a row beyond all bounds. Where quotes do not come in
    pairs the pieces are no rows; `verify` notices.
    """
    while True:
        end = whole_rows(rest)
        if end:
            yield rest[:end]
            rest = rest[end:]
        if len(rest) > max_row:
            raise NotClean
        # As much again as there is: a long row is looked at a few times only.
        piece = source.read(max(size, len(rest)))
        if not piece:
            break
        rest += piece
    if rest:
        yield rest if rest.endswith(b"\n") else rest + b"\n"


def whole_rows(data: bytes) -> int:
    """Where the last row ends whose quotes come in pairs, as do those before it."""
    end = data.rfind(b"\n") + 1
    if b'"' in data and data.count(b'"', 0, end) % 2:
        found = WHOLE_ROWS.match(data)
        return found.end() if found else 0
    return end


@dataclass(frozen=True, slots=True)
class Block:
    """Some rows of a file.

    Args:
        width: Cells in a row.
        places: Where in a row the wanted columns are; None for one that is not there.
        header: The names of all columns.
        crlf: Whether rows end in CRLF.
        raw: The rows as RFC 4180 has them, without NULs and blank lines, and
            each with its line end.
    """

    width: int
    places: Sequence[int | None]
    header: Sequence[str]
    crlf: bool
    raw: bytes

    def cells(self) -> list[str]:
        """All cells, row after row."""
        return split(self.raw, crlf=self.crlf)
