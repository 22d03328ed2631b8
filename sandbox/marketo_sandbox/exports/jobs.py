"""One export job: its states, and which of them a status answer shows.

Adobe: Bulk Extract. It does not know the queue, and no HTTP: the keys of a
job's answer are in `endpoints.exports`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Future
    from pathlib import Path

    from marketo_sandbox.exports.rendering import FilePlan, Rendered
    from marketo_sandbox.faults import Fault

CREATED, QUEUED, PROCESSING = "Created", "Queued", "Processing"
COMPLETED, FAILED, CANCELLED = "Completed", "Failed", "Cancelled"
TERMINAL = frozenset({COMPLETED, FAILED, CANCELLED})


@dataclass(frozen=True)
class JobStatus:
    """What a status answer says: fields appear as they become known."""

    status: str
    queued_at: float | None = None
    started_at: float | None = None
    finished_at: float | None = None
    records: int | None = None
    size: int | None = None
    checksum: str | None = None
    error: str | None = None


@dataclass
class Job:
    """One export job."""

    export_id: str
    client_id: str
    file_format: str
    request: dict[str, object]
    plan_at: Callable[[float], FilePlan]
    path: Path
    created_at: float
    ending: Fault | None = None
    file_fault: Fault | None = None
    current: JobStatus = field(default_factory=lambda: JobStatus(CREATED))
    history: list[tuple[float, JobStatus]] = field(default_factory=list)
    touched_at: float = 0.0
    expired: bool = False
    has_file: bool = False
    future: Future[Rendered] | None = None

    def become(self, at: float, status: JobStatus, *, touched: bool = False) -> None:
        """Change state; `touched`: by its owner, who sees it at once."""
        self.current = status
        self.history.append((at, status))
        if touched:
            self.touched_at = at

    def shown_status(self, now: float, refresh: float) -> JobStatus:
        """The state at the last refresh: "updated at most once every 60 seconds"."""
        if refresh <= 0:
            return self.current
        instant = self.touched_at + (now - self.touched_at) // refresh * refresh
        return next(status for at, status in reversed(self.history) if at <= instant)

    def stuck_in(self) -> str | None:
        """The state a fault keeps this job in without end."""
        if self.ending is not None and self.ending.kind == "job_stuck":
            return self.ending.text("state", QUEUED)
        return None
