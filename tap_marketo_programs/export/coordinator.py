"""The engine's only lock: workers take actions from the scheduler and report events to it.

Nothing is sent, written or read under the lock. It must not know what an action is.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from tap_marketo_programs.export.actions import Now, Worker
from tap_marketo_programs.export.events import (
    ChangesUntold,
    CreateFailed,
    EnqueueFailed,
    FileRejected,
    PollFailed,
    WorkerCrashed,
)
from tap_marketo_programs.export.progress import write_lines

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from tap_marketo_programs.clock import Clock
    from tap_marketo_programs.export.actions import Action, SaveState
    from tap_marketo_programs.export.events import Event
    from tap_marketo_programs.export.scheduler import Scheduler
    from tap_marketo_programs.export.work import Standing


_FAILURES = (ChangesUntold, CreateFailed, EnqueueFailed, FileRejected, PollFailed, WorkerCrashed)


class Coordinator:
    """Hands out actions and takes events, one at a time.

    Args:
        scheduler: Decides.
        clock: The monotonic clock, and how to wait.
        calendar: Marketo's time; must not send anything.
    """

    def __init__(
        self, scheduler: Scheduler, clock: Clock, calendar: Callable[[], datetime]
    ) -> None:
        self._scheduler = scheduler
        self._clock = clock
        self._calendar = calendar
        self._changed = threading.Condition()
        self._is_stopping = False

    @property
    def is_stopping(self) -> bool:
        """Whether the run ends now, whatever is left."""
        return self._is_stopping

    def take(self, worker: Worker, *, wait: bool = True) -> Action | None:
        """The next action for a worker.

        Args:
            worker: Who asks.
            wait: Wait until there is something to do.

        Returns:
            None when there is nothing to do, now or, having waited, ever again.
        """
        try:
            return self._take(worker, wait=wait)
        finally:
            self._log()

    def _take(self, worker: Worker, *, wait: bool) -> Action | None:
        with self._changed:
            while not self._is_stopping:
                now = self._now()
                action = self._scheduler.next_action(worker, now)
                if action is not None or worker is Worker.API:
                    # Taking it may have made room for others. And without an action, too, the
                    # scheduler may have decided that the run ends, or that no job can be created
                    # any more: the main thread must not sleep through that.
                    self._changed.notify_all()
                if action is not None or not wait or self._scheduler.is_over(worker):
                    return action
                self._clock.wait(self._changed, self._scheduler.next_due(worker, now))
            return None

    def report(self, event: Event) -> None:
        """Tell the scheduler what happened; what fails because the run ends is no news."""
        with self._changed:
            if self._is_stopping and isinstance(event, _FAILURES):
                return
            try:
                self._scheduler.handle(event, self._now())
            except Exception as error:  # noqa: BLE001 - a fault of ours must end the run, not a worker
                self._scheduler.handle(WorkerCrashed(error), self._now())
            self._changed.notify_all()
        self._log()

    def state_if_wanted(self) -> SaveState | None:
        """The STATE that somebody waits for, if anybody does."""
        with self._changed:
            return self._scheduler.state_if_wanted()

    def state_if_unsaid(self) -> SaveState | None:
        """The STATE that says what none has said yet."""
        with self._changed:
            return self._scheduler.state_if_unsaid()

    def standing(self) -> Standing:
        """How things stand, for people."""
        with self._changed:
            return self._scheduler.standing()

    def stop(self) -> None:
        """Let every worker end as soon as it asks."""
        with self._changed:
            self._is_stopping = True
            self._changed.notify_all()

    def _log(self) -> None:
        """Write what was decided to the log; it may block, so the lock is free meanwhile."""
        with self._changed:
            lines = self._scheduler.log_lines()
        write_lines(lines)

    def _now(self) -> Now:
        return Now(self._clock.monotonic(), self._calendar())
