"""How an export file is to be read, found by a first pass over all of it.

It must not know what becomes of the rows.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tap_marketo_programs.errors import FileCorrupt
from tap_marketo_programs.member_file.blanks import without_blank_lines
from tap_marketo_programs.member_file.blocks import Block, cut_blocks
from tap_marketo_programs.member_file.header import opened
from tap_marketo_programs.member_file.lenient import LenientRows, lines_of
from tap_marketo_programs.member_file.mending import mended_rows
from tap_marketo_programs.member_file.strict import NotClean, verify_all
from tap_marketo_programs.member_file.wanted import REPEATED_HEADER

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tap_marketo_programs.member_file.bounds import Bounds
    from tap_marketo_programs.member_file.source import Source
    from tap_marketo_programs.member_file.strict import CleanBlock
    from tap_marketo_programs.member_file.wanted import WantedColumns


@dataclass(slots=True)
class Reading:
    """How a file is to be read, and what a first pass over it counted.

    Args:
        width: Cells in a row.
        crlf: Whether rows end in CRLF.
        clean: Whether it is RFC 4180.
        rows: Its rows, those that are skipped included.
        faults: Rows to skip, by reason.
        blanks: Its blank lines.
    """

    width: int
    crlf: bool
    clean: bool
    rows: int = 0
    faults: Counter[str] = field(default_factory=Counter)
    blanks: int = 0

    def check(self, source: Source, rest: bytes, bounds: Bounds) -> Iterator[CleanBlock]:
        """The rows in blocks, each checked.

        Raises:
            NotClean: They are not RFC 4180, and the file was to be read so.
            FileCorrupt: They cannot be read in any way.
        """
        if not self.clean:
            yield from self._mended(source, rest, bounds)
            return
        for block in cut_blocks(source, rest, bounds.block, bounds.row):
            yield verify_all(block, self.width)

    def again(self, source: Source, rest: bytes, bounds: Bounds, size: int) -> Iterator[bytes]:
        """The rows once more, after `check`, as RFC 4180 has them.

        In blocks of about the size, where the file is clean.
        """
        if not self.clean:
            for block in self._mended(source, rest, bounds):
                yield block.raw
            return
        for whole in cut_blocks(source, rest, size, bounds.row):
            yield without_blank_lines(whole) if self.blanks else whole

    def _mended(self, source: Source, rest: bytes, bounds: Bounds) -> Iterator[CleanBlock]:
        # In pieces of one size each time: what a row may cost depends on where they end.
        lines = lines_of(source, rest, bounds.block, bounds.row)
        rows = LenientRows(lines, width=self.width, crlf=self.crlf, bounds=bounds)
        return mended_rows(rows, self.width, bounds.block)


EMPTY = Reading(1, crlf=False, clean=True)
# What a row's width may differ by from its header's, where all rows do alike.
WIDTHS = {
    0: "",
    1: "with a comma behind each row",
    -1: "with a comma behind the header",
}


class FirstPass:
    """Passes over a file before a row of it is used.

    Args:
        path: The file.
        wanted: The columns that it must have.
        bounds: How much is read at once, and how much at most.
    """

    def __init__(self, path: Path, wanted: WantedColumns, bounds: Bounds) -> None:
        self._path = path
        self._wanted = wanted
        self._bounds = bounds

    def reading(self) -> Reading:
        """How the file is to be read; FileCorrupt where it cannot be."""
        for change in WIDTHS:
            try:
                return self._read(change, clean=True)
            except NotClean:
                continue
        return self._read(0, clean=False)

    def _read(self, change: int, *, clean: bool) -> Reading:
        """Read the whole file in one way.

        Raises:
            NotClean: It is not RFC 4180, and was to be read so.
            FileCorrupt: It cannot be read in any way.
        """
        with opened(self._path, self._bounds) as (source, header, rest):
            if header is None:
                return EMPTY
            layout = self._wanted.find(header.names)
            reading = Reading(len(header.names) + change, header.crlf, clean)
            # Without `programId`, rows that have one more cell may have it in front.
            if change and not self._wanted.has_all_keys(layout):
                raise NotClean
            if change < 0 and header.names[-1]:
                raise NotClean
            usual = self._wanted.usual_rows(layout)
            for checked in reading.check(source, rest, self._bounds):
                block = Block(reading.width, layout.places, header.names, header.crlf, checked.raw)
                if change > 0 and any(block.cells()[reading.width - 1 :: reading.width]):
                    raise NotClean
                if checked.rows and (usual is None or not usual.fullmatch(checked.bare)):
                    reading.faults.update(self._wanted.look(block, reading.rows))
                reading.rows += checked.rows
                reading.blanks += checked.blanks
        return _judged(reading)


def _judged(reading: Reading) -> Reading:
    faults = reading.faults
    if reading.rows and faults.total() == reading.rows and set(faults) != {REPEATED_HEADER}:
        told = ", ".join(f"{fault}: {count}" for fault, count in sorted(faults.items()))
        msg = f"The export file has no row that can be loaded ({told})."
        raise FileCorrupt(msg)
    return reading
