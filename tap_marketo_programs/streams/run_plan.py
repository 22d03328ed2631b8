"""The plan of a run: what every selected stream would do, and whether today's quota allows it.

Pure values. They must not know how a plan is made, nor how it is shown.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from tap_marketo_programs.export.forecast import Forecast
    from tap_marketo_programs.export.learned import Learned


@dataclass(frozen=True, slots=True, kw_only=True)
class QuotaLeft:
    """Today's export quota. Megabytes of 1,000,000 bytes.

    Args:
        daily_mb: What may be exported in a day.
        setting_mb: `daily_export_quota_mb`; without it `daily_mb` is a guess.
        used_mb: What this API user's jobs have exported today.
        resets_at: The next midnight in Chicago, in UTC.
    """

    daily_mb: float
    setting_mb: float | None
    used_mb: float
    resets_at: datetime

    @property
    def left_mb(self) -> float:
        """What is left of the smaller one of the setting and the subscription's."""
        return max(0.0, self.daily_mb - self.used_mb)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunPlan:
    """What a run would do.

    Args:
        made_at: Marketo's time.
        has_state: Whether a state was given; without it a run begins from nothing.
        streams: The selected streams, in the order in which a run syncs them.
        quota: Today's; None if no members are selected.
        calls_today: Of everybody who calls this subscription; None where it is not known.
        learned: What earlier jobs tell.
        calls_made: Calls that the plan itself took.
    """

    made_at: datetime
    has_state: bool
    streams: tuple[Forecast, ...]
    quota: QuotaLeft | None
    calls_today: int | None
    learned: Learned
    calls_made: int

    @property
    def megabytes(self) -> float | None:
        """Of all streams; None where that of one is not known."""
        sizes = [one.megabytes for one in self.streams]
        return None if None in sizes else sum(size or 0.0 for size in sizes)

    @property
    def fits(self) -> bool:
        """Whether it fits into what is left of today's quota, or has nothing to export.

        A size that nobody knows fits as long as anything is left: the run stops at the quota
        by itself and the next one goes on, so a first sync must not be held up by its plan.
        """
        if self.quota is None or not (self.megabytes or any(one.jobs for one in self.streams)):
            return True
        # Once nothing is left, no job is created, however small.
        return 0 < self.quota.left_mb >= (self.megabytes or 0.0)
