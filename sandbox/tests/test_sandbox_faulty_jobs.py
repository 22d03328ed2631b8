"""Faults of export jobs: how they end, what their files hold, what is said about them."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

import pytest
from marketo_sandbox import ControlError
from marketo_sandbox.raw_client import EXPORT, RawClient

ONE = {"programId": 1001}


@pytest.mark.parametrize("mode", ["flip", "truncate", "extra_column", "short_row", "append"])
def test_corrupt_bytes_show_by_the_checksum(client: RawClient, mode: str) -> None:
    status, whole = client.exported(ONE, ["leadId", "updatedAt"])
    client.control.fault("corrupt", mode=mode)
    broken = client.file(status["exportId"])
    assert broken.body != whole
    assert broken.headers["content-length"] == str(len(broken.body))
    checksum = "sha256:" + hashlib.sha256(broken.body).hexdigest()
    assert checksum != status["fileChecksum"]
    assert client.file(status["exportId"]).body == whole
    if mode == "extra_column":
        assert broken.body.split(b"\n")[1].count(b",") == 2
    if mode == "short_row":
        assert broken.body.split(b"\n")[1].count(b",") == 0


def test_quotes_may_lose_their_doubling(client: RawClient) -> None:
    client.control.edit_member(1001, 1, customText='a "b" c')
    status, _ = client.exported(ONE, ["leadId", "customText"])
    client.control.fault("corrupt", mode="undoubled_quotes")
    assert b'"a "b" c"' in client.file(status["exportId"]).body


def test_a_corrupt_job_tells_figures_that_match_its_bad_file(client: RawClient) -> None:
    client.control.fault("corrupt", mode="short_row", consistent=True)
    status, broken = client.exported(ONE, ["leadId", "updatedAt"])
    assert broken.split(b"\n")[1] == b"1"
    assert status["fileChecksum"] == "sha256:" + hashlib.sha256(broken).hexdigest()
    assert status["fileSize"] == len(broken)
    _, good = client.exported(ONE, ["leadId", "updatedAt"])
    assert good.split(b"\n")[1].startswith(b"1,")


def test_a_file_may_be_any_bytes_at_all(client: RawClient) -> None:
    content = "leadId,firstName\n1,\ufeff\x00Zo\u00eb".encode()
    client.control.fault("file_bytes", base64=base64.b64encode(content).decode())
    status, got = client.exported(ONE)
    assert got == content
    assert (status["fileSize"], status["numberOfRecords"]) == (len(content), 1)
    client.control.fault(
        "file_bytes", base64="", fileChecksum="sha256:0", fileSize=9, numberOfRecords=7
    )
    status, _ = client.exported(ONE)
    assert [status[k] for k in ("fileChecksum", "fileSize", "numberOfRecords")] == [
        "sha256:0",
        9,
        7,
    ]


@pytest.mark.parametrize(
    ("kind", "key"),
    [
        ("wrong_checksum", "fileChecksum"),
        ("wrong_size", "fileSize"),
        ("wrong_records", "numberOfRecords"),
    ],
)
def test_a_status_may_misstate_its_file(client: RawClient, kind: str, key: str) -> None:
    status, _ = client.exported(ONE)
    client.control.fault(kind)
    assert client.status(status["exportId"])[key] != status[key]
    assert client.status(status["exportId"]) == status
    client.control.fault(kind, value=None)
    assert client.status(status["exportId"])[key] is None


def test_a_status_may_leave_its_figures_out(client: RawClient) -> None:
    status, _ = client.exported(ONE)
    client.control.fault("missing_verdict")
    assert not {"fileChecksum", "fileSize", "numberOfRecords"} & set(
        client.status(status["exportId"])
    )


def test_misstatements_wait_for_a_finished_job(client: RawClient) -> None:
    export_id = client.queued(ONE)
    client.control.fault("wrong_size")
    client.status(export_id)
    assert len(client.control.faults()) == 1


def test_ranges_may_be_ignored_or_misstated_or_short(client: RawClient) -> None:
    export_id = client.exported(ONE)[0]["exportId"]
    whole = client.file(export_id).body
    client.control.fault("whole_file_on_range")
    assert client.file(export_id).body == whole
    ignored = client.file(export_id, "bytes=5-")
    assert (ignored.status, ignored.body) == (200, whole)
    client.control.fault("wrong_content_range")
    assert client.file(export_id, "bytes=5-").headers["content-range"].startswith("bytes 0-0/")
    client.control.fault("short_range")
    short = client.file(export_id, "bytes=5-")
    assert (short.status, short.body) == (206, whole[5:-1])


def test_a_completed_job_may_have_no_file(client: RawClient) -> None:
    export_id = client.exported(ONE)[0]["exportId"]
    client.control.fault("file_missing")
    assert [client.file(export_id).status for _ in range(2)] == [404, 200]


@pytest.mark.parametrize(
    ("kind", "args", "state"),
    [
        ("job_failed", {"errorMsg": "Boom"}, "Failed"),
        ("job_cancelled", {}, "Cancelled"),
        ("job_stuck", {}, "Queued"),
        ("job_stuck", {"state": "Processing"}, "Processing"),
    ],
)
def test_the_next_job_ends_as_its_fault_says(
    client: RawClient, kind: str, args: dict[str, Any], state: str
) -> None:
    client.control.fault(kind, **args)
    doomed = client.queued(ONE)
    client.control.advance(3000)
    row = client.status(doomed)
    assert row["status"] == state
    assert row.get("errorMsg") == args.get("errorMsg")
    assert client.exported(ONE)[0]["status"] == "Completed"


def test_a_stuck_job_can_still_be_cancelled(client: RawClient) -> None:
    client.control.fault("job_stuck", state="Processing")
    doomed = client.queued(ONE)
    client.control.advance(3000)
    client.post(f"{EXPORT}/{doomed}/cancel.json")
    assert client.status(doomed)["status"] == "Cancelled"


def test_a_sick_job_answers_611_always_and_the_others_are_well(client: RawClient) -> None:
    client.control.fault("job_sick", program_id=1002, code="611")
    well = client.queued(ONE)
    sick = client.queued({"programIds": [1003, 1002]})
    again = client.queued({"programId": 1002})
    client.control.advance(300)
    assert [client.get(f"{EXPORT}/{sick}/status.json").code for _ in range(3)] == ["611"] * 3
    assert client.file(sick).status == 200
    assert [client.status(job)["status"] for job in (well, again)] == ["Completed"] * 2
    client.control.clear_faults()
    assert client.status(sick)["status"] == "Completed"


@pytest.mark.parametrize("verb", ["status", "enqueue", "file", "cancel"])
def test_a_sick_job_is_told_by_its_create_body_and_may_be_sick_in_any_verb(
    client: RawClient, verb: str
) -> None:
    client.control.fault(
        "job_sick", where='"customText"', verbs=[verb], does="http", status=502, times=2
    )
    well = client.create(ONE, ["leadId"]).result[0]["exportId"]
    sick = client.create(ONE, ["leadId", "customText"]).result[0]["exportId"]
    method = "POST" if verb in {"enqueue", "cancel"} else "GET"
    path = f"{EXPORT}/{{}}/{verb}.json"

    def ask(job: str) -> int:
        return client.send(method, path.format(job), b"", client.bearer()).status

    assert ask(well) != 502
    assert [ask(sick) for _ in range(2)] == [502, 502]
    assert ask(sick) != 502


def test_a_sick_job_may_be_missing_in_the_list(client: RawClient) -> None:
    client.control.fault("job_sick", program_id=1002, verbs=["status", "list"], code="611")
    well, sick = client.queued(ONE), client.queued({"programId": 1002})
    for _ in range(2):
        assert [row["exportId"] for row in client.get(EXPORT + ".json").result] == [well]
    assert client.get(f"{EXPORT}/{sick}/status.json").code == "611"
    client.control.clear_faults()
    client.control.fault("unlisted", where=sick)
    listed = [[row["exportId"] for row in client.get(EXPORT + ".json").result] for _ in range(2)]
    assert listed == [[well], [well, sick]]


def test_a_job_may_be_chosen_by_its_program_for_every_fault_of_jobs(client: RawClient) -> None:
    client.control.fault("job_failed", program_id=1003)
    well, ill = client.queued(ONE), client.queued({"programIds": [1002, 1003]})
    client.control.advance(300)
    assert [client.status(job)["status"] for job in (well, ill)] == ["Completed", "Failed"]


@pytest.mark.parametrize(
    ("args", "message"),
    [
        ({"verbs": ["create"]}, "verbs is a list"),
        ({"verbs": "status"}, "verbs is a list"),
        ({"does": "job_stuck"}, "does is one of"),
        ({"times": "often"}, "times is a whole number"),
    ],
)
def test_an_unknown_kind_of_sick_job_is_refused(
    client: RawClient, args: dict[str, Any], message: str
) -> None:
    with pytest.raises(ControlError, match=message):
        client.control.fault("job_sick", **args)
