"""The queue that all export jobs share: timing, slots, retention.

Adobe: Bulk Extract. Everything happens at instants of the calendar and is
worked off by `run_due_events`, so the outcome does not depend on who looked
when. It knows no HTTP.
"""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, NoReturn

from marketo_sandbox.clock import DAY
from marketo_sandbox.errors import refuse
from marketo_sandbox.exports.corruption import corrupted
from marketo_sandbox.exports.jobs import (
    CANCELLED,
    COMPLETED,
    CREATED,
    FAILED,
    PROCESSING,
    QUEUED,
    TERMINAL,
    Job,
    JobStatus,
)
from marketo_sandbox.exports.rendering import Rendered, measured, render

if TYPE_CHECKING:
    from collections.abc import Callable

    from marketo_sandbox.clock import Clock
    from marketo_sandbox.exports.quota import ExportQuota
    from marketo_sandbox.faults import Fault
    from marketo_sandbox.knobs import Knobs


# Looking for what is too old takes its time with thousands of jobs.
_EXPIRE_EVERY = 60.0

# Files of more rows are made in a thread, so that the server goes on answering.
_ROWS_AT_ONCE = 20_000


class JobQueue:
    """All jobs of the subscription, ours and the invisible ones of others."""

    def __init__(self, clock: Clock, knobs: Knobs, quota: ExportQuota) -> None:
        self._clock = clock
        self._knobs = knobs
        self.quota = quota
        self.jobs: dict[str, Job] = {}
        self.peaks: dict[str, int] = {}
        self._active: dict[str, Job] = {}
        self._expired_at = 0.0
        self._free_since = 0.0
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="sandbox-export")

    def close(self) -> None:
        """Drop all jobs and their files."""
        self._pool.shutdown(wait=True, cancel_futures=True)
        for job in self.jobs.values():
            job.path.unlink(missing_ok=True)
        self.jobs, self._active = {}, {}

    def _among(self, *states: str) -> list[Job]:
        found = [job for job in self._active.values() if job.current.status in states]
        return sorted(found, key=lambda job: job.current.queued_at or 0.0)

    def busy(self) -> int:
        """Slots in use, by everyone."""
        return len(self._among(QUEUED, PROCESSING)) + int(self._knobs.number("neighbour_jobs"))

    def check_slots(self) -> None:
        """Refuse when the queue is full. The text with the number is from a public client."""
        slots = int(self._knobs.number("queue_slots"))
        if self.busy() >= slots:
            refuse("1029", f"Too many jobs ({slots}) in queue")

    def add(self, job: Job) -> None:
        """A job that was just created."""
        job.become(job.created_at, JobStatus(CREATED), touched=True)
        self.jobs[job.export_id] = job

    def enqueue(self, job: Job, now: float) -> None:
        """Put a created job into the queue."""
        if job.current.status != CREATED:
            _refuse_again(job.current.status, self._knobs.choice("repeated_enqueue"))
        self.quota.check(now)
        self.check_slots()
        job.become(now, JobStatus(QUEUED, queued_at=now), touched=True)
        self._active[job.export_id] = job
        mine = sum(1 for other in self._active.values() if other.client_id == job.client_id)
        self.peaks[job.client_id] = max(self.peaks.get(job.client_id, 0), mine)

    def cancel(self, job: Job, now: float, *, by_owner: bool = True) -> None:
        """Cancel a job that has not ended."""
        if job.current.status in TERMINAL:
            refuse("1029", f"Job already {job.current.status.lower()}")
        status = JobStatus(
            CANCELLED, queued_at=job.current.queued_at, started_at=job.current.started_at
        )
        self._end(job, now, status, touched=by_owner)

    def fail(self, job: Job, now: float, error: str) -> None:
        """Let a job fail."""
        known = job.current
        started = known.started_at if known.started_at is not None else now
        status = JobStatus(FAILED, known.queued_at or now, started, now, error=error)
        self._end(job, now, status)

    def _end(self, job: Job, at: float, status: JobStatus, *, touched: bool = False) -> None:
        job.become(at, status, touched=touched)
        self._active.pop(job.export_id, None)
        self._free_since = max(self._free_since, at)

    def freed(self, now: float) -> None:
        """A slot may have become free for a reason outside the queue."""
        self._free_since = max(self._free_since, now)

    def run_due_events(self, now: float, *, wait: bool = False) -> None:
        """Let everything happen that was due by now; `wait` for files in the making."""
        while True:
            events = (self._next_end(wait=wait), self._next_start())
            due = [event for event in events if event]
            if not due:
                break
            at, act = min(due, key=lambda event: event[0])
            if at > now:
                break
            act(at)
        self._expire(now)

    def _next_start(self) -> tuple[float, Callable[[float], None]] | None:
        running = len(self._among(PROCESSING))
        slots = int(self._knobs.number("processing_slots"))
        # Others' jobs come and go: they leave us one slot, however many they are.
        others = min(int(self._knobs.number("neighbour_jobs")), max(0, slots - 1))
        waiting = [job for job in self._among(QUEUED) if job.stuck_in() != QUEUED]
        if not waiting or running + others >= slots:
            return None
        first = waiting[0]
        minimum = self._clock.wait(self._knobs.number("job_seconds_queued"))
        at = max((first.current.queued_at or 0.0) + minimum, self._free_since)
        return at, lambda instant: self._start(first, instant)

    def _next_end(self, *, wait: bool) -> tuple[float, Callable[[float], None]] | None:
        work = self._clock.wait(self._knobs.number("job_seconds_processing"))
        ends = []
        for job in self._among(PROCESSING):
            if job.stuck_in() == PROCESSING or job.future is None:
                continue
            at = (job.current.started_at or 0.0) + work
            if wait or job.future.done():
                ends.append((at, job))
        if not ends:
            return None
        at, first = min(ends, key=lambda end: end[0])
        return at, lambda instant: self._finish(first, instant)

    def _start(self, job: Job, at: float) -> None:
        """Begin processing: "the time the job begins processing" decides what is selected."""
        job.become(at, JobStatus(PROCESSING, queued_at=job.current.queued_at, started_at=at))
        plan = job.plan_at(at)
        if plan.expected_rows() > _ROWS_AT_ONCE:
            job.future = self._pool.submit(render, plan, job.path)
        else:
            job.future = Future()
            job.future.set_result(render(plan, job.path))

    def _finish(self, job: Job, at: float) -> None:
        if job.future is None:
            return
        made = job.future.result()
        queued, started = job.current.queued_at, job.current.started_at
        ending = None if job.ending is None else job.ending.kind
        if job.ending is not None and ending == "job_failed":
            error = job.ending.text("errorMsg", "Internal error")
            self._end(job, at, JobStatus(FAILED, queued, started, at, error=error))
            return
        if ending == "job_cancelled":
            self._end(job, at, JobStatus(CANCELLED, queued, started))
            return
        if job.file_fault is not None:
            made = _altered(job, job.file_fault)
        job.has_file = True
        self._end(
            job,
            at,
            JobStatus(COMPLETED, queued, started, at, made.records, made.size, made.checksum),
        )
        if self._knobs.choice("export_quota_charge") == "completion":
            self.quota.charge(at, made.size)

    def forget(self, job: Job) -> None:
        """Drop a job with all that is known of it."""
        self.expire(job)
        self.jobs.pop(job.export_id, None)
        self._active.pop(job.export_id, None)

    def _expire(self, now: float) -> None:
        if now < self._expired_at + _EXPIRE_EVERY:
            return
        self._expired_at = now
        keep_file = self._knobs.number("file_retention_days") * DAY
        keep_status = self._knobs.number("status_retention_days") * DAY
        for job in list(self.jobs.values()):
            ended = job.current.finished_at
            if ended is None:
                continue
            if job.has_file and not job.expired and now > ended + keep_file:
                self.expire(job)
            if now > ended + keep_status:
                self.forget(job)

    def expire(self, job: Job) -> None:
        """Drop a job's file."""
        job.expired = True
        job.path.unlink(missing_ok=True)


def _refuse_again(state: str, style: str) -> NoReturn:
    """A job is enqueued once. Only the first of these wordings is public (knob U34)."""
    if style == "1003":
        refuse("1003", f"Invalid job status '{state}'")
    if style == "other_words":
        refuse("1029", f"Export job cannot be enqueued in status {state}")
    ended = state in {FAILED, CANCELLED}
    refuse("1029", f"Job already {state.lower() if ended else 'queued'}")


def _altered(job: Job, fault: Fault) -> Rendered:
    """Replace or corrupt a job's file; its figures match the new bytes unless overridden."""
    if fault.kind == "file_bytes":
        content = fault.bytes_of("base64")
    else:
        at = fault.args.get("at")
        mode = fault.text("mode", "flip")
        content = corrupted(job.path.read_bytes(), mode, at if isinstance(at, int) else None)
    job.path.write_bytes(content)
    made = measured(content)
    return Rendered(
        int(fault.number("numberOfRecords", made.records)),
        int(fault.number("fileSize", made.size)),
        fault.text("fileChecksum", made.checksum),
    )
