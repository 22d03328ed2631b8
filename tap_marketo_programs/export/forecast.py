"""What a run of exports would do: jobs, calls, megabytes and time.

Pure: from the tasks that the run itself would begin with, and from what earlier jobs tell. It
must not know how either was come by, nor how a forecast is shown.

Calls are those of a run without trouble: create, enqueue, the looks at the status and the
file of each job, one for each program that is asked for changes, the list of earlier jobs,
the status of each job of an earlier run, and the end of each that no longer fits.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from math import ceil
from typing import TYPE_CHECKING

from tap_marketo_programs.export.learned import Learned
from tap_marketo_programs.export.makespan import Pace, course
from tap_marketo_programs.export.plan import MAX_PROGRAMS, plan
from tap_marketo_programs.export.planning import known_until
from tap_marketo_programs.export.quota import MEGABYTE
from tap_marketo_programs.export.tasks import Phase

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tap_marketo_programs.export.plan import ExportSlice
    from tap_marketo_programs.export.work import Work

# Guesses, for as long as nothing is known.
CHANGED_SHARE = 0.02  # of the programs that are asked, and of the rows of all
CHANGED_ROWS = 0.1  # of the rows of a program in which something changed
LOOKS_A_JOB = 1.0  # Marketo works on a job for as long as it is between two looks
LOOKS_WAITED = 0.5

JOBS_A_PAGE = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """What a run would do for one stream.

    Args:
        stream: Its name.
        programs: How many programs are exported or read; None where that is not known.
        programs_to_ask: How many are asked for changes first.
        jobs: Export jobs created.
        windows: Different windows of `updatedAt`.
        api_calls: All calls to Marketo but those for a token.
        megabytes: Of all files; None until something tells.
        seconds: From the first call to the last.
        guesses: Names of the figures that rest on a guess.
        notes: Sentences for a person.
    """

    stream: str
    programs: int | None
    programs_to_ask: int = 0
    jobs: int = 0
    windows: int = 0
    api_calls: int = 0
    megabytes: float | None = 0.0
    seconds: float = 0.0
    guesses: frozenset[str] = frozenset()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What is known beforehand.

    Args:
        learned: What earlier jobs tell.
        header_bytes: How long the first line of a file is.
        rows: For each program that Marketo was asked about, the rows that changed; None where
            it did not tell. None at all if it was not asked.
        share: Of the programs that the last run asked, those that had changed; None if no
            run has told.
    """

    learned: Learned = field(default_factory=Learned)
    header_bytes: int = 0
    rows: Mapping[int, int | None] | None = None
    share: float | None = None


@dataclass(frozen=True, slots=True)
class _Job:
    """A job that will be.

    Args:
        programs: How many it is asked for.
        rows: How many it brings; None where nothing tells.
        is_guess: Whether they are a guess.
        files: How likely it is that it brings any: the file of an empty job is not fetched.
    """

    programs: int
    rows: float | None
    is_guess: bool = False
    files: float = 1.0


def forecast_exports(work: Work, known: Known, pace: Pace, *, other_calls: int = 0) -> Forecast:
    """What the exports of a run would do.

    Args:
        work: A run with its plan made (`planning.add_plan`), and its earlier jobs resumed.
        known: What is known beforehand.
        pace: How fast calls are made.
        other_calls: Calls of the stream that are no business of exports.
    """
    asked = len(work.to_check_for_changes)
    planned = [task.slice for task in work.tasks.of(Phase.PLANNED)]
    changed = _changed_slices(work, known)
    slices = [*planned, *changed]
    later = [] if known.rows is not None else _likely_jobs(asked, work, known)
    made = [*(_job_of(one, work, known) for one in slices), *later]
    under_way = work.tasks.of(Phase.CREATED, Phase.RUNNING)
    resumed = [task for task in work.tasks if task.job]
    waiting = [_job_of(task.slice, work, known) for task in under_way]
    ahead = len(under_way) + len(planned)
    since_asked = len(changed) + len(later)
    asking = pace.seconds(asked)
    times = [0.0] * ahead
    times += [asking * (number + 1) / since_asked for number in range(since_asked)]
    went = course(
        times,
        *_seconds(known.learned, work.settings.poll_interval),
        work.settings,
        pace,
    )
    calls = other_calls + asked + went.looks + 2 * len(made) + 2 * len(resumed)
    calls += round(sum(job.files for job in made))
    calls += work.tasks.count(Phase.CREATED) + len(work.cancels) + _list_calls(known.learned)
    return Forecast(
        stream=work.request.stream,
        programs=_programs(work, slices, later),
        programs_to_ask=asked,
        jobs=len(made),
        windows=len({one.window for one in slices if one.window}) or int(bool(later)),
        api_calls=calls,
        megabytes=_megabytes([*made, *waiting], known),
        seconds=max(went.seconds, asking, pace.seconds(calls)),
        guesses=_guesses(asked, [*made, *waiting], known),
        notes=_notes(asked, made, known, work.settings.poll_interval),
    )


def _changed_slices(work: Work, known: Known) -> list[ExportSlice]:
    """The exports of the programs that are known to have changed, or do not tell."""
    if known.rows is None:
        return []
    changed = [one for one in work.to_check_for_changes if known.rows.get(one) != 0]
    return plan(changed, known_until(work), work.request.bounds)


def _likely_jobs(asked: int, work: Work, known: Known) -> list[_Job]:
    """The exports of the programs that will turn out to have changed."""
    share = CHANGED_SHARE if known.share is None else known.share
    left, size = round(share * asked), 1 if work.request.bounds.one_program else MAX_PROGRAMS
    jobs = []
    while left > 0:
        jobs.append(_increment(min(left, size), known, has_changed=True))
        left -= size
    return jobs


def _job_of(one: ExportSlice, work: Work, known: Known) -> _Job:
    """How many rows a slice brings."""
    programs = len(one.program_ids)
    is_new = any(program_id not in work.ledger.watermarks for program_id in one.program_ids)
    if is_new or one.window is None:
        rows = known.learned.history_rows
        return _Job(
            programs, None if rows is None else rows * programs / MAX_PROGRAMS, is_guess=False
        )
    counts = [(known.rows or {}).get(program_id) for program_id in one.program_ids]
    if None not in counts:
        rows = sum(count or 0 for count in counts)
        return _Job(programs, rows, files=min(rows, 1))
    return _increment(programs, known)


def _increment(programs: int, known: Known, *, has_changed: bool = False) -> _Job:
    """How many rows an increment brings, by earlier ones; else a share of a history's."""
    learned = known.learned
    if learned.increment_rows is not None:
        rows = learned.increment_rows * programs / MAX_PROGRAMS
        # Where programs are asked first, something will have changed in what is exported.
        files = 1.0 if has_changed else 1.0 - learned.increment_empty
        return _Job(programs, rows, files=files)
    if learned.history_rows is None:
        return _Job(programs, None, is_guess=True)
    share = CHANGED_ROWS if has_changed else CHANGED_SHARE
    return _Job(programs, share * learned.history_rows * programs / MAX_PROGRAMS, is_guess=True)


def _seconds(learned: Learned, poll_interval: float) -> tuple[float, float]:
    """How long Marketo works on a job, and how long that waits although there is room."""
    worked, waited = learned.seconds_a_job, learned.seconds_waited
    return (
        LOOKS_A_JOB * poll_interval if worked is None else worked,
        LOOKS_WAITED * poll_interval if waited is None else waited,
    )


def _programs(work: Work, slices: Sequence[ExportSlice], later: Sequence[_Job]) -> int:
    resumed = [task.slice for task in work.tasks if task.job]
    named = {program_id for one in (*slices, *resumed) for program_id in one.program_ids}
    return len(named) + sum(job.programs for job in later)


def _list_calls(learned: Learned) -> int:
    """The list of completed jobs, by which a run knows what today's exports used."""
    return max(1, ceil(learned.jobs / JOBS_A_PAGE))


def _megabytes(jobs: Sequence[_Job], known: Known) -> float | None:
    width = known.learned.bytes_a_row
    total = 0.0
    for job in jobs:
        if job.rows is None or (job.rows and width is None):
            return None
        total += known.header_bytes + job.rows * (width or 0.0)
    return total / MEGABYTE


def _guesses(asked: int, jobs: Sequence[_Job], known: Known) -> frozenset[str]:
    found = set()
    if asked and known.rows is None and known.share is None:
        found |= {"programs", "jobs", "api_calls", "megabytes", "minutes"}
    if any(job.is_guess for job in jobs):
        found.add("megabytes")
    if jobs and known.learned.seconds_a_job is None:
        found |= {"api_calls", "minutes"}
    return frozenset(found)


def _notes(asked: int, jobs: Sequence[_Job], known: Known, poll_interval: float) -> tuple[str, ...]:
    learned, notes = known.learned, []
    if asked and known.rows is None:
        share = CHANGED_SHARE if known.share is None else known.share
        why = "a guess" if known.share is None else "as in the last run"
        notes.append(
            f"{share:.0%} of {asked} programs are taken to have changed ({why}); --ask-changes "
            "asks Marketo, with a call for each"
        )
    if any(job.is_guess for job in jobs) and learned.history_rows is not None:
        notes.append(
            f"increments are taken to bring {CHANGED_SHARE:.0%} of what histories brought (a "
            "guess: no earlier increment is known)"
        )
    if jobs and learned.seconds_a_job is None:
        worked, waited = _seconds(learned, poll_interval)
        notes.append(
            f"{worked:.0f} s a job and {waited:.0f} s in the queue are a guess: no job of the past "
            "seven days tells"
        )
    return tuple(notes)
