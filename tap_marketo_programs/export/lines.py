"""RECORD lines straight from the columns of an export file.

The SDK's own loop handles every record by itself: it looks up the schema, the
selection and the stream maps, conforms types, builds a message object, writes
and flushes. For millions of rows whose selection is the same and whose cells
are typed by column already, that is nearly all of the time a run takes. This
module does the same for a block of rows at once, and yields the same bytes
but for `time_extracted`, which all rows of a block share.

It serves when nothing wants to see single records: one stream map that
changes nothing, no flattening, no child stream, no record limit; the stream
decides that and otherwise leaves the work to the SDK. It must not know where
the columns come from or where the lines go.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime


class RecordLines:
    """Turns columns into RECORD lines.

    Args:
        stream: The stream's name in messages, its alias if it has one.
        names: The columns' names.
        version: The table's version, for records of a full table.
    """

    def __init__(
        self,
        stream: str,
        names: Sequence[str],
        version: int | None = None,
    ) -> None:
        fields = [f"field_{number}" for number in range(len(names))]
        self._record: Callable[..., Any] = msgspec.defstruct(
            "Record",
            [(field, Any) for field in fields],
            rename=dict(zip(fields, names, strict=True)),
            gc=False,
        )
        self._encoder = msgspec.json.Encoder()
        self._start = b'{"type":"RECORD","stream":' + self._encoder.encode(stream) + b',"record":'
        self._end = b"" if version is None else b',"version":' + self._encoder.encode(version)

    def encode(self, columns: Sequence[Sequence[Any]], extracted: datetime) -> bytes:
        """The lines of one block.

        Args:
            columns: The values, in the order of the names.
            extracted: When, aware.

        Returns:
            One line a row, each with its line end.
        """
        # A list, since msgspec 0.22 never lets go of what a mere iterator gave it.
        rows = self._encoder.encode_lines(list(map(self._record, *columns)))
        stamp = b',"time_extracted":' + self._encoder.encode(extracted)
        end = self._end + stamp + b"}\n"
        # A line end in the data is escaped: what is left separates records.
        return self._start + rows[:-1].replace(b"\n", end + self._start) + end
