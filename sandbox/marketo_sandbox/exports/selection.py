"""Which members an export selects: the filters of a create call, applied to a block of members.

What an updatedAt window means is decided here, for Get Program Members too. It knows no
request: the filters come checked.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from marketo_sandbox.clock import iso

if TYPE_CHECKING:
    from marketo_sandbox.data.fields import Field
    from marketo_sandbox.data.member_values import Block
    from marketo_sandbox.knobs import Knobs

_LAGS = {"lag_5_minutes": 300, "lag_60_minutes": 3600}


@dataclass(frozen=True)
class Window:
    """An updatedAt window as the filter applies it; `not_after` is the commit lag."""

    start: str
    end: str
    end_included: bool = True
    not_after: str | None = None
    hidden: bool = False
    with_leads: bool = False

    def as_of(self, knobs: Knobs, now: float) -> Window:
        """The same bounds with the meaning that knob U17 gives them, at the moment of selection."""
        meaning = knobs.choice("export_window")
        lag = _LAGS.get(meaning)
        return Window(
            self.start,
            self.end,
            end_included=meaning != "exclusive_end",
            not_after=None if lag is None else iso(now - lag),
            hidden=meaning == "visible_outside",
            with_leads=meaning == "lead_edits_count",
        )

    def holds(self, time: str) -> bool:
        """Whether a change at this time is selected."""
        if self.not_after is not None and time > self.not_after:
            return False
        if not self.start <= time <= self.end:
            return False
        return self.end_included or time < self.end

    def narrow(self, block: Block, looked_at: Field) -> Block:
        """The members of a block that changed within the window."""
        times = block.change_times(looked_at, hidden=self.hidden, with_leads=self.with_leads)
        return block.narrowed([self.holds(time) for time in times])


@dataclass(frozen=True)
class Selection:
    """Which members an export wants; all given filters must hold."""

    window: Window | None = None
    status_names: frozenset[str] | None = None
    is_exhausted: bool | None = None
    cadence: str | None = None

    def as_of(self, knobs: Knobs, now: float) -> Selection:
        """The same filters, at the moment of selection."""
        return replace(self, window=self.window and self.window.as_of(knobs, now))

    def narrow(self, block: Block, fields: dict[str, Field]) -> Block:
        """The members of a block that are wanted."""
        if self.window is not None:
            block = self.window.narrow(block, fields["updatedAt"])
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
