"""The engine's only lock covers decisions, and nothing that could take its time."""

from __future__ import annotations

import logging
from datetime import UTC, datetime

from clocks import StillClock

from tap_marketo_programs.errors import ServiceUnavailable
from tap_marketo_programs.export import events
from tap_marketo_programs.export.actions import PollJob, Worker
from tap_marketo_programs.export.coordinator import Coordinator
from tap_marketo_programs.export.job import ExportJob, ExportStatus
from tap_marketo_programs.export.ledger import Ledger
from tap_marketo_programs.export.plan import Bounds
from tap_marketo_programs.export.request import ExportRequest, ExportSettings
from tap_marketo_programs.export.scheduler import Scheduler
from tap_marketo_programs.export.slices import ExportSlice
from tap_marketo_programs.export.tasks import Phase, Task
from tap_marketo_programs.export.work import Work

NOW = datetime(2026, 3, 1, tzinfo=UTC)
SLICE = ExportSlice((1001, 1002), None, None, NOW)


class Stderr(logging.Handler):
    """Notes with each line whether the coordinator's lock was held while it was written."""

    def __init__(self, coordinator: Coordinator) -> None:
        super().__init__()
        self.lines: list[str] = []
        self.under_the_lock: list[bool] = []
        self._coordinator = coordinator

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage())
        self.under_the_lock.append(self._coordinator._changed._is_owned())  # type: ignore[attr-defined] # CPython's own question for it


def test_a_line_of_the_log_is_written_once_the_lock_is_free() -> None:
    request = ExportRequest(SLICE.program_ids, Bounds(NOW), ["leadId"], "client", "members")
    work = Work.begin(request, ExportSettings(), Ledger())
    task = Task(SLICE, Phase.RUNNING)
    task.take_job(ExportJob("an-export", ExportStatus.PROCESSING))
    work.tasks.tasks.append(task)
    coordinator = Coordinator(Scheduler(work), StillClock(), lambda: NOW)
    stderr = Stderr(coordinator)
    package = logging.getLogger("tap_marketo_programs")
    package.addHandler(stderr)
    try:
        assert isinstance(coordinator.take(Worker.API), PollJob)
        coordinator.report(events.PollFailed(task, ServiceUnavailable("no answer")))
    finally:
        package.removeHandler(stderr)

    (line,) = stderr.lines
    assert "an-export: its status cannot be had" in line
    assert stderr.under_the_lock == [False]
