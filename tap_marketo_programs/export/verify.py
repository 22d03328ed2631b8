"""Proof that a file is what its job says, before a row of it leaves.

A file is compared with what the job's status says of it: `fileSize`, `fileChecksum`
(SHA-256) and `numberOfRecords`; it is read from end to end as it will be read later, and of
a job that may be somebody else's, it must name our programs alone. It must not know how a
file is transferred, nor what to do about one that is no good.

Source: https://experienceleague.adobe.com/en/docs/marketo-developer/marketo/rest/bulk-extract/bulk-extract
("Integrity Check")
"""

from __future__ import annotations

import codecs
import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tap_marketo_programs.errors import FileCorrupt, FileForeign, FileUnreadable
from tap_marketo_programs.export.transfer import corrupt
from tap_marketo_programs.member_file.file import MemberFile
from tap_marketo_programs.member_file.hashing import NO_HASHING, Hashing
from tap_marketo_programs.process.private_folder import unwritable

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence
    from pathlib import Path
    from typing import Any

    from tap_marketo_programs.export.download import Downloader
    from tap_marketo_programs.export.job import ExportJob
    from tap_marketo_programs.export.transfer import Transfer
    from tap_marketo_programs.member_file.oddities import FileOddities

_SHA256 = re.compile(r"sha256:([0-9a-f]{64})", re.IGNORECASE)
# The columns of every export, whatever was selected; `programId` comes by itself.
AUTOMATIC = frozenset({"leadId", "updatedAt", "programId"})


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


@dataclass(frozen=True, slots=True)
class Reading:
    """How the files of a run are read.

    Args:
        properties: The JSON Schema of each wanted column.
        keys: The names of a member's key.
        oddities: Counts what is odd about all files of the run.
        hashing: Which columns are hashed.
    """

    properties: Mapping[str, Mapping[str, Any]]
    keys: Collection[str]
    oddities: FileOddities
    hashing: Hashing = NO_HASHING

    def open(self, path: Path, fields: Collection[str], programs: Collection[int]) -> MemberFile:
        """A file of an export with these fields, of these programs if any are named."""
        columns = {
            name: spec
            for name, spec in self.properties.items()
            if name in fields or name in AUTOMATIC
        }
        # Marketo's own keys, whichever of them a catalog names.
        keys = {**dict.fromkeys((*self.keys, "leadId"), ()), "programId": programs}
        return MemberFile(
            path,
            columns,
            self.oddities.nulled,
            keys=keys,
            oddities=self.oddities,
            hashing=self.hashing,
        )


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
        open_file: Callable[[Path, Collection[str], Collection[int]], MemberFile],
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
    ) -> VerifiedFile:
        """Download one completed job's file and prove it.

        Args:
            job: The job.
            programs: Those it was asked for.
            fields: The columns it was asked for. A file made before a field was
                dropped has that column still, and may.
            is_adopted: Whether the job is ours by all appearances only: then the file
                itself must name the programs.
        """
        if job.number_of_records == 0 and not _may_hold_rows(job, fields):
            # Nobody knows what the file of an empty export holds, and no client asks.
            return VerifiedFile(None, 0, job.file_size or 0)
        transfer = self._downloader.download(job)
        verified = False
        try:
            file = self._verified(transfer, fields, () if is_adopted else programs)
            if is_adopted and not programs_in(transfer.path) <= set(programs):
                message = "the job that was taken for a lost one holds other programs"
                raise FileForeign(message)
            verified = True
        except OSError as error:
            raise unwritable(error) from None
        finally:
            if not verified:
                transfer.path.unlink(missing_ok=True)
        return file

    def _verified(
        self, transfer: Transfer, fields: Collection[str], programs: Collection[int]
    ) -> VerifiedFile:
        is_proven = _compare(transfer)
        reader = self._open_file(transfer.path, fields, programs)
        try:
            rows = reader.check()
            miscounted = _miscounted(transfer.job, reader, is_proven=is_proven)
        except FileCorrupt as error:
            raise (FileUnreadable(str(error)) if is_proven else error) from None
        oddities = (*transfer.oddities, *miscounted)
        return VerifiedFile(transfer.path, rows, transfer.size, reader, oddities)


def programs_in(path: Path) -> set[int]:
    """The programs whose members a file holds."""
    columns = {"programId": {"type": ["integer"]}}
    file = MemberFile(path, columns, Counter(), keys={"programId": ()})
    return {one for columns, _ in file.columns() for one in set(columns[0]) if isinstance(one, int)}


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
