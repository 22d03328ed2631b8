"""Proof that a file is what its job says, before a row of it leaves.

A file is compared with what the job's status says of it: `fileSize`, `fileChecksum`
(SHA-256) and `numberOfRecords`; it is read from end to end as it will be read later; of a
job that may be somebody else's, it must have our columns and name our programs alone; and of
a snapshot no row may be missing. It must not know how a file is transferred, nor what to do
about one that is no good.

Source: https://experienceleague.adobe.com/en/docs/marketo-developer/marketo/rest/bulk-extract/bulk-extract
("Integrity Check")
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tap_marketo_programs.errors import FileCorrupt, FileUnreadable
from tap_marketo_programs.export.reading import refuse_other_columns, refuse_other_programs
from tap_marketo_programs.export.transfer import corrupt
from tap_marketo_programs.process.private_folder import unwritable

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence
    from datetime import datetime
    from pathlib import Path

    from tap_marketo_programs.export.download import Downloader
    from tap_marketo_programs.export.job import ExportJob
    from tap_marketo_programs.export.transfer import Transfer
    from tap_marketo_programs.member_file.file import MemberFile

    OpenFile = Callable[[Path, Collection[str], Collection[int], datetime | None], MemberFile]

_SHA256 = re.compile(r"sha256:([0-9a-f]{64})", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class VerifiedFile:
    """A file that is what its job says.

    Args:
        path: Where it is; None for an export without rows, which is not downloaded.
        rows: How many of its rows can be had.
        size: Bytes.
        reader: Reads it as it was checked; None where there is no file.
        oddities: What is not as it should be about it, though it can be read.
    """

    path: Path | None
    rows: int
    size: int
    reader: MemberFile | None = None
    oddities: tuple[str, ...] = ()

    def remove(self) -> None:
        """Delete the file; it may be gone already."""
        if self.path is not None:
            self.path.unlink(missing_ok=True)


class Verifier:
    """Fetches files and proves them.

    Args:
        downloader: Transfers them.
        open_file: Opens one of an export with these fields, of these programs if any
            are named; see `Reading.open`.

    `fetch` raises:
        FileUnavailable: The job has no file.
        FileCorrupt: The file is not what the job's status says.
        FileUnreadable: It is, and holds no table.
        FileForeign: It belongs to a job that is not ours after all.
        MarketoConfigError: It cannot be kept here.
    """

    def __init__(
        self,
        downloader: Downloader,
        open_file: OpenFile,
    ) -> None:
        self._downloader = downloader
        self._open_file = open_file

    def fetch(
        self,
        job: ExportJob,
        programs: Collection[int] = (),
        fields: Sequence[str] = (),
        *,
        is_adopted: bool = False,
        snapshot_at: datetime | None = None,
    ) -> VerifiedFile:
        """Download one completed job's file and prove it.

        Args:
            job: The job.
            programs: Those it was asked for.
            fields: The columns it was asked for. A file made before a field was
                dropped has that column still, and may.
            is_adopted: Whether the job is ours by all appearances only: then the file
                itself must name the programs, and have the columns.
            snapshot_at: The snapshot that its rows belong to; then no row may be missing.
        """
        if job.number_of_records == 0 and not _may_hold_rows(job, fields):
            # Nobody knows what the file of an empty export holds, and no client asks.
            return VerifiedFile(None, 0, job.file_size or 0)
        transfer = self._downloader.download(job)
        verified = False
        try:
            ours = () if is_adopted else programs
            reader = self._open_file(transfer.path, fields, ours, snapshot_at)
            is_snapshot = snapshot_at is not None
            file = _verified(transfer, reader, fields if is_adopted else (), is_snapshot)
            if is_adopted:
                refuse_other_programs(transfer.path, programs)
            verified = True
        except OSError as error:
            raise unwritable(error) from None
        finally:
            if not verified:
                transfer.path.unlink(missing_ok=True)
        return file


def _verified(
    transfer: Transfer,
    reader: MemberFile,
    adopted_fields: Collection[str],
    is_snapshot: bool,  # noqa: FBT001 - a kind, not a switch
) -> VerifiedFile:
    is_proven = _compare(transfer)
    if adopted_fields:
        refuse_other_columns(transfer.path, adopted_fields, is_snapshot=is_snapshot)
    try:
        rows = reader.check()
        miscounted = _miscounted(transfer.job, reader, is_proven=is_proven)
    except FileCorrupt as error:
        raise (FileUnreadable(str(error)) if is_proven else error) from None
    if is_snapshot:
        _refuse_gaps(transfer.job, reader, rows, is_proven=is_proven)
    oddities = (*transfer.oddities, *miscounted)
    return VerifiedFile(transfer.path, rows, transfer.size, reader, oddities)


def _refuse_gaps(job: ExportJob, reader: MemberFile, rows: int, *, is_proven: bool) -> None:
    """Refuse a file of keys that may lack one: its member would be taken for one who left.

    Raises:
        FileUnreadable: It does lack some, in whatever way it is read.
        FileCorrupt: Nothing tells that it is whole.
    """
    if rows < reader.held:
        message = (
            f"{reader.held - rows} rows of the export file have no key that can be read, so it "
            "is no snapshot of all members."
        )
        raise FileUnreadable(message)
    if reader.held < (job.number_of_records or 0):
        message = (
            f"The export file has {reader.held} rows instead of {job.number_of_records}, so it "
            "is no snapshot of all members."
        )
        raise FileUnreadable(message)
    if job.number_of_records is None and not (is_proven and reader.is_certain):
        raise corrupt(job, "nothing that tells whether it holds all members")


def _may_hold_rows(job: ExportJob, fields: Sequence[str]) -> bool:
    """Whether a file is larger than the header alone, though the job counts no row.

    An empty export's file may hold the header or nothing, or not be there.
    """
    if job.file_size is None or not fields:
        return False
    # Each name may be quoted; a mark in front, `programId`, and a line end.
    header = sum(len(name.encode()) + len('"",') for name in ("programId", *fields))
    return job.file_size > len(codecs.BOM_UTF8) + header + len("\r\n")


def _compare(transfer: Transfer) -> bool:
    """Compare a file with its job's figures; whether they prove that it is the one Marketo made."""
    job, bodies = transfer.job, transfer.bodies()
    promised = _SHA256.fullmatch((job.checksum or "").strip())
    wanted = promised[1].lower() if promised else None
    if not any(job.file_size in {None, size} for size, _ in bodies):
        what = f"{bodies[0][0]} bytes instead of {job.file_size}"
        raise corrupt(job, what + transfer.unread_coding)
    if not any(
        job.file_size in {None, size} and wanted in {None, sha256} for size, sha256 in bodies
    ):
        raise corrupt(job, "a SHA-256 that is not fileChecksum" + transfer.unread_coding)
    return job.file_size is not None and wanted is not None


def _miscounted(job: ExportJob, reader: MemberFile, *, is_proven: bool) -> tuple[str, ...]:
    """The oddity of a file that does not hold as many rows as its job says, if that can be.

    Raises:
        FileCorrupt: Nothing else than this number could tell that the file is wrong.
    """
    if job.number_of_records in {None, reader.held}:
        return ()
    # Where quotes are not doubled, this alone tells that a guess was wrong. And no
    # proof can make watermarks move past rows of which none came.
    if is_proven and reader.is_certain and reader.held:
        return ("with another number of rows than numberOfRecords",)
    raise corrupt(job, f"{reader.held} rows instead of {job.number_of_records}")
