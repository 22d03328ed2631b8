"""What the scheduler wants done, each by one worker.

Plain values: this module must not know how anything is performed or decided.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime

    from tap_marketo_programs.export.job import ExportJob
    from tap_marketo_programs.export.slices import ExportSlice
    from tap_marketo_programs.export.tasks import Task


class Worker(Enum):
    """Who performs an action."""

    API = auto()  # creates, enqueues, polls, asks about jobs
    CHANGES = auto()  # asks programs for changes, several at once
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
class AskStatusNames:
    """Ask which of a slice's status names its program knows; StatusNamesTold follows."""

    task: Task
    create: CreateJob


ApiAction = (
    CreateJob
    | EnqueueJob
    | PollJob
    | CancelJob
    | AskExistingPrograms
    | AskExportableFields
    | AskStatusNames
)


# For those who ask programs for changes


@dataclass(frozen=True, slots=True)
class CheckForChanges:
    """Ask whether any member of a program changed; ChangesFound or ChangesUntold follows."""

    program_id: int
    since: datetime
    until: datetime


# For the download worker


@dataclass(frozen=True, slots=True)
class DownloadFile:
    """Transfer and verify a completed job's file; FileVerified or FileRejected follows."""

    task: Task
    job: ExportJob
    slice: ExportSlice
    fields: Sequence[str]
    snapshot_at: datetime | None = None


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
Action = ApiAction | CheckForChanges | DownloadFile | MainAction
