"""The subscription's limits on calls: rate window, concurrency, calls a day.

Adobe: Marketo Integration Best Practices. It counts and refuses; it does not
know what the calls are for.
"""

from __future__ import annotations

from collections import Counter, deque
from datetime import datetime
from typing import TYPE_CHECKING

from marketo_sandbox.clock import CENTRAL, Clock, day_start
from marketo_sandbox.errors import refuse

if TYPE_CHECKING:
    from marketo_sandbox.knobs import Knobs


# The API user under which usage counts the calls of other integrations.
_NEIGHBOUR = "neighbour@sandbox.example.com"


class CallLimits:
    """Counts the calls that passed and refuses those over a limit."""

    def __init__(self, clock: Clock, knobs: Knobs) -> None:
        self._clock = clock
        self._knobs = knobs
        self._recent: deque[float] = deque()
        self._calls: dict[str, Counter[str]] = {}
        self._errors: dict[str, Counter[str]] = {}
        self.peak_in_window = 0

    def day(self, now: float) -> str:
        """The Central day an instant belongs to."""
        dst = self._knobs.choice("quota_midnight") == "chicago"
        begin = day_start(now, observe_dst=dst)
        return datetime.fromtimestamp(begin + 12 * 3600, CENTRAL).date().isoformat()

    def calls(self, day: str) -> Counter[str]:
        """Calls of a day by API user."""
        return self._calls.get(day, Counter())

    def calls_of_all(self, day: str) -> Counter[str]:
        """Calls of a day by API user, those of other integrations among them."""
        counts = Counter(self.calls(day))
        if others := int(self._knobs.number("neighbour_daily_calls")):
            counts[_NEIGHBOUR] += others
        return counts

    def calls_by_day(self) -> dict[str, int]:
        """Calls of our own API users, by day."""
        return {day: sum(counts.values()) for day, counts in self._calls.items()}

    def errors(self, day: str) -> Counter[str]:
        """Refusals of a day by code."""
        return self._errors.get(day, Counter())

    def _window(self, now: float) -> int:
        length = self._clock.wait(self._knobs.number("rate_window_seconds"))
        while self._recent and self._recent[0] <= now - length:
            self._recent.popleft()
        return len(self._recent)

    def enter(self, now: float, user: str, in_flight: int) -> None:
        """Let a call pass and count it, or answer 606, 607, 615."""
        knobs = self._knobs
        rate = knobs.limit("rate_limit")
        used = self._window(now)
        if rate is not None and used + knobs.number("neighbour_calls") >= rate:
            seconds = int(knobs.number("rate_window_seconds"))
            refuse(
                "606",
                f"Max rate limit '{int(rate)}' exceeded with in '{seconds}' secs",
                int(knobs.choice("rate_limit_status")),
            )
        daily = knobs.limit("daily_calls")
        today = self.day(now)
        if daily is not None and sum(self.calls_of_all(today).values()) >= daily:
            refuse("607")
        at_once = knobs.limit("concurrency_limit")
        if at_once is not None and in_flight > at_once:
            refuse("615")
        self._recent.append(now)
        self.peak_in_window = max(self.peak_in_window, used + 1)
        self._calls.setdefault(today, Counter())[user] += 1

    def refused(self, now: float, code: str) -> None:
        """Note a refusal for the error report."""
        self._errors.setdefault(self.day(now), Counter())[code] += 1
