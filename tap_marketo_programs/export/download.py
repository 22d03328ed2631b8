"""A completed job's file, downloaded and proved to be whole.

The file goes to a private folder, is resumed after a lost connection with
`Range`, and is compared with what the job's status says of it: `fileSize`,
`fileChecksum` (SHA-256) and `numberOfRecords`. It must not know what happens
to the rows, nor what to do about a file that is no good.

Source: https://experienceleague.adobe.com/en/docs/marketo-developer/marketo/rest/bulk-extract/bulk-extract
("Retrieving Your Data", "Partial Retrieval", "Integrity Check")
"""

from __future__ import annotations

import hashlib
import logging
import os
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

import backoff
import requests
from urllib3.exceptions import HTTPError, ReadTimeoutError

from tap_marketo_programs.client import connection_failed
from tap_marketo_programs.errors import (
    ConnectionFailed,
    FileCorrupt,
    FileUnavailable,
    FileUnreadable,
    RequestRefused,
)
from tap_marketo_programs.export.folder import unwritable

if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from pathlib import Path

    from tap_marketo_programs.clock import Clock
    from tap_marketo_programs.export.api import ExportApi
    from tap_marketo_programs.export.job import ExportJob

logger = logging.getLogger(__name__)

CHUNK = 1 << 16
# Connections lost in a row without a single new byte between them.
MOST_STALLS = 5
# Without a size to compare with, a file still cannot be larger than a day's
# quota of any subscription.
LARGEST_FILE = 1 << 36

_SHA256 = re.compile(r"sha256:([0-9a-f]{64})", re.IGNORECASE)
_CONTENT_RANGE = re.compile(r"bytes ([0-9]{1,18})-[0-9]{1,18}/([0-9]{1,18}|\*)")


@dataclass(frozen=True, slots=True)
class ExportFile:
    """A verified file.

    Args:
        path: Where it is; None for an export without rows, which is not downloaded.
        rows: How many data rows it holds.
        size: Bytes.
    """

    path: Path | None
    rows: int
    size: int

    def remove(self) -> None:
        """Delete the file; it may be gone already."""
        if self.path is not None:
            self.path.unlink(missing_ok=True)


class Downloader:
    """Fetches and verifies files.

    Args:
        api: Opens them.
        folder: An existing folder that only this user can read.
        count_rows: Reads a whole file and counts its rows.
        clock: Where time comes from.
        stopping: Asked between two chunks; True ends the download at once.

    Its methods raise:
        FileUnavailable: The job has no file.
        FileCorrupt: The file is not what the job's status says.
        MarketoConfigError: It cannot be kept here.
    """

    def __init__(
        self,
        api: ExportApi,
        folder: Path,
        count_rows: Callable[[Path], int],
        clock: Clock,
        stopping: Callable[[], bool] = lambda: False,
    ) -> None:
        self._api = api
        self._folder = folder
        self._count_rows = count_rows
        self._clock = clock
        self._stopping = stopping

    def fetch(self, job: ExportJob) -> ExportFile:
        """Download one completed job's file and verify it."""
        if job.number_of_records == 0:
            # Nobody knows what the file of an empty export holds, and no client asks.
            return ExportFile(None, 0, job.file_size or 0)
        path = self._folder / f"{job.export_id}.csv"
        verified = False
        try:
            size, sha256 = self._transfer(job, path)
            is_proved = _verify(job, size, sha256)
            try:
                rows = self._count_rows(path)
                if job.number_of_records not in {None, rows}:
                    raise _corrupt(job, f"{rows} rows instead of {job.number_of_records}")
            except FileCorrupt as error:
                raise (FileUnreadable(str(error)) if is_proved else error) from None
            verified = True
            return ExportFile(path, rows, size)
        except OSError as error:
            # What a connection can raise has another name by now.
            raise unwritable(error) from None
        finally:
            if not verified:
                path.unlink(missing_ok=True)

    def _transfer(self, job: ExportJob, path: Path) -> tuple[int, str]:
        """Download to `path`, resuming as often as there is progress."""
        owner_only = os.open(path, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600)
        with open(owner_only, "w+b") as file:  # noqa: PTH123 - of a descriptor
            download = _Download(job, file)
            waits, most, stalls = _waits(), 0, 0
            while True:
                failure: ConnectionFailed | None = None
                try:
                    if self._receive(download):
                        break
                except ConnectionFailed as error:
                    failure = error
                # Progress is more than ever before: a file that has to start over
                # again and again is not getting anywhere.
                stalls += 1
                if download.size > most:
                    waits, most, stalls = _waits(), download.size, 0
                if self._stopping():
                    raise failure or _ending()
                if stalls >= MOST_STALLS:
                    if failure is not None:
                        raise failure
                    # A file that stays short without any error is for _verify to judge.
                    break
                if failure is not None:
                    logger.info("%s; export %s resumes", failure, job.export_id)
                self._clock.sleep(next(waits))
            return download.size, download.sha256.hexdigest()

    def _receive(self, download: _Download) -> bool:
        """One request; whether the file is whole now."""
        try:
            with self._api.open_file(download.job.export_id, download.size) as response:
                return download.receive(response, self._stopping)
        except RequestRefused as error:
            if error.code == "HTTP 416" and download.size:
                return download.ends_here()
            # An envelope that refuses the file means what the plain 404 means: an
            # expired job may be answered so.
            raise FileUnavailable(str(error), code=error.code, message=error.message) from None


class _Download:
    """The bytes received so far and their hash."""

    def __init__(self, job: ExportJob, file: BinaryIO) -> None:
        self.job = job
        self.size = 0
        self.sha256 = hashlib.sha256()
        self._file = file
        self._bound = LARGEST_FILE if job.file_size is None else job.file_size

    def receive(self, response: requests.Response, stopping: Callable[[], bool]) -> bool:
        """Take one answer's bytes; whether there are now as many as promised.

        Raises:
            ConnectionFailed: They broke off.
            FileCorrupt: There are more than there can be.
        """
        if self.size and not self._continues(response):
            self._start_over()
            if response.status_code == requests.codes.partial_content:
                # A part, but not the part asked for: only a new request helps.
                return False
        try:
            # Not iter_content: it throws away up to a chunk that arrived before a
            # connection broke, and a file smaller than a chunk would never get on.
            for chunk in response.raw.stream(CHUNK, decode_content=False):
                self._take(chunk)
                if stopping():
                    raise _ending()
        except HTTPError as error:
            silent = isinstance(error, ReadTimeoutError)
            kind = requests.ReadTimeout if silent else requests.ConnectionError
            raise connection_failed(kind(error), response.request) from None
        return self.job.file_size is None or self.size >= self.job.file_size

    def ends_here(self) -> bool:
        """Whether Marketo has nothing behind the last byte because the file is whole.

        With a size to compare with, that is for `_verify` to say; without one,
        nothing proves it, and the file starts over.
        """
        if self.job.file_size is None:
            self._start_over()
            return False
        return True

    def _continues(self, response: requests.Response) -> bool:
        """Whether an answer goes on where the last one broke off."""
        if response.status_code != requests.codes.partial_content:
            return False
        match = _CONTENT_RANGE.fullmatch(response.headers.get("Content-Range", "").strip())
        if match is None or int(match[1]) != self.size:
            return False
        return match[2] == "*" or self.job.file_size in {None, int(match[2])}

    def _start_over(self) -> None:
        self._file.seek(0)
        self._file.truncate()
        self.size = 0
        self.sha256 = hashlib.sha256()

    def _take(self, chunk: bytes) -> None:
        self.size += len(chunk)
        if self.size > self._bound:
            raise _corrupt(self.job, f"more than {self._bound} bytes")
        self.sha256.update(chunk)
        self._file.write(chunk)


def _waits() -> Generator[float]:
    """Seconds to wait before resuming, growing while nothing arrives."""
    waits = backoff.expo(max_value=30)
    next(waits)
    return waits


def _ending() -> ConnectionFailed:
    return ConnectionFailed("the run is ending")


def _verify(job: ExportJob, size: int, sha256: str) -> bool:
    """Compare with what the status tells; whether that proves that these are Marketo's bytes."""
    if job.file_size not in {None, size}:
        raise _corrupt(job, f"{size} bytes instead of {job.file_size}")
    promised = _SHA256.fullmatch((job.checksum or "").strip())
    if promised and promised[1].lower() != sha256:
        raise _corrupt(job, "a SHA-256 that is not fileChecksum")
    return promised is not None


def _corrupt(job: ExportJob, what: str) -> FileCorrupt:
    return FileCorrupt(f"export {job.export_id}: the file has {what}")
