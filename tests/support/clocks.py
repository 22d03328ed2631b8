"""Clocks for tests that look at waits instead of waiting."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from harness import FastClock

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from marketo_sandbox import Sandbox


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
