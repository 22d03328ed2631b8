"""Time, as something that is handed in.

Everything in the tap that needs to know or pass time asks a `Clock`, so that
a test can hold its hands. It must not know what it is used for.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import threading


class Clock(Protocol):
    """The three things a program can want of time."""

    def now(self) -> datetime:
        """The calendar, aware, in UTC."""

    def monotonic(self) -> float:
        """Seconds from an arbitrary point, never going back."""

    def sleep(self, seconds: float) -> None:
        """Return after this many seconds."""

    def wait(self, condition: threading.Condition, seconds: float | None) -> None:
        """Wait on a condition whose lock is held; `None` waits for a notice only."""


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        """The calendar, aware, in UTC."""
        return datetime.now(tz=UTC)

    def monotonic(self) -> float:
        """Seconds from an arbitrary point, never going back."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Return after this many seconds."""
        time.sleep(seconds)

    def wait(self, condition: threading.Condition, seconds: float | None) -> None:
        """Wait on a condition whose lock is held; `None` waits for a notice only."""
        condition.wait(seconds)
