"""What one job is asked for: programs, a window of `updatedAt`, which members.

Pure values. They must not know why they are wanted, nor what becomes of their job.

Source: https://experienceleague.adobe.com/en/docs/marketo-developer/marketo/rest/bulk-extract/bulk-program-member-extract
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from tap_marketo_programs.schemas.timestamps import wire_time

if TYPE_CHECKING:
    from datetime import datetime

    from tap_marketo_programs.export.member_filter import MemberFilter


@dataclass(frozen=True, slots=True)
class Window:
    """A span of `updatedAt`, whole seconds, both ends included."""

    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class ExportSlice:
    """What one job is asked for.

    Args:
        program_ids: One to ten programs, ascending.
        window: The `updatedAt` filter; None exports every member.
        min_updated_at: Rows visibly older than this are not wanted (with no window only).
        new_watermark: The watermark of these programs once the rows are out.
        members: Which members are wanted; None wants all.
    """

    program_ids: tuple[int, ...]
    window: Window | None
    min_updated_at: datetime | None
    new_watermark: datetime
    members: MemberFilter | None = None

    def filter(self, *, one_program: bool = False) -> dict[str, Any]:
        """The `filter` of the create request.

        `programIds` is used for a single program too: with it Marketo prepends
        a `programId` column, with `programId` it does not.

        Args:
            one_program: Use `programId`, for a subscription that has no other.
        """
        wire: dict[str, Any] = {"programIds": list(self.program_ids)}
        if one_program:
            (wire["programId"],) = wire.pop("programIds")
        if self.window:
            wire["updatedAt"] = {
                "startAt": wire_time(self.window.start),
                "endAt": wire_time(self.window.end),
            }
        return wire | (self.members.wire() if self.members else {})

    def brings_all(self, start_date: datetime | None) -> bool:
        """Whether every member of its programs is wanted that a history has.

        Args:
            start_date: Where histories begin; None where they have every member.
        """
        if self.window is not None or self.members is not None:
            return False
        since = self.min_updated_at
        return since is None or (start_date is not None and since <= start_date)

    def halves(self) -> tuple[ExportSlice, ExportSlice]:
        """The same question for the first and for the second half of the programs."""
        middle = len(self.program_ids) // 2
        return (
            replace(self, program_ids=self.program_ids[:middle]),
            replace(self, program_ids=self.program_ids[middle:]),
        )

    def singles(self) -> list[ExportSlice]:
        """The same question for each program by itself."""
        return [replace(self, program_ids=(one,)) for one in self.program_ids]

    def without(self, program_id: int) -> ExportSlice | None:
        """The same question without one program; None if nothing is left."""
        left = tuple(other for other in self.program_ids if other != program_id)
        return replace(self, program_ids=left) if left else None

    def unfiltered(self) -> ExportSlice:
        """The same rows for a subscription that has no `updatedAt` filter."""
        start = self.window.start if self.window else self.min_updated_at
        return replace(self, window=None, min_updated_at=start)
