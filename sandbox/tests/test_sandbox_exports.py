"""Bulk Program Member Extract: create, enqueue, status, file, cancel, list."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import pytest
from marketo_sandbox import OTHER_CLIENT_ID, OTHER_CLIENT_SECRET, Sandbox
from marketo_sandbox.raw_client import EXPORT, Probe

if TYPE_CHECKING:
    from collections.abc import Iterator

NOON = "2026-03-01T12:00:00Z"
ONE = {"programId": 1001}
WINDOW = {"startAt": "2026-02-01T00:00:00Z", "endAt": "2026-03-01T00:00:00Z"}


@pytest.fixture
def probe() -> Iterator[Probe]:
    with Sandbox("tiny", now=NOON, frozen=True, speed=1, knobs={"rate_limit": None}) as sandbox:
        yield Probe(sandbox.url)


def lines(content: bytes) -> list[str]:
    return content.decode().split("\n")


def test_the_only_public_real_extract_comes_out_byte_by_byte() -> None:
    # treasure-data/embulk-input-marketo, the fixture of an instance of 2021.
    content = (
        b"isExhausted,webinarUrl,program,reachedSuccessDate,trackName,acquiredBy,membershipDate,"
        b"createdAt,statusReason,registrationLikelihood,nurtureCadence,"
        b"programMemberCustomFieldTest,statusName,registrationCode,attendanceLikelihood,"
        b"waitlistPriority,programId,reachedSuccess,leadId,updatedAt\n"
        b"0,null,DA - Demo Account (DO NOT EDIT),null,null,1,2019-04-12T05:58:10Z,"
        b"2019-04-12T05:58:10Z,null,null,null,null,02 Opened,null,null,null,1001,0,452,"
        b"2019-04-12T05:58:10Z\n"
        b"0,null,DA - Demo Account (DO NOT EDIT),null,null,1,2019-04-12T05:58:10Z,"
        b"2019-04-12T05:58:10Z,null,null,null,null,01 Sent,null,null,null,1001,0,453,"
        b"2019-04-12T05:58:10Z\n"
        b"0,null,DA - Demo Account (DO NOT EDIT),null,null,1,2019-04-12T05:58:10Z,"
        b"2019-04-12T05:58:10Z,null,null,null,null,03 Clicked,null,null,null,1001,1,454,"
        b"2019-04-12T05:58:10Z\n"
    )
    fields = content.split(b"\n")[0].decode().split(",")
    with Sandbox("extract", now=NOON, frozen=True, speed=1) as sandbox:
        status, got = Probe(sandbox.url).exported(ONE, fields)
        assert got == content
        assert status["fileChecksum"] == "sha256:" + hashlib.sha256(content).hexdigest()
        assert (status["fileSize"], status["numberOfRecords"]) == (len(content), 3)


def test_a_job_lives_from_created_to_completed_and_tells_what_is_known(probe: Probe) -> None:
    created = probe.create(ONE, ["leadId"]).json
    assert set(created) == {"requestId", "result", "success"}
    row = created["result"][0]
    assert row == {
        "exportId": row["exportId"],
        "format": "CSV",
        "status": "Created",
        "createdAt": NOON,
    }
    export_id = row["exportId"]
    queued = probe.enqueue(export_id).result[0]
    assert queued == {**row, "status": "Queued", "queuedAt": NOON}
    probe.control.advance(59)
    assert probe.status(export_id) == queued
    probe.control.advance(1)
    processing = probe.status(export_id)
    started = "2026-03-01T12:00:45Z"
    assert processing == {**queued, "status": "Processing", "startedAt": started}
    probe.control.advance(59)
    assert probe.status(export_id) == processing
    probe.control.advance(1)
    done = probe.status(export_id)
    content = probe.file(export_id).body
    assert done == {
        **processing,
        "status": "Completed",
        "finishedAt": "2026-03-01T12:01:30Z",
        "numberOfRecords": 5,
        "fileSize": len(content),
        "fileChecksum": "sha256:" + hashlib.sha256(content).hexdigest(),
    }


def test_a_created_job_stays_created_and_holds_no_slot(probe: Probe) -> None:
    probe.control.knob(queue_slots=1)
    idle = probe.create(ONE, ["leadId"]).result[0]["exportId"]
    probe.control.advance(86400)
    probe.forget_token()
    assert probe.status(idle)["status"] == "Created"
    assert probe.status(probe.queued(ONE))["status"] == "Queued"


def test_speed_shortens_every_wait_of_a_job(probe: Probe) -> None:
    probe.control.reset("tiny", speed=60, now=NOON)
    probe.forget_token()
    assert probe.exported(ONE, advance=2)[0]["finishedAt"] == "2026-03-01T12:00:01Z"


def test_two_jobs_process_at_once_first_come_first_served(probe: Probe) -> None:
    jobs = [probe.queued(ONE) for _ in range(4)]
    probe.control.advance(60)
    assert [probe.status(j)["status"] for j in jobs] == ["Processing"] * 2 + ["Queued"] * 2
    probe.control.advance(60)
    assert [probe.status(j)["status"] for j in jobs] == ["Completed"] * 2 + ["Processing"] * 2
    assert probe.control.stats()["max_jobs_at_once"] == 4


def test_the_queue_holds_ten_jobs_including_those_of_others(probe: Probe) -> None:
    probe.control.knob(neighbour_jobs=9)
    probe.queued(ONE)
    second = probe.create(ONE, ["leadId"]).result[0]["exportId"]
    refused = probe.enqueue(second)
    assert (refused.status, refused.code) == (200, "1029")
    assert refused.message == "Too many jobs (10) in queue"
    probe.control.knob(neighbour_jobs=8)
    assert probe.enqueue(second).result[0]["status"] == "Queued"


def test_others_leave_us_one_processing_slot(probe: Probe) -> None:
    probe.control.knob(neighbour_jobs=5)
    jobs = [probe.queued(ONE) for _ in range(2)]
    probe.control.advance(60)
    assert [probe.status(j)["status"] for j in jobs] == ["Processing", "Queued"]


@pytest.mark.parametrize(("variant", "code"), [("enqueue", ""), ("both", "1029")])
def test_a_full_queue_refuses_creating_if_the_knob_says(
    probe: Probe, variant: str, code: str
) -> None:
    probe.control.knob(U27=variant, neighbour_jobs=10)
    assert probe.create(ONE, ["leadId"]).code == code


def test_enqueueing_twice_says_already_queued(probe: Probe) -> None:
    again = probe.enqueue(probe.queued(ONE))
    assert (again.code, again.message) == ("1029", "Job already queued")


def test_enqueue_takes_any_body(probe: Probe) -> None:
    for body in (b"", b"{}", b'""'):
        export_id = probe.create(ONE, ["leadId"]).result[0]["exportId"]
        answer = probe.send("POST", f"{EXPORT}/{export_id}/enqueue.json", body, probe.bearer())
        assert answer.result[0]["status"] == "Queued"


def test_cancel_is_seen_at_once_by_its_owner_and_frees_the_slot(probe: Probe) -> None:
    export_id = probe.queued(ONE)
    row = probe.post(f"{EXPORT}/{export_id}/cancel.json").result[0]
    assert (row["status"], row["queuedAt"]) == ("Cancelled", NOON)
    assert probe.status(export_id)["status"] == "Cancelled"
    assert probe.enqueue(export_id).code == "1029"
    done, _ = probe.exported(ONE)
    assert probe.post(f"{EXPORT}/{done['exportId']}/cancel.json").code == "1029"


def test_a_cancel_by_somebody_else_is_seen_at_the_next_refresh(probe: Probe) -> None:
    export_id = probe.queued(ONE)
    probe.control.advance(10)
    assert probe.control.cancel(export_id)["status"] == "Cancelled"
    assert probe.status(export_id)["status"] == "Queued"
    probe.control.advance(50)
    assert probe.status(export_id)["status"] == "Cancelled"


def test_a_failed_job_tells_its_error(probe: Probe) -> None:
    export_id = probe.queued(ONE)
    probe.control.fail(export_id, "Out of luck")
    probe.control.advance(60)
    row = probe.status(export_id)
    assert (row["status"], row["errorMsg"]) == ("Failed", "Out of luck")
    assert "fileSize" not in row
    assert probe.file(export_id).status == 404


def test_members_are_selected_when_processing_begins(probe: Probe) -> None:
    probe.queued(ONE)
    probe.control.advance(44)
    probe.control.remove_member(1001, 1)
    probe.control.advance(2)
    probe.control.remove_member(1001, 2)
    probe.control.advance(100)
    job = probe.control.jobs()[0]
    assert lines(probe.file(job["exportId"]).body) == ["leadId", "2", "3", "4", "5", ""]


def test_the_list_shows_a_week_of_our_own_jobs_by_pages(probe: Probe) -> None:
    other = Probe(probe.control.url, OTHER_CLIENT_ID, OTHER_CLIENT_SECRET)
    foreign = other.queued(ONE)
    assert "result" not in probe.get(EXPORT + ".json").json
    first = probe.create(ONE, ["leadId"]).result[0]["exportId"]
    second = probe.exported(ONE)[0]["exportId"]
    page = probe.get(EXPORT + ".json", batchSize=1).json
    assert [row["exportId"] for row in page["result"]] == [first]
    token = page["nextPageToken"]
    assert len(token) == 24
    rest = probe.get(EXPORT + ".json", batchSize=1, nextPageToken=token).json
    assert [row["exportId"] for row in rest["result"]] == [second]
    assert "nextPageToken" not in rest
    both = probe.get(EXPORT + ".json", status="created,completed").result
    assert len(both) == 2
    assert len(probe.get(EXPORT + ".json?status=Completed&status=Failed").result) == 1
    assert probe.get(EXPORT + ".json", batchSize=0).code == "1003"
    assert probe.get(EXPORT + ".json", nextPageToken="f" * 24).code == "1003"
    assert {job["exportId"] for job in probe.control.jobs()} == {first, second, foreign}
    probe.control.advance(8 * 86400)
    probe.forget_token()
    assert probe.get(EXPORT + ".json").result == []


@pytest.mark.parametrize(
    ("variant", "status", "code"),
    [("1013", 200, "1013"), ("610", 200, "610"), ("1003", 200, "1003"), ("404", 404, None)],
)
def test_unknown_and_foreign_jobs(
    probe: Probe, variant: str, status: int, code: str | None
) -> None:
    probe.control.knob(U6=variant)
    foreign = Probe(probe.control.url, OTHER_CLIENT_ID, OTHER_CLIENT_SECRET).queued(ONE)
    for export_id in ("no-such-job", foreign):
        answers = [
            probe.get(f"{EXPORT}/{export_id}/status.json"),
            probe.enqueue(export_id),
            probe.post(f"{EXPORT}/{export_id}/cancel.json"),
        ]
        for answer in answers:
            assert answer.status == status
            if code is not None:
                assert answer.code == code
        assert probe.file(export_id).status == 404


@pytest.mark.parametrize(
    ("variant", "body", "content_type"),
    [
        ("plain", b"Not Found", "text/plain;charset=UTF-8"),
        ("html", b"<html>", "text/html;charset=UTF-8"),
        ("empty", b"", "text/plain"),
    ],
)
def test_a_file_that_is_not_there_is_a_404_without_json(
    probe: Probe, variant: str, body: bytes, content_type: str
) -> None:
    probe.control.knob(U7=variant)
    answer = probe.file(probe.queued(ONE))
    assert answer.status == 404
    assert answer.body.startswith(body)
    assert bool(answer.body) is bool(body)
    assert answer.headers["content-type"] == content_type


@pytest.mark.parametrize(("variant", "status"), [("404", 404), ("json", 200)])
def test_files_live_seven_days_and_statuses_thirty(probe: Probe, variant: str, status: int) -> None:
    probe.control.knob(U16=variant)
    export_id = probe.exported(ONE)[0]["exportId"]
    probe.control.advance(7 * 86400 - 200)
    probe.forget_token()
    assert probe.file(export_id).body
    probe.control.advance(300)
    probe.forget_token()
    gone = probe.file(export_id)
    assert gone.status == status
    assert probe.status(export_id)["status"] == "Completed"
    probe.control.advance(24 * 86400)
    probe.forget_token()
    assert probe.get(f"{EXPORT}/{export_id}/status.json").code == "1013"


def test_files_and_jobs_can_be_dropped_by_hand(probe: Probe) -> None:
    export_id = probe.exported(ONE)[0]["exportId"]
    probe.control.expire(export_id)
    assert probe.file(export_id).status == 404
    probe.control.forget(export_id)
    assert probe.control.jobs() == []


def test_a_file_comes_whole_or_by_range_and_never_compressed(probe: Probe) -> None:
    export_id = probe.exported(ONE, ["leadId", "updatedAt"])[0]["exportId"]
    whole = probe.get(f"{EXPORT}/{export_id}/file.json", {"Accept-Encoding": "gzip"})
    size = len(whole.body)
    assert whole.status == 200
    assert whole.headers["content-type"] == "text/csv;charset=UTF-8"
    assert whole.headers["content-disposition"] == "attachment; filename=file"
    assert whole.headers["accept-ranges"] == "bytes"
    assert whole.headers["content-length"] == str(size)
    for asked, start, end in (
        ("0-0", 0, 0),
        ("5-9", 5, 9),
        ("7-", 7, size - 1),
        ("3-9999", 3, size - 1),
    ):
        part = probe.file(export_id, f"bytes={asked}")
        assert part.status == 206
        assert part.body == whole.body[start : end + 1]
        assert part.headers["content-range"] == f"bytes {start}-{end}/{size}"
    assert probe.file(export_id, "lines=1-2").status == 200


@pytest.mark.parametrize(
    ("variant", "beyond", "suffix"), [("416", 416, 416), ("200", 200, 200), ("206", 206, 206)]
)
def test_ranges_beyond_the_end_and_suffixes(
    probe: Probe, variant: str, beyond: int, suffix: int
) -> None:
    probe.control.knob(U14=variant)
    export_id = probe.exported(ONE)[0]["exportId"]
    whole = probe.file(export_id).body
    far, tail = probe.file(export_id, "bytes=9999-"), probe.file(export_id, "bytes=-3")
    assert (far.status, tail.status) == (beyond, suffix)
    if variant == "416":
        assert far.body == b""
        assert far.headers["content-range"] == f"bytes */{len(whole)}"
    if variant == "200":
        assert far.body == whole
    if variant == "206":
        assert tail.body == whole[-3:]
        assert far.body == whole[-1:]


def test_quota_is_used_by_finished_files_until_central_midnight(probe: Probe) -> None:
    probe.control.knob(export_quota_mb=500, neighbour_export_mb=499.99999)
    waiting = probe.create(ONE, ["leadId"]).result[0]["exportId"]
    running = [probe.queued(ONE) for _ in range(2)]
    probe.control.advance(180)
    for refused in (probe.create(ONE, ["leadId"]), probe.enqueue(waiting)):
        assert (refused.status, refused.code) == (200, "1029")
        assert refused.message == "Export daily quota 500MB exceeded."
    assert [probe.status(job)["status"] for job in running] == ["Completed"] * 2
    assert probe.control.stats()["quota_bytes_used"] == 499_999_990 + 2 * len(
        "leadId\n1\n2\n3\n4\n5\n"
    )
    probe.control.advance(18 * 3600 - 180 - 1)  # one second before 06:00 UTC, winter time
    probe.forget_token()
    assert probe.create(ONE, ["leadId"]).code == "1029"
    probe.control.advance(1)
    assert probe.create(ONE, ["leadId"]).code == ""


@pytest.mark.parametrize(
    ("variant", "now", "seconds"),
    [
        ("chicago", "2026-03-07T12:00:00Z", 18 * 3600),
        ("chicago", "2026-03-08T12:00:00Z", 17 * 3600),  # summer time began at 08:00 UTC
        ("chicago", "2026-11-01T12:00:00Z", 18 * 3600),  # and ended at 07:00 UTC
        ("utc-6", "2026-03-08T12:00:00Z", 18 * 3600),
    ],
)
def test_central_midnight_minds_summer_time_if_the_knob_says(
    probe: Probe, variant: str, now: str, seconds: int
) -> None:
    probe.control.reset("tiny", now=now, knobs={"export_quota_mb": 0.000001, "U32": variant})
    probe.forget_token()
    probe.exported(ONE)
    probe.control.advance(seconds - 180 - 1)
    probe.forget_token()
    assert probe.create(ONE, ["leadId"]).code == "1029"
    probe.control.advance(1)
    assert probe.create(ONE, ["leadId"]).code == ""


@pytest.mark.parametrize(("variant", "code"), [("completion", ""), ("create", "1029")])
def test_quota_is_charged_when_the_knob_says(probe: Probe, variant: str, code: str) -> None:
    probe.control.knob(U26=variant, export_quota_mb=0.00001)
    probe.create(ONE, ["leadId"])
    assert probe.create(ONE, ["leadId"]).code == code


ALL_OF_U1 = [("1003", "1003"), ("1002", "1002"), ("609", "609")]


@pytest.mark.parametrize(("variant", "code"), ALL_OF_U1)
def test_create_without_programs(probe: Probe, variant: str, code: str) -> None:
    probe.control.knob(U1=variant)
    pointless: list[dict[str, object]] = [{"isExhausted": True}, {"programIds": []}]
    for filter_ in pointless:
        answer = probe.create(filter_, ["leadId"])
        assert (answer.status, answer.code) == (200, code)


@pytest.mark.parametrize("variant", ["1003", "1001", "1002"])
def test_create_with_impossible_filters(probe: Probe, variant: str) -> None:
    probe.control.knob(U2=variant)
    swapped = {"startAt": WINDOW["endAt"], "endAt": WINDOW["startAt"]}
    long = {"startAt": "2026-01-01T00:00:00Z", "endAt": "2026-02-01T00:00:01Z"}
    impossible: list[dict[str, object]] = [
        {"programId": 1001, "programIds": [1002]},
        {"programIds": list(range(11))},
        {**ONE, "updatedAt": swapped},
        {**ONE, "updatedAt": long},
    ]
    for filter_ in impossible:
        assert probe.create(filter_, ["leadId"]).code == variant


@pytest.mark.parametrize("variant", ["empty", "1003", "1013", "failed"])
def test_create_with_an_unknown_program(probe: Probe, variant: str) -> None:
    probe.control.knob(U3=variant)
    created = probe.create({"programId": 9}, ["leadId"])
    assert created.code == (variant if variant.isdigit() else "")
    if variant == "empty":
        status, content = probe.exported({"programIds": [9, 1001]})
        assert status["numberOfRecords"] == 5
        assert lines(content)[0] == "programId,leadId"
    if variant == "failed":
        export_id = probe.queued({"programIds": [9, 1001]})
        probe.control.advance(180)
        assert probe.status(export_id)["errorMsg"] == "Program 9 not found"


@pytest.mark.parametrize(
    ("variant", "message"),
    [("1006", "Field 'nope' not found"), ("1003", "Invalid fields [nope, Nor This]")],
)
def test_create_with_unknown_fields(probe: Probe, variant: str, message: str) -> None:
    probe.control.knob(U4=variant)
    answer = probe.create(ONE, ["nope", "leadId", "Nor This"])
    assert (answer.code, answer.message) == (variant, message)


@pytest.mark.parametrize(
    ("variant", "message"),
    [("1006", "Field 'email' not found"), ("1003", "Invalid fields [email, webinarUrl]")],
)
def test_create_may_refuse_fields_that_describes_list(
    probe: Probe, variant: str, message: str
) -> None:
    probe.control.knob(U4=variant, refused_fields="webinarUrl, email")
    described = probe.get("/rest/v1/programs/members/describe.json").result[0]["fields"]
    assert "webinarUrl" in [field["name"] for field in described]
    answer = probe.create(ONE, ["leadId", "email", "webinarUrl"])
    assert (answer.code, answer.message) == (variant, message)
    assert probe.create(ONE, ["leadId"]).code == ""


@pytest.mark.parametrize(
    ("variant", "message"),
    [
        ("1035", "Unsupported filter type for target subscription: programIds"),
        ("1035_unnamed", "Unsupported filter type for target subscription"),
    ],
)
def test_a_subscription_may_take_one_program_a_job_only(
    probe: Probe, variant: str, message: str
) -> None:
    probe.control.knob(program_ids_filter=variant)
    for filter_ in ({"programIds": [1001]}, {"programIds": [1001, 1002], "updatedAt": WINDOW}):
        answer = probe.create(filter_, ["leadId"])
        assert (answer.code, answer.message) == ("1035", message)
    assert lines(probe.exported(ONE, ["leadId"])[1])[:2] == ["leadId", "1"]
    assert lines(probe.exported(ONE, ["leadId", "programId"])[1])[1] == "1,1001"
    assert probe.create({**ONE, "updatedAt": WINDOW}, ["leadId"]).code == ""


@pytest.mark.parametrize(
    ("variant", "code", "message"),
    [
        ("already_queued", "1029", "Job already queued"),
        ("other_words", "1029", "Export job cannot be enqueued in status Completed"),
        ("1003", "1003", "Invalid job status 'Completed'"),
    ],
)
def test_a_job_that_got_further_refuses_another_enqueue_in_any_words(
    probe: Probe, variant: str, code: str, message: str
) -> None:
    probe.control.knob(U34=variant)
    export_id = probe.queued(ONE)
    for _ in range(3):
        again = probe.enqueue(export_id)
        assert again.code == code
        probe.control.advance(60)
    assert (again.code, again.message) == (code, message)
    assert probe.status(export_id)["status"] == "Completed"


def test_formula_and_soap_only_fields_are_not_exported(probe: Probe) -> None:
    assert probe.create(ONE, ["fullName"]).code == "1006"
    assert probe.create(ONE, ["LeadPartition"]).code == "1006"


@pytest.mark.parametrize(("variant", "code"), [("accepted", ""), ("1003", "1003")])
def test_milliseconds_in_a_window(probe: Probe, variant: str, code: str) -> None:
    probe.control.knob(U5=variant)
    window = {**WINDOW, "startAt": "2026-02-01T00:00:00.000Z"}
    assert probe.create({**ONE, "updatedAt": window}, ["leadId"]).code == code


def test_create_refuses_what_makes_no_sense(probe: Probe) -> None:
    assert probe.create({}, ["leadId"]).code == "609"
    assert probe.create({}, ["leadId"]).message == "Invalid value specified for attribute 'filter'"
    assert probe.create(ONE, []).code == "1002"
    assert probe.create({"programId": "1001"}, ["leadId"]).code == "1001"
    assert probe.create({"programIds": 1001}, ["leadId"]).code == "1001"
    assert probe.create({**ONE, "isExhausted": "yes"}, ["leadId"]).code == "1001"
    assert probe.create({**ONE, "statusNames": ["Nope"]}, ["leadId"]).message == "Invalid Data"
    assert probe.create({**ONE, "statusNames": "Nope"}, ["leadId"]).code == "1001"
    assert probe.create({**ONE, "nurtureCadence": "fast"}, ["leadId"]).code == "1003"
    assert probe.create({**ONE, "createdAt": WINDOW}, ["leadId"]).code == "1003"
    assert probe.create({**ONE, "updatedAt": "now"}, ["leadId"]).code == "1001"
    assert (
        probe.create({**ONE, "updatedAt": {"startAt": "x", "endAt": "y"}}, ["leadId"]).code
        == "1001"
    )
    assert probe.create({**ONE, "updatedAt": {"startAt": NOON}}, ["leadId"]).code == "1002"
    assert probe.create(ONE, ["leadId"], format="XML").code == "1003"
    assert probe.create(ONE, ["leadId"], columnHeaderNames=["x"]).code == "1001"
    path, json_type = EXPORT + "/create.json", {"Content-Type": "application/json"}
    assert probe.send("POST", path, b"{", {**probe.bearer(), **json_type}).code == "609"
    assert probe.send("POST", path, b"[]", {**probe.bearer(), **json_type}).code == "609"
    assert probe.send("POST", path, b"{}", probe.bearer()).code == "612"


def test_a_subscription_without_the_filter_says_1035(probe: Probe) -> None:
    probe.control.knob(updated_at_filter=False)
    answer = probe.create({**ONE, "updatedAt": WINDOW}, ["leadId"])
    assert answer.code == "1035"
    assert answer.message == "Unsupported filter type for target subscription"
    assert probe.create(ONE, ["leadId"]).code == ""


def test_filters_narrow_the_members(probe: Probe) -> None:
    fields = ["leadId", "statusName", "isExhausted"]
    rows = probe.control.truth(fields, [1001])
    status = rows[0]["statusName"]
    _, content = probe.exported({**ONE, "statusNames": [status]}, fields)
    expected = [str(r["leadId"]) for r in rows if r["statusName"] == status]
    assert [line.split(",")[0] for line in lines(content)[1:-1]] == expected
    _, content = probe.exported({**ONE, "isExhausted": False}, fields)
    expected = [str(r["leadId"]) for r in rows if not r["isExhausted"]]
    assert [line.split(",")[0] for line in lines(content)[1:-1]] == expected


@pytest.mark.parametrize("word", ["norm", "normal", "pause", "paused"])
def test_cadence_takes_all_four_documented_words(probe: Probe, word: str) -> None:
    engagement = {"programId": 1003}
    rows = probe.control.truth(["leadId", "nurtureCadence"], [1003])
    _, content = probe.exported({**engagement, "nurtureCadence": word})
    expected = [str(r["leadId"]) for r in rows if r["nurtureCadence"] == word[:4]]
    assert lines(content)[1:-1] == expected


@pytest.mark.parametrize(
    ("variant", "at_start", "at_end", "recent"),
    [
        ("inclusive", True, True, True),
        ("exclusive_end", True, False, True),
        ("lag_5_minutes", True, True, False),
        ("lag_60_minutes", True, True, False),
    ],
)
def test_the_window_means_what_the_knob_says(
    probe: Probe, variant: str, *, at_start: bool, at_end: bool, recent: bool
) -> None:
    probe.control.knob(U17=variant)
    times = {1: WINDOW["startAt"], 2: WINDOW["endAt"], 3: "2026-01-01T00:00:00Z"}
    for lead, time in times.items():
        probe.control.edit_member(1001, lead, updatedAt=time)
    for lead in (4, 5):
        probe.control.edit_member(1001, lead, updatedAt="2026-01-01T00:00:00Z")
    _, content = probe.exported({**ONE, "updatedAt": WINDOW})
    assert ("1" in lines(content)) is at_start
    assert ("2" in lines(content)) is at_end
    probe.control.edit_member(1001, 4)
    today = {"startAt": "2026-03-01T00:00:00Z", "endAt": "2026-03-02T00:00:00Z"}
    _, content = probe.exported({**ONE, "updatedAt": today})
    assert ("4" in lines(content)) is recent


def test_rows_come_whose_visible_time_lies_outside_if_the_knob_says(probe: Probe) -> None:
    probe.control.knob(U17="visible_outside")
    probe.control.edit_member(1001, 3, touch=False, customText="silent")
    window = {"startAt": "2026-03-01T00:00:00Z", "endAt": "2026-03-02T00:00:00Z"}
    _, content = probe.exported({**ONE, "updatedAt": window}, ["leadId", "customText"])
    assert lines(content) == ["leadId,customText", "3,silent", ""]


@pytest.mark.parametrize(("variant", "counts"), [("inclusive", False), ("lead_edits_count", True)])
def test_a_lead_edit_counts_only_if_the_knob_says(
    probe: Probe, variant: str, *, counts: bool
) -> None:
    probe.control.knob(U17=variant)
    probe.control.edit_member(1001, 3, updatedAt="2026-01-01T00:00:00Z")
    probe.control.edit_lead(3, firstName="New")
    window = {"startAt": "2026-03-01T00:00:00Z", "endAt": "2026-03-02T00:00:00Z"}
    _, content = probe.exported({**ONE, "updatedAt": window}, ["leadId", "firstName"])
    assert ("3,New" in lines(content)) is counts


@pytest.mark.parametrize(("variant", "row"), [("disappear", None), ("stay", "3,null")])
def test_memberships_of_deleted_leads(probe: Probe, variant: str, row: str | None) -> None:
    probe.control.knob(U18=variant)
    probe.control.delete_lead(3)
    _, content = probe.exported(ONE, ["leadId", "email"])
    found = [line for line in lines(content) if line.startswith("3,")]
    assert found == ([] if row is None else [row])
    assert len(probe.control.truth(program_ids=[1001])) == (4 if row is None else 5)


def test_the_figures_of_queue_and_retention_are_knobs(probe: Probe) -> None:
    knob = probe.control.knob
    knob(processing_slots=1, job_seconds_queued=5, job_seconds_processing=7)
    knob(status_refresh_seconds=0)
    first, second = probe.queued(ONE), probe.queued(ONE)
    seen = []
    for _ in range(4):
        probe.control.advance(6)
        seen.append((probe.status(first)["status"], probe.status(second)["status"]))
    assert seen == [
        ("Processing", "Queued"),
        ("Completed", "Processing"),
        ("Completed", "Processing"),
        ("Completed", "Completed"),
    ]
    assert probe.status(second)["startedAt"] == probe.status(first)["finishedAt"]
    knob(list_days=0.001, file_retention_days=0.002, status_retention_days=0.003)
    probe.control.advance(100)
    assert probe.get(EXPORT + ".json").result == []
    assert probe.file(first).status == 200
    probe.control.advance(100)
    assert probe.file(first).status == 404
    assert probe.status(first)["status"] == "Completed"
    probe.control.advance(100)
    assert probe.get(f"{EXPORT}/{first}/status.json").code == "1013"


def test_limits_can_be_lifted(probe: Probe) -> None:
    probe.control.knob(export_quota_mb=None, daily_calls=None, concurrency_limit=None)
    probe.control.knob(neighbour_export_mb=10_000, token_seconds=10)
    assert probe.create(ONE, ["leadId"]).code == ""
    probe.forget_token()
    probe.control.revoke_tokens()
    assert probe.identity().json["expires_in"] == 10


def test_a_job_of_a_program_that_is_gone_by_then_is_empty(probe: Probe) -> None:
    export_id = probe.queued(ONE)
    probe.control.delete_program(1001)
    probe.control.advance(180)
    assert probe.status(export_id)["numberOfRecords"] == 0
