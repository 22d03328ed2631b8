"""What of a snapshot of keys a run has to export, and whether the snapshot is over then.

Pure. It must not know when a snapshot begins, nor how a job goes on once it is planned.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from tap_marketo_programs.export.quota import midnight_text
from tap_marketo_programs.export.tasks import Kind
from tap_marketo_programs.schemas.figures import counted, moment_text

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import datetime

    from tap_marketo_programs.export.snapshots import Snapshot
    from tap_marketo_programs.export.work import Work


def add_snapshot(
    work: Work, snapshot: Snapshot, wanted: Collection[int], known: Mapping[int, datetime]
) -> None:
    """Add the exports of the programs that are not in a snapshot yet.

    Args:
        work: The run.
        snapshot: The snapshot.
        wanted: The programs wanted, without those that were given up.
        known: Watermarks as they will be once everything that is under way is written.
    """
    missing = [
        program_id
        for program_id in wanted
        if program_id not in known or known[program_id] < snapshot.at
    ]
    if snapshot.is_due:
        bounds = replace(work.request.bounds, now=snapshot.at)
        work.tasks.add(work.request.full_exports(missing, bounds), Kind.HISTORY)
        if missing:
            work.ledger.unfinished = snapshot.at
        return
    count = len(missing)
    without = f"; {counted(count, 'program')} {'is' if count == 1 else 'are'} not in it until then"
    work.say.info(
        "the snapshot of %s is complete, and the next one is not due before %s "
        "(member_keys_days)%s",
        moment_text(snapshot.at),
        midnight_text(snapshot.next_at),
        without if count else "",
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
