"""How the files of a run are read, and whether one is of a job that was asked for the same.

It must not know how a file is transferred, nor what its job's status says of it.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tap_marketo_programs.errors import FileForeign
from tap_marketo_programs.member_file.file import MemberFile
from tap_marketo_programs.member_file.hashing import NO_HASHING, Hashing
from tap_marketo_programs.member_file.header import names_in
from tap_marketo_programs.member_file.layout import lay_out
from tap_marketo_programs.schemas.timestamps import wire_time

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import datetime
    from pathlib import Path
    from typing import Any

    from tap_marketo_programs.member_file.oddities import FileOddities

# The columns of every export, whatever was selected; `programId` comes by itself.
AUTOMATIC = frozenset({"leadId", "updatedAt", "programId"})
SNAPSHOT_AT = "snapshotAt"
"""The column of the time of a snapshot, which is in no file."""


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

    def open(
        self,
        path: Path,
        fields: Collection[str],
        programs: Collection[int],
        snapshot_at: datetime | None = None,
    ) -> MemberFile:
        """A file of an export.

        Args:
            path: Where it is.
            fields: The columns it was asked for.
            programs: Those it is of, if any are named.
            snapshot_at: The snapshot that its rows belong to, if they do.
        """
        constants = {} if snapshot_at is None else {SNAPSHOT_AT: wire_time(snapshot_at)}
        columns = {
            name: spec
            for name, spec in self.properties.items()
            if name in fields or name in AUTOMATIC or name in constants
        }
        # Marketo's own keys, whichever of them a catalog names.
        keys = {**dict.fromkeys((*self.keys, "leadId"), ()), "programId": programs}
        return MemberFile(
            path,
            columns,
            self.oddities.nulled,
            keys=keys,
            constants=constants,
            oddities=self.oddities,
            hashing=self.hashing,
        )


def refuse_other_columns(path: Path, fields: Collection[str], *, is_snapshot: bool) -> None:
    """Refuse the file of a job that is ours by all appearances, and was asked for something else.

    Members without a column would lose it, and a window of members is no snapshot of keys.
    A file of members may have more, since a field may have been dropped since.

    Raises:
        FileForeign: It was.
        FileCorrupt: It has no header that can be read.
    """
    header = names_in(path)
    missing = header and None in lay_out(header, list(fields)).places
    if missing or (is_snapshot and len(header) > len({*fields, "programId"})):
        message = "the job that was taken for a lost one holds other columns"
        raise FileForeign(message)


def refuse_other_programs(path: Path, programs: Collection[int]) -> None:
    """Refuse such a file for the programs that it names.

    Raises:
        FileForeign: One is not among those that were asked for.
    """
    if not programs_in(path) <= set(programs):
        message = "the job that was taken for a lost one holds other programs"
        raise FileForeign(message)


def programs_in(path: Path) -> set[int]:
    """The programs whose members a file holds."""
    columns = {"programId": {"type": ["integer"]}}
    file = MemberFile(path, columns, Counter(), keys={"programId": ()})
    return {one for columns, _ in file.columns() for one in set(columns[0]) if isinstance(one, int)}
