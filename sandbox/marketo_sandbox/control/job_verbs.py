"""Verbs that look at export jobs, and end them from outside."""

from __future__ import annotations

from typing import TYPE_CHECKING

from marketo_sandbox.control.verb_group import VerbGroup
from marketo_sandbox.data.world import NotFound
from marketo_sandbox.endpoints.job_row import all_keys, shown_status

if TYPE_CHECKING:
    from marketo_sandbox.control.verb_group import Answer
    from marketo_sandbox.exports.jobs import Job


class JobVerbs(VerbGroup):
    """Export jobs."""

    def get_jobs(self) -> Answer:
        """All jobs, with their true state and the one a status call shows."""
        self._subscription.run_due_events()
        return [self._job_row(job) for job in self._subscription.queue.jobs.values()]

    def do_cancel(self, export_id: str) -> Answer:
        """Somebody else cancels a job: its owner sees it at the next status refresh."""
        job = self._job(export_id)
        self._subscription.queue.cancel(job, self._subscription.clock.now(), by_owner=False)
        return self._job_row(job)

    def do_fail(self, export_id: str, errorMsg: str = "Internal error") -> Answer:  # noqa: N803  # Marketo's own spelling
        """Let a job fail."""
        job = self._job(export_id)
        self._subscription.queue.fail(job, self._subscription.clock.now(), errorMsg)
        return self._job_row(job)

    def do_expire(self, export_id: str) -> Answer:
        """Drop a job's file, as after seven days."""
        job = self._job(export_id)
        self._subscription.queue.expire(job)
        return self._job_row(job)

    def do_forget(self, export_id: str) -> Answer:
        """Forget a job, as after thirty days."""
        job = self._job(export_id)
        self._subscription.queue.forget(job)
        return {}

    def _job(self, export_id: str) -> Job:
        self._subscription.run_due_events()
        if export_id not in self._subscription.queue.jobs:
            message = f"no job {export_id}"
            raise NotFound(message)
        return self._subscription.queue.jobs[export_id]

    def _job_row(self, job: Job) -> dict[str, object]:
        seen = shown_status(self._subscription, job, self._subscription.clock.now())
        return {
            **all_keys(job, job.current),
            "seenStatus": seen.status,
            "client_id": job.client_id,
            "request": job.request,
            "expired": job.expired,
            "fate": job.ending.shown() if job.ending else None,
        }
