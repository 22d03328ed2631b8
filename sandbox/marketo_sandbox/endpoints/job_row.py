"""A job as answers show it, and the faults that misstate it.

Adobe: Bulk Extract. What a job is and when it moves on is in `exports`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from marketo_sandbox.clock import iso
from marketo_sandbox.errors import PlainRefusal

if TYPE_CHECKING:
    from marketo_sandbox.exports.jobs import Job, JobStatus
    from marketo_sandbox.faults import Fault
    from marketo_sandbox.subscription import Subscription


def all_keys(job: Job, status: JobStatus) -> dict[str, object]:
    """A job's keys in an answer. What is not known yet is absent, not null (recordings)."""
    times = {
        "createdAt": job.created_at,
        "queuedAt": status.queued_at,
        "startedAt": status.started_at,
        "finishedAt": status.finished_at,
    }
    row: dict[str, object] = {
        "exportId": job.export_id,
        "format": job.file_format,
        "status": status.status,
    }
    row |= {name: iso(at) for name, at in times.items() if at is not None}
    figures = {
        "numberOfRecords": status.records,
        "fileSize": status.size,
        "fileChecksum": status.checksum,
        "errorMsg": status.error,
    }
    return row | {name: value for name, value in figures.items() if value is not None}


def _with_misstated_figures(row: dict[str, object], faults: list[Fault]) -> dict[str, object]:
    """Apply the faults that misstate a finished file."""
    names = {
        "wrong_checksum": ("fileChecksum", "sha256:" + "0" * 64),
        "wrong_size": ("fileSize", 1),
        "wrong_records": ("numberOfRecords", 999_999),
    }
    for fault in faults:
        if fault.kind == "missing_verdict":
            for name in ("fileChecksum", "fileSize", "numberOfRecords"):
                row.pop(name, None)
        else:
            name, value = names[fault.kind]
            row[name] = fault.args.get("value", value)
    return row


def shown_status(subscription: Subscription, job: Job, now: float) -> JobStatus:
    """The status of the last refresh, as old as the knob lets it be."""
    refresh = subscription.clock.wait(subscription.knobs.number("status_refresh_seconds"))
    return job.shown_status(now, refresh)


def job_row(subscription: Subscription, job: Job, now: float) -> dict[str, object]:
    """A job as an answer shows it; faults may misstate the figures of its file."""
    row = all_keys(job, shown_status(subscription, job, now))
    if "fileChecksum" not in row:
        return row
    return _with_misstated_figures(
        row, subscription.faults.take("export_status", job.export_id, "verdict")
    )


def plain_404(subscription: Subscription) -> PlainRefusal:
    """The one 404 with a text that is not JSON (Adobe: Bulk Extract); its words are unknown."""
    body, content_type = {
        "html": (b"<html><body><h1>Not Found</h1></body></html>", "text/html;charset=UTF-8"),
        "empty": (b"", "text/plain"),
    }.get(
        subscription.knobs.choice("missing_file_body"), (b"Not Found", "text/plain;charset=UTF-8")
    )
    return PlainRefusal(404, body, content_type)
