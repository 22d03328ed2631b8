"""Which members an export selects: the filters of a create call, applied to a block of members."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from marketo_sandbox.data.fields import Field
    from marketo_sandbox.data.member_values import Block


@dataclass(frozen=True)
class Window:
    """An updatedAt window as the filter applies it; `not_after` is the commit lag."""

    start: str
    end: str
    end_included: bool = True
    not_after: str | None = None
    hidden: bool = False
    with_leads: bool = False

    def holds(self, time: str) -> bool:
        """Whether a change at this time is selected."""
        if self.not_after is not None and time > self.not_after:
            return False
        if not self.start <= time <= self.end:
            return False
        return self.end_included or time < self.end


@dataclass(frozen=True)
class Selection:
    """Which members an export wants; all given filters must hold."""

    window: Window | None = None
    status_names: frozenset[str] | None = None
    is_exhausted: bool | None = None
    cadence: str | None = None

    def narrow(self, block: Block, fields: dict[str, Field]) -> Block:
        """The members of a block that are wanted."""
        if self.window is not None:
            window = self.window
            times = block.change_times(
                fields["updatedAt"], hidden=window.hidden, with_leads=window.with_leads
            )
            block = block.narrowed([window.holds(time) for time in times])
        if self.status_names is not None:
            names = block.member(fields["statusName"]).rows()
            block = block.narrowed([name in self.status_names for name in names])
        if self.is_exhausted is not None:
            flags = block.member(fields["isExhausted"]).rows()
            block = block.narrowed([flag is self.is_exhausted for flag in flags])
        if self.cadence is not None:
            values = block.member(fields["nurtureCadence"]).rows()
            block = block.narrowed([value == self.cadence for value in values])
        return block
