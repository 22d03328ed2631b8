"""What a run of exports plans, has done and still has to do, in words for a person.

Pure. It must not know when a line is written, nor where to.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tap_marketo_programs.export.detection import CALLS_A_JOB
from tap_marketo_programs.export.quota import day_start, midnight_text
from tap_marketo_programs.export.tasks import Kind, Phase
from tap_marketo_programs.schemas.figures import counted, duration_text, moment_text, size_text

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence
    from datetime import datetime

    from tap_marketo_programs.export.quota import ExportQuota
    from tap_marketo_programs.export.slices import ExportSlice
    from tap_marketo_programs.export.tasks import Task
    from tap_marketo_programs.export.work import Work


HISTORY = "the whole history"
KEYS = "the keys of all members"


def planned_text(tasks: Sequence[Task], to_ask: int, whole: str = HISTORY) -> str:
    """What a run is about to do.

    Args:
        tasks: Jobs of an earlier run, and those that are to be created.
        to_ask: Programs that are asked for changes first.
        whole: What an export brings that has no beginning.
    """
    planned = [task for task in tasks if task.phase is Phase.PLANNED]
    told = [
        text
        for kind in Kind
        if (text := _group_text([task.slice for task in planned if task.kind is kind], kind, whole))
    ]
    if under_way := len(tasks) - len(planned):
        told.append(f"what {counted(under_way, 'job')} of an earlier run will bring")
    exports = f"exports {', '.join(told)}" if told else ""
    asked = counted(to_ask, "program")
    asks = f"asks {asked} for changes, to export those that have any" if to_ask else ""
    calls = CALLS_A_JOB * len(planned) + to_ask
    steps = ", and ".join(filter(None, (exports, asks)))
    return f"{steps}; about {counted(calls, 'API call')}" if steps else "nothing to export"


def _group_text(slices: Sequence[ExportSlice], kind: Kind, whole: str) -> str:
    """What slices of one kind are to bring: `the whole history of 12 programs in 2 jobs`."""
    if not slices:
        return ""
    since = _since(slices)
    if since is not None:
        what = f"what changed since {moment_text(since)}"
    else:
        what = whole if kind in {Kind.HISTORY, Kind.BACKFILL} else "all members"
    return f"{what} of {_programs_text(slices)} in {counted(len(slices), 'job')}{_WHY[kind]}"


_WHY = {
    Kind.INCREMENT: "",
    Kind.SWEEP: ", since it is time (full_sweep_days)",
    Kind.HISTORY: "",
    Kind.BACKFILL: ", for fields that they were exported without (on_new_fields)",
}


def _programs_text(slices: Collection[ExportSlice]) -> str:
    return counted(len({one for each in slices for one in each.program_ids}), "program")


def _start(one: ExportSlice) -> datetime | None:
    return one.window.start if one.window else one.min_updated_at


def _since(slices: Collection[ExportSlice]) -> datetime | None:
    """From when on rows are wanted; None wants all."""
    starts = [start for one in slices if (start := _start(one)) is not None]
    return min(starts) if len(starts) == len(slices) else None


def brought_text(work: Work, written: Sequence[ExportSlice], whole: str = HISTORY) -> str:
    """What a run brought: rows, programs, from when to when.

    Args:
        work: What was done, and what is left.
        written: The exports whose rows are out.
        whole: What an export brings that has no beginning.
    """
    rows, checks = counted(work.figures.rows, "row"), work.checks
    if (snapshot := work.request.snapshot) and not (snapshot.is_due or written):
        return f"{rows}, since no snapshot is due"
    left = len(work.tasks)
    if left or checks.are_left:
        rows = f"not complete, {counted(left, 'job')} to do: {rows}"
    answered = counted(checks.answered, "program")
    asked = f"; {checks.found:,} of {answered} asked had changed" if checks.answered else ""
    if written:
        end = moment_text(max(one.new_watermark for one in written))
        span = " and ".join(_spans(written, whole))
        return f"{rows} of {_programs_text(written)}, {span} until {end}{asked}"
    if checks.answered and not (checks.found or left or checks.are_left):
        return f"{rows}, since none of {answered} has changed"
    return f"{rows}{asked}"


def _spans(written: Sequence[ExportSlice], complete: str) -> Iterator[str]:
    """From when on: of increments, and of whole histories."""
    bounded = [each for each in written if _start(each) is not None]
    if bounded and (since := _since(bounded)) is not None:
        yield f"changed since {moment_text(since)}"
    if whole := [each for each in written if _start(each) is None]:
        yield complete + (f" of {_programs_text(whole)}" if bounded else "")


def given_up_text(jobs: int) -> str:
    """Jobs that brought no file to read, if any; what they were to bring is exported again."""
    return f", {jobs:,} failed" if jobs else ""


def quota_text(quota: ExportQuota, now: datetime) -> str:
    """What today's exports used, and what the setting leaves."""
    used, limit = quota.used_mb(now), quota.limit_mb
    text = f"{size_text(used)} exported today"
    if limit is None:
        return text
    return f"{text}, {size_text(max(0.0, limit - used))} of daily_export_quota_mb left"


def backfill_text(quota: ExportQuota, now: datetime, needed_mb: float, by_pace: datetime) -> str:
    """On which day the histories will be done.

    Args:
        quota: What today's exports used.
        now: Marketo's time.
        needed_mb: What is still to be exported.
        by_pace: When the day begins on which that is done at the pace so far.
    """
    by_quota = quota.end_day(now, needed_mb)
    if by_quota is None:
        return "; with no quota at all the backfill never ends"
    end = max(by_quota, by_pace)
    day = "today" if end == day_start(now) else f"on the day from {midnight_text(end)} on"
    whose = (
        "daily_export_quota_mb"
        if quota.limit_mb is not None
        else "a guess: what a subscription has, if nobody else exports"
    )
    return f"; the backfill ends {day}, by {size_text(quota.daily_mb)} a day ({whose})"


def pace_text(elapsed: float, done: int, total: int) -> str:
    """What remains, by the pace so far; nothing is known before something is done."""
    if not done:
        return "no estimate yet"
    return f"about {duration_text(elapsed / done * (total - done))} left at this pace"
