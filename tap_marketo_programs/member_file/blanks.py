"""Lines of an export file that hold nothing: no row of a table of several columns.

It must not know what the rows hold.
"""

from __future__ import annotations

import re

# A line of blanks, from its start. Possessive, here and below: blanks before a
# cell are not walked back over, and of lines none is given back.
BLANK_LINE = re.compile(rb"[ \t\r]*+\n")
# Such lines at the start of a text.
_FIRST_BLANKS = re.compile(rb"\A(?:[ \t\r]*+\n)++")
# A line end and the blank lines behind it.
_BLANKS = re.compile(rb"\n(?:[ \t\r]*+\n)++")


def without_blank_lines(block: bytes) -> bytes:
    """Whole rows without the blank lines between them; those in quoted cells stay.

    Args:
        block: Whole rows, each with its line end, whose quotes come in pairs.
    """
    pieces = block.split(b'"')
    # What is quoted stands at the odd places; a doubled quote leaves an empty piece.
    pieces[::2] = [_BLANKS.sub(b"\n", piece) for piece in pieces[::2]]
    pieces[0] = _FIRST_BLANKS.sub(b"", pieces[0])
    return b'"'.join(pieces)


def line_ends(block: bytes) -> int:
    """How many line ends stand outside of quoted cells."""
    return sum(piece.count(b"\n") for piece in block.split(b'"')[::2])
