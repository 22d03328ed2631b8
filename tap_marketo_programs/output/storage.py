"""Where batch files go: a folder or object storage, wholly or not at all.

It must not know what is in a file.
"""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import fsspec
from fsspec.implementations.local import LocalFileSystem

from tap_marketo_programs.errors import BatchFailed
from tap_marketo_programs.process.private_folder import PrivateFolder, new_file

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from singer_sdk.helpers._batch import StorageTarget


_LOGIN = re.compile(r"//[^/\s]*@")


def file_url(storage: StorageTarget, name: str) -> str:
    """Where a file goes; the SDK's own `get_url` would lose the host of an FTP server."""
    is_path = "://" not in storage.root
    return storage.get_url(name) if is_path else f"{storage.root.rstrip('/')}/{name}"


def store(file: BatchFile, url: str, params: Mapping[str, Any]) -> str:
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
        raise BatchFailed(without_login(message)) from error
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


def without_login(text: str) -> str:
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
