"""Rows of RFC 4180, read by their shape: verified without a look at a cell, then split.

It must not know files, columns, or what becomes of a cell.
"""

from __future__ import annotations

import csv
import io
import re
from itertools import chain
from typing import NamedTuple

from tap_marketo_programs.errors import FileCorrupt
from tap_marketo_programs.member_file.blanks import line_ends, without_blank_lines
from tap_marketo_programs.member_file.bounds import MAX_ROW

# The csv module's own limit is 128 KiB a cell, and one for the whole process.
csv.field_size_limit(max(csv.field_size_limit(), MAX_ROW))

# A quoted cell as RFC 4180 has it, in its place. Where nothing but cells like
# this is taken out and no quote is left, the text can be read in this one way
# only: between two such cells there is no quote, so each begins after a comma
# or a line end that separates, and ends before one.
# Possessive: a cell whose end is no separator is given up at once. With plain
# `*` each doubled quote in it would be tried as its end on the way back, for
# nothing, and where the last quote is missing, again from each quote that
# the search begins at. Looking back after the quote, not before, lets the search
# jump from quote to quote.
QUOTED_CELL = re.compile(rb'"(?<![^,\n]")[^"]*+(?:""[^"]*+)*+"(?=[,\n]|\r\n)')
_NO_SHAPE = bytes(set(range(256)) - set(b",\n"))


class NotClean(Exception):
    """The file is not RFC 4180, or not one table."""


class CleanBlock(NamedTuple):
    """Some rows that have passed the check of `verify`.

    Attributes:
        raw: The rows, each with its line end.
        bare: The same without their quoted cells.
        rows: How many.
        blanks: How many blank lines were between them.
    """

    raw: bytes
    bare: bytes
    rows: int
    blanks: int = 0


def verify(block: bytes, width: int) -> CleanBlock:
    """The block, when it is clean and each of its rows has the width.

    Raises `NotClean` otherwise. No cell is looked at: with everything but
    commas and line ends left out, a good block is one line of commas repeated.
    """
    return _shaped(block, _bare(block), width)


def verify_all(block: bytes, width: int) -> CleanBlock:
    """What `verify` says of the block without its blank lines."""
    # A quote that is left here is left without the blank lines, too.
    bare = _bare(block)
    try:
        return _shaped(block, bare, width)
    except NotClean:
        # Under one column, a line of nothing is a row: its cell is empty.
        full = block if width == 1 else without_blank_lines(block)
        if len(full) == len(block):
            raise
        return verify(full, width)._replace(blanks=line_ends(block) - line_ends(full))


def _bare(block: bytes) -> bytes:
    bare = QUOTED_CELL.sub(b"", block) if b'"' in block else block
    if b'"' in bare:
        raise NotClean
    return bare


def _shaped(block: bytes, bare: bytes, width: int) -> CleanBlock:
    shape = bare.translate(None, _NO_SHAPE)
    rows = shape.count(b"\n")
    if shape != (b"," * (width - 1) + b"\n") * rows:
        raise NotClean
    return CleanBlock(block, bare, rows)


def has_bare_cr(rows: bytes) -> bool:
    """Whether clean rows hold a CR outside of quoted cells: some readers end a row there."""
    return b"\r" in rows and b"\r" in QUOTED_CELL.sub(b"", rows)


# With fewer bytes than this to a quote, the csv module is the faster reader.
_FEW_QUOTES = 64


def split(block: bytes, *, crlf: bool) -> list[str]:
    """The cells of a block that `verify` let pass, row after row."""
    pieces = block.split(b'"')
    # The csv module ends a row at a lone CR, too.
    if len(pieces) * _FEW_QUOTES > len(block) and block.count(b"\r") == (
        block.count(b"\r\n") if crlf else 0
    ):
        text = io.StringIO(decoded(block), newline="\n")
        try:
            # It reads an empty line as no cell; here it is one empty cell.
            return list(chain.from_iterable(row or [""] for row in csv.reader(text)))
        except csv.Error:
            msg = "The csv module cannot read a row of the export file."
            raise FileCorrupt(msg) from None
    # Decoded one by one: a wide character in one of them makes the others no slower.
    return _joined([decoded(piece) for piece in pieces], crlf=crlf)


def decoded(data: bytes) -> str:
    """The text; what is not UTF-8 becomes U+FFFD."""
    return data.decode("utf-8", "replace")


def _unquoted(text: str, *, crlf: bool) -> list[str]:
    """The cells of a text without quotes, and what follows its last separator."""
    if crlf:
        text = text.replace("\r\n", "\n")
    return text.replace("\n", ",").split(",")


def _joined(pieces: list[str], *, crlf: bool) -> list[str]:
    """The cells of a text cut at its quotes, unquoted and quoted by turns.

    Two quotes with nothing between stand for one: between two quoted cells
    there is a comma or a line end.
    """
    cells = _unquoted(pieces[0], crlf=crlf)
    parts: list[str] = []
    for inside, outside in zip(pieces[1::2], pieces[2::2], strict=True):
        parts.append(inside)
        if outside:
            cells[-1] = '"'.join(parts)
            parts.clear()
            # It begins with the separator behind the quoted cell.
            cells += _unquoted(outside, crlf=crlf)[1:]
    return cells[:-1]
