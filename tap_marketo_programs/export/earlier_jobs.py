"""Asks Marketo about the jobs of earlier runs, before this one creates any.

Which of them fit, and how they go on, is decided in `resume`. It must not know threads.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tap_marketo_programs.errors import AnswerError, MarketoTransientError, RequestRefused
from tap_marketo_programs.export import resume
from tap_marketo_programs.export.actions import Now
from tap_marketo_programs.export.job import ExportStatus
from tap_marketo_programs.export.progress import write_lines

if TYPE_CHECKING:
    from collections.abc import Collection

    from tap_marketo_programs.export.api import ExportApi
    from tap_marketo_programs.export.job import ExportJob
    from tap_marketo_programs.export.ledger import InFlight
    from tap_marketo_programs.export.work import Work
    from tap_marketo_programs.export.workers import Remote


def resume_all(work: Work, remote: Remote) -> None:
    """Go on with the jobs that the ledger names, or forget those that no longer fit."""
    exportable: Collection[str] | None = None
    resume.note_unsaid_rows(work)
    for flight in list(work.ledger.in_flight.values()):
        if exportable is None and resume.needs_fields(work, flight):
            exportable = remote.description.exportable_fields()
        if resume.fits(work, flight, exportable):
            _resume(work, remote.api, flight)
        else:
            work.say.info("Export %s of an earlier run no longer fits; dropped", flight.export_id)
            resume.abandon(work, flight)
        write_lines(work.say.take())
    # A job that was recreated stands behind younger ones in the ledger.
    work.tasks.tasks.sort(key=lambda task: task.slice.new_watermark)


def _resume(work: Work, api: ExportApi, flight: InFlight) -> None:
    """Ask what became of a job, and go on with it if it is there."""
    job: ExportJob | None
    silence = ""
    try:
        job = api.status(flight.export_id)
    except RequestRefused as error:
        work.say.info("Export %s of an earlier run is gone (%s)", flight.export_id, error)
        resume.abandon(work, flight)
        return
    except MarketoTransientError as error:
        silence = str(error)
        work.say.warning(
            "Export %s: its status cannot be had (%s); the list of jobs is asked instead",
            flight.export_id,
            error,
        )
        job = api.find(flight.export_id)
    now = Now(api.clock.monotonic(), api.now())
    resume.resume_job(work, flight, job, silence, now)


def count_used(work: Work, remote: Remote) -> None:
    """Learn what earlier runs exported today; necessary only with a quota to keep."""
    try:
        work.quota.used_before(remote.api.jobs([ExportStatus.COMPLETED]))
    except AnswerError:
        if work.settings.quota_mb is not None:
            raise
