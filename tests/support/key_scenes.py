"""Runs on the keys of members, one after another, and what a target that upserts holds of them."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from harness import Output, only
from scenes import Scene, wait_for_threads
from writers import Killed, WatchedWriter

from tap_marketo_programs.export.bookmark import read_bookmark

if TYPE_CHECKING:
    from collections.abc import Callable

    from tap_marketo_programs.export.ledger import Ledger

KEYS = "program_member_keys"

Key = tuple[int, int]


@dataclass
class KeyScene(Scene):
    """A sandbox with members, runs on their keys, and what they left behind.

    Args:
        streams: Those that are extracted.
    """

    streams: tuple[str, ...] = (KEYS,)
    settings: dict[str, Any] = field(default_factory=lambda: {"member_keys_days": 7})

    def run(
        self,
        before: Callable[[dict[str, Any]], object] = lambda _: None,
        after: Callable[[dict[str, Any]], object] = lambda _: None,
        **settings: Any,  # noqa: ANN401 - any setting
    ) -> Output:
        """One run; its error is kept, its rows and its last STATE too."""
        settings = self.settings | settings
        catalog = only(self.catalog or self.tap.catalog(**settings), *self.streams)
        output = Output()
        try:
            self.tap.make(
                state=self.state,
                catalog=catalog,
                writer=WatchedWriter(output, before, after),
                **settings,
            ).sync_all()
        except (Exception, Killed) as error:  # noqa: BLE001 - the test looks at it
            output.error = error.with_traceback(None)
            # An abandoned generator must not live on in the frames of its error.
            output.error.__context__ = output.error.__cause__ = None
        wait_for_threads()
        self.records += output.records(KEYS)
        self.state = output.state or self.state
        return output

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
