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

import re
from itertools import repeat
from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime


_NO_ATTRIBUTE = re.compile(r'["\\\x00-\x1f\x7f]')


def record_struct(names: Sequence[str]) -> Callable[..., Any]:
    """What makes of a row's values an object that encodes as its record does.

    A class, unless msgspec takes a name for none that a class can have: those with
    quotes, backslashes or control characters in them. Then a dict, which is slower.
    """
    if any(_NO_ATTRIBUTE.search(name) for name in names):
        return lambda *values: dict(zip(names, values, strict=True))
    fields = [f"field_{number}" for number in range(len(names))]
    return msgspec.defstruct(
        "Record",
        [(field, Any) for field in fields],
        rename=dict(zip(fields, names, strict=True)),
        gc=False,
    )


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
        self._record = record_struct(names)
        versioned = [] if version is None else [("version", Any)]
        self._message: Callable[..., Any] = msgspec.defstruct(
            "Message",
            [("stream", Any), ("record", Any), *versioned, ("time_extracted", Any)],
            tag_field="type",
            tag="RECORD",
            gc=False,
        )
        self._stream = repeat(stream)
        self._version = [] if version is None else [repeat(version)]
        self._encoder = msgspec.json.Encoder()

    def encode(self, columns: Sequence[Sequence[Any]], extracted: datetime) -> bytes:
        """The lines of one block.

        Args:
            columns: The values, in the order of the names.
            extracted: When, aware.

        Returns:
            One line a row, each with its line end.
        """
        records = map(self._record, *columns)
        stamp = repeat(msgspec.Raw(self._encoder.encode(extracted)))
        messages = map(self._message, self._stream, records, *self._version, stamp)
        # A list, since msgspec 0.22 never lets go of what a mere iterator gave it.
        return self._encoder.encode_lines(list(messages))
