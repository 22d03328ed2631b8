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

import re
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from itertools import compress
from typing import TYPE_CHECKING, Any, cast

from tap_marketo_programs.errors import FileCorrupt
from tap_marketo_programs.member_file.blanks import without_blank_lines
from tap_marketo_programs.member_file.blocks import Block, cut_blocks
from tap_marketo_programs.member_file.bounds import BOUNDS, Bounds
from tap_marketo_programs.member_file.columns import Column, column_of
from tap_marketo_programs.member_file.header import Header, Layout, lay_out, read_header
from tap_marketo_programs.member_file.keys import KeyCheck
from tap_marketo_programs.member_file.lenient import LenientRows, batches, flat, texts
from tap_marketo_programs.member_file.oddities import FileOddities
from tap_marketo_programs.member_file.source import BLANK_LINES, Source
from tap_marketo_programs.member_file.strict import NotClean, split, verify_all
from tap_marketo_programs.quoting import quoted
from tap_marketo_programs.schemas.values import PLAIN_DIGITS

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence
    from pathlib import Path

    from tap_marketo_programs.member_file.cells import Value


def _records(source: Source, rest: bytes, header: Header, bounds: Bounds) -> LenientRows:
    lines = texts(source, rest, bounds)
    return LenientRows(lines, width=len(header.names), crlf=header.crlf, bounds=bounds)


@dataclass(slots=True)
class _Reading:
    """How a file is to be read, and what a first pass over it counted.

    Args:
        width: Cells in a row.
        clean: Whether it is RFC 4180.
        rows: Its rows, those that are skipped included.
        faults: Rows to skip, by reason.
        blanks: Its blank lines.
    """

    width: int
    clean: bool
    rows: int = 0
    faults: Counter[str] = field(default_factory=Counter)
    blanks: int = 0


_EMPTY = _Reading(1, clean=True)
# What a row's width may differ by from its header's, where all rows do alike.
_WIDTHS = {
    0: "",
    1: "with a comma behind each row",
    -1: "with a comma behind the header",
}
_REPEATED_HEADER = "the header once more"


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
        oddities: Counts rows that are skipped, and what is odd about the file,
            while iterating.
        bounds: How much is read at once, and how much at most.
    """

    def __init__(  # noqa: PLR0913 - what a file is read with; the last ones have defaults
        self,
        path: Path,
        properties: Mapping[str, Mapping[str, Any]],
        nulled: Counter[str],
        *,
        keys: Mapping[str, Collection[int]] | None = None,
        oddities: FileOddities | None = None,
        bounds: Bounds = BOUNDS,
    ) -> None:
        self.properties = properties
        self._bounds = bounds
        self._path = path
        self._columns = [column_of(name, schema, nulled) for name, schema in properties.items()]
        unseen: Counter[str] = Counter()
        # For `check`, which must not count.
        self._silent = [column_of(name, schema, unseen) for name, schema in properties.items()]
        self._keys = {name: known for name, known in (keys or {}).items() if name in properties}
        converts = {column.name: column.convert for column in self._silent}
        self._key_check = KeyCheck({name: converts[name] for name in self._keys}, self._keys)
        self._oddities = oddities or FileOddities()
        self._reading: _Reading | None = None

    @property
    def names(self) -> list[str]:
        """The names of the wanted columns, in the order of the properties."""
        return list(self.properties)

    @property
    def held(self) -> int:
        """The number of a checked file's rows, those that are skipped included."""
        reading = self._checked
        return reading.rows - reading.faults[_REPEATED_HEADER]

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
        self._reading = self._check()
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
        """The rows as they are, for whoever can read the clean ones faster.

        Args:
            size: About how many bytes to take at once, if more than usual.
        """
        reading = self._checked
        with self._open() as (source, header, rest):
            if header is None:
                return
            layout = self._lay_out(header)
            self._oddities.files.update(self._odd(source, header, layout, reading))
            if not reading.clean:
                records = _records(source, rest, header, self._bounds)
                for rows in batches(records, self._bounds.block):
                    cells = partial(flat, rows)
                    yield Block(reading.width, layout.places, header.names, cells)
                return
            for whole in cut_blocks(source, rest, size or self._bounds.block, self._bounds.row):
                raw = without_blank_lines(whole) if reading.blanks else whole
                if raw:
                    cells = partial(split, raw, crlf=header.crlf)
                    yield Block(reading.width, layout.places, header.names, cells, raw)

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
        """The values of cells of one of the wanted columns; counted as ever unless `silent`."""
        return (self._silent if silent else self._columns)[number].convert(cells)

    def constant(self, number: int) -> Value:
        """What all rows have in a wanted column that the file does not have."""
        expected = self._keys.get(self._columns[number].name, ())
        return self.convert(number, [str(*expected)])[0] if len(expected) == 1 else None

    @property
    def _checked(self) -> _Reading:
        if self._reading is None:
            self.check()
        return cast("_Reading", self._reading)

    @contextmanager
    def _open(self) -> Iterator[tuple[Source, Header | None, bytes]]:
        with self._path.open("rb") as file:
            source = Source(file)
            yield source, *read_header(source, self._bounds)

    def _values(self, block: Block) -> tuple[list[Sequence[Value]], int]:
        cells = block.cells()
        count = len(cells) // block.width
        wanted: list[Sequence[str] | None] = [
            None if place is None else cells[place :: block.width] for place in block.places
        ]
        if self.skipped:
            faults = self._faults(cells, block)
            self._oddities.skipped.update(filter(None, faults))
            keep = [not fault for fault in faults]
            wanted = [None if one is None else list(compress(one, keep)) for one in wanted]
            count = sum(keep)
        if not count:
            return [[] for _ in wanted], 0
        return [
            [self.constant(number)] * count if one is None else column.convert(one)
            for number, (column, one) in enumerate(zip(self._columns, wanted, strict=True))
        ], count

    # The first pass

    def _check(self) -> _Reading:
        for change in _WIDTHS:
            try:
                return self._check_clean(change)
            except NotClean:
                continue
        return self._check_records()

    def _check_clean(self, change: int) -> _Reading:
        with self._open() as (source, header, rest):
            if header is None:
                return _EMPTY
            layout = self._lay_out(header)
            reading = _Reading(len(header.names) + change, clean=True)
            # Without `programId`, rows that have one more cell may have it in front.
            if change and not self._has_all_keys(layout):
                raise NotClean
            if change < 0 and header.names[-1]:
                raise NotClean
            usual = self._usual(layout)
            for whole in cut_blocks(source, rest, self._bounds.block, self._bounds.row):
                raw, bare, rows, blanks = verify_all(whole, reading.width)
                cells = partial(split, raw, crlf=header.crlf)
                if change > 0 and any(cells()[reading.width - 1 :: reading.width]):
                    raise NotClean
                if rows and (usual is None or not usual.fullmatch(bare)):
                    block = Block(reading.width, layout.places, header.names, cells)
                    self._look(block, reading)
                reading.rows += rows
                reading.blanks += blanks
        return self._judged(reading)

    def _check_records(self) -> _Reading:
        with self._open() as (source, header, rest):
            if header is None:
                return _EMPTY
            layout = self._lay_out(header)
            reading = _Reading(len(header.names), clean=False)
            records = _records(source, rest, header, self._bounds)
            for rows in batches(records, self._bounds.block):
                cells = partial(flat, rows)
                self._look(Block(reading.width, layout.places, header.names, cells), reading)
                reading.rows += len(rows)
            reading.blanks = records.blanks
        return self._judged(reading)

    def _lay_out(self, header: Header) -> Layout:
        layout = lay_out(header.names, self.names)
        missing = [
            column.name
            for number, (column, place) in enumerate(zip(self._columns, layout.places, strict=True))
            if place is None and not self._can_miss(number, column)
        ]
        if self.names and set(layout.places) == {None}:
            missing = self.names
        if missing:
            shown = ", ".join(map(quoted, missing))
            msg = f"The export file has no column {shown}."
            raise FileCorrupt(msg)
        return layout

    def _has_all_keys(self, layout: Layout) -> bool:
        return all(
            place is not None
            for name, place in zip(self.names, layout.places, strict=True)
            if name in self._keys
        )

    def _can_miss(self, number: int, column: Column) -> bool:
        if column.name in self._keys:
            return self.constant(number) is not None
        return column.nullable

    def _odd(
        self, source: Source, header: Header, layout: Layout, reading: _Reading
    ) -> Iterator[str]:
        """What is odd about the file, though it can be read."""
        yield from source.oddities
        if layout.renamed:
            yield "with column names in other letters"
        if reading.blanks and BLANK_LINES not in source.oddities:
            yield BLANK_LINES
        if change := _WIDTHS[reading.width - len(header.names)]:
            yield change
        for column, place in zip(self._columns, layout.places, strict=True):
            if place is None and column.name not in self._keys:
                yield f"without the column {quoted(column.name)}, which became null"

    def _look(self, block: Block, reading: _Reading) -> None:
        """Count the rows of a block that will be skipped.

        Raises:
            FileCorrupt: Another row has no value where the catalog forbids null.
        """
        cells = block.cells()
        faults = self._faults(cells, block)
        for column, place in zip(self._silent, block.places, strict=True):
            if not column.required or column.name in self._keys or place is None:
                continue
            for row, value in enumerate(column.convert(cells[place :: block.width])):
                if value is None and not faults[row]:
                    msg = (
                        f"Data row {reading.rows + row + 1} of the export file has no fitting "
                        f"value for {quoted(column.name)}, where the catalog forbids null."
                    )
                    raise FileCorrupt(msg)
        reading.faults.update(filter(None, faults))

    def _faults(self, cells: Sequence[str], block: Block) -> list[str]:
        """Why each row of a block is skipped; an empty text for those that are not."""
        width = block.width
        keys = {
            name: cells[place::width]
            for name, place in zip(self.names, block.places, strict=True)
            if place is not None and name in self._keys
        }
        faults = self._key_check.faults(keys, len(cells) // width)
        header = list(block.header[:width])
        for row, fault in enumerate(faults):
            if fault and cells[row * width : row * width + len(header)] == header:
                faults[row] = _REPEATED_HEADER
        return faults

    def _judged(self, reading: _Reading) -> _Reading:
        faults = reading.faults
        if reading.rows and faults.total() == reading.rows and set(faults) != {_REPEATED_HEADER}:
            told = ", ".join(f"{fault}: {count}" for fault, count in sorted(faults.items()))
            msg = f"The export file has no row that can be loaded ({told})."
            raise FileCorrupt(msg)
        return reading

    def _usual(self, layout: Layout) -> re.Pattern[bytes] | None:
        """Rows whose keys are plain digits, and those expected: these need no closer look."""
        patterns: dict[int, bytes] = {}
        for column, place in zip(self._silent, layout.places, strict=True):
            if place is None or not (column.required or column.name in self._keys):
                continue
            if column.convert(["12"]) != [12]:
                return None
            digits = rb"\d{1,%d}" % PLAIN_DIGITS
            if expected := self._keys.get(column.name):
                digits = rb"(?:%b)" % b"|".join(b"%d" % value for value in expected)
            patterns[place] = digits + rb"(?=[,\n]|\r\n)"
        cells = [
            patterns.get(place, rb"[^,\n]*+") for place in range(max(patterns, default=-1) + 1)
        ]
        return re.compile(rb"(?:" + b",".join(cells) + rb"[^\n]*+\n)*+")
