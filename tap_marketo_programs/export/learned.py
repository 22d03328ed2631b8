"""What this API user's jobs of seven days tell of the jobs to come.

Pure. The list of jobs does not show what a job was asked for. So jobs are told apart by when
they were created and by how many rows they brought: a pause of an hour separates two runs,
and the run with the largest jobs is taken for the one that brought histories. It must not
know what is planned, nor how the list was fetched.

Figures are medians, so that one odd job counts for little; what is missing in a job is
passed over. Only rows a job of an increment are a mean over each run: most jobs bring nearly
nothing and a few bring nearly all, and what matters is what they bring together.

Source of the fields: "Get Export Program Member Jobs" of
https://experienceleague.adobe.com/en/docs/marketo-developer/marketo/rest/bulk-extract/bulk-program-member-extract
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass, replace
from datetime import timedelta
from operator import itemgetter
from statistics import median, median_grouped
from typing import TYPE_CHECKING

from tap_marketo_programs.export.job import ExportStatus

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tap_marketo_programs.export.job import ExportJob

# Between two jobs of one run; one that is created later is of another.
PAUSE = timedelta(hours=1)
# Jobs that Marketo works on at once, for all integrations (Adobe: Bulk Extract, "Limits").
PROCESSING_SLOTS = 2


# The largest header and row of a file of keys: `programId,leadId` with quotes, a mark in front
# and CRLF, and two ids. Those of members have a date more: 27 bytes and 25 at least.
MAX_KEYS_HEADER = 26
MAX_KEYS_ROW = 24
# A guess, for as long as no job tells: the bytes of a row of keys.
KEYS_ROW = 14


@dataclass(frozen=True, slots=True)
class Learned:
    """Figures of earlier jobs; what no job tells is None.

    Args:
        jobs: Completed jobs that were looked at.
        runs: Into how many runs they fall.
        bytes_a_row: Of a file, without its header.
        seconds_a_job: From start to finish.
        seconds_waited: In the queue, besides waiting for other jobs of ours.
        history_rows: Rows of a job that brought histories.
        increment_rows: Rows of a job that brought increments.
        increment_empty: Of the jobs that brought increments, the share that brought no row.
        history_bytes: The largest file of a history.
        increment_bytes: The largest file of an increment.
    """

    jobs: int = 0
    runs: int = 0
    bytes_a_row: float | None = None
    seconds_a_job: float | None = None
    seconds_waited: float | None = None
    history_rows: float | None = None
    increment_rows: float | None = None
    increment_empty: float = 0.0
    history_bytes: int | None = None
    increment_bytes: int | None = None


def learn(listed: Iterable[ExportJob], header_bytes: int = 0) -> Learned:
    """What jobs tell.

    Args:
        listed: Jobs of the past seven days, in any order and of any status.
        header_bytes: How long the first line of a file is.
    """
    jobs = [job for job in listed if job.status is ExportStatus.COMPLETED]
    found = runs(jobs)
    histories = max(found, key=_typical_rows, default=[])
    increments = [run for run in found if run is not histories]
    shares = [
        (job.file_size - header_bytes) / job.number_of_records
        for job in jobs
        if job.number_of_records and job.file_size is not None
    ]
    later = [count for run in increments for count in _rows(run)]
    brought = [sum(rows) / len(rows) for run in increments if (rows := _rows(run))]
    return Learned(
        jobs=len(jobs),
        runs=len(found),
        bytes_a_row=max(0.0, median(shares)) if shares else None,
        seconds_a_job=_middle(_seconds(jobs)),
        seconds_waited=_middle(_waits(jobs)),
        history_rows=median(_rows(histories)) if _rows(histories) else None,
        increment_rows=median(brought) if brought else None,
        increment_empty=later.count(0) / len(later) if later else 0.0,
        history_bytes=largest(histories),
        increment_bytes=largest([job for run in increments for job in run]),
    )


def alike(jobs: Iterable[ExportJob], *, of_keys: bool) -> list[ExportJob]:
    """The jobs of one of the two streams that export: of keys, or of members.

    What one brings says nothing of the other. The list does not show which fields a job was
    asked for, but a file of keys is so small that it can be nothing else.
    """
    return [job for job in jobs if is_of_keys(job) is of_keys]


def is_of_keys(job: ExportJob) -> bool:
    """Whether a job exported keys alone; one without a size counts as of members."""
    if not job.file_size or job.number_of_records is None:
        return False
    return job.file_size <= MAX_KEYS_HEADER + MAX_KEYS_ROW * job.number_of_records


def learn_of_keys(listed: Iterable[ExportJob], header_bytes: int = 0) -> Learned:
    """What jobs tell of exports of keys; where none brought any, what those of members do.

    The keys of a program are as many as the rows of its history, and jobs wait in one queue.
    """
    jobs = list(listed)
    found = learn(alike(jobs, of_keys=True), header_bytes)
    if found.bytes_a_row is not None:
        return found
    members = learn(alike(jobs, of_keys=False))
    return replace(members, bytes_a_row=KEYS_ROW, history_bytes=None, increment_bytes=None)


def runs(jobs: Iterable[ExportJob]) -> list[list[ExportJob]]:
    """Jobs by the run that created them, oldest first; one without a time belongs to none."""
    found: list[list[ExportJob]] = []
    last = None
    dated = [(job.created_at, job) for job in jobs if job.created_at is not None]
    for at, job in sorted(dated, key=itemgetter(0)):
        if last is None or at - last > PAUSE:
            found.append([])
        found[-1].append(job)
        last = at
    return found


def largest(jobs: Iterable[ExportJob]) -> int | None:
    """Bytes of the largest file; None where no job tells its size."""
    return max((job.file_size for job in jobs if job.file_size is not None), default=None)


def _rows(jobs: Iterable[ExportJob]) -> list[int]:
    return [job.number_of_records for job in jobs if job.number_of_records is not None]


def _typical_rows(jobs: Sequence[ExportJob]) -> float:
    rows = _rows(jobs)
    return median(rows) if rows else 0.0


def _seconds(jobs: Iterable[ExportJob]) -> list[float]:
    """From start to finish."""
    return [
        seconds
        for job in jobs
        if job.started_at
        and job.finished_at
        and (seconds := (job.finished_at - job.started_at).total_seconds()) >= 0
    ]


def _waits(jobs: Iterable[ExportJob]) -> list[float]:
    """Seconds in the queue that jobs of ours do not explain.

    A job cannot start before all but one of those that started earlier are finished.
    """
    timed = sorted(
        (job.started_at, job.queued_at, job.finished_at)
        for job in jobs
        if job.queued_at and job.started_at and job.finished_at
    )
    latest: list[float] = []
    waits = []
    for started, queued, finished in timed:
        ready = queued.timestamp()
        if len(latest) == PROCESSING_SLOTS:
            ready = max(ready, min(latest[0], started.timestamp()))
        waits.append(max(0.0, started.timestamp() - ready))
        heapq.heappush(latest, finished.timestamp())
        if len(latest) > PROCESSING_SLOTS:
            heapq.heappop(latest)
    return waits


def _middle(seconds: Sequence[float]) -> float | None:
    """The median of times that are known to whole seconds."""
    return max(0.0, median_grouped(seconds, interval=1)) if seconds else None
