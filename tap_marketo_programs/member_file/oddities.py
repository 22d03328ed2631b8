"""What was odd about the export files of a run, counted, and told once at its end.

It holds names of fields and numbers, never a cell. It must not know how a file is read.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from tap_marketo_programs.schemas.oddities import counted


@dataclass(slots=True)
class FileOddities:
    """Counts of one stream's run.

    Args:
        nulled: Cells that became null because they do not fit their type, by field.
        skipped: Rows without usable keys, by what is wrong.
        files: Files that were read although they are not as they should be, by
            what is odd about them.
    """

    nulled: Counter[str] = field(default_factory=Counter)
    skipped: Counter[str] = field(default_factory=Counter)
    files: Counter[str] = field(default_factory=Counter)

    def clear(self) -> None:
        """A new run begins."""
        for counter in (self.nulled, self.skipped, self.files):
            counter.clear()

    def warnings(self) -> list[str]:
        """What a person has to know, a line each."""
        told = []
        if self.nulled:
            told.append(
                f"Cells that did not fit their field's type became null ({counted(self.nulled)})"
            )
        if self.skipped:
            told.append(
                f"{self.skipped.total()} rows of export files were skipped: without keys of a "
                f"program that was asked for, none could be loaded ({counted(self.skipped)})"
            )
        if self.files:
            told.append(
                "Export files were not as they should be and were read all the same; how many of "
                f"each kind: {counted(self.files)}"
            )
        return told
