"""What a worker tells the scheduler of what it did.

Plain values: this module must not know how anything is performed or decided.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Collection

    from tap_marketo_programs.errors import AnswerError, MarketoError
    from tap_marketo_programs.export.job import ExportJob
    from tap_marketo_programs.export.tasks import Task


@dataclass(frozen=True, slots=True)
class JobCreated:
    """A job exists; it is not enqueued."""

    task: Task
    job: ExportJob


@dataclass(frozen=True, slots=True)
class CreateFailed:
    """No job, or none that could be found; the error's class tells why."""

    task: Task
    error: AnswerError


@dataclass(frozen=True, slots=True)
class JobEnqueued:
    """Marketo took a job into its queue, now or before."""

    task: Task


@dataclass(frozen=True, slots=True)
class EnqueueFailed:
    """An enqueue was refused or not answered; the job may be under way all the same."""

    task: Task
    error: AnswerError


@dataclass(frozen=True, slots=True)
class JobPolled:
    """What Marketo says of a job; None where the list of jobs lacks it."""

    task: Task
    job: ExportJob | None


@dataclass(frozen=True, slots=True)
class PollFailed:
    """A job's status was refused or not answered."""

    task: Task
    error: AnswerError


@dataclass(frozen=True, slots=True)
class JobCancelled:
    """A job was ended, or could not be: nothing more can be done about it."""

    export_id: str


@dataclass(frozen=True, slots=True)
class ProgramsExist:
    """Which programs of a task were deleted in Marketo."""

    task: Task
    gone: Collection[int]


@dataclass(frozen=True, slots=True)
class FieldsExist:
    """Which fields Marketo describes as exportable."""

    task: Task
    fields: Collection[str]


@dataclass(frozen=True, slots=True)
class StatusNamesTold:
    """Which of the status names a task asks for its program knows.

    Args:
        task: Whose.
        names: Those.
        error: Why that cannot be told; a refusal is about something else than names.
    """

    task: Task
    names: tuple[str, ...] = ()
    error: AnswerError | None = None


@dataclass(frozen=True, slots=True)
class ChangesFound:
    """Whether any member of a program changed."""

    program_id: int
    changed: bool


@dataclass(frozen=True, slots=True)
class ChangesUntold:
    """Marketo does not say whether a program changed; the error's class tells why."""

    program_id: int
    error: AnswerError


@dataclass(frozen=True, slots=True)
class FileVerified:
    """A file is there and is what its job says.

    Args:
        task: Whose.
        file: The file; opaque here.
        size: Its bytes.
    """

    task: Task
    file: Any
    size: int


@dataclass(frozen=True, slots=True)
class FileRejected:
    """There is no file that can be read; the error's class tells why."""

    task: Task
    error: MarketoError


@dataclass(frozen=True, slots=True)
class ExportWritten:
    """All rows of a task's file are out."""

    task: Task


@dataclass(frozen=True, slots=True)
class StateSaved:
    """The STATE of this generation is out.

    Args:
        generation: Of the ledger.
        size: Bytes of the line.
        jobs: Jobs of this stream that it names.
        job_bytes: What of its bytes names them.
    """

    generation: int
    size: int = 0
    jobs: int = 0
    job_bytes: int = 0


@dataclass(frozen=True, slots=True)
class WorkerCrashed:
    """What ends the run: an error that no single job is to blame for."""

    error: BaseException


Event = (
    JobCreated
    | CreateFailed
    | JobEnqueued
    | EnqueueFailed
    | JobPolled
    | PollFailed
    | JobCancelled
    | ProgramsExist
    | FieldsExist
    | StatusNamesTold
    | ChangesFound
    | ChangesUntold
    | FileVerified
    | FileRejected
    | ExportWritten
    | StateSaved
    | WorkerCrashed
)
