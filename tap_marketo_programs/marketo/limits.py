"""How often and how widely the tap may call Marketo, over all its threads.

Adobe gives a subscription 100 calls in 20 seconds and 10 connections for all
its integrations, and advises each to stay at half of both
(https://experienceleague.adobe.com/en/docs/marketo-developer/marketo/rest/marketo-integration-best-practices).
It must not know what a call is for.
"""

from __future__ import annotations

import threading
from collections import deque
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tap_marketo_programs.clock import Clock

WINDOW_SECONDS = 20.0
MAX_CONNECTIONS = 5


class CallLimits:
    """A sliding window of calls and a number of connections.

    Args:
        calls: Calls allowed in any 20 seconds.
        clock: Where time comes from.
        connections: Calls under way at once.
    """

    def __init__(self, calls: int, clock: Clock, connections: int = MAX_CONNECTIONS) -> None:
        self._calls = calls
        self._clock = clock
        self._free = threading.BoundedSemaphore(connections)
        self._lock = threading.Lock()
        self._recent: deque[float] = deque()
        self._not_before = float("-inf")
        self.made = 0

    @contextmanager
    def call(self) -> Iterator[None]:
        """Hold one connection, from the moment the window has room for a call."""
        with self._free:
            while (wait := self._book()) > 0:
                self._clock.sleep(wait)
            yield

    def pause(self, seconds: float) -> None:
        """Let no thread call for so long: Marketo said that the window is used up."""
        with self._lock:
            self._not_before = max(self._not_before, self._clock.monotonic() + seconds)

    def _book(self) -> float:
        """Take a place in the window, or say after how many seconds to ask again."""
        with self._lock:
            now = self._clock.monotonic()
            while self._recent and self._recent[0] <= now - WINDOW_SECONDS:
                self._recent.popleft()
            if now < self._not_before:
                return self._not_before - now
            if len(self._recent) >= self._calls:
                return self._recent[0] + WINDOW_SECONDS - now
            self._recent.append(now)
            self.made += 1
            return 0.0
