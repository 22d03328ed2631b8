"""Tokens, descriptions and export jobs whose answers are a little off, at every place.

What `test_odd_answers` does for assets: see there.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from altered_runs import problem_with
from altering_proxy import (
    ALWAYS,
    CANCEL,
    CREATE,
    ENQUEUE,
    LIST,
    MEMBERS,
    STATUS,
    Alteration,
    last_answer,
)
from clocks import FastClock, StillClock
from harness import Tap, by_key
from odd_values import InsertedRow, changes

from tap_marketo_programs.errors import AnswerError, BrokenAnswer
from tap_marketo_programs.export.api import ExportApi
from tap_marketo_programs.export.job import ExportStatus
from tap_marketo_programs.export.slices import ExportSlice
from tap_marketo_programs.marketo.changes import ProgramChanges
from tap_marketo_programs.marketo.client import Connection, MarketoClient
from tap_marketo_programs.streams.program_members import ProgramMembersStream

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from altering_proxy import Answer, Proxy, Request
    from marketo_sandbox import Sandbox


QUICK = dict.fromkeys(
    ("job_seconds_queued", "job_seconds_processing", "status_refresh_seconds"), 0.01
)


@pytest.fixture
def api(sandbox: Sandbox, between: Proxy) -> Iterator[ExportApi]:
    """The verbs, of a client that waits without waiting, for jobs that take no time."""
    sandbox.control.knob(**QUICK)
    connection = Connection(
        between.url, sandbox.client_id, sandbox.client_secret, calls_per_window=100_000
    )
    with MarketoClient(connection, StillClock()) as client:
        client.now()
        yield ExportApi(client)


# The verbs of an export


def made(api: ExportApi) -> str:
    wanted = ExportSlice((1001,), window=None, min_updated_at=None, new_watermark=api.now())
    return api.create(wanted, ["leadId", "updatedAt"]).export_id


def listed(api: ExportApi) -> set[str]:
    return {job.export_id for job in api.jobs([ExportStatus.CREATED])}


VERBS: dict[str, tuple[Callable[[Request], bool], Callable[[ExportApi, str], Any]]] = {
    "create": (CREATE, lambda api, _: made(api)),
    "enqueue": (ENQUEUE, lambda api, job: api.enqueue(job).export_id),
    "status": (STATUS, lambda api, job: api.status(job).export_id),
    "cancel": (CANCEL, lambda api, job: api.cancel(job).export_id),
    "list": (LIST, lambda api, job: job in listed(api)),
}


@pytest.mark.parametrize("verb", VERBS)
def test_an_answer_to_a_verb_is_about_the_job_asked_for_or_an_error(
    api: ExportApi, between: Proxy, caplog: pytest.LogCaptureFixture, verb: str
) -> None:
    meant, call = VERBS[verb]
    first = made(api)
    call(api, first)
    content = last_answer(between, meant)
    failures = []
    for what, change in changes(content).items():
        for times in (1, ALWAYS):
            between.alterations.clear()
            # A job can be enqueued and cancelled but once.
            job = made(api) if verb in {"enqueue", "cancel"} else first
            alteration = Alteration(meant, change, times)
            between.alterations[:] = [alteration]
            caplog.clear()
            try:
                found = call(api, job)
            except AnswerError:
                found = None
            except Exception as error:  # noqa: BLE001 - what must not come out
                failures.append(f"{what}: {error!r}")
            wrong = found not in {None, job} if verb not in {"create", "list"} else found is False
            # What the list says and what it leaves out is said in a WARNING, or by Marketo.
            told = caplog.text or what in {"no byte", "blanks", "result is an empty array"}
            if wrong and not (verb == "list" and (told or what.startswith("result"))):
                failures.append(f"{what}, {times} times: {found}")
            assert alteration.served
    assert not failures, failures


# A whole run of exports


VERBS_OF_A_RUN = (CREATE, ENQUEUE, STATUS)


@pytest.mark.parametrize("seed", range(6))
def test_jobs_whose_answers_are_off_once_bring_every_member(
    sandbox: Sandbox, between: Proxy, clock: FastClock, seed: int
) -> None:
    programs = 200
    sandbox.control.reset(world="sized", programs=programs, members_per_program=1)
    sandbox.control.knob(rate_limit=None, **QUICK)
    tap = Tap(sandbox, clock)
    catalog = tap.catalog()
    settings: dict[str, Any] = {
        "base_url": between.url,
        "poll_interval_seconds": 1,
        "max_queued_exports": 10,
    }
    tap.sync("program_members", catalog=catalog, **settings)
    plan = {meant: [*changes(last_answer(between, meant)).values()] for meant in VERBS_OF_A_RUN}
    sandbox.control.reset(world="sized", programs=programs, members_per_program=1)
    sandbox.control.knob(rate_limit=None, **QUICK)
    # A step that shares no factor with their number goes through all of them.
    between.alterations[:] = [
        Alteration(meant, some[(seed * 20 + number) * 17 % len(some)])
        for meant, some in plan.items()
        for number in range(20)
    ]

    output = tap.run("program_members", catalog=catalog, **settings)

    assert problem_with(output) is None
    assert output.error is None
    assert by_key(output.records()) == by_key(sandbox.control.truth())
    assert sum(one.served for one in between.alterations) > 40


# Single promises


@pytest.mark.parametrize("body", [b"", b" \r\n"])
def test_a_list_of_jobs_without_a_byte_means_that_there_are_none(
    api: ExportApi, between: Proxy, body: bytes
) -> None:
    def change(answer: Answer) -> bool:
        answer.body = body
        return True

    between.alterations.append(Alteration(LIST, change, ALWAYS))

    assert list(api.jobs([ExportStatus.COMPLETED])) == []
    assert between.alterations[0].served == 1


def test_a_job_that_cannot_be_read_hides_no_other_of_the_list(
    api: ExportApi, between: Proxy, caplog: pytest.LogCaptureFixture
) -> None:
    job = made(api)
    skipped = {"status": "skipped", "reasons": [{"code": "1003", "message": "Bad"}]}
    for what in (skipped, None, {"exportId": "../etc", "status": "Created"}):
        between.alterations[:] = [Alteration(LIST, InsertedRow(what))]
        caplog.clear()

        assert listed(api) == {job}

        (line,) = [one.getMessage() for one in caplog.records if one.levelname == "WARNING"]
        assert line == "Entries of the list of export jobs cannot be read (3)"


@pytest.mark.parametrize("verb", ["enqueue", "status", "cancel"])
def test_an_answer_about_another_job_is_not_taken_for_this_one(
    api: ExportApi, between: Proxy, verb: str
) -> None:
    meant, call = VERBS[verb]
    other, job = made(api), made(api)

    def about_another(answer: Answer) -> bool:
        content = answer.json | {"success": True, "errors": []}
        content["result"] = [{"exportId": other, "status": "Completed"}]
        answer.write(content)
        return True

    between.alterations.append(Alteration(meant, about_another, ALWAYS))
    with pytest.raises(BrokenAnswer, match=f"job's {verb} without naming the job"):
        call(api, job)

    def about_both(answer: Answer) -> bool:
        content = answer.json
        content["result"].insert(0, {"exportId": other, "status": "Failed"})
        answer.write(content)
        return True

    between.alterations[:] = [Alteration(STATUS, about_both, ALWAYS)]
    assert api.status(job).status is not ExportStatus.FAILED


def test_asking_for_changes_is_answered_by_yes_no_or_an_error(
    sandbox: Sandbox, between: Proxy
) -> None:
    tap = Tap(sandbox, StillClock()).make(base_url=between.url)
    stream = tap.streams["program_members"]
    assert isinstance(stream, ProgramMembersStream)
    asking = ProgramChanges(stream.client)
    until = stream.client.now()
    since = until - timedelta(days=1)
    member = sandbox.control.truth(["leadId", "programId"])[0]
    sandbox.control.edit_member(member["programId"], member["leadId"], statusReason="new")
    until += timedelta(seconds=60)
    assert asking.any_between(member["programId"], since, until)
    failures = []
    for what, change in changes(last_answer(between, MEMBERS)).items():
        alteration = Alteration(MEMBERS, change, ALWAYS)
        between.alterations[:] = [alteration]
        try:
            if not asking.any_between(member["programId"], since, until):
                failures.append(what)
        except AnswerError:
            pass
        assert alteration.served
    # What says that there is nothing, or lacks all there was.
    assert set(failures) <= {
        "result is missing",
        "result is null",
        "result is an empty array",
        "400 arrays",
    }
