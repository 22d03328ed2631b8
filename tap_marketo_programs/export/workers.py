"""Perform one action after the other and report what came of each.

A worker decides nothing. It must not know the scheduler, only whom to take actions from
and report to.
"""

from __future__ import annotations

import contextlib
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tap_marketo_programs.errors import (
    AlreadyQueued,
    AnswerError,
    ExportError,
    FileUnavailable,
    MarketoTransientError,
    PermissionDenied,
    RequestRefused,
)
from tap_marketo_programs.export import actions, events
from tap_marketo_programs.export.actions import Worker
from tap_marketo_programs.export.job import ExportStatus
from tap_marketo_programs.export.status_probe import ask_status_names

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from tap_marketo_programs.export.api import ExportApi
    from tap_marketo_programs.export.coordinator import Coordinator
    from tap_marketo_programs.export.job import ExportJob
    from tap_marketo_programs.export.verify import Verifier
    from tap_marketo_programs.marketo.changes import ProgramChanges
    from tap_marketo_programs.marketo.describe import MemberDescription
    from tap_marketo_programs.marketo.programs import ProgramDirectory

logger = logging.getLogger(__name__)

# Programs in a row of which Marketo does not tell whether they exist: then it is an outage.
MAX_UNANSWERED = 3


@dataclass(frozen=True, slots=True)
class Remote:
    """What a run speaks to Marketo through.

    Args:
        api: The remote verbs of exports.
        programs: Which programs there are.
        changes: Whether any member of a program changed.
        description: Which fields can be exported.
    """

    api: ExportApi
    programs: ProgramDirectory
    changes: ProgramChanges
    description: MemberDescription


class ApiWorker:
    """Creates, enqueues, polls, cancels and asks.

    Args:
        coordinator: Hands out actions.
        remote: What to speak to Marketo through.
        when_idle: Called when there is nothing to do for a while.
        when_completed: Called with each job that is found completed.
    """

    def __init__(
        self,
        coordinator: Coordinator,
        remote: Remote,
        when_idle: Callable[[], None] = lambda: None,
        when_completed: Callable[[ExportJob], None] = lambda _: None,
    ) -> None:
        self._coordinator = coordinator
        self._api = remote.api
        self._remote = remote
        self._when_idle = when_idle
        self._when_completed = when_completed

    def run(self) -> None:
        """Work until nothing is left to do; whatever goes wrong is reported."""
        coordinator = self._coordinator
        try:
            while True:
                action = coordinator.take(Worker.API, wait=False)
                if action is None:
                    self._when_idle()
                    action = coordinator.take(Worker.API)
                if action is None:
                    return
                coordinator.report(self.perform(action))
        except BaseException as error:  # noqa: BLE001 - carried over to the main thread
            coordinator.report(events.WorkerCrashed(error))

    def perform(self, action: actions.Action) -> events.Event:  # noqa: PLR0911 - a case each
        """Do one thing; what came of it."""
        match action:
            case actions.CreateJob():
                return self._create(action)
            case actions.EnqueueJob():
                return self._enqueue(action)
            case actions.PollJob():
                return self._poll(action)
            case actions.CancelJob():
                # A job that nobody will read, if it is still there to be ended.
                with contextlib.suppress(AnswerError):
                    self._api.cancel(action.export_id)
                return events.JobCancelled(action.export_id)
            case actions.AskExistingPrograms():
                return events.ProgramsExist(action.task, self._gone(action.program_ids))
            case actions.AskExportableFields():
                return events.FieldsExist(action.task, self._remote.description.exportable_fields())
            case actions.AskStatusNames():
                return ask_status_names(self._api, action)
        message = f"not an action of this worker: {type(action).__name__}"
        raise TypeError(message)

    def _create(self, action: actions.CreateJob) -> events.Event:
        try:
            job = self._api.create(
                action.slice, action.fields, action.known, one_program=action.one_program
            )
        except PermissionDenied:
            raise
        except AnswerError as error:
            return events.CreateFailed(action.task, error)
        return events.JobCreated(action.task, job)

    def _enqueue(self, action: actions.EnqueueJob) -> events.Event:
        try:
            self._api.enqueue(action.export_id)
        except AlreadyQueued:
            pass
        except PermissionDenied:
            raise
        except AnswerError as error:
            return events.EnqueueFailed(action.task, error)
        return events.JobEnqueued(action.task)

    def _poll(self, action: actions.PollJob) -> events.Event:
        look = self._api.find if action.in_list else self._api.status
        try:
            job = look(action.export_id)
        except PermissionDenied:
            raise
        except AnswerError as error:
            return events.PollFailed(action.task, error)
        if job is not None and job.status is ExportStatus.COMPLETED:
            self._when_completed(job)
        return events.JobPolled(action.task, job)

    def _gone(self, program_ids: Collection[int]) -> list[int]:
        """The programs that were deleted; one of which Marketo does not tell is still there.

        Raises:
            MarketoTransientError: It tells of none.
        """
        gone: list[int] = []
        in_a_row = 0
        for program_id in program_ids:
            try:
                if not self._remote.programs.exists(program_id):
                    gone.append(program_id)
                in_a_row = 0
            except MarketoTransientError:
                in_a_row += 1
                if in_a_row >= min(MAX_UNANSWERED, len(program_ids)):
                    raise
        return gone


class ChangesWorker:
    """Asks programs for changes.

    Args:
        coordinator: Hands out actions.
        changes: Asks Marketo.
        when_asked: Called before each program that is asked.
    """

    def __init__(
        self,
        coordinator: Coordinator,
        changes: ProgramChanges,
        when_asked: Callable[[], None] = lambda: None,
    ) -> None:
        self._coordinator = coordinator
        self._changes = changes
        self._when_asked = when_asked

    def run(self) -> None:
        """Work until nothing is left to do; whatever goes wrong is reported."""
        _perform_all(self._coordinator, Worker.CHANGES, self.perform)

    def perform(self, action: actions.CheckForChanges) -> events.Event:
        """Ask one program; what came of it."""
        program_id = action.program_id
        self._when_asked()
        try:
            changed = self._changes.any_between(program_id, action.since, action.until)
        except (RequestRefused, MarketoTransientError, PermissionDenied) as error:
            return events.ChangesUntold(program_id, error)
        return events.ChangesFound(program_id, changed)


class DownloadWorker:
    """Transfers and verifies files.

    Args:
        coordinator: Hands out actions.
        verifier: Fetches files and proves them.
    """

    def __init__(self, coordinator: Coordinator, verifier: Verifier) -> None:
        self._coordinator = coordinator
        self._verifier = verifier

    def run(self) -> None:
        """Work until nothing is left to do; whatever goes wrong is reported."""
        _perform_all(self._coordinator, Worker.DOWNLOAD, self.perform)

    def perform(self, action: actions.DownloadFile) -> events.Event:
        """Fetch one file; what came of it."""
        try:
            file = self._verifier.fetch(
                action.job,
                action.slice.program_ids,
                action.fields,
                is_adopted=action.task.is_adopted,
                snapshot_at=action.snapshot_at,
            )
        except (ExportError, FileUnavailable, MarketoTransientError) as error:
            return events.FileRejected(action.task, error)
        return events.FileVerified(action.task, file, file.size)


def _perform_all(
    coordinator: Coordinator, worker: Worker, perform: Callable[[Any], events.Event]
) -> None:
    """Take one action after the other; whatever goes wrong is reported."""
    try:
        while (action := coordinator.take(worker)) is not None:
            coordinator.report(perform(action))
    except BaseException as error:  # noqa: BLE001 - carried over to the main thread
        coordinator.report(events.WorkerCrashed(error))
