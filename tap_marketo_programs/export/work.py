"""What a run knows: its tasks, its ledger, its counters, and how it stands with STATE.

Pure data that the scheduler, the recovery and the resumption share. It must not decide
anything, and knows no thread, clock or socket.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from math import ceil
from typing import TYPE_CHECKING

from tap_marketo_programs.errors import ExportFailed
from tap_marketo_programs.export.asking import ChangeChecks
from tap_marketo_programs.export.log_lines import LogLines
from tap_marketo_programs.export.member_filter import CadenceWord
from tap_marketo_programs.export.pacing import Pace
from tap_marketo_programs.export.plan import MAX_PROGRAMS
from tap_marketo_programs.export.quota import ExportQuota
from tap_marketo_programs.export.tasks import Phase, Task, TaskList

if TYPE_CHECKING:
    from tap_marketo_programs.errors import DailyQuotaExceeded, MarketoError
    from tap_marketo_programs.export.ledger import Ledger
    from tap_marketo_programs.export.request import ExportRequest, ExportSettings

# Failures that the run's last line names; the lines before it name each.
MAX_TOLD = 5


@dataclass(slots=True)
class Figures:
    """What a run has done, for people and metrics."""

    jobs_created: int = 0
    jobs_given_up: int = 0
    jobs_written: int = 0
    rows: int = 0
    bytes: int = 0


@dataclass(frozen=True, slots=True)
class Standing:
    """How a run stands at a moment.

    Args:
        figures: What was done.
        running: Jobs in Marketo's queue.
        total: Jobs that are done or are still to be.
        to_ask: Programs that have still to be asked for changes.
        changed: Of those that were asked, the ones that changed.
    """

    figures: Figures
    running: int
    total: int
    to_ask: int
    changed: int


@dataclass(slots=True)
class Work:
    """Everything that changes while exports run.

    Args:
        request: What is wanted; its bounds follow what Marketo refuses.
        settings: The user's say.
        ledger: Watermarks and jobs in flight.
        quota: What today's exports used.
        fields: The export's columns, without those that Marketo refused.
        tasks: What is not done.
        checks: Programs that are asked for changes, and what came of it.
        excluded: Programs of which a part was given up: no watermark passes that part.
        cancels: Jobs to be cancelled.
        cancelling: Jobs that are being cancelled.
        refusals: Creates in a row that Marketo refused.
        failures: Jobs in a row that ended without a file.
        unreadable: Files in a row that are as Marketo made them and no table.
        unanswered: For each verb, calls in a row without an answer.
        create_at: When the next job may be created, on the monotonic clock.
        queue_wait: The next wait for a place in a full queue, in seconds.
        queue_full_since: Since when the queue is full.
        problems: Failures of single slices; the run goes on and fails at its end.
        stop_reason: Why no further job may be created today.
        error: What ends the run.
        generation: Of the ledger; grows with each change.
        saved_generation: Of the last STATE that is out.
        save_wanted: Whether somebody waits for a STATE.
        pace: How many changes share a STATE.
        say: Lines for the log.
        cadence: Which word for a cadence Marketo takes; empty where none is asked for.
        statusless: Programs that do not know the wanted statuses, by Marketo's word.
    """

    request: ExportRequest
    settings: ExportSettings
    ledger: Ledger
    quota: ExportQuota
    fields: list[str] = field(default_factory=list)
    tasks: TaskList = field(default_factory=TaskList)
    figures: Figures = field(default_factory=Figures)
    checks: ChangeChecks = field(default_factory=ChangeChecks)
    excluded: set[int] = field(default_factory=set)
    cancels: list[str] = field(default_factory=list)
    cancelling: set[str] = field(default_factory=set)
    refusals: int = 0
    failures: int = 0
    unreadable: int = 0
    unanswered: Counter[str] = field(default_factory=Counter)
    create_at: float = 0.0
    queue_wait: float = 0.0
    queue_full_since: float | None = None
    problems: list[MarketoError] = field(default_factory=list)
    stop_reason: DailyQuotaExceeded | None = None
    error: BaseException | None = None
    generation: int = 0
    saved_generation: int = 0
    save_wanted: bool = False
    pace: Pace = field(default_factory=Pace)
    say: LogLines = field(default_factory=LogLines)
    cadence: CadenceWord = field(default_factory=lambda: CadenceWord(""))
    statusless: set[int] = field(default_factory=set)

    @classmethod
    def begin(cls, request: ExportRequest, settings: ExportSettings, ledger: Ledger) -> Work:
        """A run that has done nothing yet."""
        quota = ExportQuota(settings.quota_mb, of_keys=request.snapshot is not None)
        cadence = CadenceWord(request.members.chosen.cadence if request.members else "")
        return cls(
            request,
            settings,
            ledger,
            quota,
            list(request.fields),
            say=LogLines(request.stream),
            cadence=cadence,
        )

    def note_change(self, *, wanted: bool = True) -> None:
        """The ledger changed; `wanted` if a STATE has to say so as soon as the pace allows."""
        self.generation += 1
        self.pace.unsaid += wanted
        self.save_wanted = self.save_wanted or (wanted and self.is_state_due)

    def state_saved(self, generation: int, size: int, jobs: int, job_bytes: int) -> None:
        """The STATE of a generation is out; see `Pace.saved`."""
        self.saved_generation = max(self.saved_generation, generation)
        self.pace.saved(size, jobs, job_bytes)
        self.pace.unsaid = min(self.pace.unsaid, self.generation - self.saved_generation)
        self.save_wanted = self.is_state_due

    def end_with(self, error: BaseException) -> None:
        """End the run; the first reason counts."""
        self.error = self.error or error

    @property
    def changes_a_state(self) -> int:
        """How many changes share a STATE now, and so how many jobs are created ahead."""
        checks = self.checks
        to_ask = len(checks.waiting) + len(checks.open) + len(checks.changed)
        return self.pace.changes_a_state(len(self.tasks) + ceil(to_ask / MAX_PROGRAMS))

    @property
    def is_state_due(self) -> bool:
        """Whether enough came together for a STATE."""
        return 0 < self.pace.unsaid >= self.changes_a_state

    @property
    def is_dirty(self) -> bool:
        """Whether no STATE says yet what the ledger knows."""
        return self.generation > self.saved_generation

    @property
    def is_over(self) -> bool:
        """Whether the workers have nothing to wait for."""
        return self.error is not None or not (len(self.tasks) or self.checks.are_left)

    @property
    def can_progress(self) -> bool:
        """Whether another file may still become ready."""
        if self.stop_reason is None:
            unwritten = any(task.phase is not Phase.WRITING for task in self.tasks)
            return self.checks.are_left or unwritten
        # A completed task may wait for one that no job will be created for any more.
        running = any(not task.is_overdue for task in self.tasks.of(Phase.RUNNING))
        moving = (Phase.CREATING, Phase.DOWNLOADING, Phase.RECHECKING, Phase.READY)
        can_download = self.tasks.next_to_download() is not None
        return running or can_download or self.tasks.count(*moving) > 0

    def is_named(self, task: Task) -> bool:
        """Whether a STATE that is out names the task's job."""
        return task.named_in <= self.saved_generation

    def outcome(self) -> BaseException | None:
        """What went wrong, once nothing can progress any more."""
        if self.error is not None:
            return self.error
        if len(self.problems) == 1:
            return self.problems[0]
        if self.problems:
            told = [str(problem) for problem in self.problems[:MAX_TOLD]]
            if (more := len(self.problems) - len(told)) > 0:
                told.append(f"and {more} more")
            return ExportFailed(f"{len(self.problems)} exports failed: {'; '.join(told)}")
        undone = len(self.tasks) or self.checks.are_left
        return self.stop_reason if undone else None
