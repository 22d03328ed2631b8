"""How an export file is to be read, found by a first pass over all of it.

It must not know what becomes of the rows.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from tap_marketo_programs.errors import FileCorrupt
from tap_marketo_programs.member_file.blocks import Block, cut_blocks
from tap_marketo_programs.member_file.header import Header, opened
from tap_marketo_programs.member_file.lenient import LenientRows, batches, flat, texts
from tap_marketo_programs.member_file.strict import NotClean, split, verify_all
from tap_marketo_programs.member_file.wanted import REPEATED_HEADER

if TYPE_CHECKING:
    from pathlib import Path

    from tap_marketo_programs.member_file.bounds import Bounds
    from tap_marketo_programs.member_file.source import Source
    from tap_marketo_programs.member_file.wanted import WantedColumns


@dataclass(slots=True)
class Reading:
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


EMPTY = Reading(1, clean=True)
# What a row's width may differ by from its header's, where all rows do alike.
WIDTHS = {
    0: "",
    1: "with a comma behind each row",
    -1: "with a comma behind the header",
}


def records_of(source: Source, rest: bytes, header: Header, bounds: Bounds) -> LenientRows:
    """The rows one by one."""
    lines = texts(source, rest, bounds)
    return LenientRows(lines, width=len(header.names), crlf=header.crlf, bounds=bounds)


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
                return self._check_clean(change)
            except NotClean:
                continue
        return self._check_records()

    def _check_clean(self, change: int) -> Reading:
        with opened(self._path, self._bounds) as (source, header, rest):
            if header is None:
                return EMPTY
            layout = self._wanted.find(header.names)
            reading = Reading(len(header.names) + change, clean=True)
            # Without `programId`, rows that have one more cell may have it in front.
            if change and not self._wanted.has_all_keys(layout):
                raise NotClean
            if change < 0 and header.names[-1]:
                raise NotClean
            usual = self._wanted.usual_rows(layout)
            for whole in cut_blocks(source, rest, self._bounds.block, self._bounds.row):
                raw, bare, rows, blanks = verify_all(whole, reading.width)
                cells = partial(split, raw, crlf=header.crlf)
                if change > 0 and any(cells()[reading.width - 1 :: reading.width]):
                    raise NotClean
                if rows and (usual is None or not usual.fullmatch(bare)):
                    block = Block(reading.width, layout.places, header.names, cells)
                    reading.faults.update(self._wanted.look(block, reading.rows))
                reading.rows += rows
                reading.blanks += blanks
        return _judged(reading)

    def _check_records(self) -> Reading:
        with opened(self._path, self._bounds) as (source, header, rest):
            if header is None:
                return EMPTY
            layout = self._wanted.find(header.names)
            reading = Reading(len(header.names), clean=False)
            records = records_of(source, rest, header, self._bounds)
            for rows in batches(records, self._bounds.block):
                cells = partial(flat, rows)
                block = Block(reading.width, layout.places, header.names, cells)
                reading.faults.update(self._wanted.look(block, reading.rows))
                reading.rows += len(rows)
            reading.blanks = records.blanks
        return _judged(reading)


def _judged(reading: Reading) -> Reading:
    faults = reading.faults
    if reading.rows and faults.total() == reading.rows and set(faults) != {REPEATED_HEADER}:
        told = ", ".join(f"{fault}: {count}" for fault, count in sorted(faults.items()))
        msg = f"The export file has no row that can be loaded ({told})."
        raise FileCorrupt(msg)
    return reading
