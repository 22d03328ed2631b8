"""Snapshots of the members' keys: when one begins, what is left of it, when it is over.

Pure. A snapshot has one time, its beginning, for all programs in it, however many runs it
takes: it is the watermark of a program whose keys are written. So a program is done whose
watermark is not earlier, and `unfinished` of the bookmark is the time of a snapshot that the
next run goes on with. It must not know how a job goes on once it is planned, nor what a row
of keys looks like.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from tap_marketo_programs.export.plan import full
from tap_marketo_programs.export.quota import midnight_after, midnight_text
from tap_marketo_programs.export.tasks import Kind
from tap_marketo_programs.schemas.timestamps import wire_time

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import datetime

    from tap_marketo_programs.export.ledger import Ledger
    from tap_marketo_programs.export.work import Work


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


def add_plan(
    work: Work, snapshot: Snapshot, wanted: Collection[int], known: Mapping[int, datetime]
) -> None:
    """Add the exports of the programs that are not in a snapshot yet.

    Args:
        work: The run.
        snapshot: The snapshot.
        wanted: The programs wanted, without those that were given up.
        known: Watermarks as they will be once everything that is under way is written.
    """
    missing = [one for one in wanted if one not in known or known[one] < snapshot.at]
    if snapshot.is_due:
        bounds = replace(work.request.bounds, now=snapshot.at)
        work.tasks.add(full(missing, bounds), Kind.HISTORY)
        if missing:
            work.ledger.unfinished = snapshot.at
        return
    later = f"; {len(missing)} programs that are not in it wait for that one" if missing else ""
    work.say.info(
        "Member keys: the snapshot of %s is complete, and the next one is not due before %s "
        "(member_keys_days)%s",
        wire_time(snapshot.at),
        midnight_text(snapshot.next_at),
        later,
    )


def is_over(work: Work) -> bool:
    """Whether nothing of a plan is left to the next run, once nothing more can be done in this one.

    Of a snapshot, what was not tried is; and programs that were given up are tried again, with
    an error each time, until the next snapshot is due.
    """
    snapshot = work.request.snapshot
    if snapshot is None:
        return True
    return not len(work.tasks) and (not work.problems or snapshot.is_next_due)
