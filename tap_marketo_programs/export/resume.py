"""Resumes the jobs of an earlier run, or drops them where they no longer fit.

Pure: what Marketo says of the jobs is handed in.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from tap_marketo_programs.export import refusals
from tap_marketo_programs.export.job import ExportJob, ExportStatus
from tap_marketo_programs.export.ledger import digest
from tap_marketo_programs.export.member_filter import asked_for
from tap_marketo_programs.export.tasks import Kind, Phase, Task

if TYPE_CHECKING:
    from collections.abc import Collection

    from tap_marketo_programs.export.actions import Now
    from tap_marketo_programs.export.ledger import InFlight
    from tap_marketo_programs.export.member_filter import MemberFilter
    from tap_marketo_programs.export.work import Work

# A job of an earlier run that is still not done after so long never will be.
MAX_RUNNING_AGE = timedelta(days=1)


def note_unsaid_rows(work: Work) -> None:
    """What a killed run wrote last, no STATE says: any job of its may be written already.

    Whatever becomes of these jobs, their programs may have rows without a refused field.
    """
    for flight in work.ledger.in_flight.values():
        work.ledger.may_be_written(flight.slice, flight.without)


def needs_fields(work: Work, flight: InFlight) -> bool:
    """Whether it takes the exportable fields to tell whether a job still fits."""
    return _may_fit(work, flight) and flight.fields not in {
        _digest(work, flight, work.fields),
        _digest(work, flight, _left(work, flight.without)),
    }


def fits(work: Work, flight: InFlight, exportable: Collection[str] | None) -> bool:
    """Whether a job was asked for all that is wanted now and can be had.

    Args:
        work: The run.
        flight: The job.
        exportable: The fields that Marketo describes, where `needs_fields` says so.
    """
    if not _may_fit(work, flight):
        return False
    if flight.fields == _digest(work, flight, work.fields):
        return True
    # Marketo refused them although it describes them, and would do so again.
    left = _left(work, flight.without)
    if flight.fields != _digest(work, flight, left) and exportable is not None:
        left = [name for name in work.fields if name in exportable]
    if flight.fields != _digest(work, flight, left):
        return False
    refusals.drop_fields(work, set(work.fields) - set(left))
    return True


def _may_fit(work: Work, flight: InFlight) -> bool:
    request = work.request
    if flight.client != request.client:
        return False
    # Without program_ids, a program that is not wanted any more was deleted.
    if request.restricted and not set(request.program_ids).issuperset(flight.slice.program_ids):
        return False
    if request.members and _members(work, flight) is None:
        return False
    return not (request.full_table and (flight.slice.window or flight.slice.min_updated_at))


def _members(work: Work, flight: InFlight) -> MemberFilter | None:
    """The members that are wanted now of a job's programs; None wants all, or not the same."""
    wanted = work.request.members
    return wanted.filter_of(flight.slice.program_ids) if wanted else None


def _digest(work: Work, flight: InFlight, fields: Collection[str]) -> str:
    """The digest of a job that is asked for these fields of its programs now."""
    return digest(asked_for(fields, _members(work, flight)))


def _left(work: Work, without: Collection[str]) -> list[str]:
    return [name for name in work.fields if name not in without]


def resume_job(work: Work, flight: InFlight, job: ExportJob | None, silence: str, now: Now) -> None:
    """Go on with a job of an earlier run.

    Args:
        work: The run.
        flight: The job, which fits.
        job: What Marketo says of it; None where it does not say.
        silence: Why its own status cannot be had, if so.
        now: The time.
    """
    # It fits, so it has the fields that are exported now; others may be wanted than before.
    without = tuple(name for name in work.request.fields if name not in work.fields)
    work.ledger.created(replace(flight, without=without))
    kind = Kind.BACKFILL if flight.is_backfill else Kind.INCREMENT
    # Should it fail, the next one is asked for the same members.
    wanted = replace(flight.slice, members=_members(work, flight))
    task = Task(wanted, Phase.RUNNING, kind, is_resumed=True)
    task.take_job(job or ExportJob(flight.export_id, ExportStatus.PROCESSING))
    task.silence = silence
    if job is not None:
        if _is_over(job, now):
            work.say.info("Export %s of an earlier run is %s", job.export_id, job.status)
            abandon(work, flight, running=job.status.is_running)
            return
        task.phase = _phase(job)
        if job.status is ExportStatus.COMPLETED:
            work.quota.completed(job, is_increment=task.is_increment)
    task.deadline = now.seconds + work.settings.timeout
    work.tasks.tasks.append(task)
    said = job.status if job else "not listed"
    work.say.info("Export %s of an earlier run is %s; going on", flight.export_id, said)


def _is_over(job: ExportJob, now: Now) -> bool:
    """Whether a job of an earlier run will never be done."""
    # It may have been created long before it was enqueued.
    since = job.queued_at or job.created_at
    too_old = since is not None and now.calendar - since > MAX_RUNNING_AGE
    return job.status.is_dead or (job.status.is_running and too_old)


def _phase(job: ExportJob) -> Phase:
    if job.status is ExportStatus.COMPLETED:
        return Phase.COMPLETED
    return Phase.CREATED if job.status is ExportStatus.CREATED else Phase.RUNNING


def abandon(work: Work, flight: InFlight, *, running: bool = True) -> None:
    """Forget a job; free its place in the queue if it is ours to free."""
    work.ledger.dropped(flight.export_id)
    if running and flight.client == work.request.client:
        work.cancels.append(flight.export_id)
