"""Of which programs the details are read again although nothing says that they changed.

An edit of tags or costs may leave `updatedAt` as it is (Adobe's page Programs does not say
what moves it), so every program is due once a period. When within the period follows from its
id: that spreads the programs over the days, and no run has to remember when it read which.
Pure. It must not know how a program is read, nor what its details are.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import blake2b

# Where the first period begins; any moment would do.
_ORIGIN = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class DetailSweep:
    """The programs that are due in one run.

    Each program has a moment in every period. It is due in the run whose time the moment lies
    in, which reaches from where the last complete run ended, not included, to its own
    end. The times of runs leave no gap, so that after each run every program was read within
    the last period, however often runs come, and each no more than once a run.

    Args:
        since: Where the last complete run ended.
        until: Where this one ends.
        period: 0 makes every program due.
    """

    since: datetime
    until: datetime
    period: timedelta

    def is_due(self, program_id: int) -> bool:
        """Whether a program's details are read again."""
        length = self.until - self.since
        if not self.period or length >= self.period:
            return True
        # A moment of the program lies in the run's time if the next one after its
        # beginning does.
        passed = (self.since - _ORIGIN) % self.period
        left = (_phase(program_id) * self.period - passed) % self.period
        return (left or self.period) <= length


def _phase(program_id: int) -> float:
    """Where in the period a program's moment is, from 0 to less than 1: of any ids, evenly."""
    digest = blake2b(str(program_id).encode(), digest_size=8).digest()
    # Of a float's 53 bits, so that it cannot be rounded up to 1.
    return (int.from_bytes(digest) >> 11) / 2**53
