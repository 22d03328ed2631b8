"""A completed job's file, downloaded and proved to be whole.

The file goes to a private folder, is resumed after a lost connection with
`Range`, and is compared with what the job's status says of it: `fileSize`,
`fileChecksum` (SHA-256) and `numberOfRecords`. It must not know what happens
to the rows, nor what to do about a file that is no good.

Source: https://experienceleague.adobe.com/en/docs/marketo-developer/marketo/rest/bulk-extract/bulk-extract
("Retrieving Your Data", "Partial Retrieval", "Integrity Check")
"""

from __future__ import annotations

import codecs
import logging
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import backoff

from tap_marketo_programs.errors import (
    ConnectionFailed,
    FileCorrupt,
    FileUnavailable,
    FileUnreadable,
    RequestRefused,
)
from tap_marketo_programs.export.transfer import Transfer, corrupt, ending
from tap_marketo_programs.marketo.verdicts import is_past_the_end
from tap_marketo_programs.process.private_folder import new_file, unwritable

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Generator, Sequence
    from pathlib import Path

    from tap_marketo_programs.clock import Clock
    from tap_marketo_programs.export.api import ExportApi
    from tap_marketo_programs.export.job import ExportJob

logger = logging.getLogger(__name__)

# Requests in a row that bring next to nothing.
MOST_STALLS = 5
# What is more than next to nothing: so many bytes, or so large a part of a small
# file. A connection that is cut after every byte must not cost a call a byte.
LEAST_PROGRESS = 1 << 17
LEAST_SHARE = 20

_SHA256 = re.compile(r"sha256:([0-9a-f]{64})", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Contents:
    """What reading a whole file found.

    Args:
        rows: How many of its rows can be had.
        held: How many rows it holds.
        is_certain: Whether it can be read in one way only.
    """

    rows: int
    held: int
    is_certain: bool


@dataclass(frozen=True, slots=True)
class ExportFile:
    """A verified file.

    Args:
        path: Where it is; None for an export without rows, which is not downloaded.
        rows: How many of its rows can be had.
        size: Bytes.
        oddities: What is not as it should be about it, though it can be read.
    """

    path: Path | None
    rows: int
    size: int
    oddities: tuple[str, ...] = ()

    def remove(self) -> None:
        """Delete the file; it may be gone already."""
        if self.path is not None:
            self.path.unlink(missing_ok=True)


class Downloader:
    """Fetches and verifies files.

    Args:
        api: Opens them.
        folder: An existing folder that only this user can read.
        count_rows: Reads a whole file of these programs' members.
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
        count_rows: Callable[[Path, Collection[int]], Contents],
        clock: Clock,
        stopping: Callable[[], bool] = lambda: False,
    ) -> None:
        self._api = api
        self._folder = folder
        self._count_rows = count_rows
        self._clock = clock
        self._stopping = stopping

    def fetch(
        self,
        job: ExportJob,
        programs: Collection[int] = (),
        fields: Sequence[str] = (),
    ) -> ExportFile:
        """Download one completed job's file and verify it.

        Args:
            job: The job.
            programs: Those it was asked for; none where that is not known.
            fields: The columns it was asked for, likewise.
        """
        if job.number_of_records == 0 and not _may_hold_rows(job, fields):
            # Nobody knows what the file of an empty export holds, and no client asks.
            return ExportFile(None, 0, job.file_size or 0)
        path = self._folder / f"{job.export_id}.csv"
        verified = False
        try:
            transfer = self._transfer(job, path)
            is_proven = _verify(job, transfer)
            try:
                contents = self._count_rows(path, programs)
                miscounted = _miscounted(job, contents, is_proven=is_proven)
            except FileCorrupt as error:
                raise (FileUnreadable(str(error)) if is_proven else error) from None
            oddities = (*transfer.oddities, *miscounted)
            verified = True
            return ExportFile(path, contents.rows, transfer.size, oddities)
        except OSError as error:
            # What a connection can raise has another name by now.
            raise unwritable(error) from None
        finally:
            if not verified:
                path.unlink(missing_ok=True)

    def _transfer(self, job: ExportJob, path: Path) -> Transfer:
        """Download to `path`, resuming as often as there is progress."""
        with new_file(path) as file:
            transfer = Transfer(job, file)
            waits, mark, stalls = _waits(), 0, 0
            while True:
                failure: ConnectionFailed | None = None
                try:
                    if self._receive(transfer):
                        break
                except ConnectionFailed as error:
                    failure = error
                # Progress is more than ever before: a file that has to start over
                # again and again is not getting anywhere.
                stalls += 1
                if transfer.received >= mark + least_progress(transfer.total):
                    waits, mark, stalls = _waits(), transfer.received, 0
                if self._stopping():
                    raise failure or ending()
                if stalls >= MOST_STALLS:
                    if failure is not None:
                        raise failure
                    # A file that stays short without any error is for _verify to judge.
                    break
                if failure is not None:
                    logger.info("%s; export %s resumes", failure, job.export_id)
                elif transfer.is_no_table:
                    logger.info("Export %s: its file was answered by a page", job.export_id)
                self._clock.sleep(next(waits))
            transfer.finish()
            return transfer

    def _receive(self, transfer: Transfer) -> bool:
        """One request; whether the file is whole now."""
        try:
            with self._api.open_file(transfer.job.export_id, transfer.next_byte) as response:
                return transfer.receive(response, self._stopping)
        except RequestRefused as error:
            if is_past_the_end(error) and transfer.received:
                return transfer.ends_here()
            # An envelope that refuses the file means what the plain 404 means: an
            # expired job may be answered so.
            raise FileUnavailable(str(error), code=error.code, message=error.message) from None


def _may_hold_rows(job: ExportJob, fields: Sequence[str]) -> bool:
    """Whether a file is larger than the header alone, though the job counts no row.

    An empty export's file may hold the header or nothing, or not be there.
    """
    if job.file_size is None or not fields:
        return False
    # Each name may be quoted; a mark in front, `programId`, and a line end.
    header = sum(len(name.encode()) + len('"",') for name in ("programId", *fields))
    return job.file_size > len(codecs.BOM_UTF8) + header + len("\r\n")


def least_progress(total: int | None) -> int:
    """How many new bytes several requests for a file must bring.

    Args:
        total: The file's size, None if nobody says.
    """
    return LEAST_PROGRESS if total is None else min(LEAST_PROGRESS, max(1, total // LEAST_SHARE))


def _waits() -> Generator[float]:
    """Seconds to wait before resuming, growing while nothing arrives."""
    waits = backoff.expo(max_value=30)
    next(waits)
    return waits


def _verify(job: ExportJob, transfer: Transfer) -> bool:
    """Compare a file with its job's figures; whether they prove that it is the one Marketo made."""
    promised = _SHA256.fullmatch((job.checksum or "").strip())
    wanted = promised[1].lower() if promised else None
    bodies = transfer.bodies()
    if not any(job.file_size in {None, size} for size, _ in bodies):
        what = f"{bodies[0][0]} bytes instead of {job.file_size}"
        raise corrupt(job, what + transfer.unread_coding)
    if not any(
        job.file_size in {None, size} and wanted in {None, sha256} for size, sha256 in bodies
    ):
        raise corrupt(job, "a SHA-256 that is not fileChecksum" + transfer.unread_coding)
    return job.file_size is not None and wanted is not None


def _miscounted(job: ExportJob, contents: Contents, *, is_proven: bool) -> tuple[str, ...]:
    """The oddity of a file that does not hold as many rows as its job says, if that can be.

    Raises:
        FileCorrupt: Nothing else than this number could tell that the file is wrong.
    """
    if job.number_of_records in {None, contents.held}:
        return ()
    # Where quotes are not doubled, this alone tells that a guess was wrong. And no
    # proof can make watermarks move past rows of which none came.
    if is_proven and contents.is_certain and contents.held:
        return ("with another number of rows than numberOfRecords",)
    raise corrupt(job, f"{contents.held} rows instead of {job.number_of_records}")
