"""The work of one run: a task for each slice, and what phase it is in.

`TaskBoard` is what the runner's threads share. Its methods are called with
`board.changed` held; it must not send requests or wait.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tap_marketo_programs.export.download import ExportFile
    from tap_marketo_programs.export.job import ExportJob
    from tap_marketo_programs.export.plan import ExportSlice


# Looks into the job list for a job whose status cannot be had; it may show up late.
MAX_LOOKS = 3


class Phase(Enum):
    """How far a task is."""

    PLANNED = auto()  # no job yet
    CREATING = auto()  # its create call is under way
    CREATED = auto()  # a job that is not enqueued
    RUNNING = auto()  # queued or processing
    COMPLETED = auto()  # its file can be fetched
    FETCHING = auto()  # its file is being downloaded
    READY = auto()  # its verified file waits for the main thread
    EMITTING = auto()  # the main thread writes its rows


@dataclass(slots=True, eq=False)
class ExportTask:
    """One slice on its way.

    Args:
        slice: What is wanted.
        phase: How far it is.
        job: The current job, from CREATED on.
        file: The verified file, from READY on.
        due: When to look at it next, on the monotonic clock.
        deadline: When its job is overdue.
        creates: Jobs created for it in this run.
        bad_files: Files of the current job that were no good.
        bad_jobs: Jobs whose file never was.
        refused_enqueues: Enqueues of the current job that Marketo refused although it waits.
        silence: Why the current job's status cannot be had; then the job list is asked.
        looks_left: How often the job list may lack a silent job before it counts as lost.
        overdue: Whether the current job is not done in time; waited for while others run.
        guessed: Whether the current job is ours by all appearances only.
    """

    slice: ExportSlice
    phase: Phase = Phase.PLANNED
    job: ExportJob | None = None
    file: ExportFile | None = None
    due: float = 0.0
    deadline: float = float("inf")
    creates: int = 0
    bad_files: int = 0
    bad_jobs: int = 0
    refused_enqueues: int = 0
    silence: str = ""
    looks_left: int = MAX_LOOKS
    overdue: bool = False
    guessed: bool = False

    @property
    def export_id(self) -> str:
        """The current job's id; empty while there is none."""
        return self.job.export_id if self.job else ""

    def has_job(self, job: ExportJob) -> None:
        """A job exists from now on; nothing is held against it yet."""
        self.job = job
        self.guessed = job.guessed
        self.bad_files = self.refused_enqueues = 0
        self.silence, self.overdue = "", False
        self.looks_left = MAX_LOOKS


@dataclass(slots=True)
class TaskBoard:
    """All tasks that are not done, in the order of the plan.

    Args:
        changed: Guards everything here; notified when something moved.
        tasks: In the order in which rows of the same program must leave.
        unprobed: Programs of which nobody knows yet whether anything changed.
        stopping: The run ends now, whatever is left.
        no_more: Why no further job may be created.
        fatal: What ended the background work.
        problems: Failures of single slices; the run goes on and fails at its end.
    """

    changed: threading.Condition = field(default_factory=threading.Condition)
    tasks: list[ExportTask] = field(default_factory=list)
    unprobed: list[int] = field(default_factory=list)
    stopping: bool = False
    no_more: Exception | None = None
    fatal: BaseException | None = None
    problems: list[Exception] = field(default_factory=list)

    def of(self, *phases: Phase) -> list[ExportTask]:
        """The tasks in these phases, in order."""
        return [task for task in self.tasks if task.phase in phases]

    def count(self, *phases: Phase) -> int:
        """How many tasks are in these phases."""
        return sum(task.phase in phases for task in self.tasks)

    def add(self, slices: Iterable[ExportSlice]) -> None:
        """Plan more work behind what is there."""
        self.tasks.extend(ExportTask(one) for one in slices)

    def insert(self, before: ExportTask, slices: Iterable[ExportSlice]) -> None:
        """Plan more work that has to leave before a task does."""
        at = self.tasks.index(before)
        self.tasks[at:at] = [ExportTask(one) for one in slices]

    def replace(
        self,
        task: ExportTask,
        slices: Iterable[ExportSlice],
        creates: int = 0,
    ) -> None:
        """Put other slices in a task's place."""
        at = self.tasks.index(task)
        self.tasks[at : at + 1] = [ExportTask(one, creates=creates) for one in slices]
        self.changed.notify_all()

    def remove(self, task: ExportTask) -> None:
        """A task is done or given up."""
        self.tasks.remove(task)
        self.changed.notify_all()

    def drop_program(self, program_id: int) -> None:
        """Ask for a program no more in whatever is only planned yet."""
        for task in self.of(Phase.PLANNED):
            if program_id in task.slice.program_ids:
                left = task.slice.without(program_id)
                self.replace(task, [left] if left else [])
        if program_id in self.unprobed:
            self.unprobed.remove(program_id)

    def move(self, task: ExportTask, phase: Phase) -> None:
        """A task reached a phase."""
        task.phase = phase
        self.changed.notify_all()

    def next_to_fetch(self) -> ExportTask | None:
        """The first completed task none of whose programs waits for an earlier one.

        Rows of a program leave in the order of time; then a watermark says
        truly that everything before it is out.
        """
        return next(self._fetchable(), None)

    def _fetchable(self) -> Iterator[ExportTask]:
        waiting: set[int] = set()
        for task in self.tasks:
            if task.phase is Phase.COMPLETED and waiting.isdisjoint(task.slice.program_ids):
                yield task
            if task.phase not in {Phase.READY, Phase.EMITTING}:
                waiting.update(task.slice.program_ids)

    def holds_up(self, task: ExportTask) -> bool:
        """Whether a finished task waits for this one."""
        behind = self.tasks[self.tasks.index(task) + 1 :]
        ours = set(task.slice.program_ids)
        return any(
            other.phase is Phase.COMPLETED and not ours.isdisjoint(other.slice.program_ids)
            for other in behind
        )

    @property
    def is_over(self) -> bool:
        """Whether the background threads have nothing to wait for."""
        nothing_left = not self.tasks and not self.unprobed
        return self.stopping or self.fatal is not None or nothing_left

    @property
    def can_progress(self) -> bool:
        """Whether another file may still become ready."""
        if self.no_more is None:
            return bool(self.unprobed) or any(
                task.phase is not Phase.EMITTING for task in self.tasks
            )
        # A completed task may wait for one that no job will be created for any more.
        running = any(not task.overdue for task in self.of(Phase.RUNNING))
        moving = running or self.count(Phase.CREATING, Phase.FETCHING, Phase.READY) > 0
        return moving or self.next_to_fetch() is not None
