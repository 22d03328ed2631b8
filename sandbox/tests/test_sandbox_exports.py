"""Bulk Program Member Extract: create, enqueue, status, file, cancel, list."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import pytest
from marketo_sandbox import OTHER_CLIENT_ID, OTHER_CLIENT_SECRET, Sandbox
from marketo_sandbox.raw_client import EXPORT, RawClient

if TYPE_CHECKING:
    from collections.abc import Iterator

NOON = "2026-03-01T12:00:00Z"
ONE = {"programId": 1001}
WINDOW = {"startAt": "2026-02-01T00:00:00Z", "endAt": "2026-03-01T00:00:00Z"}


@pytest.fixture
def client() -> Iterator[RawClient]:
    with Sandbox("tiny", now=NOON, frozen=True, speed=1, knobs={"rate_limit": None}) as sandbox:
        yield RawClient(sandbox.url)


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
        status, got = RawClient(sandbox.url).exported(ONE, fields)
        assert got == content
        assert status["fileChecksum"] == "sha256:" + hashlib.sha256(content).hexdigest()
        assert (status["fileSize"], status["numberOfRecords"]) == (len(content), 3)


def test_a_job_lives_from_created_to_completed_and_tells_what_is_known(client: RawClient) -> None:
    created = client.create(ONE, ["leadId"]).json
    assert set(created) == {"requestId", "result", "success"}
    row = created["result"][0]
    assert row == {
        "exportId": row["exportId"],
        "format": "CSV",
        "status": "Created",
        "createdAt": NOON,
    }
    export_id = row["exportId"]
    queued = client.enqueue(export_id).result[0]
    assert queued == {**row, "status": "Queued", "queuedAt": NOON}
    client.control.advance(59)
    assert client.status(export_id) == queued
    client.control.advance(1)
    processing = client.status(export_id)
    started = "2026-03-01T12:00:45Z"
    assert processing == {**queued, "status": "Processing", "startedAt": started}
    client.control.advance(59)
    assert client.status(export_id) == processing
    client.control.advance(1)
    done = client.status(export_id)
    content = client.file(export_id).body
    assert done == {
        **processing,
        "status": "Completed",
        "finishedAt": "2026-03-01T12:01:30Z",
        "numberOfRecords": 5,
        "fileSize": len(content),
        "fileChecksum": "sha256:" + hashlib.sha256(content).hexdigest(),
    }


def test_a_created_job_stays_created_and_holds_no_slot(client: RawClient) -> None:
    client.control.knob(queue_slots=1)
    idle = client.create(ONE, ["leadId"]).result[0]["exportId"]
    client.control.advance(86400)
    client.forget_token()
    assert client.status(idle)["status"] == "Created"
    assert client.status(client.queued(ONE))["status"] == "Queued"


def test_speed_shortens_every_wait_of_a_job(client: RawClient) -> None:
    client.control.reset("tiny", speed=60, now=NOON)
    client.forget_token()
    assert client.exported(ONE, advance=2)[0]["finishedAt"] == "2026-03-01T12:00:01Z"


def test_two_jobs_process_at_once_first_come_first_served(client: RawClient) -> None:
    jobs = [client.queued(ONE) for _ in range(4)]
    client.control.advance(60)
    assert [client.status(j)["status"] for j in jobs] == ["Processing"] * 2 + ["Queued"] * 2
    client.control.advance(60)
    assert [client.status(j)["status"] for j in jobs] == ["Completed"] * 2 + ["Processing"] * 2
    assert client.control.stats()["max_jobs_at_once"] == 4


def test_the_queue_holds_ten_jobs_including_those_of_others(client: RawClient) -> None:
    client.control.knob(neighbour_jobs=9)
    client.queued(ONE)
    second = client.create(ONE, ["leadId"]).result[0]["exportId"]
    refused = client.enqueue(second)
    assert (refused.status, refused.code) == (200, "1029")
    assert refused.message == "Too many jobs (10) in queue"
    client.control.knob(neighbour_jobs=8)
    assert client.enqueue(second).result[0]["status"] == "Queued"


def test_others_leave_us_one_processing_slot(client: RawClient) -> None:
    client.control.knob(neighbour_jobs=5)
    jobs = [client.queued(ONE) for _ in range(2)]
    client.control.advance(60)
    assert [client.status(j)["status"] for j in jobs] == ["Processing", "Queued"]


@pytest.mark.parametrize(("variant", "code"), [("enqueue", ""), ("both", "1029")])
def test_a_full_queue_refuses_creating_if_the_knob_says(
    client: RawClient, variant: str, code: str
) -> None:
    client.control.knob(U27=variant, neighbour_jobs=10)
    assert client.create(ONE, ["leadId"]).code == code


def test_enqueueing_twice_says_already_queued(client: RawClient) -> None:
    again = client.enqueue(client.queued(ONE))
    assert (again.code, again.message) == ("1029", "Job already queued")


def test_enqueue_takes_any_body(client: RawClient) -> None:
    for body in (b"", b"{}", b'""'):
        export_id = client.create(ONE, ["leadId"]).result[0]["exportId"]
        answer = client.send("POST", f"{EXPORT}/{export_id}/enqueue.json", body, client.bearer())
        assert answer.result[0]["status"] == "Queued"


def test_cancel_is_seen_at_once_by_its_owner_and_frees_the_slot(client: RawClient) -> None:
    export_id = client.queued(ONE)
    row = client.post(f"{EXPORT}/{export_id}/cancel.json").result[0]
    assert (row["status"], row["queuedAt"]) == ("Cancelled", NOON)
    assert client.status(export_id)["status"] == "Cancelled"
    assert client.enqueue(export_id).code == "1029"
    done, _ = client.exported(ONE)
    assert client.post(f"{EXPORT}/{done['exportId']}/cancel.json").code == "1029"


def test_a_cancel_by_somebody_else_is_seen_at_the_next_refresh(client: RawClient) -> None:
    export_id = client.queued(ONE)
    client.control.advance(10)
    assert client.control.cancel(export_id)["status"] == "Cancelled"
    assert client.status(export_id)["status"] == "Queued"
    client.control.advance(50)
    assert client.status(export_id)["status"] == "Cancelled"


def test_a_failed_job_tells_its_error(client: RawClient) -> None:
    export_id = client.queued(ONE)
    client.control.fail(export_id, "Out of luck")
    client.control.advance(60)
    row = client.status(export_id)
    assert (row["status"], row["errorMsg"]) == ("Failed", "Out of luck")
    assert "fileSize" not in row
    assert client.file(export_id).status == 404


def test_members_are_selected_when_processing_begins(client: RawClient) -> None:
    client.queued(ONE)
    client.control.advance(44)
    client.control.remove_member(1001, 1)
    client.control.advance(2)
    client.control.remove_member(1001, 2)
    client.control.advance(100)
    job = client.control.jobs()[0]
    assert lines(client.file(job["exportId"]).body) == ["leadId", "2", "3", "4", "5", ""]


def test_the_list_shows_a_week_of_our_own_jobs_by_pages(client: RawClient) -> None:
    other = RawClient(client.control.url, OTHER_CLIENT_ID, OTHER_CLIENT_SECRET)
    foreign = other.queued(ONE)
    assert "result" not in client.get(EXPORT + ".json").json
    first = client.create(ONE, ["leadId"]).result[0]["exportId"]
    second = client.exported(ONE)[0]["exportId"]
    page = client.get(EXPORT + ".json", batchSize=1).json
    assert [row["exportId"] for row in page["result"]] == [first]
    token = page["nextPageToken"]
    assert len(token) == 24
    rest = client.get(EXPORT + ".json", batchSize=1, nextPageToken=token).json
    assert [row["exportId"] for row in rest["result"]] == [second]
    assert "nextPageToken" not in rest
    both = client.get(EXPORT + ".json", status="created,completed").result
    assert len(both) == 2
    assert len(client.get(EXPORT + ".json?status=Completed&status=Failed").result) == 1
    assert client.get(EXPORT + ".json", batchSize=0).code == "1003"
    assert client.get(EXPORT + ".json", nextPageToken="f" * 24).code == "1003"
    assert {job["exportId"] for job in client.control.jobs()} == {first, second, foreign}
    client.control.advance(8 * 86400)
    client.forget_token()
    assert client.get(EXPORT + ".json").result == []


@pytest.mark.parametrize(
    ("variant", "status", "code"),
    [("1013", 200, "1013"), ("610", 200, "610"), ("1003", 200, "1003"), ("404", 404, None)],
)
def test_unknown_and_foreign_jobs(
    client: RawClient, variant: str, status: int, code: str | None
) -> None:
    client.control.knob(U6=variant)
    foreign = RawClient(client.control.url, OTHER_CLIENT_ID, OTHER_CLIENT_SECRET).queued(ONE)
    for export_id in ("no-such-job", foreign):
        answers = [
            client.get(f"{EXPORT}/{export_id}/status.json"),
            client.enqueue(export_id),
            client.post(f"{EXPORT}/{export_id}/cancel.json"),
        ]
        for answer in answers:
            assert answer.status == status
            if code is not None:
                assert answer.code == code
        assert client.file(export_id).status == 404


@pytest.mark.parametrize(
    ("variant", "body", "content_type"),
    [
        ("plain", b"Not Found", "text/plain;charset=UTF-8"),
        ("html", b"<html>", "text/html;charset=UTF-8"),
        ("empty", b"", "text/plain"),
    ],
)
def test_a_file_that_is_not_there_is_a_404_without_json(
    client: RawClient, variant: str, body: bytes, content_type: str
) -> None:
    client.control.knob(U7=variant)
    answer = client.file(client.queued(ONE))
    assert answer.status == 404
    assert answer.body.startswith(body)
    assert bool(answer.body) is bool(body)
    assert answer.headers["content-type"] == content_type


@pytest.mark.parametrize(("variant", "status"), [("404", 404), ("json", 200)])
def test_files_live_seven_days_and_statuses_thirty(
    client: RawClient, variant: str, status: int
) -> None:
    client.control.knob(U16=variant)
    export_id = client.exported(ONE)[0]["exportId"]
    client.control.advance(7 * 86400 - 200)
    client.forget_token()
    assert client.file(export_id).body
    client.control.advance(300)
    client.forget_token()
    gone = client.file(export_id)
    assert gone.status == status
    assert client.status(export_id)["status"] == "Completed"
    client.control.advance(24 * 86400)
    client.forget_token()
    assert client.get(f"{EXPORT}/{export_id}/status.json").code == "1013"


def test_files_and_jobs_can_be_dropped_by_hand(client: RawClient) -> None:
    export_id = client.exported(ONE)[0]["exportId"]
    client.control.expire(export_id)
    assert client.file(export_id).status == 404
    client.control.forget(export_id)
    assert client.control.jobs() == []


def test_a_file_comes_whole_or_by_range_and_never_compressed(client: RawClient) -> None:
    export_id = client.exported(ONE, ["leadId", "updatedAt"])[0]["exportId"]
    whole = client.get(f"{EXPORT}/{export_id}/file.json", {"Accept-Encoding": "gzip"})
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
        part = client.file(export_id, f"bytes={asked}")
        assert part.status == 206
        assert part.body == whole.body[start : end + 1]
        assert part.headers["content-range"] == f"bytes {start}-{end}/{size}"
    assert client.file(export_id, "lines=1-2").status == 200


@pytest.mark.parametrize(
    ("variant", "beyond", "suffix"), [("416", 416, 416), ("200", 200, 200), ("206", 206, 206)]
)
def test_ranges_beyond_the_end_and_suffixes(
    client: RawClient, variant: str, beyond: int, suffix: int
) -> None:
    client.control.knob(U14=variant)
    export_id = client.exported(ONE)[0]["exportId"]
    whole = client.file(export_id).body
    far, tail = client.file(export_id, "bytes=9999-"), client.file(export_id, "bytes=-3")
    assert (far.status, tail.status) == (beyond, suffix)
    if variant == "416":
        assert far.body == b""
        assert far.headers["content-range"] == f"bytes */{len(whole)}"
    if variant == "200":
        assert far.body == whole
    if variant == "206":
        assert tail.body == whole[-3:]
        assert far.body == whole[-1:]


def test_quota_is_used_by_finished_files_until_central_midnight(client: RawClient) -> None:
    client.control.knob(export_quota_mb=500, neighbour_export_mb=499.99999)
    waiting = client.create(ONE, ["leadId"]).result[0]["exportId"]
    running = [client.queued(ONE) for _ in range(2)]
    client.control.advance(180)
    for refused in (client.create(ONE, ["leadId"]), client.enqueue(waiting)):
        assert (refused.status, refused.code) == (200, "1029")
        assert refused.message == "Export daily quota 500MB exceeded."
    assert [client.status(job)["status"] for job in running] == ["Completed"] * 2
    assert client.control.stats()["quota_bytes_used"] == 499_999_990 + 2 * len(
        "leadId\n1\n2\n3\n4\n5\n"
    )
    client.control.advance(18 * 3600 - 180 - 1)  # one second before 06:00 UTC, winter time
    client.forget_token()
    assert client.create(ONE, ["leadId"]).code == "1029"
    client.control.advance(1)
    assert client.create(ONE, ["leadId"]).code == ""


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
    client: RawClient, variant: str, now: str, seconds: int
) -> None:
    client.control.reset("tiny", now=now, knobs={"export_quota_mb": 0.000001, "U32": variant})
    client.forget_token()
    client.exported(ONE)
    client.control.advance(seconds - 180 - 1)
    client.forget_token()
    assert client.create(ONE, ["leadId"]).code == "1029"
    client.control.advance(1)
    assert client.create(ONE, ["leadId"]).code == ""


@pytest.mark.parametrize(("variant", "code"), [("completion", ""), ("create", "1029")])
def test_quota_is_charged_when_the_knob_says(client: RawClient, variant: str, code: str) -> None:
    client.control.knob(U26=variant, export_quota_mb=0.00001)
    client.create(ONE, ["leadId"])
    assert client.create(ONE, ["leadId"]).code == code


ALL_OF_U1 = [("1003", "1003"), ("1002", "1002"), ("609", "609")]


@pytest.mark.parametrize(("variant", "code"), ALL_OF_U1)
def test_create_without_programs(client: RawClient, variant: str, code: str) -> None:
    client.control.knob(U1=variant)
    pointless: list[dict[str, object]] = [{"isExhausted": True}, {"programIds": []}]
    for filter_ in pointless:
        answer = client.create(filter_, ["leadId"])
        assert (answer.status, answer.code) == (200, code)


@pytest.mark.parametrize("variant", ["1003", "1001", "1002"])
def test_create_with_impossible_filters(client: RawClient, variant: str) -> None:
    client.control.knob(U2=variant)
    swapped = {"startAt": WINDOW["endAt"], "endAt": WINDOW["startAt"]}
    long = {"startAt": "2026-01-01T00:00:00Z", "endAt": "2026-02-01T00:00:01Z"}
    impossible: list[dict[str, object]] = [
        {"programId": 1001, "programIds": [1002]},
        {"programIds": list(range(11))},
        {**ONE, "updatedAt": swapped},
        {**ONE, "updatedAt": long},
    ]
    for filter_ in impossible:
        assert client.create(filter_, ["leadId"]).code == variant


@pytest.mark.parametrize("variant", ["empty", "1003", "1013", "failed"])
def test_create_with_an_unknown_program(client: RawClient, variant: str) -> None:
    client.control.knob(U3=variant)
    created = client.create({"programId": 9}, ["leadId"])
    assert created.code == (variant if variant.isdigit() else "")
    if variant == "empty":
        status, content = client.exported({"programIds": [9, 1001]})
        assert status["numberOfRecords"] == 5
        assert lines(content)[0] == "programId,leadId"
    if variant == "failed":
        export_id = client.queued({"programIds": [9, 1001]})
        client.control.advance(180)
        assert client.status(export_id)["errorMsg"] == "Program 9 not found"


@pytest.mark.parametrize(
    ("variant", "message"),
    [("1006", "Field 'nope' not found"), ("1003", "Invalid fields [nope, Nor This]")],
)
def test_create_with_unknown_fields(client: RawClient, variant: str, message: str) -> None:
    client.control.knob(U4=variant)
    answer = client.create(ONE, ["nope", "leadId", "Nor This"])
    assert (answer.code, answer.message) == (variant, message)


@pytest.mark.parametrize(
    ("variant", "message"),
    [("1006", "Field 'email' not found"), ("1003", "Invalid fields [email, webinarUrl]")],
)
def test_create_may_refuse_fields_that_describes_list(
    client: RawClient, variant: str, message: str
) -> None:
    client.control.knob(U4=variant, refused_fields="webinarUrl, email")
    described = client.get("/rest/v1/programs/members/describe.json").result[0]["fields"]
    assert "webinarUrl" in [field["name"] for field in described]
    answer = client.create(ONE, ["leadId", "email", "webinarUrl"])
    assert (answer.code, answer.message) == (variant, message)
    assert client.create(ONE, ["leadId"]).code == ""


@pytest.mark.parametrize(
    ("variant", "message"),
    [
        ("1035", "Unsupported filter type for target subscription: programIds"),
        ("1035_unnamed", "Unsupported filter type for target subscription"),
    ],
)
def test_a_subscription_may_take_one_program_a_job_only(
    client: RawClient, variant: str, message: str
) -> None:
    client.control.knob(program_ids_filter=variant)
    for filter_ in ({"programIds": [1001]}, {"programIds": [1001, 1002], "updatedAt": WINDOW}):
        answer = client.create(filter_, ["leadId"])
        assert (answer.code, answer.message) == ("1035", message)
    assert lines(client.exported(ONE, ["leadId"])[1])[:2] == ["leadId", "1"]
    assert lines(client.exported(ONE, ["leadId", "programId"])[1])[1] == "1,1001"
    assert client.create({**ONE, "updatedAt": WINDOW}, ["leadId"]).code == ""


@pytest.mark.parametrize(
    ("variant", "code", "message"),
    [
        ("already_queued", "1029", "Job already queued"),
        ("other_words", "1029", "Export job cannot be enqueued in status Completed"),
        ("1003", "1003", "Invalid job status 'Completed'"),
    ],
)
def test_a_job_that_got_further_refuses_another_enqueue_in_any_words(
    client: RawClient, variant: str, code: str, message: str
) -> None:
    client.control.knob(U34=variant)
    export_id = client.queued(ONE)
    for _ in range(3):
        again = client.enqueue(export_id)
        assert again.code == code
        client.control.advance(60)
    assert (again.code, again.message) == (code, message)
    assert client.status(export_id)["status"] == "Completed"


def test_formula_and_soap_only_fields_are_not_exported(client: RawClient) -> None:
    assert client.create(ONE, ["fullName"]).code == "1006"
    assert client.create(ONE, ["LeadPartition"]).code == "1006"


@pytest.mark.parametrize(("variant", "code"), [("accepted", ""), ("1003", "1003")])
def test_milliseconds_in_a_window(client: RawClient, variant: str, code: str) -> None:
    client.control.knob(U5=variant)
    window = {**WINDOW, "startAt": "2026-02-01T00:00:00.000Z"}
    assert client.create({**ONE, "updatedAt": window}, ["leadId"]).code == code


def test_create_refuses_what_makes_no_sense(client: RawClient) -> None:
    assert client.create({}, ["leadId"]).code == "609"
    assert client.create({}, ["leadId"]).message == "Invalid value specified for attribute 'filter'"
    assert client.create(ONE, []).code == "1002"
    assert client.create({"programId": "1001"}, ["leadId"]).code == "1001"
    assert client.create({"programIds": 1001}, ["leadId"]).code == "1001"
    assert client.create({**ONE, "isExhausted": "yes"}, ["leadId"]).code == "1001"
    assert client.create({**ONE, "statusNames": ["Nope"]}, ["leadId"]).message == "Invalid Data"
    assert client.create({**ONE, "statusNames": "Nope"}, ["leadId"]).code == "1001"
    assert client.create({**ONE, "nurtureCadence": "fast"}, ["leadId"]).code == "1003"
    assert client.create({**ONE, "createdAt": WINDOW}, ["leadId"]).code == "1003"
    assert client.create({**ONE, "updatedAt": "now"}, ["leadId"]).code == "1001"
    assert (
        client.create({**ONE, "updatedAt": {"startAt": "x", "endAt": "y"}}, ["leadId"]).code
        == "1001"
    )
    assert client.create({**ONE, "updatedAt": {"startAt": NOON}}, ["leadId"]).code == "1002"
    assert client.create(ONE, ["leadId"], format="XML").code == "1003"
    assert client.create(ONE, ["leadId"], columnHeaderNames=["x"]).code == "1001"
    path, json_type = EXPORT + "/create.json", {"Content-Type": "application/json"}
    assert client.send("POST", path, b"{", {**client.bearer(), **json_type}).code == "609"
    assert client.send("POST", path, b"[]", {**client.bearer(), **json_type}).code == "609"
    assert client.send("POST", path, b"{}", client.bearer()).code == "612"


def test_a_subscription_without_the_filter_says_1035(client: RawClient) -> None:
    client.control.knob(updated_at_filter=False)
    answer = client.create({**ONE, "updatedAt": WINDOW}, ["leadId"])
    assert answer.code == "1035"
    assert answer.message == "Unsupported filter type for target subscription"
    assert client.create(ONE, ["leadId"]).code == ""


def test_filters_narrow_the_members(client: RawClient) -> None:
    fields = ["leadId", "statusName", "isExhausted"]
    rows = client.control.truth(fields, [1001])
    status = rows[0]["statusName"]
    _, content = client.exported({**ONE, "statusNames": [status]}, fields)
    expected = [str(r["leadId"]) for r in rows if r["statusName"] == status]
    assert [line.split(",")[0] for line in lines(content)[1:-1]] == expected
    _, content = client.exported({**ONE, "isExhausted": False}, fields)
    expected = [str(r["leadId"]) for r in rows if not r["isExhausted"]]
    assert [line.split(",")[0] for line in lines(content)[1:-1]] == expected


@pytest.mark.parametrize("word", ["norm", "normal", "pause", "paused"])
def test_cadence_takes_all_four_documented_words(client: RawClient, word: str) -> None:
    engagement = {"programId": 1003}
    rows = client.control.truth(["leadId", "nurtureCadence"], [1003])
    _, content = client.exported({**engagement, "nurtureCadence": word})
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
    client: RawClient, variant: str, *, at_start: bool, at_end: bool, recent: bool
) -> None:
    client.control.knob(U17=variant)
    times = {1: WINDOW["startAt"], 2: WINDOW["endAt"], 3: "2026-01-01T00:00:00Z"}
    for lead, time in times.items():
        client.control.edit_member(1001, lead, updatedAt=time)
    for lead in (4, 5):
        client.control.edit_member(1001, lead, updatedAt="2026-01-01T00:00:00Z")
    _, content = client.exported({**ONE, "updatedAt": WINDOW})
    assert ("1" in lines(content)) is at_start
    assert ("2" in lines(content)) is at_end
    client.control.edit_member(1001, 4)
    today = {"startAt": "2026-03-01T00:00:00Z", "endAt": "2026-03-02T00:00:00Z"}
    _, content = client.exported({**ONE, "updatedAt": today})
    assert ("4" in lines(content)) is recent


def test_rows_come_whose_visible_time_lies_outside_if_the_knob_says(client: RawClient) -> None:
    client.control.knob(U17="visible_outside")
    client.control.edit_member(1001, 3, touch=False, customText="silent")
    window = {"startAt": "2026-03-01T00:00:00Z", "endAt": "2026-03-02T00:00:00Z"}
    _, content = client.exported({**ONE, "updatedAt": window}, ["leadId", "customText"])
    assert lines(content) == ["leadId,customText", "3,silent", ""]


@pytest.mark.parametrize(("variant", "counts"), [("inclusive", False), ("lead_edits_count", True)])
def test_a_lead_edit_counts_only_if_the_knob_says(
    client: RawClient, variant: str, *, counts: bool
) -> None:
    client.control.knob(U17=variant)
    client.control.edit_member(1001, 3, updatedAt="2026-01-01T00:00:00Z")
    client.control.edit_lead(3, firstName="New")
    window = {"startAt": "2026-03-01T00:00:00Z", "endAt": "2026-03-02T00:00:00Z"}
    _, content = client.exported({**ONE, "updatedAt": window}, ["leadId", "firstName"])
    assert ("3,New" in lines(content)) is counts


@pytest.mark.parametrize(("variant", "row"), [("disappear", None), ("stay", "3,null")])
def test_memberships_of_deleted_leads(client: RawClient, variant: str, row: str | None) -> None:
    client.control.knob(U18=variant)
    client.control.delete_lead(3)
    _, content = client.exported(ONE, ["leadId", "email"])
    found = [line for line in lines(content) if line.startswith("3,")]
    assert found == ([] if row is None else [row])
    assert len(client.control.truth(program_ids=[1001])) == (4 if row is None else 5)


def test_the_figures_of_queue_and_retention_are_knobs(client: RawClient) -> None:
    knob = client.control.knob
    knob(processing_slots=1, job_seconds_queued=5, job_seconds_processing=7)
    knob(status_refresh_seconds=0)
    first, second = client.queued(ONE), client.queued(ONE)
    seen = []
    for _ in range(4):
        client.control.advance(6)
        seen.append((client.status(first)["status"], client.status(second)["status"]))
    assert seen == [
        ("Processing", "Queued"),
        ("Completed", "Processing"),
        ("Completed", "Processing"),
        ("Completed", "Completed"),
    ]
    assert client.status(second)["startedAt"] == client.status(first)["finishedAt"]
    knob(list_days=0.001, file_retention_days=0.002, status_retention_days=0.003)
    client.control.advance(100)
    assert client.get(EXPORT + ".json").result == []
    assert client.file(first).status == 200
    client.control.advance(100)
    assert client.file(first).status == 404
    assert client.status(first)["status"] == "Completed"
    client.control.advance(100)
    assert client.get(f"{EXPORT}/{first}/status.json").code == "1013"


def test_limits_can_be_lifted(client: RawClient) -> None:
    client.control.knob(export_quota_mb=None, daily_calls=None, concurrency_limit=None)
    client.control.knob(neighbour_export_mb=10_000, token_seconds=10)
    assert client.create(ONE, ["leadId"]).code == ""
    client.forget_token()
    client.control.revoke_tokens()
    assert client.identity().json["expires_in"] == 10


def test_a_job_of_a_program_that_is_gone_by_then_is_empty(client: RawClient) -> None:
    export_id = client.queued(ONE)
    client.control.delete_program(1001)
    client.control.advance(180)
    assert client.status(export_id)["numberOfRecords"] == 0
