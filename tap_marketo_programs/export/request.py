"""What a run of exports is to bring, and the user's say in how.

Pure. It must not know where either comes from.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from tap_marketo_programs.export.detection import Detection
from tap_marketo_programs.export.plan import full

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from tap_marketo_programs.export.member_filter import WantedMembers
    from tap_marketo_programs.export.plan import Bounds
    from tap_marketo_programs.export.slices import ExportSlice
    from tap_marketo_programs.export.snapshots import Snapshot


@dataclass(frozen=True, slots=True)
class ExportSettings:
    """The user's say in how jobs are run; times in seconds."""

    poll_interval: float = 60.0
    max_queued: int = 4
    timeout: float = 10_800.0
    quota_mb: float | None = None


WITHOUT_ASKING = Detection()


@dataclass(frozen=True, slots=True)
class ExportRequest:
    """What a run is to bring.

    Args:
        program_ids: The programs wanted.
        bounds: Where in time the plan may reach.
        fields: The export's columns, as REST names, the members' key first.
        client: `digest()` of the client id.
        stream: The stream's name, for log lines and metrics.
        detection: How changes are found.
        full_table: Export every member, whatever is known already.
        restricted: Whether the user named the programs.
        members: Which members are wanted, of a full table only; None wants all.
        snapshot: The snapshot of keys to export, in place of members; None exports members.
        other_jobs: Ids of jobs that another stream of this tap has under way.
        on_new_fields: The setting `on_new_fields`; `ignore` where nobody keeps the state.
        hashed: Those of the fields whose values leave as hashes.
        salt: A mark that tells the salt of these hashes from another one.
    """

    program_ids: Sequence[int]
    bounds: Bounds
    fields: Sequence[str]
    client: str
    stream: str
    detection: Detection = WITHOUT_ASKING
    full_table: bool = False
    restricted: bool = False
    members: WantedMembers | None = None
    snapshot: Snapshot | None = None
    other_jobs: frozenset[str] = frozenset()
    on_new_fields: Literal["warn", "backfill", "ignore"] = "warn"
    hashed: frozenset[str] = frozenset()
    salt: str = ""

    def full_exports(self, program_ids: Collection[int], bounds: Bounds) -> list[ExportSlice]:
        """Exports of every member of these programs, or of every one that is wanted."""
        if self.members is None:
            return full(program_ids, bounds)
        return [
            replace(one, members=members)
            for members, ids in self.members.groups(program_ids)
            for one in full(ids, bounds)
        ]
