"""What a run of exports would do: jobs, calls, megabytes and time.

Pure: from the tasks that the run itself would begin with, and from what earlier jobs tell. It
must not know how either was come by, nor how a forecast is shown.

Calls are those of a run without trouble: create, enqueue, the looks at the status and the
file of each job, one for each program that is asked for changes, the list of earlier jobs,
the status of each job of an earlier run, and the end of each that no longer fits.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil
from typing import TYPE_CHECKING

from tap_marketo_programs.export import new_fields
from tap_marketo_programs.export.detection import CHANGED_SHARE
from tap_marketo_programs.export.expected import (
    ExpectedJob,
    Known,
    changed_slices,
    expected_job,
    likely_jobs,
    megabytes,
)
from tap_marketo_programs.export.makespan import Course, Pace, course
from tap_marketo_programs.export.tasks import Kind, Phase

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tap_marketo_programs.export.learned import Learned
    from tap_marketo_programs.export.member_filter import WantedMembers
    from tap_marketo_programs.export.slices import ExportSlice
    from tap_marketo_programs.export.tasks import Task
    from tap_marketo_programs.export.work import Work

# Guesses, for as long as no job tells: how long Marketo works on one, in poll intervals.
LOOKS_A_JOB = 1.0
LOOKS_WAITED = 0.5

JOBS_A_PAGE = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """What a run would do for one stream.

    Args:
        stream: Its name.
        programs: How many programs are exported or read; None where that is not known.
        programs_to_ask: How many are asked for changes first.
        programs_to_backfill: How many are exported once more for the sake of new fields.
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
    programs_to_backfill: int = 0
    jobs: int = 0
    windows: int = 0
    api_calls: int = 0
    megabytes: float | None = 0.0
    seconds: float = 0.0
    guesses: frozenset[str] = frozenset()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Jobs:
    """All jobs of a run.

    Args:
        slices: What jobs are created for.
        later: Jobs for programs that will turn out to have changed.
        made: What each job that is created brings.
        under_way: What each job of an earlier run brings that is not completed.
        known_at: For each job but the completed ones, when it is known to be needed.
    """

    slices: list[ExportSlice]
    later: list[ExpectedJob]
    made: list[ExpectedJob]
    under_way: list[ExpectedJob]
    known_at: list[float]


def forecast_exports(work: Work, known: Known, pace: Pace, *, other_calls: int = 0) -> Forecast:
    """What the exports of a run would do.

    Args:
        work: A run with its plan made (`planning.add_plan`), and its earlier jobs resumed.
        known: What is known beforehand.
        pace: How fast calls are made.
        other_calls: Calls of the stream that are no business of exports.
    """
    asked = len(work.checks.waiting)
    asking = pace.seconds(asked)
    jobs = _jobs(work, known, asking)
    went = course(
        jobs.known_at,
        *_seconds(known.learned, work.settings.poll_interval),
        work.settings,
        pace,
    )
    members = work.request.members
    calls = other_calls + asked + _calls(work, jobs, went) + _list_calls(work, known.learned)
    paid = [*jobs.made, *jobs.under_way]
    return Forecast(
        stream=work.request.stream,
        programs=_programs(work, jobs),
        programs_to_ask=asked,
        programs_to_backfill=len(new_fields.backfilled(work)),
        jobs=len(jobs.made),
        windows=len({one.window for one in jobs.slices if one.window}) or int(bool(jobs.later)),
        api_calls=calls,
        megabytes=megabytes(paid, known),
        seconds=max(went.seconds, asking, pace.seconds(calls)),
        guesses=_guesses(asked, paid, known) | _guesses_of_filter(members),
        notes=(
            *_notes(asked, paid, known, work.settings.poll_interval),
            *_notes_on_filter(members),
            *new_fields.notes(work),
        ),
    )


def _jobs(work: Work, known: Known, asking: float) -> _Jobs:
    """The jobs, those of changed programs spread over the seconds that asking takes."""
    planned = work.tasks.of(Phase.PLANNED)
    changed = changed_slices(work, known)
    later = likely_jobs(len(work.checks.waiting), work, known)
    under_way = work.tasks.of(Phase.CREATED, Phase.RUNNING)
    found = len(changed) + len(later)
    return _Jobs(
        slices=[*(task.slice for task in planned), *changed],
        later=later,
        made=[
            *(_expected(task, work, known) for task in planned),
            *(expected_job(one, work, known) for one in changed),
            *later,
        ],
        under_way=[_expected(task, work, known) for task in under_way],
        known_at=[0.0] * (len(under_way) + len(planned))
        + [asking * (number + 1) / found for number in range(found)],
    )


def _expected(task: Task, work: Work, known: Known) -> ExpectedJob:
    return expected_job(task.slice, work, known, is_backfill=task.kind is Kind.BACKFILL)


def _calls(work: Work, jobs: _Jobs, went: Course) -> int:
    """Calls about jobs."""
    created = 2 * len(jobs.made) + round(sum(job.files for job in jobs.made))
    # The status at the start, and the file.
    resumed = 2 * sum(task.job is not None for task in work.tasks)
    enqueued = work.tasks.count(Phase.CREATED)
    statuses = work.request.members.to_ask if work.request.members else 0
    return created + went.looks + resumed + enqueued + len(work.cancels) + statuses


def _list_calls(work: Work, learned: Learned) -> int:
    """The list of completed jobs, by which a run knows what today's exports used."""
    if work.request.snapshot and not work.tasks:
        return 0
    return max(1, ceil(max(learned.jobs, work.quota.jobs_before) / JOBS_A_PAGE))


def _programs(work: Work, jobs: _Jobs) -> int:
    resumed = [task.slice for task in work.tasks if task.job]
    named = {program_id for each in (*jobs.slices, *resumed) for program_id in each.program_ids}
    return len(named) + sum(job.programs for job in jobs.later)


def _seconds(learned: Learned, poll_interval: float) -> tuple[float, float]:
    """How long Marketo works on a job, and how long that waits although there is room."""
    worked, waited = learned.seconds_a_job, learned.seconds_waited
    return (
        LOOKS_A_JOB * poll_interval if worked is None else worked,
        LOOKS_WAITED * poll_interval if waited is None else waited,
    )


def _guesses(asked: int, jobs: Sequence[ExpectedJob], known: Known) -> frozenset[str]:
    found = set()
    if asked and known.rows is None and known.share is None:
        found |= {"programs", "jobs", "api_calls", "megabytes", "minutes"}
    if any(job.is_guess or job.is_history for job in jobs):
        found.add("megabytes")
    if jobs and known.learned.seconds_a_job is None:
        found |= {"api_calls", "minutes"}
    return frozenset(found)


def _guesses_of_filter(members: WantedMembers | None) -> frozenset[str]:
    if members is None:
        return frozenset()
    return frozenset({"megabytes", "jobs", "api_calls"} if members.to_ask else {"megabytes"})


def _notes_on_filter(members: WantedMembers | None) -> tuple[str, ...]:
    if members is None:
        return ()
    size = "jobs are taken to bring as much as earlier ones, whatever member_filter those had"
    asks = (
        f"a run asks for statuses that a channel does not list ({members.to_ask} calls); for "
        "those that members keep there are more jobs"
    )
    return (f"{size} (a guess)", asks) if members.to_ask else (f"{size} (a guess)",)


def _notes(
    asked: int, jobs: Sequence[ExpectedJob], known: Known, poll_interval: float
) -> tuple[str, ...]:
    learned, notes = known.learned, []
    if asked and known.rows is None:
        why = "a guess" if known.share is None else "as in the last run"
        notes.append(
            f"{known.changed_share:.0%} of {asked} programs are taken to have changed ({why}); "
            "--ask-changes asks Marketo, with a call for each"
        )
    if any(job.is_guess for job in jobs) and learned.history_rows is not None:
        notes.append(
            f"increments are taken to bring {CHANGED_SHARE:.0%} of what histories brought (a "
            "guess: no earlier increment is known)"
        )
    if any(job.is_history for job in jobs):
        notes.append(
            "histories are taken to bring as many rows a job as the largest jobs of the past "
            "seven days (a guess: Marketo does not tell which of them brought histories)"
        )
    if jobs and learned.seconds_a_job is None:
        worked, waited = _seconds(learned, poll_interval)
        notes.append(
            f"{worked:.0f} s a job and {waited:.0f} s in the queue are a guess: no job of the past "
            "seven days tells"
        )
    return tuple(notes)
