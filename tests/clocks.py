"""Clocks for tests that look at waits instead of waiting."""

from __future__ import annotations

import threading

from harness import FastClock


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
