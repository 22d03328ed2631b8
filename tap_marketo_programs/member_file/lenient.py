"""Rows whose quotes are not those of RFC 4180, read one by one.

Bytes go in, rows come out, each also as RFC 4180 would have it. It must not
know columns, or what becomes of a cell.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from tap_marketo_programs.errors import FileCorrupt
from tap_marketo_programs.member_file.blanks import BLANK_LINE
from tap_marketo_programs.member_file.dialects import DIALECTS, RFC_4180, Dialect

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tap_marketo_programs.member_file.bounds import Bounds
    from tap_marketo_programs.member_file.source import Source


# What a cell cannot hold without quotes. A CR, too: behind the last cell it
# would be taken for the line end's.
TO_QUOTE = re.compile(rb'[",\n\r]')


class Row(NamedTuple):
    """One row.

    Attributes:
        cells: Without their quotes.
        clean: The row as RFC 4180 has it, with its line end.
    """

    cells: list[bytes]
    clean: bytes


class LenientRows(Iterator[Row]):
    """Reads row by row, slowly, whatever the quotes.

    Each row is read as RFC 4180 says if it can be; else in the first of two
    more tolerant ways that gives it the right number of cells; else the file
    is corrupt. Which way it was has no say in how the next row is read: that
    depends on the bytes behind this row only.

    Costs a small multiple of the file's length at most: bytes that were read
    for nothing are counted, each row that is found pays for four times its
    length, and the debt is bounded.

    Args:
        lines: The bytes, in pieces that end in LF.
        width: Cells in a row, None when that does not matter.
        crlf: Whether rows end in CRLF, so that a CR before an LF is no cell's.
        bounds: Of a row, and of the bytes read for nothing.

    Attributes:
        position: How many bytes are before the next row.
        rows: How many rows are before it.
        blanks: How many blank lines were met.
    """

    def __init__(
        self, lines: Iterator[bytes], *, width: int | None, crlf: bool, bounds: Bounds
    ) -> None:
        self._lines = lines
        self._width = width
        self._crlf = crlf
        self._bounds = bounds
        self._data = b""
        self._at = 0
        self._wasted = 0
        self.position = 0
        self.rows = 0
        self.blanks = 0

    def __next__(self) -> Row:
        """The next row; FileCorrupt when it cannot be read with the right width."""
        while self._has_data():
            has_blanks = self._width not in {None, 1}
            blank = BLANK_LINE.match(self._data, self._at) if has_blanks else None
            if blank is None:
                return self._next_row()
            self.blanks += 1
            self._move_to(blank.end())
        raise StopIteration

    # For who reads some of the rows otherwise

    def ahead(self, size: int) -> bytes:
        """At most `size` of the bytes from the next row on; none at the end only."""
        return self._data[self._at : self._at + size] if self._has_data() else b""

    def lines_without_quotes(self, size: int) -> bytes:
        """Those of the bytes ahead that are whole lines before any with a quote."""
        if not self._has_data():
            return b""
        end = self._data.find(b'"', self._at, self._at + size)
        end = min(self._at + size, len(self._data)) if end < 0 else end
        return self._data[self._at : self._data.rfind(b"\n", self._at, end) + 1]

    def move_on(self, length: int, rows: int, blanks: int) -> None:
        """Leave out bytes ahead, read by somebody else as these numbers of rows and blank lines."""
        self.rows += rows
        self.blanks += blanks
        self._pay_for(length)
        self._move_to(self._at + length)

    # One row

    def _next_row(self) -> Row:
        self.rows += 1
        for dialect in DIALECTS:
            row = self._read(dialect)
            if row is not None:
                return row
        msg = f"Data row {self.rows} of the export file has not the columns of its header."
        raise FileCorrupt(msg)

    def _read(self, dialect: Dialect) -> Row | None:
        while True:
            found = dialect.row.match(self._data, self._at)
            if found is not None:
                cells = self._cells(dialect, found[1])
                length = found.end() - self._at
                if self._width not in {None, len(cells)}:
                    self._waste(length)
                    return None
                self._pay_for(length)
                self._move_to(found.end())
                return Row(cells, found[0] if dialect is RFC_4180 else written(cells))
            partial = dialect.partial.match(self._data, self._at)
            reached = partial.end() if partial else self._at
            self._waste(reached - self._at)
            if reached < len(self._data) or not self._lengthen():
                return None

    def _cells(self, dialect: Dialect, row: bytes) -> list[bytes]:
        if self._crlf:
            row = row.removesuffix(b"\r")
        if b'"' not in row:
            return row.split(b",")
        return [
            quoted.replace(b'""', b'"') if quoted else bare
            for quoted, bare in dialect.cells.findall(b",%b\n" % row)
        ]

    # The bytes ahead

    def _has_data(self) -> bool:
        if self._at == len(self._data):
            self._data, self._at = next(self._lines, b""), 0
        return bool(self._data)

    def _move_to(self, place: int) -> None:
        self.position += place - self._at
        self._at = place

    def _lengthen(self) -> bool:
        """Double the data from the row's start on; False when no more is there, or allowed."""
        have = len(self._data) - self._at
        if have > self._bounds.row:
            return False
        pieces = [self._data[self._at :]]
        wanted = have
        while wanted >= 0 and (piece := next(self._lines, b"")):
            pieces.append(piece)
            wanted -= len(piece)
        self._data, self._at = b"".join(pieces), 0
        return len(pieces) > 1

    # The debt

    def _waste(self, length: int) -> None:
        self._wasted += length
        if self._wasted > self._bounds.wasted:
            msg = f"The quotes of the export file make no sense up to data row {self.rows}."
            raise FileCorrupt(msg)

    def _pay_for(self, length: int) -> None:
        self._wasted = max(0, self._wasted - 4 * length)


def written(cells: Iterable[bytes]) -> bytes:
    """A row as RFC 4180 has it."""
    return b",".join(map(_written, cells)) + b"\n"


def _written(cell: bytes) -> bytes:
    return b'"%b"' % cell.replace(b'"', b'""') if TO_QUOTE.search(cell) else cell


def lines_of(source: Source, rest: bytes, size: int, max_row: int) -> Iterator[bytes]:
    """A file in pieces that end in LF, at whatever line."""
    while piece := source.read(max(size, len(rest))):
        rest += piece
        end = rest.rfind(b"\n") + 1
        if end:
            yield rest[:end]
            rest = rest[end:]
        elif len(rest) > max_row:
            msg = "The export file has a line beyond all bounds."
            raise FileCorrupt(msg)
    if rest:
        yield rest if rest.endswith(b"\n") else rest + b"\n"
