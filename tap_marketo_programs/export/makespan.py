"""How long jobs take one beside the other, and how often they are looked at meanwhile.

Pure: the bounds of the engine and of Marketo, played through with typical times. Marketo works
on two jobs at once; at most `max_queued` of ours are queued or processing, and a place is free
again once a look has found its job completed. It must not know what the jobs bring.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from math import ceil
from typing import TYPE_CHECKING

from tap_marketo_programs.export.detection import WINDOW_SECONDS
from tap_marketo_programs.export.learned import PROCESSING_SLOTS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tap_marketo_programs.export.request import ExportSettings

# So that a job that is done exactly when it is looked at counts as done.
_TINY = 1e-6


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast calls are made, one after the other.

    Args:
        calls_per_window: The user's limit of calls in 20 seconds.
        seconds_a_call: A usual answer of Marketo's.
    """

    calls_per_window: int = 50
    seconds_a_call: float = 0.3

    def seconds(self, calls: float) -> float:
        """How long calls take: the first 20 seconds' worth of them is not held up by the limit."""
        beyond = max(0.0, calls - self.calls_per_window) / self.calls_per_window
        return max(calls * self.seconds_a_call, beyond * WINDOW_SECONDS)


@dataclass(frozen=True, slots=True)
class Course:
    """How a run of jobs goes.

    Args:
        seconds: From the first create to the last file.
        looks: At the status of all jobs together.
    """

    seconds: float
    looks: int


def course(
    known_at: Iterable[float],
    seconds_a_job: float,
    seconds_waited: float,
    settings: ExportSettings,
    pace: Pace,
) -> Course:
    """Play jobs through.

    Args:
        known_at: For each job, after how many seconds it is known that it is needed.
        seconds_a_job: How long Marketo works on each.
        seconds_waited: How long each waits although there is a free slot.
        settings: The user's say.
        pace: How long calls take.
    """
    free = [0.0] * PROCESSING_SLOTS
    seen_at: list[float] = []
    now, end, looks = 0.0, 0.0, 0
    for known in known_at:
        now = max(now, known)
        if len(seen_at) >= settings.max_queued:
            now = max(now, heapq.heappop(seen_at))
        now += 2 * pace.seconds_a_call  # create and enqueue
        finished = max(now, heapq.heappop(free)) + seconds_waited + seconds_a_job
        heapq.heappush(free, finished)
        times = max(1, ceil((finished - now) / settings.poll_interval - _TINY))
        seen = now + times * settings.poll_interval
        heapq.heappush(seen_at, seen)
        looks += times
        end = max(end, seen + 2 * pace.seconds_a_call)  # the last look and the file
    return Course(end, looks)
