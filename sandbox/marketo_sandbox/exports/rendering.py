"""Makes an export file: selects members, writes their rows to disk, counts and hashes.

It works on a view of the programs that nobody edits, so it may run in a thread
while the world is edited. It does not know about jobs or quotas.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from marketo_sandbox.data.fields import Field
    from marketo_sandbox.data.member_values import Block
    from marketo_sandbox.data.program_view import ProgramView
    from marketo_sandbox.exports.csv_text import CsvText
    from marketo_sandbox.exports.selection import Selection


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
    """A finished file: what its status says about it."""

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
