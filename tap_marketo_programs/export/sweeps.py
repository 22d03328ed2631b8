"""When a program is exported although nothing is known to have changed.

Pure. What asking does not show is late by one sweep at most, so every program has its
turn, and the turns are spread over the days: no day pays for all. It must not know how
programs are asked or exported.
"""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# Nothing is swept that was exported in the first part of the period: after a first sync,
# which exports all at once, sweeps wait for two days of seven and spread over five.
REST = 2 / 7
# A program whose place comes too soon is swept before the last part: a run comes late by as
# much as it is rare, and one that came at the very end would find the same place once more.
END = 6 / 7
_WHOLE = 2**32


def sweep_due(program_id: int, exported: datetime, period: timedelta) -> datetime:
    """When a program has to be exported again; never later than a period after `exported`.

    A program has a place of its own in every period, the same each time, by its id: so
    programs that are swept together once are apart from then on.

    Args:
        program_id: Which.
        exported: Its watermark.
        period: How often every program is exported at least.
    """
    if not period:
        return exported
    place = _place(program_id) * period
    wait = (place - (exported - _EPOCH)) % period or period
    if wait < REST * period:
        # Its place comes too soon, and the next one too late: anywhere between.
        wait = REST * period + wait * ((END - REST) / REST)
    return exported + wait


def _place(program_id: int) -> float:
    """A fraction of the period, evenly spread over programs however their ids run."""
    digest = hashlib.blake2b(str(program_id).encode(), digest_size=4).digest()
    return int.from_bytes(digest) / _WHOLE
