"""The rows of an export file, typed as the catalog says.

Turns the CSV of a Bulk Program Member Extract into records that validate
against the stream's schema, whatever the file holds. It must not know where
the file came from, what Marketo called its fields' types, or what becomes of
the records: a path and JSON Schema properties go in, dicts come out. No
message of this module holds a cell's value.

What is known of these files, and from where:

* UTF-8, LF after every row, the last one included, no byte order mark: the
  SHA-256 in Adobe's Bulk Custom Object Extract verifies for these bytes only.
* Null is the bare word `null` (Adobe: Bulk Extract). Public clients read the
  empty cell as null, too, and so does this one. Whether a real text "null"
  would come in quotes nobody knows, and a CSV reader cannot see the quotes: a
  surname `null` is lost. `Null` and `NULL` are texts.
* Cells are quoted only where needed, inner quotes doubled (RFC 4180); but
  treasure-data/embulk-input-marketo met files with bare inner quotes,
  `"first"Name1","lastName1"`, and needed an option for them.
* NUL (singer-io/tap-marketo issue 70), lone CR (issue 73), U+2028
  (airbytehq/airbyte, source-marketo 1.6.1) and line breaks occur in cells.
"""

from __future__ import annotations

from itertools import compress
from typing import TYPE_CHECKING, Any, cast

from tap_marketo_programs.member_file.blocks import Block
from tap_marketo_programs.member_file.bounds import BOUNDS, Bounds
from tap_marketo_programs.member_file.hashing import NO_HASHING, Hashing
from tap_marketo_programs.member_file.header import opened
from tap_marketo_programs.member_file.oddities import FileOddities
from tap_marketo_programs.member_file.reading import WIDTHS, FirstPass, Reading
from tap_marketo_programs.member_file.source import BLANK_LINES
from tap_marketo_programs.member_file.wanted import REPEATED_HEADER, WantedColumns
from tap_marketo_programs.quoting import quoted

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Collection, Iterator, Mapping, Sequence
    from pathlib import Path

    from tap_marketo_programs.member_file.cells import Value
    from tap_marketo_programs.member_file.header import Header
    from tap_marketo_programs.member_file.layout import Layout
    from tap_marketo_programs.member_file.source import Source


class MemberFile:
    """An export file as records; iterate after, or without, `check`.

    Guaranteed, whatever the bytes: `check` returns or raises FileCorrupt; when
    it returned, iterating the unchanged file yields as many records as it
    said, each with exactly the wanted properties, in their order, and every
    value of a type its schema allows. A file that is RFC 4180, with LF or
    CRLF after its rows, reads as RFC 4180 says. In one that is not, because
    inner quotes are not doubled, every row is read as RFC 4180 says if that is
    possible, and otherwise so that a quote ends its cell only before a comma
    or a line end and the number of cells is right. That cannot be proved to be
    what was meant when such a cell holds a quote before a comma or a line end;
    comparing the number of rows with `numberOfRecords` tells most such cases,
    so such a file is not `certain`.

    A row whose keys cannot be read is skipped, for no target could load it; a
    column that may be null and is missing is null; blank lines are no rows
    where there are several columns. All of that is counted while iterating.

    Memory is bounded by the longest row, and a row by `bounds`.

    Args:
        path: The file.
        properties: The wanted columns, each with its JSON Schema. Cells that
            do not fit it become null. How columns are found, `layout` says.
        nulled: Counts the cells that became null because they did not fit, by
            property, while iterating.
        keys: Which of the properties a row cannot be without, each with the only
            values there can be; none means any. Where that is one value and the
            column is missing, all rows have it: Marketo adds `programId` to
            jobs with the filter `programIds` only.
        constants: What all rows have in columns that no file has, as a cell would have it.
        oddities: Counts rows that are skipped, and what is odd about the file,
            while iterating.
        hashing: Which of the columns are hashed; `properties` has these as texts.
        bounds: How much is read at once, and how much at most.
    """

    def __init__(  # noqa: PLR0913 - what a file is read with; the last ones have defaults
        self,
        path: Path,
        properties: Mapping[str, Mapping[str, Any]],
        nulled: Counter[str],
        *,
        keys: Mapping[str, Collection[int]] | None = None,
        constants: Mapping[str, str] | None = None,
        oddities: FileOddities | None = None,
        hashing: Hashing = NO_HASHING,
        bounds: Bounds = BOUNDS,
    ) -> None:
        self.properties = properties
        self.hashing = hashing
        self._bounds = bounds
        self._path = path
        self._wanted = WantedColumns(
            properties, nulled, keys or {}, constants=constants or {}, hashing=hashing
        )
        self._oddities = oddities or FileOddities()
        self._reading: Reading | None = None

    @property
    def names(self) -> list[str]:
        """The names of the wanted columns, in the order of the properties."""
        return list(self.properties)

    @property
    def held(self) -> int:
        """The number of a checked file's rows, those that are skipped included."""
        reading = self._checked
        return reading.rows - reading.faults[REPEATED_HEADER]

    @property
    def is_certain(self) -> bool:
        """Whether a checked file can be read in one way only."""
        return self._checked.clean

    @property
    def skipped(self) -> int:
        """How many lines of a checked file are skipped, blank ones not counted."""
        return self._checked.faults.total()

    def check(self) -> int:
        """Pass over the whole file once, before a row of it is used.

        Returns:
            The number of records, the header not counted; 0 for an empty file,
            which is what an export without members may be.

        Raises:
            FileCorrupt: Wanted columns are missing, a row has another number
                of cells than the header or no value where the schema demands
                one, no row has its keys, or the quotes make no sense.
        """
        # Only when done: a file that failed is checked again, and fails again.
        self._reading = FirstPass(self._path, self._wanted, self._bounds).reading()
        return self._reading.rows - self._reading.faults.total()

    def __iter__(self) -> Iterator[dict[str, Value]]:
        """The records; FileCorrupt as in `check`, which is called first if it was not."""
        names = self.names
        for columns, count in self.columns():
            if not names:
                yield from ({} for _ in range(count))
                continue
            for row in zip(*columns, strict=True):
                yield dict(zip(names, row, strict=True))

    def columns(self) -> Iterator[tuple[list[Sequence[Value]], int]]:
        """The values by column, block by block, for whoever needs no dicts.

        Yields:
            The columns in the order of the properties, and the number of rows.
        """
        for block in self.blocks():
            columns, count = self._values(block)
            if count:
                yield columns, count

    def blocks(self, size: int | None = None) -> Iterator[Block]:
        """The rows as RFC 4180 has them, for whoever can split them faster.

        Args:
            size: About how many bytes to take at once, if more than usual.
        """
        reading = self._checked
        with opened(self._path, self._bounds) as (source, header, rest):
            if header is None:
                return
            layout = self._wanted.find(header.names)
            self._oddities.files.update(self._odd(source, header, layout, reading))
            size = size or self._bounds.block
            for raw in reading.again(source, rest, self._bounds, size):
                if raw:
                    yield Block(reading.width, layout.places, header.names, header.crlf, raw)

    def values(self, block: Block) -> list[Sequence[Value]]:
        """The wanted columns of a block."""
        return self._values(block)[0]

    def convert(
        self,
        number: int,
        cells: Sequence[str],
        *,
        silent: bool = False,
    ) -> Sequence[Value]:
        """The values of cells of one of the wanted columns; misfits are counted unless `silent`."""
        return self._wanted.convert(number, cells, silent=silent)

    def constant(self, number: int) -> Value:
        """What all rows have in a wanted column that the file does not have."""
        return self._wanted.constant(number)

    @property
    def _checked(self) -> Reading:
        if self._reading is None:
            self.check()
        return cast("Reading", self._reading)

    def _values(self, block: Block) -> tuple[list[Sequence[Value]], int]:
        cells = block.cells()
        count = len(cells) // block.width
        wanted: list[Sequence[str] | None] = [
            None if place is None else cells[place :: block.width] for place in block.places
        ]
        if self.skipped:
            faults = self._wanted.faults(cells, block)
            self._oddities.skipped.update(filter(None, faults))
            keep = [not fault for fault in faults]
            wanted = [None if one is None else list(compress(one, keep)) for one in wanted]
            count = sum(keep)
        if not count:
            return [[] for _ in wanted], 0
        return [
            [self.constant(number)] * count if one is None else self.convert(number, one)
            for number, one in enumerate(wanted)
        ], count

    def _odd(
        self, source: Source, header: Header, layout: Layout, reading: Reading
    ) -> Iterator[str]:
        """What is odd about the file, though it can be read."""
        yield from source.oddities
        if layout.renamed:
            yield "with column names in other letters"
        if reading.blanks and BLANK_LINES not in source.oddities:
            yield BLANK_LINES
        if change := WIDTHS[reading.width - len(header.names)]:
            yield change
        for name in self._wanted.nulls(layout):
            yield f"without the column {quoted(name)}, which became null"
