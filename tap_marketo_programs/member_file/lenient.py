"""Rows whose quotes are not those of RFC 4180, read one by one.

It must not know columns, or what becomes of a cell.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import chain
from typing import TYPE_CHECKING

from tap_marketo_programs.errors import FileCorrupt
from tap_marketo_programs.member_file.blanks import BLANK_LINE

if TYPE_CHECKING:
    from tap_marketo_programs.member_file.bounds import Bounds
    from tap_marketo_programs.member_file.source import Source


class _Dialect:
    """One reading of quotes: how a quoted cell looks between its quotes, and an unquoted one.

    `partial` goes as far as this reading does. It gets over a line end in a
    quoted cell only, so where it reaches the end of a text, more text may help.
    """

    def __init__(self, inner: str, bare: str) -> None:
        cell = rf'(?:"{inner}"|{bare})'
        row = rf"{cell}(?:,{cell})*+"
        self.row = re.compile(rf"({row})(?:\n|\r\n)")
        self.partial = re.compile(rf'(?:{cell},)*+(?:"{inner})?+')
        self.cells = re.compile(rf',(?:"({inner})"|({bare}))')


_END = r"(?:[,\n]|\r\n)"
_DIALECTS = (
    # RFC 4180: every inner quote is doubled.
    _Dialect(r'[^"]*+(?:""[^"]*+)*+', r'(?!")[^",\n]*+'),
    # A quote closes a cell only before a comma or a line end. This is embulk's
    # ACCEPT_STRAY_QUOTES_ASSUMING_NO_DELIMITERS_IN_FIELDS.
    _Dialect(rf'[^"]*+(?:"(?!{_END})[^"]*+)*+', r'(?!")[^,\n]*+'),
    # The same, but two quotes are a doubled one even before a comma or a line end.
    _Dialect(rf'[^"]*+(?:""[^"]*+|"(?!"|{_END})[^"]*+)*+', r'(?!")[^,\n]*+'),
)


class LenientRows(Iterator[list[str]]):
    """Reads row by row, slowly, whatever the quotes.

    Each row is read as RFC 4180 says if it can be; else in the first of two
    more tolerant ways that gives it the right number of cells; else the file
    is corrupt. Costs a small multiple of the file's length at most: bytes read
    in vain are counted, each row that is found pays for four times its length,
    and the debt is bounded.

    Args:
        texts: The text, in pieces that end in LF.
        width: Cells in a row, None when that does not matter.
        crlf: Whether rows end in CRLF, so that a CR before an LF is no cell's.
        bounds: Of a row, and of the bytes read in vain.
    """

    def __init__(
        self, texts: Iterator[str], *, width: int | None, crlf: bool, bounds: Bounds
    ) -> None:
        self._bounds = bounds
        self._texts = texts
        self._width = width
        self._crlf = crlf
        self._text = next(texts, "")
        self._at = 0
        self._row = 0
        self._in_vain = 0
        self.blanks = 0

    def __next__(self) -> list[str]:
        """The next row; FileCorrupt when it cannot be read with the right width."""
        while True:
            if self._at == len(self._text):
                self._text, self._at = next(self._texts, ""), 0
                if not self._text:
                    raise StopIteration
            blank = None if self._width in {None, 1} else BLANK_LINE.match(self._text, self._at)
            if blank is None:
                break
            self.blanks += 1
            self._at = blank.end()
        self._row += 1
        for dialect in _DIALECTS:
            cells = self._read(dialect)
            if cells is not None:
                return cells
        msg = f"Data row {self._row} of the export file has not the columns of its header."
        raise FileCorrupt(msg)

    def _read(self, dialect: _Dialect) -> list[str] | None:
        while True:
            found = dialect.row.match(self._text, self._at)
            if found is not None:
                cells = self._cells(dialect, found[1])
                if self._width in (None, len(cells)):
                    self._in_vain = max(0, self._in_vain - 4 * (found.end() - self._at))
                    self._at = found.end()
                    return cells
                self._waste(found.end() - self._at)
                return None
            partial = dialect.partial.match(self._text, self._at)
            reached = partial.end() if partial else self._at
            self._waste(reached - self._at)
            if reached < len(self._text) or not self._lengthen():
                return None

    def _cells(self, dialect: _Dialect, row: str) -> list[str]:
        if self._crlf and row.endswith("\r"):
            row = row[:-1]
        if '"' not in row:
            return row.split(",")
        return [
            quoted.replace('""', '"') if quoted else bare
            for quoted, bare in dialect.cells.findall(f",{row}\n")
        ]

    def _lengthen(self) -> bool:
        """Double the text from the row's start on; False when no more is there, or allowed."""
        have = len(self._text) - self._at
        if have > self._bounds.row:
            return False
        pieces = [self._text[self._at :]]
        wanted = have
        while wanted >= 0 and (piece := next(self._texts, "")):
            pieces.append(piece)
            wanted -= len(piece)
        self._text, self._at = "".join(pieces), 0
        return len(pieces) > 1

    def _waste(self, length: int) -> None:
        self._in_vain += length
        if self._in_vain > self._bounds.guesses:
            msg = f"The quotes of the export file make no sense up to data row {self._row}."
            raise FileCorrupt(msg)


def texts(source: Source, rest: bytes, bounds: Bounds) -> Iterator[str]:
    """The text in pieces that end in LF, at whatever line."""
    while piece := source.read(max(bounds.block, len(rest))):
        rest += piece
        end = rest.rfind(b"\n") + 1
        if end:
            yield rest[:end].decode("utf-8", "replace")
            rest = rest[end:]
        elif len(rest) > bounds.row:
            msg = "The export file has a line beyond all bounds."
            raise FileCorrupt(msg)
    if rest:
        yield rest.decode("utf-8", "replace") + ("" if rest.endswith(b"\n") else "\n")


def batches(records: Iterator[list[str]], size: int) -> Iterator[list[list[str]]]:
    """Rows by the block, so that a few huge ones do not add up."""
    batch: list[list[str]] = []
    length = 0
    for record in records:
        batch.append(record)
        length += sum(map(len, record)) + len(record)
        if length >= size:
            yield batch
            batch, length = [], 0
    if batch:
        yield batch


def flat(rows: list[list[str]]) -> list[str]:
    """The cells, row after row."""
    return list(chain.from_iterable(rows))
