"""What the scheduler wants done, and what it is told of what was done.

Actions go to a worker, each to one; events come back. Both are plain values: this
module must not know how anything is performed or decided.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime

    from tap_marketo_programs.errors import AnswerError, MarketoError
    from tap_marketo_programs.export.job import ExportJob
    from tap_marketo_programs.export.plan import ExportSlice
    from tap_marketo_programs.export.tasks import Task


class Worker(Enum):
    """Who performs an action."""

    API = auto()  # creates, enqueues, polls, asks
    DOWNLOAD = auto()  # transfers and verifies files
    MAIN = auto()  # writes messages


@dataclass(frozen=True, slots=True)
class Now:
    """One moment on two clocks.

    Args:
        seconds: The monotonic clock.
        calendar: Marketo's time.
    """

    seconds: float
    calendar: datetime


# For the API worker


@dataclass(frozen=True, slots=True)
class CreateJob:
    """Create a job for a slice; JobCreated or CreateFailed follows."""

    task: Task
    slice: ExportSlice
    fields: Sequence[str]
    known: Collection[str]
    one_program: bool


@dataclass(frozen=True, slots=True)
class EnqueueJob:
    """Put a job into the queue; JobEnqueued or EnqueueFailed follows."""

    task: Task
    export_id: str


@dataclass(frozen=True, slots=True)
class PollJob:
    """Ask for a job's status, or look into the job list; JobPolled or PollFailed follows."""

    task: Task
    export_id: str
    in_list: bool


@dataclass(frozen=True, slots=True)
class CancelJob:
    """End a job that nobody will read; JobCancelled follows."""

    export_id: str


@dataclass(frozen=True, slots=True)
class AskExistingPrograms:
    """Ask which programs are gone; ProgramsExist or WorkerCrashed follows."""

    task: Task
    program_ids: Sequence[int]


@dataclass(frozen=True, slots=True)
class AskExportableFields:
    """Ask which fields can be exported; FieldsExist follows."""

    task: Task


@dataclass(frozen=True, slots=True)
class CheckForChanges:
    """Ask whether any member of a program changed; ChangesFound follows."""

    program_id: int
    since: datetime
    until: datetime


ApiAction = (
    CreateJob
    | EnqueueJob
    | PollJob
    | CancelJob
    | AskExistingPrograms
    | AskExportableFields
    | CheckForChanges
)


# For the download worker


@dataclass(frozen=True, slots=True)
class DownloadFile:
    """Transfer and verify a completed job's file; FileVerified or FileRejected follows."""

    task: Task
    job: ExportJob
    slice: ExportSlice
    fields: Sequence[str]


# For the main thread


@dataclass(frozen=True, slots=True)
class SaveState:
    """Write a STATE; StateSaved follows."""

    generation: int
    bookmark: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class WriteExport:
    """Write the rows of a verified file; ExportWritten follows."""

    task: Task


@dataclass(frozen=True, slots=True)
class Finish:
    """The run is over, with what went wrong."""

    error: BaseException | None = None


MainAction = SaveState | WriteExport | Finish
Action = ApiAction | DownloadFile | MainAction


# Events


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
class ChangesFound:
    """Whether any member of a program changed."""

    program_id: int
    changed: bool


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
    """The STATE of this generation is out."""

    generation: int


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
    | ChangesFound
    | FileVerified
    | FileRejected
    | ExportWritten
    | StateSaved
    | WorkerCrashed
)
