"""Files with a few rows that are not RFC 4180: which stretches can still be read by shape.

A row whose quotes are not doubled says nothing for sure about where it ends, so
where rows begin cannot be guessed from the middle of such a file. But there is
one reader that reads all of it, `lenient`, and how it reads a row depends on
nothing but the bytes from that row on. So wherever it stands between two rows
is a safe point, the start of the file being the first. From a safe point:

* Whole lines that pass the check of `strict` are rows that the lenient reader
  would read in the same way, since each is what its first dialect, RFC 4180,
  matches, with the right number of cells, and blank lines are left out by both.
  Behind the last of them is a safe point again.
* Any other row is read by the lenient reader, to wherever it ends.

So each file has the rows, the faults and the counts that the lenient reader
alone would find. Only one thing may differ: that reader counts what it reads
twice, to bound the work on files whose quotes make no sense, and rows that are
read by shape are not read twice.

What the lenient reader found is written as RFC 4180 has it and checked as all
other rows are. So whoever splits rows, Arrow included, meets clean ones only.
It must not know columns.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tap_marketo_programs.member_file.blocks import whole_rows
from tap_marketo_programs.member_file.strict import CleanBlock, NotClean, verify, verify_all

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tap_marketo_programs.member_file.lenient import LenientRows


def mended_rows(rows: LenientRows, width: int, size: int) -> Iterator[CleanBlock]:
    """All rows, in blocks of about the size.

    Args:
        rows: Stands before the first row.
        width: Cells in a row.
        size: In bytes.
    """
    while ahead := rows.ahead(size):
        yield _rows_by_shape(rows, ahead[: whole_rows(ahead)], width) or _mend(
            rows, width, len(ahead)
        )


def _rows_by_shape(rows: LenientRows, lines: bytes, width: int) -> CleanBlock | None:
    """The lines ahead, if they are clean rows; None, and nothing is done, if not."""
    if not lines:
        return None
    try:
        clean = verify_all(lines, width)
    except NotClean:
        return None
    rows.move_on(len(lines), clean.rows, clean.blanks)
    return clean


def _mend(rows: LenientRows, width: int, size: int) -> CleanBlock:
    """The rows that begin in the next `size` bytes, those between faulty ones by shape."""
    end = rows.position + size
    blanks = rows.blanks
    found: list[CleanBlock] = []
    while (left := end - rows.position) > 0:
        clean = _rows_by_shape(rows, rows.lines_without_quotes(left), width)
        if clean is not None:
            found.append(clean)
        elif (row := next(rows, None)) is not None:
            found.append(verify(row.clean, width))
    return CleanBlock(
        b"".join([one.raw for one in found]),
        b"".join([one.bare for one in found]),
        sum(one.rows for one in found),
        rows.blanks - blanks,
    )
