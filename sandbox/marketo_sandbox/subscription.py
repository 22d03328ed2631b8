"""One subscription's state: its world, clock, limits, tokens, jobs and request log.

It is what `reset` replaces. It does not know what answers a call, nor sockets,
nor the control API.
"""

from __future__ import annotations

import tempfile
from email.utils import formatdate
from pathlib import Path
from typing import TYPE_CHECKING

from marketo_sandbox.clock import Clock, day_start, next_day_start
from marketo_sandbox.exports.queue import JobQueue
from marketo_sandbox.exports.quota import ExportQuota
from marketo_sandbox.faults import Faults
from marketo_sandbox.http.limits import CallLimits
from marketo_sandbox.http.request_log import RequestLog
from marketo_sandbox.http.tokens import Tokens
from marketo_sandbox.knobs import Knobs

if TYPE_CHECKING:
    from marketo_sandbox.data.world import World

# The last second that a Date can tell: 31 December 9999.
_LAST_SECOND = 253_402_300_799


class Subscription:
    """A subscription; `endpoints` are the names that a fault may be planned for."""

    def __init__(
        self,
        world: World,
        clock: Clock,
        *,
        endpoints: frozenset[str],
        knobs: Knobs | None = None,
        clients: dict[str, str] | None = None,
    ) -> None:
        self.world = world
        self.clock = clock
        self.knobs = knobs or Knobs()
        self.tokens = Tokens() if clients is None else Tokens(dict(clients))
        self.faults = Faults(endpoints)
        self.request_log = RequestLog()
        self.limits = CallLimits(clock, self.knobs)
        self._directory = tempfile.TemporaryDirectory(prefix="marketo-sandbox-")
        self.directory = Path(self._directory.name)
        self.queue = JobQueue(clock, self.knobs, ExportQuota(self.knobs, self.day_start))
        self._numbers_given = 0

    def close(self) -> None:
        """Drop all jobs and their files."""
        self.queue.close()
        self._directory.cleanup()

    def day_start(self, now: float) -> float:
        """When today's quotas began (knob U32)."""
        return day_start(now, observe_dst=self._observes_dst())

    def next_day_start(self, now: float) -> float:
        """When tomorrow's quotas begin (knob U32)."""
        return next_day_start(now, observe_dst=self._observes_dst())

    def _observes_dst(self) -> bool:
        return self.knobs.choice("quota_midnight") == "chicago"

    def run_due_events(self, *, wait: bool = False) -> float:
        """Let everything happen that was due, and say what time it is."""
        now = self.clock.now()
        self.queue.run_due_events(now, wait=wait)
        return now

    def next_number(self) -> int:
        """A number that no call has had before."""
        self._numbers_given += 1
        return self._numbers_given

    def request_id(self, now: float) -> str:
        """`<hex>#<milliseconds since 1970 in hex>`, as all recorded ids decode."""
        number = 0x100 + self.next_number() * 7919 % 0x1FEFF
        return f"{number:x}#{int(now * 1000):x}"

    def date_header(self) -> str:
        """The header Date; empty for none."""
        if (text := self.knobs.choice("date_header")) != "":
            return "" if text == "absent" else text
        shown = self.clock.now() + self.knobs.number("date_skew_seconds")
        return formatdate(min(max(shown, 0), _LAST_SECOND), usegmt=True)


class Current:
    """Which subscription is served now: `reset` puts a new one in its place."""

    def __init__(self, subscription: Subscription) -> None:
        self.subscription = subscription

    def replace(self, subscription: Subscription) -> None:
        """Serve another one from now on, and close the one before."""
        before, self.subscription = self.subscription, subscription
        before.close()
