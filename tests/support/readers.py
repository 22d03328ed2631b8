"""Readers of export files for tests of what comes before reading."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from datetime import datetime
    from pathlib import Path

    from tap_marketo_programs.member_file.file import MemberFile

    OpenFile = Callable[[Path, Collection[str], Collection[int], datetime | None], MemberFile]


@dataclass
class Counted:
    """A reader that has read its file already."""

    rows: int
    held: int
    is_certain: bool = True
    skipped: int = 0

    def check(self) -> int:
        """How many rows can be had."""
        return self.rows


def found(rows: int, held: int, *, is_certain: bool) -> OpenFile:
    """Opens any file as one in which so much was found."""
    return lambda *_: cast("MemberFile", Counted(rows, held, is_certain))


def count_rows(path: Path, *_: object) -> MemberFile:
    """Opens a CSV file of any columns."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = max(0, sum(1 for _ in csv.reader(file)) - 1)
    return cast("MemberFile", Counted(rows, rows))


def count_lines(path: Path, *_: object) -> MemberFile:
    """Opens a file of any form, a row a line."""
    rows = path.read_bytes().count(b"\n") - 1
    return cast("MemberFile", Counted(rows, rows))
