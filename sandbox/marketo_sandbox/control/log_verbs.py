"""Verbs that tell what was asked: the request log and what is counted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from marketo_sandbox.control.verb_group import VerbGroup
from marketo_sandbox.http.tokens import CLIENT_ID

if TYPE_CHECKING:
    from marketo_sandbox.control.verb_group import Answer


class LogVerbs(VerbGroup):
    """Request log and counts."""

    def get_requests(self) -> Answer:
        """The request log."""
        return [entry.shown() for entry in self._subscription.request_log.entries]

    def delete_requests(self) -> Answer:
        """Forget the request log."""
        self._subscription.request_log.clear()
        return {}

    def get_stats(self) -> Answer:
        """Counts since the last reset or clearing of the log."""
        subscription = self._subscription
        now = subscription.run_due_events()
        counts = subscription.request_log.counts()
        return {
            "calls": counts,
            "total": sum(counts.values()),
            "errors": subscription.request_log.codes(),
            "creates": counts.get("export_create", 0),
            "jobs": len(subscription.queue.jobs),
            "max_jobs_at_once": subscription.queue.peaks.get(CLIENT_ID, 0),
            "max_jobs_at_once_by_client": subscription.queue.peaks,
            "max_concurrent": subscription.request_log.peak_in_flight,
            "max_calls_in_window": subscription.limits.peak_in_window,
            "quota_bytes_used": int(subscription.queue.quota.used_today(now)),
            "quota_bytes_by_day": {
                subscription.limits.day(began): size
                for began, size in subscription.queue.quota.by_day().items()
            },
            "calls_today": sum(subscription.limits.calls(subscription.limits.day(now)).values()),
            "calls_by_day": subscription.limits.calls_by_day(),
        }
