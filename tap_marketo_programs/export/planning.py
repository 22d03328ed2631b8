"""Adds tasks for what neither the ledger nor a job under way covers.

Pure. It must not know how a job goes on once it is planned.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from tap_marketo_programs.export.plan import full, plan

if TYPE_CHECKING:
    from datetime import datetime

    from tap_marketo_programs.export.work import Work

# A run that resumes an interrupted one so soon asks for each program that was
# done whether anything changed since, instead of exporting it again. That costs
# a call each, so it is for restarts, not for schedules, and not for everything.
RESTART_PERIOD = timedelta(minutes=30)
MAX_CHECKS = 1_000


def known_until(work: Work) -> dict[int, datetime]:
    """Watermarks as they will be once everything that is under way is out."""
    known = dict(work.ledger.watermarks)
    for task in work.tasks:
        for program_id in task.slice.program_ids:
            known[program_id] = max(
                known.get(program_id, task.slice.new_watermark), task.slice.new_watermark
            )
    return known


def add_plan(work: Work) -> None:
    """Add the slices that neither the ledger nor a job in flight covers."""
    request, until = work.request, work.request.bounds.now
    wanted = [program_id for program_id in request.program_ids if program_id not in work.excluded]
    if request.full_table:
        covered = {program_id for task in work.tasks for program_id in task.slice.program_ids}
        work.tasks.add(
            full([program_id for program_id in wanted if program_id not in covered], request.bounds)
        )
        return
    _fill_gaps(work, set(wanted))
    known = known_until(work)
    interrupted = work.ledger.unfinished
    if interrupted and until - interrupted <= RESTART_PERIOD:
        fresh = [
            program_id
            for program_id in wanted
            if program_id in known and known[program_id] >= interrupted
        ]
        del fresh[MAX_CHECKS:]
        work.to_check_for_changes.extend(fresh)
        wanted = sorted(set(wanted).difference(fresh))
    else:
        work.ledger.unfinished = until
    work.tasks.add(plan(wanted, known, request.bounds))


def _fill_gaps(work: Work, wanted: set[int]) -> None:
    """Plan what lies between a watermark and a job in flight.

    The job that was to bring it may have failed, or have become unfit, while a
    later one of the same programs is still good.
    """
    known = dict(work.ledger.watermarks)
    for task in list(work.tasks):
        ids, window = task.slice.program_ids, task.slice.window
        start = window.start if window else task.slice.min_updated_at
        behind = [
            program_id
            for program_id in ids
            if start and program_id in wanted and known.get(program_id, start) < start
        ]
        if start and behind:
            bounds = replace(work.request.bounds, now=start)
            work.tasks.insert(task, plan(behind, known, bounds))
        for program_id in ids:
            known[program_id] = max(
                known.get(program_id, task.slice.new_watermark), task.slice.new_watermark
            )
