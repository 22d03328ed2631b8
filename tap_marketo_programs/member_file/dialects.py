"""The ways to read quotes that are not doubled: which bytes a row may be.

Three readings, the strictest first. In each of them a quoted cell begins with
a quote at once behind the comma or the line end before it; they differ in where
such a cell ends. It must not know files, or which reading is to be preferred
for a row.
"""

from __future__ import annotations

import re


class Dialect:
    """One reading of quotes: how a quoted cell looks between its quotes, and an unquoted one.

    Possessive throughout (`*+`): a cell that was read to its end is not tried
    again with a shorter end, so a row that does not fit is given up after one
    pass over it. With plain `*` each quote of such a row would be tried as the
    cell's end with each quote before it: quadratic in the row, and worse with
    several cells.

    Attributes:
        row: A whole row (group 1) and its line end.
        partial: As far as this reading goes, all or part of a row. It gets over
            a line end in a quoted cell only, so where it reaches the end of the
            data, more data may help.
        cells: A comma and the cell behind it, what is between its quotes
            (group 1) or all of an unquoted one (group 2), within a row.
    """

    def __init__(self, inner: bytes, bare: bytes) -> None:
        cell = rb'(?:"%b"|%b)' % (inner, bare)
        row = rb"%b(?:,%b)*+" % (cell, cell)
        self.row = re.compile(rb"(%b)(?:\n|\r\n)" % row)
        self.partial = re.compile(rb'(?:%b,)*+(?:"%b)?+' % (cell, inner))
        self.cells = re.compile(rb',(?:"(%b)"|(%b))' % (inner, bare))


_END = rb"(?:[,\n]|\r\n)"

RFC_4180 = Dialect(rb'[^"]*+(?:""[^"]*+)*+', rb'(?!")[^",\n]*+')
"""Every inner quote is doubled, and an unquoted cell has none."""

UNDOUBLED = Dialect(rb'[^"]*+(?:"(?!%b)[^"]*+)*+' % _END, rb'(?!")[^,\n]*+')
"""A quote closes a cell only before a comma or a line end.

This is embulk's ACCEPT_STRAY_QUOTES_ASSUMING_NO_DELIMITERS_IN_FIELDS.
"""

MIXED = Dialect(rb'[^"]*+(?:""[^"]*+|"(?!"|%b)[^"]*+)*+' % _END, rb'(?!")[^,\n]*+')
"""The same, but two quotes are a doubled one even before a comma or a line end."""

DIALECTS = (RFC_4180, UNDOUBLED, MIXED)
