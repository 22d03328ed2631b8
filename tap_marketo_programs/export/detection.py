"""Which programs are asked for changes before anything of them is exported, and why.

Pure. It must not know how Marketo is asked, nor what is done about an answer.

Source: https://experienceleague.adobe.com/en/docs/marketo-developer/marketo/rest/lead-database/program-members
("Query": a window of `updatedAt` of at most seven days)
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Literal

from tap_marketo_programs.export.learned import PROCESSING_SLOTS
from tap_marketo_programs.export.plan import MAX_PROGRAMS
from tap_marketo_programs.export.sweeps import sweep_due

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from tap_marketo_programs.export.ledger import Answers
    from tap_marketo_programs.export.plan import Bounds

MAX_ASKED_WINDOW = timedelta(days=7)
# create, enqueue, file and two looks at the status
CALLS_A_JOB = 5
# What is taken for granted until a run has learned it: seconds a job takes, programs of a
# hundred that change between two runs, and seconds until a question is answered.
JOB_SECONDS = 60.0
CHANGED_SHARE = 0.02
ANSWER_SECONDS = 0.3
MAX_AT_ONCE = 3
WINDOW_SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class Detection:
    """The user's say in how changes are found.

    Args:
        method: The setting `change_detection`.
        calls_a_day: The setting `daily_change_calls`.
        sweep: The setting `full_sweep_days`.
        calls_per_window: The setting `max_calls_per_20_seconds`.
    """

    method: Literal["auto", "members", "none"] = "none"
    calls_a_day: int = 10_000
    sweep: timedelta = timedelta(days=7)
    calls_per_window: int = 50


@dataclass(frozen=True, slots=True)
class Cost:
    """What a way to find changes takes.

    Args:
        seconds: Of Marketo's time.
        calls: API calls.
    """

    seconds: float
    calls: float


@dataclass(slots=True)
class Sorted:
    """What is done first about each program that is known.

    Args:
        ask: It is asked.
        export: It is exported, since it cannot be asked, or exporting is cheaper.
        sweep: It is exported, since it is time.
        reason: Why, for people.
    """

    ask: list[int] = field(default_factory=list)
    export: list[int] = field(default_factory=list)
    sweep: list[int] = field(default_factory=list)
    reason: str = ""


def sort_out(
    exported: Mapping[int, datetime],
    known: Mapping[int, datetime],
    bounds: Bounds,
    detection: Detection,
) -> Sorted:
    """Part programs by what can be done about them.

    Args:
        exported: Programs, and up to when each is exported.
        known: Up to when each is known: exported, or asked since.
        bounds: Where in time the plan may reach.
        detection: The user's say.
    """
    found = Sorted()
    if detection.method == "none":
        found.export = list(exported)
        return found
    for program_id, watermark in exported.items():
        if sweep_due(program_id, watermark, detection.sweep) <= bounds.now:
            found.sweep.append(program_id)
        elif bounds.now - known[program_id] + bounds.lookback > MAX_ASKED_WINDOW:
            found.export.append(program_id)
        else:
            found.ask.append(program_id)
    return found


def choose(
    found: Sorted,
    detection: Detection,
    answers: Answers | None,
    asked_today: int,
    job_seconds: float,
) -> Sorted:
    """Leave asking out where exporting is the cheaper way, or beyond the calls of the day.

    Time decides: calls are bounded by `daily_change_calls`, and a job that runs holds one of
    two slots that all integrations share.

    Args:
        found: The programs.
        detection: The user's say.
        answers: What the last run that asked was told.
        asked_today: Programs that earlier runs of the day have asked.
        job_seconds: How long a job takes.
    """
    if detection.method != "auto" or not found.ask:
        return found
    left = max(0, detection.calls_a_day - asked_today)
    programs = len(found.ask)
    share = answers.share if answers else None
    share = CHANGED_SHARE if share is None else share
    asking = cost_of_asking(programs, detection, share, job_seconds)
    exporting = cost_of_exporting(programs, job_seconds)
    if asking.seconds >= exporting.seconds:
        reason, left = "exporting them takes no longer than asking", 0
    elif left < programs:
        reason = f"{left} calls of daily_change_calls ({detection.calls_a_day}) are left today"
    else:
        reason = (
            f"about {_minutes(asking.seconds)} and {asking.calls:.0f} calls; exporting all of them "
            f"would take {_minutes(exporting.seconds)} and {exporting.calls:.0f} calls"
        )
    export = [*found.export, *found.ask[left:]]
    return replace(found, ask=found.ask[:left], export=export, reason=reason)


def cost_of_asking(programs: int, detection: Detection, changed: float, job_seconds: float) -> Cost:
    """Asking each program, and exporting those that changed."""
    pace = max(WINDOW_SECONDS / detection.calls_per_window, ANSWER_SECONDS / MAX_AT_ONCE)
    # Few programs that change rarely need a job now and then, not a tenth of one.
    jobs = max(programs * changed / MAX_PROGRAMS, 1 - (1 - changed) ** programs)
    return Cost(
        programs * pace + jobs * job_seconds / PROCESSING_SLOTS, programs + CALLS_A_JOB * jobs
    )


def cost_of_exporting(programs: int, job_seconds: float) -> Cost:
    """Exporting every program, changed or not."""
    jobs = -(-programs // MAX_PROGRAMS)
    return Cost(jobs * job_seconds / PROCESSING_SLOTS, CALLS_A_JOB * jobs)


def _minutes(seconds: float) -> str:
    return f"{seconds / 60:.0f} min" if seconds >= 60 else f"{seconds:.0f} s"  # noqa: PLR2004 - of a minute
