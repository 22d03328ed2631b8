"""Adds tasks for what neither the ledger nor a job under way covers.

Pure. It must not know how a job goes on once it is planned, nor how Marketo is asked.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from tap_marketo_programs.export import detection, new_fields
from tap_marketo_programs.export.plan import plan
from tap_marketo_programs.export.quota import central_day
from tap_marketo_programs.export.snapshot_plan import add_snapshot
from tap_marketo_programs.export.tasks import Kind, Phase
from tap_marketo_programs.schemas.figures import counted

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from tap_marketo_programs.export.plan import Bounds
    from tap_marketo_programs.export.tasks import Task
    from tap_marketo_programs.export.work import Work

# A run that resumes an interrupted one so soon asks for each program that was
# done whether anything changed since, instead of exporting it again. That costs
# a call each, so it is for restarts, not for schedules, and not for everything.
RESTART_PERIOD = timedelta(minutes=30)
MAX_CHECKS = 1_000
# However fast jobs were: Marketo shows once a minute what became of them, so that a place is
# hardly free again sooner.
MIN_JOB_SECONDS = 30.0


def exported_until(work: Work) -> dict[int, datetime]:
    """Watermarks as they will be once everything that is under way is written.

    A backfill moves none, so increments neither wait for it nor rely on it.
    """
    known = dict(work.ledger.watermarks)
    for task in _moving(work):
        for program_id in task.slice.program_ids:
            known[program_id] = max(
                known.get(program_id, task.slice.new_watermark), task.slice.new_watermark
            )
    return known


def _moving(work: Work) -> list[Task]:
    """The tasks that move watermarks."""
    return [task for task in work.tasks if task.kind is not Kind.BACKFILL]


def add_plan(work: Work) -> None:
    """Add the slices that neither the ledger nor a job in flight covers."""
    request = work.request
    new_fields.note_fields(work)
    wanted = [program_id for program_id in request.program_ids if program_id not in work.excluded]
    if request.snapshot:
        add_snapshot(work, request.snapshot, wanted, exported_until(work))
        return
    if request.full_table:
        covered = {program_id for task in work.tasks for program_id in task.slice.program_ids}
        missing = [program_id for program_id in wanted if program_id not in covered]
        work.tasks.add(request.full_exports(missing, request.bounds), Kind.HISTORY)
        return
    _fill_gaps(work, set(wanted))
    exported = exported_until(work)
    known = {program_id: exported[program_id] for program_id in wanted if program_id in exported}
    found = _sort_out(work, known)
    work.checks.waiting = {
        program_id: work.ledger.known_from(program_id, exported[program_id])
        for program_id in found.ask
    }
    if request.detection.method != "none" and known:
        _say(work, found)
    # An export says all that an answer could; the state gets shorter.
    for program_id in (*found.export, *found.sweep):
        work.ledger.asked.pop(program_id, None)
    work.tasks.add(plan(found.export, known, request.bounds))
    work.tasks.add(plan(found.sweep, known, request.bounds), Kind.SWEEP)
    new = [program_id for program_id in wanted if program_id not in known]
    work.tasks.add(plan(new, {}, request.bounds), Kind.HISTORY)
    backfills = new_fields.to_backfill(work, wanted)
    work.tasks.add(plan(backfills, {}, request.bounds), Kind.BACKFILL)


def _say(work: Work, found: detection.Sorted) -> None:
    """How the programs that are known are treated, and why the first of them so."""
    ways = {
        "asked first": found.ask,
        "exported unasked": found.export,
        "exported since it is time, full_sweep_days": found.sweep,
    }
    told = [f"{counted(len(ids), 'program')} {way}" for way, ids in ways.items() if ids]
    if told and found.reason:
        told[0] += f" ({found.reason})"
    work.say.info("change detection: %s", ", ".join(told) or "no program is due")


def _sort_out(work: Work, exported: dict[int, datetime]) -> detection.Sorted:
    """Which of the programs that are known are asked for changes first."""
    ledger, request = work.ledger, work.request
    now = request.bounds.now
    known = {one: ledger.known_from(one, watermark) for one, watermark in exported.items()}
    found = detection.sort_out(exported, known, request.bounds, request.detection)
    asked_today = ledger.questions_on(central_day(now))
    chosen = detection.choose(
        found,
        request.detection,
        ledger.answers,
        asked_today,
        max(work.quota.learned.seconds_a_job or detection.JOB_SECONDS, MIN_JOB_SECONDS),
    )
    if found.ask and not chosen.ask:
        # What the last run was told is why; the next one shall find out again.
        ledger.answers = None
    return _ask_what_was_just_done(work, exported, chosen)


def _ask_what_was_just_done(
    work: Work, exported: dict[int, datetime], found: detection.Sorted
) -> detection.Sorted:
    """After a run that was interrupted: not all that it brought is exported once more."""
    now, interrupted = work.request.bounds.now, work.ledger.unfinished
    if interrupted is None or now - interrupted > RESTART_PERIOD:
        work.ledger.unfinished = now
        return found
    fresh = [program_id for program_id in found.export if exported[program_id] >= interrupted]
    del fresh[MAX_CHECKS:]
    asked = set(fresh)
    export = [program_id for program_id in found.export if program_id not in asked]
    return replace(found, ask=sorted([*found.ask, *fresh]), export=export)


def plan_again(work: Work, bounds: Bounds) -> None:
    """Plan once more what has no job yet, within other bounds."""
    work.request = replace(work.request, bounds=bounds)
    left: dict[Kind, set[int]] = defaultdict(set)
    for planned in work.tasks.of(Phase.PLANNED):
        work.tasks.remove(planned)
        left[planned.kind].update(planned.slice.program_ids)
    if work.request.full_table or work.request.snapshot:
        add_plan(work)
        return
    _fill_gaps(work, set().union(*left.values()))
    exported = exported_until(work)
    for kind, program_ids in sorted(left.items()):
        known = {} if kind is Kind.BACKFILL else exported
        work.tasks.add(plan(sorted(program_ids), known, bounds), kind)


def _fill_gaps(work: Work, wanted: Collection[int]) -> None:
    """Plan what lies between a watermark and a job in flight.

    The job that was to bring it may have failed, or have become unfit, while a
    later one of the same programs is still good.
    """
    known = dict(work.ledger.watermarks)
    for task in _moving(work):
        ids, window = task.slice.program_ids, task.slice.window
        start = window.start if window else task.slice.min_updated_at
        behind = [
            program_id
            for program_id in ids
            if start
            and program_id in wanted
            and _is_behind(known.get(program_id), start, work.request.bounds)
        ]
        if start and behind:
            bounds = replace(work.request.bounds, now=start)
            work.tasks.insert(task, plan(behind, known, bounds))
        for program_id in ids:
            known[program_id] = max(
                known.get(program_id, task.slice.new_watermark), task.slice.new_watermark
            )


def _is_behind(known: datetime | None, start: datetime, bounds: Bounds) -> bool:
    """Whether something is missing before an export; of a new program, perhaps its history."""
    if known is not None:
        return known < start
    return bounds.start_date is None or bounds.start_date.replace(microsecond=0) < start
