"""How sizes, durations, counts and moments are spelled for a person, wherever one reads them.

Pure. It must not know what is counted.
"""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

# Marketo's megabyte is not defined; the smaller one is the safer reading.
MEGABYTE = 1_000_000
KILOBYTE = 1_000
# A setting may be any number; in bytes, the largest ones are none.
MAX_SHOWN_MB = 10.0**12


def size_text(megabytes: float) -> str:
    """A size: `1,234.5 MB`, `494 KB`, `1.2 KB`, `87 bytes`; never a figure that rounds to 0.

    Args:
        megabytes: Of 1,000,000 bytes, 0 or more.
    """
    size = round(min(megabytes, MAX_SHOWN_MB) * MEGABYTE)
    if not size:
        return "0 KB"
    if size < KILOBYTE:
        return counted(size, "byte")
    # The next unit begins where this one would be rounded up to it.
    for unit, name, digits in ((KILOBYTE, "KB", 1), (KILOBYTE, "KB", 0), (MEGABYTE, "MB", 1)):
        shown = round(size / unit, digits)
        if shown < (10 if digits else 1_000) or name == "MB":
            return f"{shown:,.{digits}f}".removesuffix(".0") + f" {name}"
    raise AssertionError  # pragma: no cover - MB take everything


def duration_text(seconds: float) -> str:
    """A duration: `2 h 5 min`, `3 min 20 s`, `12 s`."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours:,} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def counted(number: int, noun: str, plural: str = "") -> str:
    """A number with its noun: `1 job`, `1,200 jobs`."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def moment_text(moment: datetime) -> str:
    """A moment to the second: `2026-11-27 12:53:22 UTC`."""
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
