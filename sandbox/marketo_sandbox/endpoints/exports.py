"""Bulk Program Member Extract: create, enqueue, status, file, cancel, list.

Adobe: Bulk Extract, Bulk Program Member Extract. What a job is and when it
moves is in `jobs`; here is how it looks on the wire.
"""

from __future__ import annotations

import re
import uuid
from typing import TYPE_CHECKING

from marketo_sandbox.clock import DAY, iso
from marketo_sandbox.errors import PlainRefusal, refuse
from marketo_sandbox.exports.corruption import corrupted
from marketo_sandbox.exports.create_request import parse_create_request
from marketo_sandbox.exports.jobs import COMPLETED, Job, JobStatus
from marketo_sandbox.exports.rendering import render
from marketo_sandbox.http.messages import JSON_TYPE, Call, FilePart, Reply, database_reply

if TYPE_CHECKING:
    from collections.abc import Sequence

    from marketo_sandbox.faults import Fault
    from marketo_sandbox.subscription import Subscription

_MAX_BATCH = 300
_RANGE = re.compile(r"bytes=(\d*)-(\d*)$")


def shown(job: Job, status: JobStatus) -> dict[str, object]:
    """A job on the wire. What is not known yet is absent, not null (recordings)."""
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


def _seen(subscription: Subscription, job: Job, now: float) -> JobStatus:
    refresh = subscription.clock.wait(subscription.knobs.number("status_refresh_seconds"))
    return job.shown_status(now, refresh)


def _row(subscription: Subscription, job: Job, now: float) -> dict[str, object]:
    row = shown(job, _seen(subscription, job, now))
    if "fileChecksum" not in row:
        return row
    return _with_misstated_figures(
        row, subscription.faults.take("export_status", job.export_id, "verdict")
    )


def _job(subscription: Subscription, call: Call) -> Job:
    """The caller's job. What an unknown or foreign id answers is not public (knob U6)."""
    job = subscription.queue.jobs.get(call.params["export_id"])
    if job is not None and job.client_id == call.client_id:
        return job
    code = subscription.knobs.choice("U6")
    if code == "404":
        raise _plain_404(subscription)
    return refuse(code)


def _plain_404(subscription: Subscription) -> PlainRefusal:
    """The one 404 with a text that is not JSON (Adobe: Bulk Extract); its words are unknown."""
    body, content_type = {
        "html": (b"<html><body><h1>Not Found</h1></body></html>", "text/html;charset=UTF-8"),
        "empty": (b"", "text/plain"),
    }.get(subscription.knobs.choice("U7"), (b"Not Found", "text/plain;charset=UTF-8"))
    return PlainRefusal(404, body, content_type)


def create(subscription: Subscription, call: Call) -> Reply:
    """POST .../create.json."""
    knobs, queue = subscription.knobs, subscription.queue
    request = parse_create_request(call.parsed(), subscription.world, knobs)
    queue.quota.check(call.at)
    if knobs.choice("U27") == "both":
        queue.check_slots()
    export_id = str(uuid.uuid4())
    job = Job(
        export_id,
        call.client_id,
        request.file_format,
        request.body,
        lambda at: request.plan(subscription.world, subscription.knobs, at),
        subscription.directory / f"{export_id}.csv",
        call.at,
    )
    _apply_job_faults(subscription, job, call.body.decode(errors="replace"), request.program_ids)
    if request.certain_failure is not None and job.ending is None:
        job.ending = subscription.doom(request.certain_failure)
    queue.add(job)
    if knobs.choice("U26") == "create":
        size = render(request.plan(subscription.world, knobs, call.at), None).size
        queue.quota.charge(call.at, size)
    return _about(subscription, call, job)


def _apply_job_faults(
    subscription: Subscription, job: Job, body: str, program_ids: Sequence[int]
) -> None:
    """Let the faults that wait for a job strike this one."""
    for fault in subscription.faults.take("export_create", body, "job", program_ids):
        if fault.kind == "job_sick":
            subscription.faults.follow(fault, job.export_id)
        elif fault.kind in {"file_bytes", "corrupt_job"}:
            job.file_fault = fault
        else:
            job.ending = fault


def _about(subscription: Subscription, call: Call, job: Job) -> Reply:
    reply = database_reply(call, [_row(subscription, job, call.at)])
    reply.export_id = job.export_id
    return reply


def enqueue(subscription: Subscription, call: Call) -> Reply:
    """POST .../{exportId}/enqueue.json; the body is ignored, as clients' habits show."""
    job = _job(subscription, call)
    subscription.queue.enqueue(job, call.at)
    return _about(subscription, call, job)


def status(subscription: Subscription, call: Call) -> Reply:
    """GET .../{exportId}/status.json."""
    return _about(subscription, call, _job(subscription, call))


def cancel(subscription: Subscription, call: Call) -> Reply:
    """POST .../{exportId}/cancel.json."""
    job = _job(subscription, call)
    subscription.queue.cancel(job, call.at)
    return _about(subscription, call, job)


def listing(subscription: Subscription, call: Call) -> Reply:
    """GET .../export.json: the past seven days, this API user's jobs only."""
    oldest = call.at - subscription.knobs.number("list_days") * DAY
    wanted = {name.lower().replace("canceled", "cancelled") for name in call.values("status")}
    jobs = [
        job
        for job in subscription.queue.jobs.values()
        if job.client_id == call.client_id
        and job.created_at >= oldest
        and (not wanted or _seen(subscription, job, call.at).status.lower() in wanted)
        and not subscription.faults.take("export_list", job.export_id, "listing")
    ]
    size_text = call.value("batchSize") or str(_MAX_BATCH)
    if not size_text.isdigit() or not 1 <= int(size_text) <= _MAX_BATCH:
        refuse("1003", "Invalid value for batchSize")
    size, token = int(size_text), call.value("nextPageToken")
    begin = 0
    if token is not None:
        tokens = [_list_token(job) for job in jobs]
        if token not in tokens:
            refuse("1003", "Invalid nextPageToken")
        begin = tokens.index(token) + 1
    page = jobs[begin : begin + size]
    more: dict[str, object] = {}
    if begin + size < len(jobs):
        more["nextPageToken"] = _list_token(page[-1])
    rows = [_row(subscription, job, call.at) for job in page]
    if not rows and subscription.knobs.choice("empty_job_list") == "no_body":
        # An HTTP 200 with nothing in it (singer-io/tap-marketo, 2017).
        return Reply(headers={"Content-Type": JSON_TYPE})
    return database_reply(call, rows or None, **more)


def _list_token(job: Job) -> str:
    """24 hex digits, as in a recorded answer; it names the last job of the page."""
    return job.export_id.replace("-", "")[:24]


# the file


def _content_type(subscription: Subscription, job: Job) -> str:
    plain = job.file_format != "CSV" and subscription.knobs.choice("U15") == "plain"
    return "text/plain;charset=UTF-8" if plain else "text/csv;charset=UTF-8"


def _finished(subscription: Subscription, call: Call) -> Job:
    """The caller's job with its file, or the 404."""
    job = subscription.queue.jobs.get(call.params["export_id"])
    if job is None or job.client_id != call.client_id or job.current.status != COMPLETED:
        raise _plain_404(subscription)
    if job.expired:
        if subscription.knobs.choice("U16") == "json":
            refuse("1013")
        raise _plain_404(subscription)
    if job.current.records == 0 and subscription.knobs.choice("U8") == "404":
        raise _plain_404(subscription)
    return job


def _unaltered(subscription: Subscription, job: Job) -> tuple[Reply, int]:
    """The whole file as an answer, and its size; faults may alter the bytes."""
    faults = subscription.faults.take("export_file", job.export_id, "file")
    if not faults:
        size = job.path.stat().st_size
        return Reply(part=FilePart(job.path, 0, size)), size
    content = job.path.read_bytes()
    for fault in faults:
        at = fault.args.get("at")
        content = corrupted(
            content, fault.text("mode", "flip"), at if isinstance(at, int) else None
        )
    return Reply(content), len(content)


def _sliced(reply: Reply, start: int, length: int) -> None:
    if reply.part is not None:
        reply.part = FilePart(reply.part.path, start, length)
    else:
        reply.body = reply.body[start : start + length]


def _bounds(text: str, size: int) -> tuple[int, int] | str | None:
    """First and last byte of a range; None: no such range; a text: beyond the end or odd."""
    match = _RANGE.match(text.strip())
    if match is None or match.groups() == ("", ""):
        return None
    first, last = match.groups()
    if not first:
        return "suffix"
    start, end = int(first), min(int(last) if last else size - 1, size - 1)
    return (start, end) if start <= end else "beyond"


def _odd_range(subscription: Subscription, reply: Reply, text: str, size: int) -> None:
    """A range beyond the end or a suffix; what Marketo does is not public (knob U14)."""
    style = subscription.knobs.choice("U14")
    if style == "200":
        return
    if style == "206" and size:
        tail = int(text.rpartition("-")[2] or 0)
        start = max(0, size - tail) if text.strip().startswith("bytes=-") else size - 1
        _ranged(reply, start, size - 1, size)
        return
    reply.status, reply.body, reply.part = 416, b"", None
    reply.headers["Content-Range"] = f"bytes */{size}"


def _ranged(reply: Reply, start: int, end: int, size: int) -> None:
    _sliced(reply, start, end - start + 1)
    reply.status = 206
    reply.headers["Content-Range"] = f"bytes {start}-{end}/{size}"


def file(subscription: Subscription, call: Call) -> Reply:
    """GET .../{exportId}/file.json: CSV, or a part of it by Range; never compressed."""
    job = _finished(subscription, call)
    reply, size = _unaltered(subscription, job)
    reply.export_id = job.export_id
    reply.headers |= {
        "Content-Type": _content_type(subscription, job),
        "Content-Disposition": "attachment; filename=file",
        "Accept-Ranges": "bytes",
    }
    text = call.headers.get("Range")
    if text is None:
        return reply
    faults = subscription.faults.take("export_file", job.export_id, "range")
    if any(fault.kind == "whole_file_on_range" for fault in faults):
        return reply
    bounds = _bounds(text, size)
    if isinstance(bounds, tuple):
        _ranged(reply, *bounds, size)
    elif bounds is not None:
        _odd_range(subscription, reply, text, size)
    for fault in faults:
        _apply_range_faults(reply, fault, size)
    return reply


def _apply_range_faults(reply: Reply, fault: Fault, size: int) -> None:
    """Answer a Range with other bytes, or another account of them, than asked for."""
    if reply.status != 206:  # noqa: PLR2004  # Partial Content
        return
    if fault.kind == "wrong_content_range":
        reply.headers["Content-Range"] = fault.text("content_range", f"bytes 0-0/{size}")
    if fault.kind == "short_range":
        # Adobe's release notes of August 2021: ranged reads lacked their last byte.
        start = reply.part.start if reply.part else 0
        _sliced(reply, start, max(0, reply.length - 1))
