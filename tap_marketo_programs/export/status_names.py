"""What follows from Marketo's word on status names, and what is said of a filter of members.

A create is refused when a status name is found in none of its programs, and perhaps when one
program lacks it; what it says does not tell that from other refusals. So a program that is
refused by itself is asked for each name, and then for none. Pure: every function changes the
run's `Work` and nothing else. It must not know how Marketo is asked.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from tap_marketo_programs.errors import (
    DailyQuotaExceeded,
    MarketoConfigError,
    MarketoTransientError,
    QueueFull,
    RequestRefused,
)
from tap_marketo_programs.export import recovery, refusals
from tap_marketo_programs.quoting import quoted
from tap_marketo_programs.retry_policy import JOB_POLICY

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tap_marketo_programs.errors import AnswerError
    from tap_marketo_programs.export import events
    from tap_marketo_programs.export.actions import Now
    from tap_marketo_programs.export.tasks import Task
    from tap_marketo_programs.export.work import Work

# Programs that a line names.
MAX_NAMED = 10


def names_told(work: Work, event: events.StatusNamesTold, now: Now) -> None:
    """Ask for the statuses that the program knows; one that knows none has no such members."""
    task, members = event.task, event.task.slice.members
    task.question = None
    if event.error is not None and not isinstance(event.error, RequestRefused):
        _ask_later(work, task, event.error, now)
    elif members is None or event.error or event.names == members.status_names:
        # The names are not why.
        recovery.split_or_skip(work, task, str(task.trouble))
    elif event.names:
        work.refusals = 0
        task.slice = replace(task.slice, members=members.with_names(*event.names))
    else:
        work.refusals = 0
        for program_id in task.slice.program_ids:
            work.statusless.add(program_id)
            recovery.exclude_program(work, program_id)
        _end_if_nowhere(work, task)


def _end_if_nowhere(work: Work, task: Task) -> None:
    """Where no program at all knows the statuses, they are misspelt."""
    request = work.request
    asked = [each for each in request.program_ids if request.members and request.members.has(each)]
    if task.slice.members and work.statusless.issuperset(asked):
        names = quoted(", ".join(task.slice.members.status_names))
        message = f"member_filter.statusNames: no program has any of the statuses {names}"
        work.end_with(MarketoConfigError(f"{message}. Nothing was extracted of {request.stream}"))


def _ask_later(work: Work, task: Task, error: AnswerError, now: Now) -> None:
    """Begin with another create; where none is answered, the run ends."""
    if isinstance(error, MarketoTransientError):
        refusals.is_outage(work, "create", error)
    elif isinstance(error, DailyQuotaExceeded):
        refusals.stop_creating(work, error, now)
    elif not isinstance(error, QueueFull):
        work.end_with(error)
    task.due = now.seconds + JOB_POLICY.queue_waits.first


def closing_lines(work: Work) -> Iterator[str]:
    """What a user should know of a filter of members once a run is over."""
    if work.statusless:
        named = ", ".join(map(str, sorted(work.statusless)[:MAX_NAMED]))
        more = len(work.statusless) - MAX_NAMED
        yield (
            "member_filter: Marketo does not know the wanted status names in "
            f"{len(work.statusless)} programs, which have no such members: {named}"
            f"{f' and {more} more' if more > 0 else ''}"
        )
    figures, word = work.figures, work.cadence.word
    is_done = work.outcome() is None
    if word and is_done and figures.jobs_written and not figures.rows:
        yield (
            f"member_filter: no member passes it, with nurtureCadence {word}. Adobe's documents "
            "have two words for each cadence, norm or normal and pause or paused; if there should "
            "be some, write the other one, which is then tried first"
        )
