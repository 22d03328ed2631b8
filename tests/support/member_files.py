"""Export files of members written for a test, and read.

It must not know what a test expects of them.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from hypothesis import HealthCheck, settings

from tap_marketo_programs.member_file.bounds import BOUNDS, Bounds
from tap_marketo_programs.member_file.file import MemberFile

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path


STRING = {"type": ["string", "null"]}

KEY = {"type": ["integer"]}

INTEGER = {"type": ["integer", "null"]}

NUMBER = {"type": ["number", "null"]}

BOOLEAN = {"type": ["boolean", "null"]}

DATE = {"type": ["string", "null"], "format": "date"}

DATETIME = {"type": ["string", "null"], "format": "date-time"}

# tmp_path is one directory for all examples: each overwrites the last one's file.
# No deadline: other work on the machine must not fail a test.
one_directory = settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    deadline=None,
)


def write(tmp_path: Path, data: bytes) -> Path:
    path = tmp_path / "export.csv"
    path.write_bytes(data)
    return path


def strings(*names: str) -> dict[str, dict[str, Any]]:
    return dict.fromkeys(names, STRING)


def read(
    tmp_path: Path,
    data: bytes,
    properties: Mapping[str, Mapping[str, Any]],
    nulled: Counter[str] | None = None,
    bounds: Bounds = BOUNDS,
) -> list[dict[str, Any]]:
    """The records of a checked file, which is as many as the check said."""
    counter: Counter[str] = Counter() if nulled is None else nulled
    file = MemberFile(write(tmp_path, data), properties, counter, bounds=bounds)
    count = file.check()
    records = list(file)
    assert len(records) == count
    return records


def table(tmp_path: Path, data: bytes, *names: str, bounds: Bounds = BOUNDS) -> list[list[Any]]:
    found = read(tmp_path, data, strings(*names), bounds=bounds)
    return [list(record.values()) for record in found]


def padded(rows_: int, row: bytes) -> bytes:
    return b"a,b\n" + row * rows_


def rfc_4180(header: Sequence[str], table_: list[list[str]], end: str) -> bytes:
    """A file with quotes only where RFC 4180 needs them."""

    def cell(text: str) -> str:
        bare = not any(mark in text for mark in '",\n') and not (end == "\r\n" and "\r" in text)
        return text if bare else '"' + text.replace('"', '""') + '"'

    return "".join(",".join(map(cell, row)) + end for row in [header, *table_]).encode()
