"""How often and for how long something is tried again: the two policies, side by side.

A failed *request* is sent again within `REQUEST_POLICY`, by the client; a failed
*job* is created again within `JOB_POLICY`, by the export engine. Both stand here,
below either, so that neither has to know the other. Pure: the policies say how
long to wait, and others wait. It must not know HTTP, clocks or what is tried.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from tap_marketo_programs.errors import RateLimited

if TYPE_CHECKING:
    from tap_marketo_programs.errors import MarketoTransientError


@dataclass(frozen=True, slots=True)
class Waits:
    """Waits that double, in seconds.

    Args:
        first: The first one.
        longest: None is longer.
    """

    first: float
    longest: float

    def number(self, count: int) -> float:
        """A wait by its number; 1 is the first."""
        return min(self.first * 2.0 ** (count - 1), self.longest)

    def after(self, last: float) -> float:
        """The wait that follows one of `last` seconds; 0 for the first."""
        return min(max(last * 2, self.first), self.longest)


@dataclass(frozen=True, slots=True)
class Budget:
    """How often and how long something may be tried, whichever ends first.

    Args:
        tries: The first one included.
        seconds: From the beginning of the first try to the beginning of the last.
        waits: Between two tries.
    """

    tries: int
    seconds: float
    waits: Waits

    def allows(self, tries: int, seconds: float) -> bool:
        """Whether another try may begin after this many tries and seconds."""
        return tries < self.tries and seconds <= self.seconds


@dataclass(frozen=True, slots=True)
class RequestPolicy:
    """How often one request is sent.

    Args:
        usual: Of an error that passes.
        rate_limited: Once the calls of 20 seconds are used up, whole windows are
            waited out. Other integrations can use them up for minutes on end.
        first_contact: Before Marketo has answered once, when silence is more likely a
            wrong base_url.
    """

    usual: Budget = Budget(tries=8, seconds=600, waits=Waits(1, 60))
    rate_limited: Budget = Budget(tries=30, seconds=900, waits=Waits(20, 20))
    first_contact: Budget = Budget(tries=3, seconds=15, waits=Waits(1, 1))

    def budget(self, error: MarketoTransientError, *, has_answered: bool) -> Budget:
        """The budget within which an error is outlasted.

        Args:
            error: What the last try ended with.
            has_answered: Whether it is certain that Marketo is there.
        """
        if isinstance(error, RateLimited):
            return self.rate_limited
        return self.usual if has_answered else self.first_contact

    def wait(
        self,
        error: MarketoTransientError,
        tries: int,
        jitter: float,
        *,
        has_answered: bool,
    ) -> float:
        """Seconds to wait before the next try.

        Args:
            error: What the last try ended with.
            tries: How many there have been.
            jitter: From 0 to 1, at random: spreads those who wait for the same thing.
            has_answered: As in `budget`.
        """
        wait = self.budget(error, has_answered=has_answered).waits.number(tries)
        if isinstance(error, RateLimited):
            # Before the window has moved on, no try can succeed.
            return wait + jitter
        return wait * (0.5 + jitter / 2)


@dataclass(frozen=True, slots=True)
class JobPolicy:
    """How often the job of one slice is created, enqueued and downloaded.

    Args:
        creates: Jobs created for one slice before it is split or given up.
        downloads: Downloads of one job before it is created again.
        bad_jobs: Jobs whose file is no good before their slice is given up.
        refused_enqueues: Enqueues that Marketo refuses for no known reason while the
            job waits.
        refusals: Creates in a row that Marketo refuses, then the run ends. Ten
            programs that are all at fault make 19.
        unanswered: Calls in a row for one verb that get no answer, each with all its
            retries: then it is not the job. One job makes nine before its programs
            are tried apart.
        failures: Failed jobs in a row: then it is not the programs.
        unreadable: Files in a row that are as Marketo made them and cannot be read:
            then it is not one program, and splitting jobs further would only use up
            the quota.
        unreachable: A file that cannot be downloaded for this long is exported once
            more.
        queue_waits: For a place in a queue that other integrations fill.
    """

    creates: int = 3
    downloads: int = 2
    bad_jobs: int = 2
    refused_enqueues: int = 3
    refusals: int = 25
    unanswered: int = 12
    failures: int = 12
    unreadable: int = 6
    unreachable: timedelta = timedelta(days=1)
    queue_waits: Waits = Waits(15, 300)


REQUEST_POLICY = RequestPolicy()
JOB_POLICY = JobPolicy()
