"""Runs on the keys of members, one after another, and what a target that upserts holds of them."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from scenes import Scene

from tap_marketo_programs.export.bookmark import read_bookmark

if TYPE_CHECKING:
    from tap_marketo_programs.export.ledger import Ledger

KEYS = "program_member_keys"

Key = tuple[int, int]


@dataclass
class KeyScene(Scene):
    """A sandbox with members, runs on their keys, and what they left behind."""

    streams: tuple[str, ...] = (KEYS,)
    kept: str = KEYS
    settings: dict[str, Any] = field(default_factory=lambda: {"member_keys_days": 7})

    @property
    def ledger(self) -> Ledger:
        """What the state says of keys."""
        return read_bookmark(self.state.get("bookmarks", {}).get(KEYS, {}), KEYS)

    def snapshots(self) -> dict[Key, str]:
        """The newest `snapshotAt` of each member that was ever written."""
        return {(row["leadId"], row["programId"]): row["snapshotAt"] for row in self.records}

    def newest(self) -> dict[str, set[Key]]:
        """The members of each snapshot, as far as no later one has them."""
        found: dict[str, set[Key]] = defaultdict(set)
        for key, snapshot_at in self.snapshots().items():
            found[snapshot_at].add(key)
        return found

    def members(self) -> set[Key]:
        """The members as they are."""
        return set(self.truth())
