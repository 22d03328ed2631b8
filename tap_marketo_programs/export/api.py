"""The remote verbs of Bulk Program Member Extract, one method each.

It must not know when to call them: that is the runner's business.

Source of every method:
https://experienceleague.adobe.com/en/docs/marketo-developer/marketo/rest/bulk-extract/bulk-program-member-extract
"""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from tap_marketo_programs.errors import AnswerError, BrokenAnswer
from tap_marketo_programs.export.job import ExportJob, ExportStatus, valid_export_id
from tap_marketo_programs.marketo.envelope import rows, skip_reason

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence
    from contextlib import AbstractContextManager
    from datetime import datetime

    import requests

    from tap_marketo_programs.export.slices import ExportSlice
    from tap_marketo_programs.marketo.client import MarketoClient

logger = logging.getLogger(__name__)

BASE = "/bulk/v1/program/members/export"
LIST_PAGE = 300
# A page token that never ends would otherwise keep a listing going for ever.
MAX_LIST_PAGES = 100


class ExportApi:
    """The export endpoints of one API user.

    Args:
        client: Sends everything.
    """

    def __init__(self, client: MarketoClient) -> None:
        self._client = client
        self.clock = client.clock

    def now(self) -> datetime:
        """The earlier of Marketo's clock and ours: no job's day or age is overrated by it."""
        return self._client.now()

    def create(
        self,
        wanted: ExportSlice,
        fields: Sequence[str],
        known: Collection[str] = (),
        *,
        one_program: bool = False,
    ) -> ExportJob:
        """Create a job ("Creating a Job"); it waits until it is enqueued.

        A create must not simply be repeated: when its answer is lost, the job
        it may have made is looked for first.

        Args:
            wanted: Programs and window.
            fields: REST names, in the order of the columns.
            known: Ids of jobs that cannot be the lost one.
            one_program: Use the filter `programId`, see `ExportSlice.filter`.

        Raises:
            AnswerError: Marketo refuses, or its answer was lost and no job was
                made (`in_doubt`).
        """
        asked = self.clock.monotonic()
        chosen = wanted.filter(one_program=one_program)
        body = {"format": "CSV", "fields": list(fields), "filter": chosen}
        try:
            path, read = f"{BASE}/create.json", partial(_the_job, "create", None)
            return self._client.read("POST", path, read, body=body, repeatable=False)
        except AnswerError as error:
            if not error.in_doubt:
                raise
            logger.info("%s; looking for the job it may have created", error)
            found = self._created_since(asked, known)
            # Two candidates cannot be told apart: a listing does not show what
            # a job was asked for, and another process may share the API user.
            if len(found) != 1:
                raise
            return replace(found[0], adopted=True)

    def _created_since(self, asked: float, known: Collection[str]) -> list[ExportJob]:
        """Jobs that were created after a moment of the monotonic clock and never enqueued."""
        jobs = list(self.jobs([ExportStatus.CREATED]))
        ago = timedelta(seconds=self.clock.monotonic() - asked)
        # By Marketo's clock, which dated the jobs; it shows whole seconds.
        earliest = self._client.marketo_time() - ago - timedelta(seconds=2)
        return [
            job
            for job in jobs
            if job.export_id not in known
            and job.status is ExportStatus.CREATED
            and job.created_at is not None
            and job.created_at >= earliest
        ]

    def enqueue(self, export_id: str) -> ExportJob:
        """Put a created job into the queue ("Starting a Job").

        Raises:
            QueueFull: Ten jobs, whoever's, are there already.
            AlreadyQueued: It was put there before; this means success.
            DailyQuotaExceeded: No more megabytes today.
        """
        return self._job("POST", export_id, "enqueue")

    def status(self, export_id: str) -> ExportJob:
        """What became of a job ("Polling Job Status"); refreshed once a minute.

        Raises:
            AnswerError: Among others, when Marketo does not know the job (any more).
        """
        return self._job("GET", export_id, "status")

    def cancel(self, export_id: str) -> ExportJob:
        """End a job that is not wanted any more ("Cancelling a Job")."""
        return self._job("POST", export_id, "cancel")

    def jobs(self, statuses: Collection[ExportStatus]) -> Iterator[ExportJob]:
        """This API user's jobs of the past seven days, as far as they can be read."""
        unreadable = 0
        for row in self.entries(statuses):
            if (job := _readable(row)) is not None:
                yield job
            else:
                unreadable += 1
        if unreadable:
            logger.warning("Entries of the list of export jobs cannot be read (%d)", unreadable)

    def entries(self, statuses: Collection[ExportStatus]) -> Iterator[Any]:
        """The same list, entry by entry as Marketo wrote it ("Get Export Program Member Jobs").

        A job that is created meanwhile may move another one to the next answer, so one may
        come twice.
        """
        params: dict[str, Any] = {
            "status": ",".join(status.lower() for status in statuses),
            "batchSize": LIST_PAGE,
        }
        for _ in range(MAX_LIST_PAGES):
            # An entirely empty body has been met here, and means "no jobs" (singer-io/tap-marketo).
            answer = self._client.look(f"{BASE}.json", params)
            found = rows(answer)
            yield from found
            token = answer.get("nextPageToken")
            is_token = isinstance(token, str | int) and token and found
            if not is_token or token == params.get("nextPageToken"):
                return
            params["nextPageToken"] = token

    def find(self, export_id: str) -> ExportJob | None:
        """A job of the past seven days as the job list shows it; None where it does not."""
        listed = self.jobs(list(ExportStatus))
        return next((job for job in listed if job.export_id == export_id), None)

    def open_file(
        self,
        export_id: str,
        start: int = 0,
    ) -> AbstractContextManager[requests.Response]:
        """Open a completed job's file from a byte on ("Retrieving Your Data").

        Raises:
            FileUnavailable: The job has no file.
        """
        return self._client.open_file(f"{BASE}/{valid_export_id(export_id)}/file.json", start)

    def _job(self, method: str, export_id: str, verb: str) -> ExportJob:
        path = f"{BASE}/{valid_export_id(export_id)}/{verb}.json"
        return self._client.read(method, path, partial(_the_job, verb, export_id))


def _readable(row: object) -> ExportJob | None:
    """The job of one entry; None where it names none, or is Marketo's word on why not."""
    if not isinstance(row, dict) or skip_reason(row):
        return None
    try:
        return ExportJob.from_wire(row)
    except BrokenAnswer:
        return None


def _the_job(verb: str, export_id: str | None, answer: Sequence[object]) -> ExportJob:
    """The job that was asked for, or the first one where it has yet to get its id.

    Raises:
        BrokenAnswer: The answer is about another job, or about none.
    """
    entries = [entry for entry in answer if isinstance(entry, dict) and not skip_reason(entry)]
    if export_id is not None and len(entries) == 1 and entries[0].get("exportId") is None:
        # Asked for by its id, and the only one: its name may be missing.
        entries = [{**entries[0], "exportId": export_id}]
    for job in filter(None, map(_readable, entries)):
        if export_id is None:
            return job
        if job.export_id.casefold() == export_id.casefold():
            return replace(job, export_id=export_id)
    message = f"Marketo answered an export job's {verb} without naming the job"
    raise BrokenAnswer(message, in_doubt=True)
