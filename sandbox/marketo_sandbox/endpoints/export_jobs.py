"""Bulk Program Member Extract: create, enqueue, status, cancel, list.

Adobe: Bulk Extract, Bulk Program Member Extract.
"""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from marketo_sandbox.clock import DAY
from marketo_sandbox.endpoints.job_row import job_row, plain_404, shown_status
from marketo_sandbox.errors import refuse
from marketo_sandbox.exports.create_request import parse_create_request
from marketo_sandbox.exports.jobs import Job
from marketo_sandbox.exports.rendering import render
from marketo_sandbox.faults import Fault
from marketo_sandbox.http.messages import JSON_TYPE, Call, Reply, database_reply

if TYPE_CHECKING:
    from collections.abc import Sequence

    from marketo_sandbox.subscription import Subscription

_MAX_BATCH = 300


def _job(subscription: Subscription, call: Call) -> Job:
    """The caller's job. What an unknown or foreign id answers is not public (knob U6)."""
    job = subscription.queue.jobs.get(call.params["export_id"])
    if job is not None and job.client_id == call.client_id:
        return job
    code = subscription.knobs.choice("unknown_export_id")
    if code == "404":
        raise plain_404(subscription)
    return refuse(code)


def create(subscription: Subscription, call: Call) -> Reply:
    """POST .../create.json."""
    knobs, queue = subscription.knobs, subscription.queue
    request = parse_create_request(call.parsed(), subscription.world, knobs)
    queue.quota.check(call.at)
    if knobs.choice("full_queue_refuses") == "both":
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
        job.ending = Fault("job_failed", "any", 0, args={"errorMsg": request.certain_failure})
    queue.add(job)
    if knobs.choice("export_quota_charge") == "create":
        size = render(request.plan(subscription.world, knobs, call.at), None).size
        queue.quota.charge(call.at, size)
    return _job_reply(subscription, call, job)


def _apply_job_faults(
    subscription: Subscription, job: Job, body: str, program_ids: Sequence[int]
) -> None:
    """Apply the faults that wait for a job to this one."""
    for fault in subscription.faults.take("export_create", body, "job", program_ids):
        if fault.kind == "job_sick":
            subscription.faults.add_for_job(fault, job.export_id)
        elif fault.kind in {"file_bytes", "corrupt_job"}:
            job.file_fault = fault
        else:
            job.ending = fault


def _job_reply(subscription: Subscription, call: Call, job: Job) -> Reply:
    reply = database_reply(call, [job_row(subscription, job, call.at)])
    reply.export_id = job.export_id
    return reply


def enqueue(subscription: Subscription, call: Call) -> Reply:
    """POST .../{exportId}/enqueue.json; the body is ignored, as clients' habits show."""
    job = _job(subscription, call)
    subscription.queue.enqueue(job, call.at)
    return _job_reply(subscription, call, job)


def status(subscription: Subscription, call: Call) -> Reply:
    """GET .../{exportId}/status.json."""
    return _job_reply(subscription, call, _job(subscription, call))


def cancel(subscription: Subscription, call: Call) -> Reply:
    """POST .../{exportId}/cancel.json."""
    job = _job(subscription, call)
    subscription.queue.cancel(job, call.at)
    return _job_reply(subscription, call, job)


def listing(subscription: Subscription, call: Call) -> Reply:
    """GET .../export.json: the past seven days, this API user's jobs only."""
    oldest = call.at - subscription.knobs.number("list_days") * DAY
    wanted = {name.lower().replace("canceled", "cancelled") for name in call.values("status")}
    jobs = [
        job
        for job in subscription.queue.jobs.values()
        if job.client_id == call.client_id
        and job.created_at >= oldest
        and (not wanted or shown_status(subscription, job, call.at).status.lower() in wanted)
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
    rows = [job_row(subscription, job, call.at) for job in page]
    if not rows and subscription.knobs.choice("empty_job_list") == "no_body":
        # An HTTP 200 with nothing in it (singer-io/tap-marketo, 2017).
        return Reply(headers={"Content-Type": JSON_TYPE})
    return database_reply(call, rows or None, **more)


def _list_token(job: Job) -> str:
    """24 hex digits, as in a recorded answer; it names the last job of the page."""
    return job.export_id.replace("-", "")[:24]
