"""Rows as a Parquet file, each column of the type that its JSON Schema gives it.

Only batches that are to be Parquet import this, for it needs pyarrow, which
the extra `parquet` installs. It must not know where files go, and no message
of it holds a cell.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import parquet

from tap_marketo_programs.errors import BatchFailed
from tap_marketo_programs.member_file.arrow import arrow_type, to_array
from tap_marketo_programs.schemas.properties import declared

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_SAMPLE = 1_000  # rows that tell whether a column repeats itself


class ParquetFile:
    """Takes rows; see `batches.BatchFile`.

    Args:
        properties: The columns, each with its JSON Schema.
        compression: Of the pages: `gzip`, `none`, or None for the usual one of Parquet, Snappy.
    """

    suffix = ".parquet"

    def __init__(
        self,
        properties: Mapping[str, Mapping[str, Any]],
        compression: str | None,
    ) -> None:
        self._compression = compression or "snappy"
        self._schema = pa.schema([(name, arrow_type(spec)) for name, spec in properties.items()])
        # Readers skip what their least and largest values rule out: keys and times, but
        # nobody looks for the first and the last e-mail address, and a footer must not name them.
        self._compared = [
            field.name
            for field, spec in zip(self._schema, properties.values(), strict=True)
            if field.type != pa.string() or declared(spec)[1]
        ]
        self._blocks: list[pa.RecordBatch] = []

    def add_block(self, block: pa.RecordBatch, start: int, end: int) -> None:
        """Take rows from a block of columns, in the order of the properties."""
        self._blocks.append(block.slice(start, end - start))

    def add_records(self, records: Sequence[Mapping[str, Any]]) -> None:
        """Take records; what one leaves out is null."""
        arrays = [_array(field, [one.get(field.name) for one in records]) for field in self._schema]
        self._blocks.append(pa.record_batch(arrays, schema=self._schema))

    def finish(self) -> bytes:
        """The whole file; it takes no more rows."""
        table = pa.Table.from_batches(self._blocks, self._schema)
        sink = pa.BufferOutputStream()
        parquet.write_table(
            table,
            sink,
            compression=self._compression,
            write_statistics=self._compared,
            # To try it on a column of ids, and then give it up, takes longer than all else.
            use_dictionary=[name for name in table.column_names if _repeats(table[name])],
        )
        return bytes(sink.getvalue())


def _repeats(column: pa.ChunkedArray) -> bool:
    """Whether a column, by its beginning, seems to hold the same values again and again."""
    if not pa.types.is_primitive(column.type) and column.type != pa.string():
        return False
    start = column.slice(0, _SAMPLE)
    return bool(2 * pc.count_distinct(start).as_py() < len(start))


def _array(field: pa.Field, column: Sequence[Any]) -> pa.Array:
    try:
        return to_array(column, field.type)
    except (pa.ArrowException, OverflowError):
        # Its own words would repeat the value.
        message = f"A value of {field.name} is not of the type that the schema gives it"
        raise BatchFailed(message) from None
