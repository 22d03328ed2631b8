"""The wanted columns of an export file, and which of its rows have values for them.

It must not know files, or how rows are told apart.
"""

from __future__ import annotations

import re
from collections import Counter
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from tap_marketo_programs.errors import FileCorrupt
from tap_marketo_programs.member_file.hashing import NO_HASHING, Hashing
from tap_marketo_programs.member_file.keys import KeyCheck
from tap_marketo_programs.member_file.layout import Layout, lay_out
from tap_marketo_programs.quoting import quoted
from tap_marketo_programs.schemas.values import PLAIN_DIGITS

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from tap_marketo_programs.member_file.blocks import Block
    from tap_marketo_programs.member_file.cells import Value
    from tap_marketo_programs.member_file.columns import Column

REPEATED_HEADER = "the header once more"
"""Why a row is skipped that is no row at all."""


class WantedColumns:
    """Finds the wanted columns, converts them, and tells rows that can be loaded from others.

    Args:
        properties: The columns, each with its JSON Schema.
        nulled: Counts the cells that became null because they did not fit, by property.
        keys: Which of them a row cannot be without, each with the only values
            there can be; none means any.
        hashing: Which of the others are hashed.
        constants: What all rows have in columns that no file has, as a cell would have it.
    """

    def __init__(
        self,
        properties: Mapping[str, Mapping[str, Any]],
        nulled: Counter[str],
        keys: Mapping[str, Collection[int]],
        *,
        constants: Mapping[str, str] = MappingProxyType({}),
        hashing: Hashing = NO_HASHING,
    ) -> None:
        self.names = list(properties)
        self._constants = constants
        self._columns = [hashing.column(name, spec, nulled) for name, spec in properties.items()]
        unseen: Counter[str] = Counter()
        # For a first pass, which must not count.
        self._silent = [hashing.column(name, spec, unseen) for name, spec in properties.items()]
        self._keys = {name: known for name, known in keys.items() if name in properties}
        converts = {column.name: column.convert for column in self._silent}
        self._key_check = KeyCheck({name: converts[name] for name in self._keys}, self._keys)

    def convert(
        self, number: int, cells: Sequence[str], *, silent: bool = False
    ) -> Sequence[Value]:
        """The values of one column's cells; misfits are counted unless `silent`."""
        return (self._silent if silent else self._columns)[number].convert(cells)

    def constant(self, number: int) -> Value:
        """What all rows have in a column that the file does not have."""
        name = self._columns[number].name
        if name in self._constants:
            return self.convert(number, [self._constants[name]])[0]
        expected = self._keys.get(name, ())
        return self.convert(number, [str(*expected)])[0] if len(expected) == 1 else None

    # Where they are

    def find(self, header: Sequence[str]) -> Layout:
        """Where the columns are.

        Raises:
            FileCorrupt: One is not there, and its rows would have no value for it.
        """
        layout = self._lay_out(header)
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

    def _lay_out(self, header: Sequence[str]) -> Layout:
        """Where the columns are, but for those that no file has, whatever this one has."""
        found = lay_out(header, self.names)
        if not self._constants:
            return found
        pairs = zip(self.names, found.places, strict=True)
        places = (None if name in self._constants else place for name, place in pairs)
        return Layout(tuple(places), found.renamed)

    def _can_miss(self, number: int, column: Column) -> bool:
        if column.name in self._constants:
            return True
        if column.name in self._keys:
            return self.constant(number) is not None
        return column.nullable

    def has_all_keys(self, layout: Layout) -> bool:
        """Whether the file has a column for each key."""
        return all(
            place is not None
            for name, place in zip(self.names, layout.places, strict=True)
            if name in self._keys
        )

    def nulls(self, layout: Layout) -> Iterator[str]:
        """The columns that are null in each row, because the file does not have them."""
        for column, place in zip(self._columns, layout.places, strict=True):
            if place is None and column.name not in {*self._keys, *self._constants}:
                yield column.name

    # Which rows have values

    def faults(self, cells: Sequence[str], block: Block) -> list[str]:
        """Why each row of a block is skipped; an empty text for those that are not.

        Args:
            cells: Those of the block, row after row.
            block: Knows where in a row the columns are.
        """
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
                faults[row] = REPEATED_HEADER
        return faults

    def look(self, block: Block, rows: int) -> Counter[str]:
        """Count the rows of a block that will be skipped, by reason.

        Args:
            block: To look at.
            rows: How many rows of the file are before it.

        Raises:
            FileCorrupt: Another row has no value where the catalog forbids null.
        """
        cells = block.cells()
        faults = self.faults(cells, block)
        for column, place in zip(self._silent, block.places, strict=True):
            if not column.required or column.name in self._keys or place is None:
                continue
            for row, value in enumerate(column.convert(cells[place :: block.width])):
                if value is None and not faults[row]:
                    msg = (
                        f"Data row {rows + row + 1} of the export file has no fitting "
                        f"value for {quoted(column.name)}, where the catalog forbids null."
                    )
                    raise FileCorrupt(msg)
        return Counter(filter(None, faults))

    def usual_rows(self, layout: Layout) -> re.Pattern[bytes] | None:
        """Rows whose keys are plain digits, and those expected: these need no closer look.

        None where a catalog types a key so that such digits do not fit. Matched
        against rows without their quoted cells; possessive, since a row of
        another form is not found by dividing the rows before it otherwise.
        """
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
