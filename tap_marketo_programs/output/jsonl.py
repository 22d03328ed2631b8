"""Rows as a JSON Lines file.

It must not know where files go, and no message of it holds a cell.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
from isal import isal_zlib

from tap_marketo_programs.output.record_lines import record_struct

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


_GZIP = 31  # zlib's word for a window of 32 KiB and a gzip header


class JsonLinesFile:
    """A JSON object a line, compressed as they come; see `BatchFile`.

    Args:
        properties: The columns.
        compression: `gzip`, or `none`, or None for none.
    """

    def __init__(self, properties: Iterable[str], compression: str | None) -> None:
        self.suffix = ".jsonl.gz" if compression == "gzip" else ".jsonl"
        self._record = record_struct(list(properties))
        self._encoder = msgspec.json.Encoder()
        self._parts: list[bytes] = []
        self._compress = isal_zlib.compressobj(wbits=_GZIP) if compression == "gzip" else None

    def add_block(self, block: Sequence[Sequence[Any]], start: int, end: int) -> None:
        """Take rows from a block of columns, in the order of the properties."""
        if end - start < len(block[0]):
            block = [column[start:end] for column in block]
        self.add_records(list(map(self._record, *block)))

    def add_records(self, records: Sequence[Any]) -> None:
        """Take records; what one leaves out is left out."""
        lines = self._encoder.encode_lines(records)
        self._parts.append(self._compress.compress(lines) if self._compress else lines)

    def finish(self) -> bytes:
        """The whole file; it takes no more rows."""
        if self._compress:
            self._parts.append(self._compress.flush())
        return b"".join(self._parts)
