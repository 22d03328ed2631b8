"""Tokens, descriptions and export jobs whose answers are a little off, at every place.

What `test_odd_answers` does for assets: see there.
"""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from clocks import StillClock
from harness import FastClock, Tap, by_key
from odd_answers import (
    BODIES,
    Alteration,
    Inserted,
    altered,
    ends_with,
    front,
    odds,
    replaced,
)
from test_odd_answers import broken

from tap_marketo_programs.client import Connection, MarketoClient
from tap_marketo_programs.errors import AnswerError, BrokenAnswer, MarketoError
from tap_marketo_programs.export.api import ExportApi
from tap_marketo_programs.export.job import ExportStatus
from tap_marketo_programs.export.plan import ExportSlice
from tap_marketo_programs.members import ProgramMembersStream

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from harness import Output
    from marketo_sandbox import Sandbox
    from odd_answers import Answer, Front, Request

ALWAYS = 1_000_000
IDENTITY = ends_with("/identity/oauth/token")
DESCRIBE = ends_with("/programs/members/describe.json")
LEADS = ends_with("/leads/describe2.json")
MEMBERS = ends_with("/members.json")
CREATE = ends_with("/create.json")
ENQUEUE = ends_with("/enqueue.json")
STATUS = ends_with("/status.json")
CANCEL = ends_with("/cancel.json")
LIST = ends_with("/export.json")


@pytest.fixture
def between(sandbox: Sandbox) -> Iterator[Front]:
    """The server between the tap and the sandbox, whose jobs take no time."""
    names = ("job_seconds_queued", "job_seconds_processing", "status_refresh_seconds")
    sandbox.control.knob(**dict.fromkeys(names, 0.01))
    with front(sandbox.url) as server:
        yield server


@pytest.fixture
def api(sandbox: Sandbox, between: Front) -> Iterator[ExportApi]:
    """The verbs, of a client that waits without waiting."""
    connection = Connection(
        between.url, sandbox.client_id, sandbox.client_secret, calls_per_window=100_000
    )
    with MarketoClient(connection, StillClock()) as client:
        client.now()
        yield ExportApi(client)


def last_answer(between: Front, meant: Callable[[Request], bool]) -> Any:  # noqa: ANN401 - JSON
    """The last good answer of a kind."""
    return json.loads(next(body for one, body in reversed(between.answers) if meant(one)))


def changes(content: object) -> dict[str, Callable[[Answer], bool]]:
    """All that may be off with an answer like this one."""
    found = {str(odd): altered(odd) for odd in odds(content)}
    return found | {name: replaced(name) for name in BODIES}


# Identity


def test_a_token_that_is_off_is_read_asked_for_again_or_an_error(
    sandbox: Sandbox, between: Front, api: ExportApi
) -> None:
    connection = Connection(
        between.url, sandbox.client_id, sandbox.client_secret, calls_per_window=100_000
    )
    assert not list(api.jobs([ExportStatus.CREATED]))
    failures = []
    for what, change in changes(last_answer(between, IDENTITY)).items():
        for times in (1, ALWAYS):
            alteration = Alteration(IDENTITY, change, times)
            between.alterations[:] = [alteration]
            try:
                with MarketoClient(connection, StillClock()) as client:
                    if len(client.call("GET", "/rest/asset/v1/programs.json")) != 3:
                        failures.append(f"{what}, {times} times: rows are missing")
            except MarketoError as error:
                failures += [f"{what}: {error}"] if len(str(error).splitlines()) != 1 else []
            except Exception as error:  # noqa: BLE001 - what must not come out
                failures.append(f"{what}: {error!r}")
            assert alteration.served
    assert not failures, failures


# The verbs of an export


def made(api: ExportApi) -> str:
    wanted = ExportSlice((1001,), window=None, floor=None, until=api.now())
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
    api: ExportApi, between: Front, caplog: pytest.LogCaptureFixture, verb: str
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
    sandbox: Sandbox, between: Front, clock: FastClock, seed: int
) -> None:
    programs = 200
    sandbox.control.reset(world="sized", programs=programs, members_per_program=1)
    names = ("job_seconds_queued", "job_seconds_processing", "status_refresh_seconds")
    sandbox.control.knob(rate_limit=None, **dict.fromkeys(names, 0.01))
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
    sandbox.control.knob(rate_limit=None, **dict.fromkeys(names, 0.01))
    # A step that shares no factor with their number goes through all of them.
    between.alterations[:] = [
        Alteration(meant, some[(seed * 20 + number) * 17 % len(some)])
        for meant, some in plan.items()
        for number in range(20)
    ]

    output = tap.run("program_members", catalog=catalog, **settings)

    assert broken(output) is None
    assert output.error is None
    assert by_key(output.records()) == by_key(sandbox.control.truth())
    assert sum(one.served for one in between.alterations) > 40


# Descriptions


def described(output: dict[str, Any]) -> dict[str, Any]:
    """The properties of members in a catalog."""
    (stream,) = [one for one in output["streams"] if one["tap_stream_id"] == "program_members"]
    assert stream["key_properties"] == ["leadId", "programId"]
    properties: dict[str, Any] = stream["schema"]["properties"]
    assert properties["leadId"]["type"] == properties["programId"]["type"] == ["integer"]
    assert properties["updatedAt"]["format"] == "date-time"
    return properties


@pytest.mark.parametrize(("meant", "lead_fields"), [(DESCRIBE, []), (LEADS, ["email"])])
def test_a_description_that_is_off_costs_no_more_than_what_cannot_be_read(
    sandbox: Sandbox,
    between: Front,
    caplog: pytest.LogCaptureFixture,
    meant: Callable[[Request], bool],
    lead_fields: list[str],
) -> None:
    tap = Tap(sandbox, StillClock())
    settings = {"base_url": between.url, "lead_fields": lead_fields}
    good = described(tap.catalog(**settings))
    content = last_answer(between, meant)
    failures = []
    for what, change in changes(content).items():
        alteration = Alteration(meant, change, ALWAYS)
        between.alterations[:] = [alteration]
        caplog.clear()
        try:
            found = described(tap.catalog(**settings))
        except MarketoError as error:
            failures += [f"{what}: {error}"] if len(str(error).splitlines()) != 1 else []
        except Exception as error:  # noqa: BLE001 - what must not come out
            failures.append(f"{what}: {error!r}")
        else:
            gone = good.keys() - found.keys()
            warned = any(one.levelname == "WARNING" for one in caplog.records)
            # A field of another name, or one that is not described, is not the tap's loss.
            is_other = len(found) == len(good) or what == "result.fields is missing"
            if gone and not (warned or is_other):
                failures.append(f"{what}: {gone} are gone in silence")
            other = {name for name in good.keys() & found.keys() if found[name] != good[name]}
            if len(other) > 1 or len(gone) > 1:
                failures.append(f"{what}: {other or gone} were harmed")
        assert alteration.served
    assert not failures, failures


NAMES = [
    'quoted "name"',
    "back\\slash",
    "comma, blank ",
    "type",
    "class",
    "UPDATEDAT",
    "caf\u00e9 \U0001f600",
    "x" * 300,
    "record",
    "__init__",
    "null",
    "a.b/c:d",
]
NO_COLUMNS = ["a\nb", "a\x01b", "a\u2028b", "a\u0085b", "\x7f", "x" * 5_000]


@pytest.mark.parametrize("batched", [False, True])
def test_a_field_of_any_name_is_exported_or_left_out_with_a_warning(
    command: Callable[..., Output],
    sandbox: Sandbox,
    tmp_path: Path,
    batched: bool,  # noqa: FBT001 - a column of the table
) -> None:
    for name in NAMES + NO_COLUMNS:
        sandbox.control.add_member_field(name, values=["a", "b"])
    config = {"encoding": {"format": "jsonl"}, "storage": {"root": str(tmp_path / "out")}}

    output = command(**({"batch_config": config} if batched else {}))

    assert output.code == 0, output.logs[-2000:]
    assert "Traceback" not in output.logs
    (line,) = [line for line in output.logs.splitlines() if "cannot be columns" in line]
    assert "WARNING" in line
    properties = output.of("SCHEMA", "program_members")[0]["schema"]["properties"]
    assert set(NAMES) <= properties.keys()
    assert not properties.keys() & set(NO_COLUMNS)
    truth = {
        key: {name: value for name, value in row.items() if name not in NO_COLUMNS}
        for key, row in by_key(sandbox.control.truth()).items()
    }
    if batched:
        paths = [
            path.removeprefix("file://")
            for message in output.of("BATCH", "program_members")
            for path in message["manifest"]
        ]
        lines = [line for path in paths for line in Path(path).read_bytes().split(b"\n")]
        assert by_key([json.loads(line) for line in lines if line]) == truth
    else:
        assert by_key(output.records()) == truth


# Single promises


@pytest.mark.parametrize("body", [b"", b" \r\n"])
def test_a_list_of_jobs_without_a_byte_means_that_there_are_none(
    api: ExportApi, between: Front, body: bytes
) -> None:
    def change(answer: Answer) -> bool:
        answer.body = body
        return True

    between.alterations.append(Alteration(LIST, change, ALWAYS))

    assert list(api.jobs([ExportStatus.COMPLETED])) == []
    assert between.alterations[0].served == 1


def test_a_job_that_cannot_be_read_hides_no_other_of_the_list(
    api: ExportApi, between: Front, caplog: pytest.LogCaptureFixture
) -> None:
    job = made(api)
    skipped = {"status": "skipped", "reasons": [{"code": "1003", "message": "Bad"}]}
    for what in (skipped, None, {"exportId": "../etc", "status": "Created"}):
        between.alterations[:] = [Alteration(LIST, Inserted(what))]
        caplog.clear()

        assert listed(api) == {job}

        (line,) = [one.getMessage() for one in caplog.records if one.levelname == "WARNING"]
        assert line == "Entries of the list of export jobs cannot be read (3)"


@pytest.mark.parametrize("verb", ["enqueue", "status", "cancel"])
def test_an_answer_about_another_job_is_not_taken_for_this_one(
    api: ExportApi, between: Front, verb: str
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
    sandbox: Sandbox, between: Front
) -> None:
    tap = Tap(sandbox, StillClock()).make(base_url=between.url)
    stream = tap.streams["program_members"]
    assert isinstance(stream, ProgramMembersStream)
    until = stream.client.now()
    since = until - timedelta(days=1)
    member = sandbox.control.truth(["leadId", "programId"])[0]
    sandbox.control.edit_member(member["programId"], member["leadId"], statusReason="new")
    until += timedelta(seconds=60)
    assert stream.has_changed(member["programId"], since, until)
    failures = []
    for what, change in changes(last_answer(between, MEMBERS)).items():
        alteration = Alteration(MEMBERS, change, ALWAYS)
        between.alterations[:] = [alteration]
        try:
            if not stream.has_changed(member["programId"], since, until):
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


HEADERS = {
    "Content-Type": ["", "nonsense", "application/json; charset=nonsense", ";;;", "x" * 9_000],
    "Content-Encoding": ["nonsense", "identity", ""],
    "Content-Range": ["bytes nonsense", "bytes 5-2/1", "bytes 0-99999999999999999999/*"],
    "Retry-After": ["nonsense", "-1", "1e999", "Fri, 31 Dec 9999 23:59:59 -2359"],
    "Date": ["Fri, 31 Dec 9999 23:59:59 -2359", "\u00e9", "x" * 9_000],
    "Transfer-Encoding-": ["chunked"],
    "Set-Cookie": ["a=b; expires=nonsense; domain=..", "=;;;=", "\u00ff" * 9_000],
    "Location": ["http://[", "//", "\u00e9"],
}


@pytest.mark.parametrize("name", HEADERS)
def test_a_header_that_is_off_costs_nothing(sandbox: Sandbox, between: Front, name: str) -> None:
    tap = Tap(sandbox, StillClock())
    catalog = tap.catalog()
    good = tap.sync("channels", catalog=catalog).records("channels")
    for value in HEADERS[name]:

        def change(answer: Answer, value: str = value) -> bool:
            answer.headers[:] = [one for one in answer.headers if one[0] != name]
            answer.headers.append((name, value))
            return True

        between.alterations[:] = [Alteration(lambda _: True, change, ALWAYS)]
        output = tap.run("channels", catalog=catalog, base_url=between.url)

        assert output.error is None, (value, output.error)
        assert output.records("channels") == good
        assert between.alterations[0].served
