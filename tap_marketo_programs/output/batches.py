"""Files for BATCH messages: JSON Lines or Parquet, in a folder or in object storage.

The SDK's batchers take record by record, so a file costs what its RECORD
messages would; they let pyarrow guess the types of each file, so a column that
is empty in one has another type in the next; and they compress JSON Lines
whatever `compression` says, which their readers then stumble over. Here rows
come by the column where the stream has columns, a Parquet column has the type
that the SCHEMA message gives it, and a file is what its message says.

The values are those of RECORD messages: dates and times stay texts in RFC 3339.
A file is stored whole or not at all. It must not know where rows come from or
when they may leave, and none of its messages holds a cell.
"""

from __future__ import annotations

from tap_marketo_programs.output.storage import BatchFile, store, file_url
from tap_marketo_programs.output.jsonl import JsonLinesFile

import os
import re
import shutil
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, Self
from uuid import uuid4

import fsspec
import msgspec
from fsspec.implementations.local import LocalFileSystem
from isal import isal_zlib
from singer_sdk.helpers._batch import BaseBatchFileEncoding, BatchConfig, StorageTarget

from tap_marketo_programs.errors import BatchFailed, MarketoConfigError
from tap_marketo_programs.process.private_folder import PrivateFolder, new_file
from tap_marketo_programs.output.record_lines import record_struct

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence


class BatchFiles:
    """Takes rows, and stores each file that is full while the next is being filled.

    Use it as a context manager: there is a thread that stores.

    Args:
        config: The user's.
        stem: How the files' names begin, behind the user's prefix.
        properties: The columns, each with its JSON Schema.

    All methods yield the URL of each file that is stored, and raise:
        BatchFailed: One could not be.
    """

    def __init__(
        self,
        config: BatchConfig,
        stem: str,
        properties: Mapping[str, Mapping[str, Any]],
    ) -> None:
        self._config = config
        self._stem = f"{config.storage.prefix or ''}{stem}-{uuid4().hex}"
        self._new_file = partial(_file, config.encoding, properties)
        self._file = self._new_file()
        self._rows = 0
        self._full = 0
        self._storing: Future[str] | None = None
        self._thread = ThreadPoolExecutor(1, "batches")

    def __enter__(self) -> Self:
        """Nothing to prepare."""
        return self

    def __exit__(self, *_: object) -> None:
        """Leave no thread behind."""
        self._thread.shutdown(cancel_futures=True)

    def add_block(self, block: Sequence[Sequence[Any]]) -> Iterator[str]:
        """Take columns, in the order of the properties: lists, or for Parquet Arrow's."""
        yield from self._add(
            len(block[0]),
            lambda start, end: self._file.add_block(block, start, end),
        )

    def add_records(self, records: Sequence[Mapping[str, Any]]) -> Iterator[str]:
        """Take records; what one leaves out is null where a file has no other word for it."""
        yield from self._add(
            len(records),
            lambda start, end: self._file.add_records(records[start:end]),
        )

    def finish(self) -> Iterator[str]:
        """Store what there is, if there is anything."""
        if self._rows:
            yield from self._hand_over()
        yield from self._stored()

    def _add(self, count: int, add: Callable[[int, int], None]) -> Iterator[str]:
        start = 0
        while start < count:
            end = min(count, start + self._config.batch_size - self._rows)
            add(start, end)
            self._rows += end - start
            start = end
            if self._rows == self._config.batch_size:
                yield from self._hand_over()

    def _hand_over(self) -> Iterator[str]:
        """Have the file stored, once the one before is: two at a time are in memory."""
        yield from self._stored()
        self._full += 1
        url = file_url(self._config.storage, f"{self._stem}-{self._full}{self._file.suffix}")
        self._storing = self._thread.submit(store, self._file, url, self._config.storage.params)
        self._file, self._rows = self._new_file(), 0

    def _stored(self) -> Iterator[str]:
        if self._storing:
            storing, self._storing = self._storing, None
            yield storing.result()


def _file(
    encoding: BaseBatchFileEncoding,
    properties: Mapping[str, Mapping[str, Any]],
) -> BatchFile:
    if encoding.format == "jsonl":
        return JsonLinesFile(properties, encoding.compression)
    # Imported here since nothing else needs it, and not every installation has pyarrow.
    from tap_marketo_programs.output.parquet import ParquetFile  # noqa: PLC0415

    return ParquetFile(properties, encoding.compression)
