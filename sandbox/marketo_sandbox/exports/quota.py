"""The export quota of a day: what was used, and whether any is left.

Adobe: Bulk Extract. It counts bytes; whose they are it does not know.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from marketo_sandbox.errors import refuse

if TYPE_CHECKING:
    from collections.abc import Callable

    from marketo_sandbox.knobs import Knobs

MEGABYTE = 1_000_000


class ExportQuota:
    """Bytes charged to the subscription, by instant."""

    def __init__(self, knobs: Knobs, day_start: Callable[[float], float]) -> None:
        self._knobs = knobs
        self._day_start = day_start
        self._charges: list[tuple[float, int]] = []

    def charge(self, at: float, size: int) -> None:
        """Count the bytes of one file."""
        self._charges.append((at, size))

    def used_today(self, now: float) -> float:
        """Bytes of today's quota that are used, by others too."""
        begin = self._day_start(now)
        ours = sum(size for at, size in self._charges if at >= begin)
        return ours + self._knobs.number("neighbour_export_mb") * MEGABYTE

    def by_day(self) -> dict[float, int]:
        """Bytes of our own files by the instant at which their day began."""
        used: dict[float, int] = {}
        for at, size in self._charges:
            begin = self._day_start(at)
            used[begin] = used.get(begin, 0) + size
        return used

    def check(self, now: float) -> None:
        """Refuse when today's quota is used up. The text is from a recorded answer."""
        quota = self._knobs.limit("export_quota_mb")
        if quota is not None and self.used_today(now) >= quota * MEGABYTE:
            refuse("1029", f"Export daily quota {max(1, int(quota))}MB exceeded.")
