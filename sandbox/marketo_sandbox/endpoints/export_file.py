"""The file of a finished export job: whole, or a part of it by Range.

Adobe: Bulk Extract. It serves bytes; what stands in them is made in `exports`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from marketo_sandbox.endpoints.job_row import plain_404
from marketo_sandbox.errors import refuse
from marketo_sandbox.exports.corruption import corrupted
from marketo_sandbox.exports.jobs import COMPLETED, Job
from marketo_sandbox.http.messages import Call, FilePart, Reply

if TYPE_CHECKING:
    from marketo_sandbox.faults import Fault
    from marketo_sandbox.subscription import Subscription

_RANGE = re.compile(r"bytes=(\d*)-(\d*)$")


def file(subscription: Subscription, call: Call) -> Reply:
    """GET .../{exportId}/file.json: CSV, or a part of it by Range; never compressed."""
    job = _finished(subscription, call)
    reply, size = _whole_file(subscription, job)
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


def _content_type(subscription: Subscription, job: Job) -> str:
    plain = job.file_format != "CSV" and subscription.knobs.choice("tsv_content_type") == "plain"
    return "text/plain;charset=UTF-8" if plain else "text/csv;charset=UTF-8"


def _finished(subscription: Subscription, call: Call) -> Job:
    """The caller's job with its file, or the 404."""
    job = subscription.queue.jobs.get(call.params["export_id"])
    if job is None or job.client_id != call.client_id or job.current.status != COMPLETED:
        raise plain_404(subscription)
    if job.expired:
        if subscription.knobs.choice("expired_file") == "json":
            refuse("1013")
        raise plain_404(subscription)
    if job.current.records == 0 and subscription.knobs.choice("empty_export_file") == "404":
        raise plain_404(subscription)
    return job


def _whole_file(subscription: Subscription, job: Job) -> tuple[Reply, int]:
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
    style = subscription.knobs.choice("odd_range")
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
