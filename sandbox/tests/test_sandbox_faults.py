"""Every kind of fault: counted, aimed, and combined."""

from __future__ import annotations

import base64
import hashlib
import http.client
import json
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from marketo_sandbox import ControlError, Sandbox
from marketo_sandbox.faults import KINDS
from marketo_sandbox.raw_client import EXPORT, RawClient

if TYPE_CHECKING:
    from collections.abc import Iterator

PROGRAMS = "/rest/asset/v1/programs.json"
DESCRIBE = "/rest/v1/programs/members/describe.json"
ONE = {"programId": 1001}


@pytest.fixture
def client() -> Iterator[RawClient]:
    with Sandbox(
        "tiny", now="2026-03-01T12:00:00Z", frozen=True, speed=1, knobs={"rate_limit": None}
    ) as sandbox:
        made = RawClient(sandbox.url)
        made.bearer()
        yield made


def test_a_fault_strikes_after_k_calls_and_then_n_times(client: RawClient) -> None:
    client.control.fault("error", "programs", after=2, count=2, code="606")
    assert [client.get(PROGRAMS).code for _ in range(5)] == ["", "", "606", "606", ""]
    assert client.control.faults() == []


def test_pending_faults_are_listed_and_cleared(client: RawClient) -> None:
    client.control.fault("error", "programs", count=3, code="611", message="Oh no")
    client.get(PROGRAMS)
    pending = client.control.faults()
    assert pending[0]["remaining"] == 2
    assert pending[0]["args"] == {"code": "611", "message": "Oh no"}
    client.control.clear_faults()
    assert client.get(PROGRAMS).code == ""


def test_a_fault_is_aimed_at_an_endpoint_and_at_words_in_the_request(client: RawClient) -> None:
    client.control.fault("error", "programs", where="offset=200", code="604")
    client.control.fault("error", "export_create", where='"programId": 1002', code="1003")
    assert client.get(DESCRIBE).code == ""
    assert client.get(PROGRAMS).code == ""
    assert client.get(PROGRAMS, offset=200).code == "604"
    assert client.create({"programId": 1001}, ["leadId"]).code == ""
    assert client.create({"programId": 1002}, ["leadId"]).code == "1003"


def test_an_error_has_the_envelope_of_its_api_and_any_status(client: RawClient) -> None:
    client.control.fault("error", "any", code="713", message="Transient Error", count=2)
    asset, database = client.get(PROGRAMS), client.get(DESCRIBE)
    assert asset.json["warnings"] == []
    assert "warnings" not in database.json
    assert (database.status, database.code, database.message) == (200, "713", "Transient Error")
    client.control.fault("error", code="606", status=429)
    assert client.get(DESCRIBE).status == 429
    several = [{"code": "1003", "message": "a"}, {"code": "1006", "message": "b"}]
    client.control.fault("error", errors=several)
    assert client.get(DESCRIBE).json["errors"] == several
    assert client.control.stats()["errors"]["713"] == 2


def test_http_errors_come_with_html(client: RawClient) -> None:
    client.control.fault("http", "programs", status=502)
    bad = client.get(PROGRAMS)
    assert (bad.status, bad.headers["content-type"]) == (502, "text/html")
    assert b"<html>" in bad.body
    client.control.fault("http", status=503, body="", headers={"Retry-After": "1"})
    busy = client.get(PROGRAMS)
    assert (busy.status, busy.body, busy.headers["retry-after"]) == (503, b"", "1")


@pytest.mark.parametrize("status", [203, 418, 429, 520, 522, 524, 530, 598, 599, 600, 799, 999])
@pytest.mark.parametrize("kind", ["http", "error", "empty_body", "redirect"])
def test_any_status_that_a_fault_names_is_the_status(
    client: RawClient, kind: str, status: int
) -> None:
    client.control.fault(kind, "programs", status=status)
    answer = client.get(PROGRAMS)
    assert answer.status == status
    assert answer.reason


@pytest.mark.parametrize("status", [204, 304])
def test_a_status_without_a_body_comes_without_one(client: RawClient, status: int) -> None:
    client.control.fault("http", "programs", status=status)
    answer = client.get(PROGRAMS)
    assert (answer.status, answer.body) == (status, b"")


@pytest.mark.parametrize("status", [99, 1000, 0, -1, 502.5, "502", True])
def test_a_status_that_no_status_line_can_carry_is_refused(
    client: RawClient, status: object
) -> None:
    with pytest.raises(ControlError, match="status is a whole number from 100 to 999"):
        client.control.fault("http", status=status)


@pytest.mark.parametrize(
    ("kind", "args"),
    [
        ("slow", {"seconds": "long"}),
        ("cut", {"bytes": -1}),
        ("token_life", {"expires_in": None}),
        ("file_bytes", {"base64": "", "fileSize": "big"}),
    ],
)
def test_an_argument_that_is_no_number_is_refused_before_it_strikes(
    client: RawClient, kind: str, args: dict[str, Any]
) -> None:
    with pytest.raises(ControlError, match="is a number from"):
        client.control.fault(kind, **args)


def test_an_edit_may_name_a_status_of_its_own(client: RawClient) -> None:
    client.control.fault("edit", "programs", do="edit_program", program_id=1001, status="on")
    client.get(PROGRAMS)
    assert client.control.programs()[0]["status"] == "on"


def test_bodies_may_be_empty_or_broken_or_without_result(client: RawClient) -> None:
    client.control.fault("empty_body")
    empty = client.get(PROGRAMS)
    assert (empty.status, empty.body) == (200, b"")
    client.control.fault("broken_json")
    with pytest.raises(json.JSONDecodeError):
        assert client.get(PROGRAMS).json
    client.control.fault("no_result")
    assert client.get(DESCRIBE).json["success"] is True
    assert client.control.requests()[-1]["faults"] == ["no_result"]
    client.control.fault("no_result")
    assert "result" not in client.get(DESCRIBE).json


def test_a_redirect_points_where_told(client: RawClient) -> None:
    client.control.fault("redirect", url="http://127.0.0.1:1/elsewhere", status=307)
    answer = client.get(PROGRAMS)
    assert (answer.status, answer.headers["location"]) == (307, "http://127.0.0.1:1/elsewhere")


def test_a_reset_drops_the_connection_before_the_work_or_after_it(client: RawClient) -> None:
    client.control.fault("reset", "export_create")
    with pytest.raises(ConnectionError):
        client.create(ONE, ["leadId"])
    assert client.control.jobs() == []
    client.control.fault("reset", "export_create", after_handling=True)
    with pytest.raises(ConnectionError):
        client.create(ONE, ["leadId"])
    assert len(client.control.jobs()) == 1
    assert [r["status"] for r in client.control.requests("export_create")] == [None, None]


def test_work_may_be_done_and_another_answer_given(client: RawClient) -> None:
    export_id = client.create(ONE, ["leadId"]).result[0]["exportId"]
    client.control.fault("http", "export_enqueue", status=504, after_handling=True)
    assert client.enqueue(export_id).status == 504
    assert client.enqueue(export_id).message == "Job already queued"


def test_a_file_is_cut_at_byte_n_and_goes_on_by_range(client: RawClient) -> None:
    export_id = client.exported(ONE, ["leadId", "updatedAt"])[0]["exportId"]
    whole = client.file(export_id).body
    client.control.fault("cut", "export_file", bytes=20)
    with pytest.raises(http.client.IncompleteRead) as broken:
        client.file(export_id)
    assert broken.value.partial == whole[:20]
    assert client.control.requests("export_file")[-1]["bytes"] == 20
    rest = client.file(export_id, "bytes=20-")
    assert broken.value.partial + rest.body == whole


def test_json_can_be_cut_too(client: RawClient) -> None:
    client.control.fault("cut", "programs", bytes=10)
    with pytest.raises(http.client.IncompleteRead):
        client.get(PROGRAMS)


def test_a_stall_is_silence_with_the_socket_open(client: RawClient) -> None:
    client.control.fault("stall", "programs", bytes=5, seconds=0.3)
    begin = time.monotonic()
    with pytest.raises(http.client.IncompleteRead) as broken:
        client.get(PROGRAMS)
    assert broken.value.partial == b'{"suc'
    assert 0.25 < time.monotonic() - begin < 2


def test_slow_answers_come_whole(client: RawClient) -> None:
    client.control.fault("slow", "programs", seconds=0.2)
    begin = time.monotonic()
    assert client.get(PROGRAMS).result
    assert time.monotonic() - begin >= 0.2


@pytest.mark.parametrize("mode", ["flip", "truncate", "extra_column", "short_row", "append"])
def test_corrupt_bytes_betray_themselves_by_the_checksum(client: RawClient, mode: str) -> None:
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


def test_a_token_may_die_between_two_pages_and_on_the_file(client: RawClient) -> None:
    export_id = client.exported(ONE)[0]["exportId"]
    client.control.fault("error", "export_file", code="602", message="Access token expired")
    answer = client.file(export_id)
    assert (answer.status, answer.code) == (200, "602")
    assert answer.headers["content-type"].startswith("application/json")
    client.control.fault("revoke_token", "programs", after=1)
    assert [client.get(PROGRAMS).code for _ in range(3)] == ["", "601", "601"]
    client.forget_token()
    assert client.get(PROGRAMS).code == ""


@pytest.mark.parametrize(
    ("kind", "args", "state"),
    [
        ("job_failed", {"errorMsg": "Boom"}, "Failed"),
        ("job_cancelled", {}, "Cancelled"),
        ("job_stuck", {}, "Queued"),
        ("job_stuck", {"state": "Processing"}, "Processing"),
    ],
)
def test_the_next_job_has_its_fate(
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


@pytest.mark.parametrize("action", ["create", "delete"])
def test_pages_shift_while_they_are_read(client: RawClient, action: str) -> None:
    client.control.fault("shift_page", action=action)
    first = client.get(PROGRAMS, maxReturn=1).result[0]["name"]
    second = client.get(PROGRAMS, maxReturn=1, offset=1).result[0]["name"]
    assert first == "Alpha"
    assert second == ("Alpha" if action == "create" else "Gamma, with comma")


def test_any_edit_may_happen_in_the_middle_of_a_call(client: RawClient) -> None:
    args: dict[str, Any] = {
        "do": "edit_member",
        "program_id": 1001,
        "lead_id": 1,
        "customText": "now",
    }
    client.control.fault("edit", "export_create", **args)
    client.create(ONE, ["leadId"])
    assert client.control.truth(["customText"], [1001])[0] == {"customText": "now"}


def test_faults_combine(client: RawClient) -> None:
    client.control.fault("slow", "programs", seconds=0.1)
    client.control.fault("error", "programs", code="611")
    client.control.fault("cut", "programs", bytes=3)
    begin = time.monotonic()
    with pytest.raises(http.client.IncompleteRead):
        client.get(PROGRAMS)
    assert time.monotonic() - begin >= 0.1
    assert client.control.requests()[-1]["faults"] == ["slow", "error", "cut"]


def test_faults_that_do_not_exist_are_refused(client: RawClient) -> None:
    with pytest.raises(ControlError, match="no fault 'nope'"):
        client.control.fault("nope")
    with pytest.raises(ControlError, match="no endpoint 'nope'"):
        client.control.fault("reset", "nope")


def test_every_kind_of_fault_is_tested() -> None:
    here = Path(__file__)
    files = (here, here.with_name("test_sandbox_identity.py"))
    words = "".join(file.read_text(encoding="utf-8") for file in files)
    names = {"corrupt" if kind == "corrupt_job" else kind for kind in KINDS}
    assert {name for name in names if f'"{name}"' not in words} == set()


def test_a_client_that_hangs_up_in_mid_answer_disturbs_nobody(
    client: RawClient, caplog: pytest.LogCaptureFixture
) -> None:
    client.control.fault("stall", "programs", bytes=5, seconds=0.2)
    host, _, port = client.control.url.removeprefix("http://").partition(":")
    connection = http.client.HTTPConnection(host, int(port))
    connection.request("GET", PROGRAMS, headers=client.bearer())
    connection.getresponse().close()
    connection.close()
    while client.control.requests("programs")[0]["duration"] is None:
        time.sleep(0.02)
    assert client.get(PROGRAMS).result
    assert caplog.records == []


def test_faults_strike_no_one_when_the_sandbox_stops_in_the_middle() -> None:
    begin = time.monotonic()
    with Sandbox("tiny", speed=1) as sandbox:
        client = RawClient(sandbox.url)
        host, _, port = sandbox.url.removeprefix("http://").partition(":")
        connection = http.client.HTTPConnection(host, int(port))
        client.control.fault("stall", "programs", seconds=30)
        connection.request("GET", PROGRAMS, headers=client.bearer())
        while not client.control.requests("programs"):
            time.sleep(0.01)
    connection.close()
    assert time.monotonic() - begin < 2


def test_a_sick_job_answers_611_for_ever_and_the_others_are_well(client: RawClient) -> None:
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


def test_a_job_may_be_chosen_by_its_program_for_every_fate(client: RawClient) -> None:
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
def test_a_sickness_nobody_knows_is_refused(
    client: RawClient, args: dict[str, Any], message: str
) -> None:
    with pytest.raises(ControlError, match=message):
        client.control.fault("job_sick", **args)


def test_work_may_be_done_and_its_answer_come_late(client: RawClient) -> None:
    export_id = client.create(ONE, ["leadId"]).result[0]["exportId"]
    client.control.fault("slow", "export_enqueue", seconds=0.2, after_handling=True)
    answered = threading.Event()

    def enqueue() -> None:
        assert client.enqueue(export_id).result[0]["status"] == "Queued"
        answered.set()

    late = threading.Thread(target=enqueue)
    late.start()
    while client.control.jobs()[0]["status"] != "Queued":
        time.sleep(0.01)
    assert client.enqueue(export_id).message == "Job already queued"
    late.join()
    assert answered.is_set()


def test_an_answer_that_nobody_waits_for_any_more_is_never_sent(client: RawClient) -> None:
    export_id = client.create(ONE, ["leadId"]).result[0]["exportId"]
    client.control.fault("slow", "export_enqueue", seconds=3600, after_handling=True)
    host, _, port = client.control.url.removeprefix("http://").partition(":")
    connection = http.client.HTTPConnection(host, int(port))
    connection.request("POST", f"{EXPORT}/{export_id}/enqueue.json", b"{}", client.bearer())
    while client.control.jobs()[0]["status"] != "Queued":
        time.sleep(0.01)
    connection.close()
    while client.control.requests("export_enqueue")[0]["duration"] is None:
        time.sleep(0.01)
    assert client.control.requests("export_enqueue")[0]["status"] is None
    assert client.status(export_id)["status"] == "Queued"
