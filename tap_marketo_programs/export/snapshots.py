"""Snapshots of the members' keys: when one begins, and when it is gone on with.

Pure. A snapshot has one time, its beginning, for all programs in it, however many runs it
takes: it is the watermark of a program whose keys are written. So a program is done whose
watermark is not earlier, and `unfinished` of the bookmark is the time of a snapshot that the
next run goes on with. It must not know which programs there are, nor what a row of keys
looks like.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tap_marketo_programs.export.quota import midnight_after

if TYPE_CHECKING:
    from datetime import datetime

    from tap_marketo_programs.export.ledger import Ledger


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """The snapshot that a run has to do with.

    Args:
        at: Its beginning, which every row of it carries.
        is_due: Whether the run exports any of it; if not, it is complete.
        is_whole: Whether the run writes all of it, and nothing else.
        next_at: From when on a run begins the next one.
        is_next_due: Whether that has come already.
    """

    at: datetime
    is_due: bool
    is_whole: bool
    next_at: datetime
    is_next_due: bool


def choose(ledger: Ledger, days: int, now: datetime) -> Snapshot:
    """Go on with a snapshot, or begin one if it is time.

    Days are those of the quota, from midnight to midnight in Chicago: a run that is a few
    minutes early, or comes after a shorter export of members, must not put a snapshot off
    for a day.

    Args:
        ledger: What is known of earlier snapshots.
        days: On which day after the one on which a snapshot began the next one begins.
        now: The time, in whole seconds.
    """
    last = ledger.unfinished or max(ledger.watermarks.values(), default=None)
    next_at = now if last is None else midnight_after(last, days) if days else last
    is_next_due = next_at <= now
    if last is None or (ledger.unfinished is None and is_next_due):
        return Snapshot(
            at=now,
            is_due=True,
            is_whole=not ledger.in_flight,
            next_at=midnight_after(now, days) if days else now,
            is_next_due=not days,
        )
    return Snapshot(
        at=last,
        is_due=ledger.unfinished is not None,
        is_whole=False,
        next_at=next_at,
        is_next_due=is_next_due,
    )


def exported_last(ledger: Ledger, before: datetime) -> set[int]:
    """The programs that were in the last snapshot, or full table, before a moment."""
    earlier = {one: at for one, at in ledger.watermarks.items() if at < before}
    newest = max(earlier.values(), default=None)
    return {program_id for program_id, at in earlier.items() if at == newest}
