"""The least that reading a file, and making RECORD lines of it, can take.

Nothing here is checked or typed, and nothing of Singer is imported, so that
the memory, too, is the least.
"""

from __future__ import annotations

import csv
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import files
import msgspec

if TYPE_CHECKING:
    from pathlib import Path

FLOOR = "`csv.reader` alone"
PLAIN_LOOP = "plain loop"
CHUNK = 1000


def floor(path: Path, shape: str) -> int:
    """`csv.reader` over the file, and nothing else."""
    del shape
    with path.open(newline="", encoding="utf-8") as file:
        return sum(1 for _ in csv.reader(file)) - 1


def plain_loop(path: Path, shape: str) -> int:
    """`csv.reader`, a struct and `encode_lines`; every cell a text."""
    encoder = msgspec.json.Encoder()
    fields = [(name, str) for name, _, _ in files.SHAPES[shape].all_columns]
    record = msgspec.defstruct("Record", fields, gc=False)
    parts = [("stream", str), ("record", record), ("time_extracted", str)]
    message = msgspec.defstruct("Message", parts, tag_field="type", tag="RECORD", gc=False)
    now = datetime.now(tz=UTC).isoformat()
    rows = 0
    with path.open(newline="", encoding="utf-8") as file:
        reader = csv.reader(file)
        next(reader)
        chunk: list[Any] = []
        for row in reader:
            chunk.append(message("program_members", record(*row), now))
            if len(chunk) == CHUNK:
                sys.stdout.buffer.write(encoder.encode_lines(chunk))
                rows += len(chunk)
                chunk.clear()
        sys.stdout.buffer.write(encoder.encode_lines(chunk))
        return rows + len(chunk)
