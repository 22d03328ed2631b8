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

from tap_marketo_programs.export.learned import PROCESSING_SLOTS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tap_marketo_programs.export.request import ExportSettings

# A usual answer of Marketo's, in seconds.
CALL_SECONDS = 0.3
# Between a job's completion and this many seconds later, Marketo's clock and ours may differ.
_TINY = 1e-6


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
) -> Course:
    """Play jobs through.

    Args:
        known_at: For each job, after how many seconds it is known that it is needed.
        seconds_a_job: How long Marketo works on each.
        seconds_waited: How long each waits although there is a free slot.
        settings: The user's say.
    """
    free = [0.0] * PROCESSING_SLOTS
    seen_at: list[float] = []
    now, end, looks = 0.0, 0.0, 0
    for known in known_at:
        now = max(now, known)
        if len(seen_at) >= settings.max_queued:
            now = max(now, heapq.heappop(seen_at))
        now += 2 * CALL_SECONDS  # create and enqueue
        finished = max(now, heapq.heappop(free)) + seconds_waited + seconds_a_job
        heapq.heappush(free, finished)
        times = max(1, ceil((finished - now) / settings.poll_interval - _TINY))
        seen = now + times * settings.poll_interval
        heapq.heappush(seen_at, seen)
        looks += times
        end = max(end, seen + 2 * CALL_SECONDS)  # the last look and the file
    return Course(end, looks)


def call_seconds(calls: float, calls_per_window: int, window: float = 20.0) -> float:
    """How long calls take, one after the other and within the limit of calls.

    Args:
        calls: How many.
        calls_per_window: How many may be made in any `window`.
        window: In seconds.
    """
    beyond = max(0.0, calls - calls_per_window)
    return max(calls * CALL_SECONDS, beyond / calls_per_window * window)
