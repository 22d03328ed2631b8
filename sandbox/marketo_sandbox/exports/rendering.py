"""Makes an export file: selects members, writes their rows to disk, counts and hashes.

It works on a frozen view of the programs, so it may run in a thread while the
world goes on. It does not know about jobs or quotas.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from marketo_sandbox.data.fields import Field
    from marketo_sandbox.data.member_values import Block
    from marketo_sandbox.data.world import ProgramView
    from marketo_sandbox.exports.csv_text import CsvText


@dataclass(frozen=True)
class Window:
    """An updatedAt window as the filter applies it; `not_after` is the commit lag."""

    start: str
    end: str
    end_included: bool = True
    not_after: str | None = None
    hidden: bool = False
    with_leads: bool = False

    def holds(self, time: str) -> bool:
        """Whether a change at this time is selected."""
        if self.not_after is not None and time > self.not_after:
            return False
        if not self.start <= time <= self.end:
            return False
        return self.end_included or time < self.end


@dataclass(frozen=True)
class Selection:
    """Which members an export wants; all given filters must hold."""

    window: Window | None = None
    status_names: frozenset[str] | None = None
    is_exhausted: bool | None = None
    cadence: str | None = None

    def narrow(self, block: Block, fields: dict[str, Field]) -> Block:
        """The members of a block that are wanted."""
        if self.window is not None:
            window = self.window
            times = block.change_times(
                fields["updatedAt"], hidden=window.hidden, with_leads=window.with_leads
            )
            block = block.narrowed([window.holds(time) for time in times])
        if self.status_names is not None:
            names = block.member(fields["statusName"]).rows()
            block = block.narrowed([name in self.status_names for name in names])
        if self.is_exhausted is not None:
            flags = block.member(fields["isExhausted"]).rows()
            block = block.narrowed([flag is self.is_exhausted for flag in flags])
        if self.cadence is not None:
            values = block.member(fields["nurtureCadence"]).rows()
            block = block.narrowed([value == self.cadence for value in values])
        return block


@dataclass(frozen=True)
class ExportColumn:
    """One column of the file."""

    described: Field
    header: str
    of_lead: bool


@dataclass(frozen=True)
class FilePlan:
    """Everything a file depends on."""

    views: tuple[ProgramView, ...]
    columns: tuple[ExportColumn, ...]
    selection: Selection
    fields: dict[str, Field]
    text: CsvText
    deleted_stay: bool = False
    reverse: bool = False
    empty_has_header: bool = True

    def expected_rows(self) -> int:
        """How many members there are to look at."""
        return sum(len(view.program.membership) for view in self.views)

    def row_texts(self) -> Iterator[list[str]]:
        """The rows, a block at a time."""
        for view in self.views:
            for every in view.blocks(deleted_stay=self.deleted_stay):
                block = self.selection.narrow(every, self.fields)
                if block.leads:
                    yield self._spelled(block)

    def _spelled(self, block: Block) -> list[str]:
        columns = []
        for column in self.columns:
            made = (block.lead if column.of_lead else block.member)(column.described)
            columns.append(self.text.column(column.described, made, of_lead=column.of_lead))
        rows = list(map(self.text.separator.join, zip(*columns, strict=True)))
        return rows[::-1] if self.reverse else rows

    def chunks(self) -> Iterator[tuple[bytes, int]]:
        """The file's bytes, header first, with the number of records in each chunk."""
        end = self.text.line_end
        header = self.text.header([column.header for column in self.columns])
        final = self.text.ends_with_line_end
        begun = False
        for rows in self.row_texts():
            if not begun:
                yield (header + (end if final else "")).encode(errors="replace"), 0
                begun = True
            joined = end.join(rows)
            yield (joined + end if final else end + joined).encode(errors="replace"), len(rows)
        if not begun and self.empty_has_header:
            yield (header + (end if final else "")).encode(errors="replace"), 0


@dataclass(frozen=True)
class Rendered:
    """A finished file: what its status tells of it."""

    records: int
    size: int
    checksum: str


def render(plan: FilePlan, path: Path | None) -> Rendered:
    """Write the file, or only measure it when there is no path."""
    digest, size, records = hashlib.sha256(), 0, 0
    sink = path.open("wb") if path is not None else None
    try:
        for chunk, count in plan.chunks():
            digest.update(chunk)
            size += len(chunk)
            records += count
            if sink is not None:
                sink.write(chunk)
    finally:
        if sink is not None:
            sink.close()
    return Rendered(records, size, "sha256:" + digest.hexdigest())


def measured(content: bytes) -> Rendered:
    """The figures of bytes that were not made here: records are lines less the header."""
    lines = content.count(b"\n") + (1 if content and not content.endswith(b"\n") else 0)
    checksum = "sha256:" + hashlib.sha256(content).hexdigest()
    return Rendered(max(0, lines - 1), len(content), checksum)


def corrupted(content: bytes, mode: str, at: int | None) -> bytes:
    """A file altered on purpose.

    `flip` one bit at `at` (default the middle); `truncate` to `at` bytes;
    `extra_column` and `short_row` alter the first row of data, whose quoted
    cells may hold commas and line ends; `undoubled_quotes`
    undoes the doubling of inner quotes, as one public client met it;
    `append` adds half a row.
    """
    middle = len(content) // 2 if at is None else min(max(at, 0), max(0, len(content) - 1))
    if mode == "flip" and content:
        return content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]
    if mode == "truncate":
        return content[:middle]
    if mode == "undoubled_quotes":
        return content.replace(b'""', b'"')
    if mode == "append":
        return content + b"half,a"
    start = len(_row(content, 0))
    row = _row(content, start).rstrip(b"\n")
    if mode == "extra_column":
        altered = row + b",extra"
    elif mode == "short_row":
        altered = _LAST_CELL.sub(b"", row)
    elif mode == "flip":
        altered = row
    else:
        message = f"no corruption {mode!r}"
        raise ValueError(message)
    return content[:start] + altered + content[start + len(row) :]


def _row(content: bytes, start: int) -> bytes:
    """The row of a file that begins at a byte, with its line end."""
    found = _ROW.match(content, start)
    return found[0] if found else b""


_ROW = re.compile(rb'(?:[^"\n]|"[^"]*")*\n?')
_LAST_CELL = re.compile(rb',(?:[^",]|"[^"]*")*\Z')
