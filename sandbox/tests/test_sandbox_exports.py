"""Export jobs: their states, the queue they share, and the list of them."""

from __future__ import annotations

import hashlib

import pytest
from marketo_sandbox import OTHER_CLIENT_ID, OTHER_CLIENT_SECRET
from marketo_sandbox.raw_client import EXPORT, RawClient

NOON = "2026-03-01T12:00:00Z"
ONE = {"programId": 1001}


def lines(content: bytes) -> list[str]:
    return content.decode().split("\n")


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
