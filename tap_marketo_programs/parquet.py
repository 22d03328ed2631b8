"""Rows as a Parquet file, each column of the type that its JSON Schema gives it.

Only batches that are to be Parquet import this, for it needs pyarrow, which
the extra `parquet` installs. It must not know where files go, and no message
of it holds a cell.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow as pa
from pyarrow import parquet

from tap_marketo_programs.errors import BatchFailed
from tap_marketo_programs.schema import declared

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class ParquetFile:
    """Takes rows by the column; see `batches.BatchFile`.

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
        self._blocks: list[pa.RecordBatch] = []

    def add_columns(self, columns: Sequence[Sequence[Any]]) -> None:
        """Take rows, in the order of the properties."""
        arrays = [
            _array(field, column) for field, column in zip(self._schema, columns, strict=True)
        ]
        self._blocks.append(pa.record_batch(arrays, schema=self._schema))

    def add_records(self, records: Sequence[Mapping[str, Any]]) -> None:
        """Take records; what one leaves out is null."""
        self.add_columns([[record.get(name) for record in records] for name in self._schema.names])

    def finish(self) -> bytes:
        """The file; the next row begins another."""
        table = pa.Table.from_batches(self._blocks, self._schema)
        self._blocks = []
        sink = pa.BufferOutputStream()
        parquet.write_table(table, sink, compression=self._compression)
        return bytes(sink.getvalue())


def _array(field: pa.Field, column: Sequence[Any]) -> pa.Array:
    try:
        return pa.array(column, type=field.type)
    except (pa.ArrowException, OverflowError):
        # Its own words would repeat the value.
        message = f"A value of {field.name} is not of the type that the schema gives it"
        raise BatchFailed(message) from None


_TYPES = {
    "string": pa.string(),
    "number": pa.float64(),
    "integer": pa.int64(),
    "boolean": pa.bool_(),
}


def arrow_type(spec: Mapping[str, Any]) -> pa.DataType:
    """The Arrow type of a property; of several JSON types a text comes first, as in `rows`."""
    types, _ = declared(spec)
    for name, arrow in _TYPES.items():
        if name in types:
            return arrow
    if "array" in types:
        return pa.list_(arrow_type(spec.get("items", {})))
    fields = spec.get("properties", {})
    return pa.struct([(name, arrow_type(field)) for name, field in fields.items()])
