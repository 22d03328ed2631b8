"""The sandbox's one clock: a calendar that tests may move, and how long Marketo's waits last.

It knows nothing about jobs, tokens or HTTP: they read the calendar and draw
their own conclusions.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

DAY = 86400
CENTRAL = ZoneInfo("America/Chicago")


def iso(epoch: float) -> str:
    """An instant as Marketo writes it in the lead database and bulk APIs."""
    return datetime.fromtimestamp(int(epoch), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def parse_instant(text: str) -> float:
    """Read an ISO 8601 instant; without a zone it is UTC."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return moment.timestamp()


def day_start(epoch: float, *, observe_dst: bool = True) -> float:
    """When the quota day that holds `epoch` began.

    Adobe writes both "midnight Central Time" and "12:00AM CST" (Adobe: Bulk
    Extract, Marketo Integration Best Practices), hence the switch.
    """
    if observe_dst:
        local = datetime.fromtimestamp(epoch, CENTRAL)
        return local.replace(hour=0, minute=0, second=0, microsecond=0).timestamp()
    shift = timedelta(hours=6).total_seconds()
    day = timedelta(days=1).total_seconds()
    return (epoch - shift) // day * day + shift


def next_day_start(epoch: float, *, observe_dst: bool = True) -> float:
    """When the quota day after that of `epoch` begins; days may last 23 or 25 hours."""
    began = day_start(epoch, observe_dst=observe_dst)
    return day_start(began + 1.5 * DAY, observe_dst=observe_dst)


class Clock:
    """Calendar time: real time plus what tests added, or frozen at an instant.

    `speed` shortens the waits that Marketo imposes (queue, processing, status
    refresh, rate window). It stretches neither the calendar nor a token's life.
    """

    def __init__(
        self, *, now: float | None = None, frozen: bool = False, speed: float = 1.0
    ) -> None:
        if speed <= 0:
            message = "speed must be above 0"
            raise ValueError(message)
        self.speed = speed
        self.frozen = frozen
        self._origin = time.time() if now is None else now
        self._started = time.monotonic()

    def now(self) -> float:
        """Seconds since 1970 on the sandbox's calendar."""
        if self.frozen:
            return self._origin
        return self._origin + time.monotonic() - self._started

    def advance(self, seconds: float) -> None:
        """Move the calendar forward."""
        if seconds < 0:
            message = "the calendar only moves forward"
            raise ValueError(message)
        self._origin += seconds

    def wait(self, seconds: float) -> float:
        """How long a wait of Marketo's takes on this calendar."""
        return seconds / self.speed
