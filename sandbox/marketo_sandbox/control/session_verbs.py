"""Verbs of the whole sandbox: its calendar, its knobs, a new beginning."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from marketo_sandbox.clock import DAY, iso, parse_instant
from marketo_sandbox.control.verb_group import VerbGroup
from marketo_sandbox.knobs import by_name

if TYPE_CHECKING:
    from marketo_sandbox.control.start import Start
    from marketo_sandbox.control.verb_group import Answer
    from marketo_sandbox.knob_table import Setting
    from marketo_sandbox.subscription import Current


class SessionVerbs(VerbGroup):
    """Clock, knobs, reset."""

    def __init__(self, current: Current, start: Start) -> None:
        super().__init__(current)
        self._start = start

    def do_pass_midnights(self, count: int = 1, seconds: float = 0) -> Answer:
        """Move the calendar to `seconds` after the `count`th Central midnight from now."""
        if count < 1:
            message = "count is 1 or more"
            raise ValueError(message)
        now = then = self._subscription.clock.now()
        for _ in range(count):
            then = self._subscription.next_day_start(then)
        return self.do_advance(then - now + seconds)

    def do_advance(self, seconds: float = 0, days: float = 0) -> Answer:
        """Move the calendar forward, and everything that depends on it; a day is 24 hours."""
        self._subscription.clock.advance(seconds + days * DAY)
        self._subscription.run_due_events(wait=True)
        return self.get_now()

    def get_now(self) -> Answer:
        """The calendar."""
        clock = self._subscription.clock
        now = clock.now()
        return {"now": iso(now), "epoch": now, "speed": clock.speed, "frozen": clock.frozen}

    def get_knobs(self) -> Answer:
        """All knobs."""
        return self._subscription.knobs.listed()

    def do_knobs(self, **values: Setting) -> Answer:
        """Turn knobs."""
        now = self._subscription.run_due_events()
        self._subscription.knobs.set(values)
        self._subscription.queue.freed(now)
        return values

    def do_reset(
        self,
        world: str = "demo",
        now: str | None = None,
        speed: float | None = None,
        frozen: bool | None = None,  # noqa: FBT001  # a key of the JSON body
        knobs: dict[str, Setting] | None = None,
        **options: int,
    ) -> Answer:
        """Begin again: another world, no jobs, faults, log, tokens; clock and knobs as at first."""
        first = self._start
        start = replace(
            first,
            world=world,
            world_options=options,
            now=first.now if now is None else parse_instant(now),
            frozen=first.frozen if frozen is None else frozen,
            speed=first.speed if speed is None else speed,
            knobs={**by_name(first.knobs), **by_name(knobs or {})},
        )
        self._current.replace(start.subscription())
        return {"world": world, "programs": len(self._subscription.world.programs), **options}
