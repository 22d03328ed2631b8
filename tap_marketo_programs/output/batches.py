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
from tap_marketo_programs.output.record_lines import record_struct
from tap_marketo_programs.process.private_folder import PrivateFolder, new_file

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

BATCH_SIZE = 100_000
"""Rows of a file unless the user says otherwise: fewer make Parquet slow to write and to read."""

_GZIP = 31  # zlib's word for a window of 32 KiB and a gzip header
_LOGIN = re.compile(r"//[^/\s]*@")
_FORMATS = {"jsonl", "parquet"}
_COMPRESSIONS = {None, "gzip", "none"}


def read_config(raw: Mapping[str, Any]) -> BatchConfig:
    """The user's `batch_config`, proved usable before anything is extracted for it.

    Raises:
        MarketoConfigError: It is not complete, or a library for it is missing.
    """
    try:
        config = BatchConfig.from_dict({"batch_size": BATCH_SIZE, **raw})
        config.batch_size = int(config.batch_size)
        known = (
            config.encoding.format in _FORMATS
            and config.encoding.compression in _COMPRESSIONS
            and bool(config.storage.root)
            and config.batch_size > 0
        )
    except (AttributeError, TypeError, ValueError):
        known = False
    if not known:
        message = (
            'batch_config: expected {"encoding": {"format": "jsonl" or "parquet", "compression": '
            '"gzip" or "none"}, "storage": {"root": a folder or URL, "prefix": text}} and, if '
            "wanted, batch_size, a number of rows"
        )
        raise MarketoConfigError(message)
    if config.encoding.format == "parquet" and find_spec("pyarrow") is None:
        message = "batch_config: Parquet needs pyarrow: install tap-marketo-programs[parquet]"
        raise MarketoConfigError(message)
    try:
        fsspec.core.url_to_fs(config.storage.root, **config.storage.params)
    except (ImportError, ValueError) as error:
        message = (
            f"batch_config: {config.storage.root} cannot be used ({error}). For S3, install "
            "tap-marketo-programs[s3]"
        )
        raise MarketoConfigError(_without_login(message)) from None
    return config


def refuse_versions(full_tables: Sequence[str]) -> None:
    """Refuse batches of streams that would also activate a version.

    Targets built on the Singer SDK load the rows of a file without a version,
    and a version that the BATCH message names is not looked at. After the
    batches, ACTIVATE_VERSION makes such a target drop every row of them. Before
    the first one it drops the rows of the run before, which are then missing
    until all files are loaded, or until a later run succeeds if they are not.
    `tests/test_targets.py` shows both with a real target.

    Args:
        full_tables: The streams of this run whose replication method is FULL_TABLE.

    Raises:
        MarketoConfigError: There are any.
    """
    if full_tables:
        message = (
            "batch_config and emit_activate_version_messages cannot go together for "
            f"{', '.join(full_tables)} (FULL_TABLE): a target loads the rows of batch files "
            "without a version, so ACTIVATE_VERSION would make it drop them all. Remove one of "
            "the two settings, or deselect these streams"
        )
        raise MarketoConfigError(message)


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
        url = _url(self._config.storage, f"{self._stem}-{self._full}{self._file.suffix}")
        self._storing = self._thread.submit(_store, self._file, url, self._config.storage.params)
        self._file, self._rows = self._new_file(), 0

    def _stored(self) -> Iterator[str]:
        if self._storing:
            storing, self._storing = self._storing, None
            yield storing.result()


def _url(storage: StorageTarget, name: str) -> str:
    """Where a file goes; the SDK's own `get_url` would lose the host of an FTP server."""
    is_path = "://" not in storage.root
    return storage.get_url(name) if is_path else f"{storage.root.rstrip('/')}/{name}"


def _store(file: BatchFile, url: str, params: Mapping[str, Any]) -> str:
    """Make a file's bytes and store them, wholly or not at all; its URL."""
    try:
        data = file.finish()
        system, path = fsspec.core.url_to_fs(url, **params)
        if isinstance(system, LocalFileSystem):
            _store_locally(data, Path(path))
            return url
        # The SDK's own `storage.open` ends its transaction only when all went well.
        with system.transaction, system.open(path, "wb") as stored:
            stored.write(data)
    except Exception as error:
        # Whatever it is, of a disk, a bucket or a network: it is about the file.
        message = f"The batch file {url} could not be stored ({type(error).__name__}: {error})"
        raise BatchFailed(_without_login(message)) from error
    return url


def _store_locally(data: bytes, path: Path) -> None:
    """Make a file in a folder that the next run removes if this one is killed, then move it.

    fsspec would make it where nobody looks for what a killed run has left.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    folder = PrivateFolder()
    try:
        waiting = folder.path / path.name
        with new_file(waiting) as file:
            file.write(data)
        waiting.chmod(_USUAL_MODE)
        shutil.move(waiting, path)
    finally:
        folder.remove()


# What `open` would give a file; a process can only learn its mask by setting it.
_MASK = os.umask(0o077)
os.umask(_MASK)
_USUAL_MODE = 0o666 & ~_MASK


def _without_login(text: str) -> str:
    """A text whose URLs show no user and no password."""
    return _LOGIN.sub("//***@", text)


class BatchFile(Protocol):
    """Rows on their way into one file."""

    suffix: str

    def add_block(self, block: Any, start: int, end: int) -> None:  # noqa: ANN401 - each its own
        """Take rows from a block of columns, in the order of the properties."""

    def add_records(self, records: Sequence[Mapping[str, Any]]) -> None:
        """Take records."""

    def finish(self) -> bytes:
        """The whole file; it takes no more rows."""


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


def _file(
    encoding: BaseBatchFileEncoding,
    properties: Mapping[str, Mapping[str, Any]],
) -> BatchFile:
    if encoding.format == "jsonl":
        return JsonLinesFile(properties, encoding.compression)
    # Imported here since nothing else needs it, and not every installation has pyarrow.
    from tap_marketo_programs.output.parquet import ParquetFile  # noqa: PLC0415

    return ParquetFile(properties, encoding.compression)
