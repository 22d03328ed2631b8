"""Clocks for tests that look at waits instead of waiting."""

from __future__ import annotations

import logging
import threading
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import TYPE_CHECKING

from harness import FastClock

if TYPE_CHECKING:
    import pytest
    from marketo_sandbox import Sandbox

TODAY = datetime(2026, 5, 5, 10, tzinfo=UTC)


class StillClock(FastClock):
    """A clock on which time passes by sleeping only, so that a busy machine changes nothing."""

    def __init__(self) -> None:
        super().__init__()
        self._lock = threading.Lock()
        self._seconds = 0.0

    def monotonic(self) -> float:
        """The seconds slept."""
        return self._seconds

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
