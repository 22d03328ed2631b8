"""A decision that comes without an action wakes whoever waits for it."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from clocks import StillClock
from waiting import PATIENCE

from tap_marketo_programs.export import actions
from tap_marketo_programs.export.actions import Worker
from tap_marketo_programs.export.coordinator import Coordinator
from tap_marketo_programs.export.job import ExportJob, ExportStatus
from tap_marketo_programs.export.ledger import Ledger
from tap_marketo_programs.export.plan import Bounds
from tap_marketo_programs.export.quota import MEGABYTE
from tap_marketo_programs.export.request import ExportRequest, ExportSettings
from tap_marketo_programs.export.scheduler import Scheduler
from tap_marketo_programs.export.slices import ExportSlice
from tap_marketo_programs.export.tasks import Phase, Task
from tap_marketo_programs.export.work import Work

if TYPE_CHECKING:
    from collections.abc import Callable

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
SLICE = ExportSlice((1001,), None, None, NOW)


class Watched(StillClock):
    """Says when somebody waits on it."""

    def __init__(self) -> None:
        super().__init__()
        self.waited_on = threading.Event()

    def wait(self, condition: threading.Condition, seconds: float | None) -> None:
        """Wait for a notice, however long it takes."""
        assert seconds is None
        # Whoever hears of it gets the lock only once the wait has given it away.
        self.waited_on.set()
        condition.wait()


def an_overdue_job_is_all_that_is_left(work: Work) -> None:
    task = Task(SLICE, Phase.RUNNING, due=1000.0, is_overdue=True)
    task.take_job(ExportJob("an-export", ExportStatus.PROCESSING))
    task.is_overdue = True
    work.tasks.tasks.append(task)


def the_quota_is_used(work: Work) -> None:
    size = 2 * MEGABYTE
    done = ExportJob("done", ExportStatus.COMPLETED, finished_at=NOW, file_size=size)
    work.quota.used_before([done])
    work.tasks.add([SLICE])


@pytest.mark.parametrize("decided", [an_overdue_job_is_all_that_is_left, the_quota_is_used])
def test_the_main_thread_does_not_sleep_through_the_end(decided: Callable[[Work], None]) -> None:
    request = ExportRequest(SLICE.program_ids, Bounds(NOW), ["leadId"], "client", "members")
    work = Work.begin(request, ExportSettings(quota_mb=1), Ledger())
    decided(work)
    clock = Watched()
    coordinator = Coordinator(Scheduler(work), clock, lambda: NOW)
    taken: list[object] = []
    main = threading.Thread(target=lambda: taken.append(coordinator.take(Worker.MAIN)), daemon=True)
    main.start()
    assert clock.waited_on.wait(PATIENCE)

    assert coordinator.take(Worker.API, wait=False) is None

    main.join(PATIENCE)
    assert not main.is_alive(), "nobody woke it"
    assert isinstance(taken[0], actions.SaveState | actions.Finish)
