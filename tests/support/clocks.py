"""The clocks of the tests: a fast one, one that passes by sleeping only, and one that is wrong."""

from __future__ import annotations

import logging
import threading
import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest
    from marketo_sandbox import Sandbox

TODAY = datetime(2026, 5, 5, 10, tzinfo=UTC)
# The sandbox's minutes last a tenth of a second here, and so do the tap's.
SPEED = 600.0
# For this many seconds a sandbox's calendar is not asked for again: a run looks at it
# hundreds of times, and each look is a request.
STILL_TRUE = 0.03


class FastClock:
    """A clock whose seconds pass `speed` times faster, so that tests wait for little.

    Its seconds pass only while somebody sleeps or waits on it, and never more of them than were
    asked for: work that a busy machine does slowly costs none, so that no time-out, budget or
    age of a token runs out because of it. Sleeps of several threads at once pass together.

    Its calendar is the real one, or that of the sandbox it follows: a tap whose
    clock were behind Marketo's would rightly ask for nothing beyond its own.
    """

    def __init__(self, speed: float = SPEED) -> None:
        self.speed = speed
        self.slept: list[float] = []
        self._seconds = 0.0
        self._lock = threading.Lock()
        self._followed: Sandbox | None = None
        self._told: datetime | None = None
        self._told_at = 0.0

    def follow(self, sandbox: Sandbox) -> None:
        """Take the calendar from a sandbox from now on, however it is moved."""
        self._followed = sandbox
        self.look_again()

    def look_again(self) -> None:
        """Somebody may have moved the sandbox's calendar: believe nothing that was told before."""
        self._told = None

    def now(self) -> datetime:
        """The sandbox's calendar, or the real one."""
        if self._followed is None:
            return datetime.now(tz=UTC)
        told, at = self._told, time.monotonic()
        if told is None or at - self._told_at > STILL_TRUE:
            told = datetime.fromisoformat(self._followed.control.now())
            self._told, self._told_at = told, at
        return told

    def monotonic(self) -> float:
        """The fast seconds that were slept or waited so far."""
        return self._seconds

    def sleep(self, seconds: float) -> None:
        """Sleep fast seconds."""
        self.slept.append(seconds)
        began = self._seconds
        time.sleep(seconds / self.speed)
        self._reach(began + seconds)

    def wait(self, condition: threading.Condition, seconds: float | None) -> None:
        """Wait fast seconds, or until there is a notice."""
        if seconds is None:
            condition.wait()
            return
        began, really = self._seconds, time.monotonic()
        noticed = condition.wait(seconds / self.speed)
        passed = (time.monotonic() - really) * self.speed
        self._reach(began + (min(passed, seconds) if noticed else seconds))

    def _reach(self, moment: float) -> None:
        with self._lock:
            self._seconds = max(self._seconds, moment)


class StillClock(FastClock):
    """A clock that nobody has to wait for: a sleep moves it on at once."""

    def sleep(self, seconds: float) -> None:
        """Move on at once."""
        with self._lock:
            self.slept.append(seconds)
            self._seconds += seconds


class WrongClock(FastClock):
    """A clock that is so much ahead of the sandbox's calendar, or behind it."""

    def __init__(self, sandbox: Sandbox, by: timedelta) -> None:
        super().__init__()
        self._by = by
        self.follow(sandbox)

    def now(self) -> datetime:
        """The sandbox's calendar, and not quite."""
        return super().now() + self._by


class Calendar(StillClock):
    """A clock whose calendar shows what a test says; time passes by sleeping only."""

    def __init__(self, now: datetime = TODAY) -> None:
        super().__init__()
        self.begin = now

    def now(self) -> datetime:
        """Where it began, and what was slept since."""
        return self.begin + timedelta(seconds=self.monotonic())


def date_header(shown: datetime) -> dict[str, str]:
    """The header of an answer that tells the time."""
    return {"Date": format_datetime(shown, usegmt=True)}


def clock_warnings(caplog: pytest.LogCaptureFixture) -> list[str]:
    """What was said of Marketo's clock and ours."""
    return [
        record.getMessage()
        for record in caplog.records
        if record.name.endswith(".server_clock") and record.levelno == logging.WARNING
    ]
