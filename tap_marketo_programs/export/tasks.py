"""The tasks of a run: one for each slice, its phase, and the moves that are allowed.

Pure. It must not know who performs what, nor why a task moves.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum, IntEnum, auto
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from tap_marketo_programs.errors import AnswerError
    from tap_marketo_programs.export.job import ExportJob
    from tap_marketo_programs.export.slices import ExportSlice

# Looks into the job list for a job whose status cannot be had; it may show up late.
MAX_LOOKS = 3


class Phase(Enum):
    """How far a task is."""

    PLANNED = auto()  # no job yet
    CREATING = auto()  # its create call is under way
    CREATED = auto()  # a job that is not enqueued
    RUNNING = auto()  # queued or processing
    COMPLETED = auto()  # its file can be downloaded
    DOWNLOADING = auto()  # its file is being transferred and verified
    RECHECKING = auto()  # its file was no good; what Marketo says of it is asked again
    READY = auto()  # its verified file waits for the main thread
    WRITING = auto()  # the main thread writes its rows


ALLOWED: Mapping[Phase, frozenset[Phase]] = {
    Phase.PLANNED: frozenset({Phase.CREATING}),
    Phase.CREATING: frozenset({Phase.CREATED, Phase.PLANNED}),
    Phase.CREATED: frozenset({Phase.RUNNING, Phase.COMPLETED, Phase.PLANNED}),
    Phase.RUNNING: frozenset({Phase.CREATED, Phase.COMPLETED, Phase.PLANNED}),
    Phase.COMPLETED: frozenset({Phase.DOWNLOADING}),
    Phase.DOWNLOADING: frozenset({Phase.READY, Phase.RECHECKING, Phase.PLANNED}),
    Phase.RECHECKING: frozenset({Phase.COMPLETED, Phase.RUNNING, Phase.CREATED, Phase.PLANNED}),
    Phase.READY: frozenset({Phase.WRITING}),
    Phase.WRITING: frozenset(),
}
"""Where a task may go from each phase; it may leave the list from any."""

UNDER_WAY = (Phase.CREATING, Phase.CREATED, Phase.RUNNING)
"""The phases of a job that holds one of our places and has no file yet."""

POLLED = (Phase.RUNNING, Phase.RECHECKING)
"""The phases of a job whose status is asked for now and then."""


class Kind(IntEnum):
    """Why a slice is exported; what comes first here is exported first."""

    INCREMENT = auto()  # members changed, or may have
    SWEEP = auto()  # nothing is known to have changed, and it is time to make sure
    HISTORY = auto()  # of a program that is new: long, and never to delay the others
    BACKFILL = auto()  # of a program that is known, for the sake of a field that is new


class Question(Enum):
    """What has to be asked before a task can go on."""

    STATUS = auto()  # an enqueue failed: is the job under way all the same?
    PROGRAMS = auto()  # which of its programs are gone?
    FIELDS = auto()  # which fields can be exported?
    STATUSES = auto()  # which of the wanted statuses does its program know?


class NotAllowed(Exception):
    """A task was to go where it cannot: a fault of this tap's own."""


@dataclass(slots=True, eq=False)
class Task:
    """One slice on its way.

    Args:
        slice: What is wanted.
        phase: How far it is.
        kind: Why it is wanted.
        job: The current job, from CREATED on.
        file: The verified file, from READY on.
        due: When to look at it next, on the monotonic clock.
        deadline: When its job is overdue.
        is_busy: Whether a worker has an action of it.
        named_in: The generation of the first STATE that names its job.
        creates: Jobs created for it in this run.
        bad_files: Files of the current job that were no good.
        bad_jobs: Jobs whose file never was.
        refused_enqueues: Enqueues of the current job that failed although it waits.
        question: What has to be asked first.
        trouble: What the question is about.
        silence: Why the job's status cannot be had; then the job list is asked.
        looks_left: How often the job list may lack a silent job before it is lost.
        is_overdue: Whether the job is not done in time; waited for while others run.
        is_adopted: Whether the job is ours by all appearances only.
        is_resumed: Whether the job is an earlier run's: what it brings is older than what
            this run plans, and leaves before it.
    """

    slice: ExportSlice
    phase: Phase = Phase.PLANNED
    kind: Kind = Kind.INCREMENT
    job: ExportJob | None = None
    file: Any = None
    due: float = 0.0
    deadline: float = float("inf")
    is_busy: bool = False
    named_in: int = 0
    creates: int = 0
    bad_files: int = 0
    bad_jobs: int = 0
    refused_enqueues: int = 0
    question: Question | None = None
    trouble: AnswerError | str = ""
    silence: str = ""
    looks_left: int = MAX_LOOKS
    is_overdue: bool = False
    is_adopted: bool = False
    is_resumed: bool = False

    @property
    def export_id(self) -> str:
        """The current job's id; empty while there is none."""
        return self.job.export_id if self.job else ""

    @property
    def asks_for_statuses(self) -> bool:
        """Whether only members of some statuses are wanted."""
        return self.slice.members is not None and bool(self.slice.members.status_names)

    @property
    def is_increment(self) -> bool:
        """Whether it brings what changed, so that its size is that of others that do."""
        return self.slice.window is not None and self.kind is not Kind.BACKFILL

    def take_job(self, job: ExportJob) -> None:
        """A job exists from now on; nothing is held against it yet."""
        self.job, self.is_adopted = job, job.adopted
        self.bad_files = self.refused_enqueues = 0
        self.silence, self.is_overdue = "", False
        self.looks_left = MAX_LOOKS

    def move(self, phase: Phase) -> None:
        """Reach a phase.

        Raises:
            NotAllowed: It cannot be reached from here.
        """
        if phase not in ALLOWED[self.phase]:
            message = f"a task cannot go from {self.phase.name} to {phase.name}"
            raise NotAllowed(message)
        self.phase = phase


@dataclass(slots=True)
class TaskList:
    """All tasks that are not done, in the order in which rows of a program must leave."""

    tasks: list[Task] = field(default_factory=list)

    def __iter__(self) -> Iterator[Task]:
        """In order."""
        return iter(self.tasks)

    def __len__(self) -> int:
        """How many are not done."""
        return len(self.tasks)

    def __contains__(self, task: object) -> bool:
        """Whether a task is not done."""
        return any(other is task for other in self.tasks)

    def of(self, *phases: Phase) -> list[Task]:
        """The tasks in these phases, in order."""
        return [task for task in self.tasks if task.phase in phases]

    def count(self, *phases: Phase) -> int:
        """How many tasks are in these phases."""
        return sum(task.phase in phases for task in self.tasks)

    def add(self, slices: Iterable[ExportSlice], kind: Kind = Kind.INCREMENT) -> None:
        """Plan more work, behind all that is as urgent and before all that is less."""
        at = len(self.tasks)
        while at and not self.tasks[at - 1].is_resumed and self.tasks[at - 1].kind > kind:
            at -= 1
        self.tasks[at:at] = [Task(one, kind=kind) for one in slices]

    def insert(self, before: Task, slices: Iterable[ExportSlice]) -> None:
        """Plan more work that has to leave before a task does."""
        at = self.tasks.index(before)
        self.tasks[at:at] = [Task(one, kind=before.kind) for one in slices]

    def replace(self, task: Task, slices: Iterable[ExportSlice], creates: int = 0) -> None:
        """Put other slices in a task's place."""
        at = self.tasks.index(task)
        self.tasks[at : at + 1] = [Task(one, kind=task.kind, creates=creates) for one in slices]

    def remove(self, task: Task) -> None:
        """A task is done or given up."""
        self.tasks.remove(task)

    def postpone(self, task: Task) -> None:
        """A task that lost its job goes behind all others."""
        task.is_resumed = False
        self.tasks.remove(task)
        self.tasks.append(task)

    def exclude_program(self, program_id: int, kind: Kind | None = None) -> None:
        """Ask for a program no more in whatever has no job yet, or in that of one kind."""
        for task in self.of(Phase.PLANNED):
            if program_id in task.slice.program_ids and kind in {None, task.kind}:
                left = task.slice.without(program_id)
                self.replace(task, [left] if left else [])

    def next_to_download(self) -> Task | None:
        """The first completed task none of whose programs waits for an earlier one.

        Rows of a program leave in the order of time; then a watermark says
        truly that everything before it is out.
        """
        waiting: set[int] = set()
        for task in self.tasks:
            if task.phase is Phase.COMPLETED and waiting.isdisjoint(task.slice.program_ids):
                return task
            if task.phase not in {Phase.READY, Phase.WRITING}:
                waiting.update(task.slice.program_ids)
        return None

    def blocks_a_finished_task(self, task: Task) -> bool:
        """Whether a completed task waits for this one."""
        behind = self.tasks[self.tasks.index(task) + 1 :]
        ours = set(task.slice.program_ids)
        return any(
            other.phase is Phase.COMPLETED and not ours.isdisjoint(other.slice.program_ids)
            for other in behind
        )
