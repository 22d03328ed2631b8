"""How much of an export file is read at once, and where reading one ends.

Figures only. It must not know who reads.
"""

from __future__ import annotations

from dataclasses import dataclass

MAX_ROW = 64 * 1024 * 1024
"""Bytes of one row, and so of one cell, beyond which a file is no table."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """Sizes in bytes.

    Args:
        block: What is read, split and converted at once.
        row: One row, and so one cell, beyond which a file is no table.
        wasted: What may be read for nothing where stray quotes allow several readings.
    """

    block: int = 128 * 1024
    row: int = MAX_ROW
    wasted: int = 4 * MAX_ROW


BOUNDS = Bounds()
