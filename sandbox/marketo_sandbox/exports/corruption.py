"""A file's bytes altered on purpose. It knows no job and no fault, only bytes."""

from __future__ import annotations

import re

_ROW = re.compile(rb'(?:[^"\n]|"[^"]*")*\n?')
_LAST_CELL = re.compile(rb',(?:[^",]|"[^"]*")*\Z')


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
