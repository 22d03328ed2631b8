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
from marketo_sandbox.probe import EXPORT, Probe

if TYPE_CHECKING:
    from collections.abc import Iterator

PROGRAMS = "/rest/asset/v1/programs.json"
DESCRIBE = "/rest/v1/programs/members/describe.json"
ONE = {"programId": 1001}


@pytest.fixture
def probe() -> Iterator[Probe]:
    with Sandbox(
        "tiny", now="2026-03-01T12:00:00Z", frozen=True, speed=1, knobs={"rate_limit": None}
    ) as sandbox:
        made = Probe(sandbox.url)
        made.bearer()
        yield made


def test_a_fault_strikes_after_k_calls_and_then_n_times(probe: Probe) -> None:
    probe.control.fault("error", "programs", after=2, count=2, code="606")
    assert [probe.get(PROGRAMS).code for _ in range(5)] == ["", "", "606", "606", ""]
    assert probe.control.faults() == []


def test_pending_faults_are_listed_and_cleared(probe: Probe) -> None:
    probe.control.fault("error", "programs", count=3, code="611", message="Oh no")
    probe.get(PROGRAMS)
    pending = probe.control.faults()
    assert pending[0]["remaining"] == 2
    assert pending[0]["args"] == {"code": "611", "message": "Oh no"}
    probe.control.clear_faults()
    assert probe.get(PROGRAMS).code == ""


def test_a_fault_is_aimed_at_an_endpoint_and_at_words_in_the_request(probe: Probe) -> None:
    probe.control.fault("error", "programs", where="offset=200", code="604")
    probe.control.fault("error", "export_create", where='"programId": 1002', code="1003")
    assert probe.get(DESCRIBE).code == ""
    assert probe.get(PROGRAMS).code == ""
    assert probe.get(PROGRAMS, offset=200).code == "604"
    assert probe.create({"programId": 1001}, ["leadId"]).code == ""
    assert probe.create({"programId": 1002}, ["leadId"]).code == "1003"


def test_an_error_has_the_envelope_of_its_api_and_any_status(probe: Probe) -> None:
    probe.control.fault("error", "any", code="713", message="Transient Error", count=2)
    asset, database = probe.get(PROGRAMS), probe.get(DESCRIBE)
    assert asset.json["warnings"] == []
    assert "warnings" not in database.json
    assert (database.status, database.code, database.message) == (200, "713", "Transient Error")
    probe.control.fault("error", code="606", status=429)
    assert probe.get(DESCRIBE).status == 429
    several = [{"code": "1003", "message": "a"}, {"code": "1006", "message": "b"}]
    probe.control.fault("error", errors=several)
    assert probe.get(DESCRIBE).json["errors"] == several
    assert probe.control.stats()["errors"]["713"] == 2


def test_http_errors_come_with_html(probe: Probe) -> None:
    probe.control.fault("http", "programs", status=502)
    bad = probe.get(PROGRAMS)
    assert (bad.status, bad.headers["content-type"]) == (502, "text/html")
    assert b"<html>" in bad.body
    probe.control.fault("http", status=503, body="", headers={"Retry-After": "1"})
    busy = probe.get(PROGRAMS)
    assert (busy.status, busy.body, busy.headers["retry-after"]) == (503, b"", "1")


@pytest.mark.parametrize("status", [203, 418, 429, 520, 522, 524, 530, 598, 599, 600, 799, 999])
@pytest.mark.parametrize("kind", ["http", "error", "empty_body", "redirect"])
def test_any_status_that_a_fault_names_is_the_status(probe: Probe, kind: str, status: int) -> None:
    probe.control.fault(kind, "programs", status=status)
    answer = probe.get(PROGRAMS)
    assert answer.status == status
    assert answer.reason


@pytest.mark.parametrize("status", [204, 304])
def test_a_status_without_a_body_comes_without_one(probe: Probe, status: int) -> None:
    probe.control.fault("http", "programs", status=status)
    answer = probe.get(PROGRAMS)
    assert (answer.status, answer.body) == (status, b"")


@pytest.mark.parametrize("status", [99, 1000, 0, -1, 502.5, "502", True])
def test_a_status_that_no_status_line_can_carry_is_refused(probe: Probe, status: object) -> None:
    with pytest.raises(ControlError, match="status is a whole number from 100 to 999"):
        probe.control.fault("http", status=status)


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
    probe: Probe, kind: str, args: dict[str, Any]
) -> None:
    with pytest.raises(ControlError, match="is a number from"):
        probe.control.fault(kind, **args)


def test_an_edit_may_name_a_status_of_its_own(probe: Probe) -> None:
    probe.control.fault("edit", "programs", do="edit_program", program_id=1001, status="on")
    probe.get(PROGRAMS)
    assert probe.control.programs()[0]["status"] == "on"


def test_bodies_may_be_empty_or_broken_or_without_result(probe: Probe) -> None:
    probe.control.fault("empty_body")
    empty = probe.get(PROGRAMS)
    assert (empty.status, empty.body) == (200, b"")
    probe.control.fault("broken_json")
    with pytest.raises(json.JSONDecodeError):
        assert probe.get(PROGRAMS).json
    probe.control.fault("no_result")
    assert probe.get(DESCRIBE).json["success"] is True
    assert probe.control.requests()[-1]["faults"] == ["no_result"]
    probe.control.fault("no_result")
    assert "result" not in probe.get(DESCRIBE).json


def test_a_redirect_points_where_told(probe: Probe) -> None:
    probe.control.fault("redirect", url="http://127.0.0.1:1/elsewhere", status=307)
    answer = probe.get(PROGRAMS)
    assert (answer.status, answer.headers["location"]) == (307, "http://127.0.0.1:1/elsewhere")


def test_a_reset_drops_the_connection_before_the_work_or_after_it(probe: Probe) -> None:
    probe.control.fault("reset", "export_create")
    with pytest.raises(ConnectionError):
        probe.create(ONE, ["leadId"])
    assert probe.control.jobs() == []
    probe.control.fault("reset", "export_create", after_handling=True)
    with pytest.raises(ConnectionError):
        probe.create(ONE, ["leadId"])
    assert len(probe.control.jobs()) == 1
    assert [r["status"] for r in probe.control.requests("export_create")] == [None, None]


def test_work_may_be_done_and_another_answer_given(probe: Probe) -> None:
    export_id = probe.create(ONE, ["leadId"]).result[0]["exportId"]
    probe.control.fault("http", "export_enqueue", status=504, after_handling=True)
    assert probe.enqueue(export_id).status == 504
    assert probe.enqueue(export_id).message == "Job already queued"


def test_a_file_is_cut_at_byte_n_and_goes_on_by_range(probe: Probe) -> None:
    export_id = probe.exported(ONE, ["leadId", "updatedAt"])[0]["exportId"]
    whole = probe.file(export_id).body
    probe.control.fault("cut", "export_file", bytes=20)
    with pytest.raises(http.client.IncompleteRead) as broken:
        probe.file(export_id)
    assert broken.value.partial == whole[:20]
    assert probe.control.requests("export_file")[-1]["bytes"] == 20
    rest = probe.file(export_id, "bytes=20-")
    assert broken.value.partial + rest.body == whole


def test_json_can_be_cut_too(probe: Probe) -> None:
    probe.control.fault("cut", "programs", bytes=10)
    with pytest.raises(http.client.IncompleteRead):
        probe.get(PROGRAMS)


def test_a_stall_is_silence_with_the_socket_open(probe: Probe) -> None:
    probe.control.fault("stall", "programs", bytes=5, seconds=0.3)
    begin = time.monotonic()
    with pytest.raises(http.client.IncompleteRead) as broken:
        probe.get(PROGRAMS)
    assert broken.value.partial == b'{"suc'
    assert time.monotonic() - begin > 0.25


def test_slow_answers_come_whole(probe: Probe) -> None:
    probe.control.fault("slow", "programs", seconds=0.2)
    begin = time.monotonic()
    assert probe.get(PROGRAMS).result
    assert time.monotonic() - begin >= 0.2


@pytest.mark.parametrize("mode", ["flip", "truncate", "extra_column", "short_row", "append"])
def test_corrupt_bytes_betray_themselves_by_the_checksum(probe: Probe, mode: str) -> None:
    status, whole = probe.exported(ONE, ["leadId", "updatedAt"])
    probe.control.fault("corrupt", mode=mode)
    broken = probe.file(status["exportId"])
    assert broken.body != whole
    assert broken.headers["content-length"] == str(len(broken.body))
    checksum = "sha256:" + hashlib.sha256(broken.body).hexdigest()
    assert checksum != status["fileChecksum"]
    assert probe.file(status["exportId"]).body == whole
    if mode == "extra_column":
        assert broken.body.split(b"\n")[1].count(b",") == 2
    if mode == "short_row":
        assert broken.body.split(b"\n")[1].count(b",") == 0


def test_quotes_may_lose_their_doubling(probe: Probe) -> None:
    probe.control.edit_member(1001, 1, customText='a "b" c')
    status, _ = probe.exported(ONE, ["leadId", "customText"])
    probe.control.fault("corrupt", mode="undoubled_quotes")
    assert b'"a "b" c"' in probe.file(status["exportId"]).body


def test_a_corrupt_job_tells_figures_that_match_its_bad_file(probe: Probe) -> None:
    probe.control.fault("corrupt", mode="short_row", consistent=True)
    status, broken = probe.exported(ONE, ["leadId", "updatedAt"])
    assert broken.split(b"\n")[1] == b"1"
    assert status["fileChecksum"] == "sha256:" + hashlib.sha256(broken).hexdigest()
    assert status["fileSize"] == len(broken)
    _, good = probe.exported(ONE, ["leadId", "updatedAt"])
    assert good.split(b"\n")[1].startswith(b"1,")


def test_a_file_may_be_any_bytes_at_all(probe: Probe) -> None:
    content = "leadId,firstName\n1,\ufeff\x00Zo\u00eb".encode()
    probe.control.fault("file_bytes", base64=base64.b64encode(content).decode())
    status, got = probe.exported(ONE)
    assert got == content
    assert (status["fileSize"], status["numberOfRecords"]) == (len(content), 1)
    probe.control.fault(
        "file_bytes", base64="", fileChecksum="sha256:0", fileSize=9, numberOfRecords=7
    )
    status, _ = probe.exported(ONE)
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
def test_a_status_may_misstate_its_file(probe: Probe, kind: str, key: str) -> None:
    status, _ = probe.exported(ONE)
    probe.control.fault(kind)
    assert probe.status(status["exportId"])[key] != status[key]
    assert probe.status(status["exportId"]) == status
    probe.control.fault(kind, value=None)
    assert probe.status(status["exportId"])[key] is None


def test_a_status_may_leave_its_figures_out(probe: Probe) -> None:
    status, _ = probe.exported(ONE)
    probe.control.fault("missing_verdict")
    assert not {"fileChecksum", "fileSize", "numberOfRecords"} & set(
        probe.status(status["exportId"])
    )


def test_misstatements_wait_for_a_finished_job(probe: Probe) -> None:
    export_id = probe.queued(ONE)
    probe.control.fault("wrong_size")
    probe.status(export_id)
    assert len(probe.control.faults()) == 1


def test_ranges_may_be_ignored_or_misstated_or_short(probe: Probe) -> None:
    export_id = probe.exported(ONE)[0]["exportId"]
    whole = probe.file(export_id).body
    probe.control.fault("whole_file_on_range")
    assert probe.file(export_id).body == whole
    ignored = probe.file(export_id, "bytes=5-")
    assert (ignored.status, ignored.body) == (200, whole)
    probe.control.fault("wrong_content_range")
    assert probe.file(export_id, "bytes=5-").headers["content-range"].startswith("bytes 0-0/")
    probe.control.fault("short_range")
    short = probe.file(export_id, "bytes=5-")
    assert (short.status, short.body) == (206, whole[5:-1])


def test_a_completed_job_may_have_no_file(probe: Probe) -> None:
    export_id = probe.exported(ONE)[0]["exportId"]
    probe.control.fault("file_missing")
    assert [probe.file(export_id).status for _ in range(2)] == [404, 200]


def test_a_token_may_die_between_two_pages_and_on_the_file(probe: Probe) -> None:
    export_id = probe.exported(ONE)[0]["exportId"]
    probe.control.fault("error", "export_file", code="602", message="Access token expired")
    answer = probe.file(export_id)
    assert (answer.status, answer.code) == (200, "602")
    assert answer.headers["content-type"].startswith("application/json")
    probe.control.fault("revoke_token", "programs", after=1)
    assert [probe.get(PROGRAMS).code for _ in range(3)] == ["", "601", "601"]
    probe.forget_token()
    assert probe.get(PROGRAMS).code == ""


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
    probe: Probe, kind: str, args: dict[str, Any], state: str
) -> None:
    probe.control.fault(kind, **args)
    doomed = probe.queued(ONE)
    probe.control.advance(3000)
    row = probe.status(doomed)
    assert row["status"] == state
    assert row.get("errorMsg") == args.get("errorMsg")
    assert probe.exported(ONE)[0]["status"] == "Completed"


def test_a_stuck_job_can_still_be_cancelled(probe: Probe) -> None:
    probe.control.fault("job_stuck", state="Processing")
    doomed = probe.queued(ONE)
    probe.control.advance(3000)
    probe.post(f"{EXPORT}/{doomed}/cancel.json")
    assert probe.status(doomed)["status"] == "Cancelled"


@pytest.mark.parametrize("action", ["create", "delete"])
def test_pages_shift_while_they_are_read(probe: Probe, action: str) -> None:
    probe.control.fault("shift_page", action=action)
    first = probe.get(PROGRAMS, maxReturn=1).result[0]["name"]
    second = probe.get(PROGRAMS, maxReturn=1, offset=1).result[0]["name"]
    assert first == "Alpha"
    assert second == ("Alpha" if action == "create" else "Gamma, with comma")


def test_any_edit_may_happen_in_the_middle_of_a_call(probe: Probe) -> None:
    args: dict[str, Any] = {
        "do": "edit_member",
        "program_id": 1001,
        "lead_id": 1,
        "customText": "now",
    }
    probe.control.fault("edit", "export_create", **args)
    probe.create(ONE, ["leadId"])
    assert probe.control.truth(["customText"], [1001])[0] == {"customText": "now"}


def test_faults_combine(probe: Probe) -> None:
    probe.control.fault("slow", "programs", seconds=0.1)
    probe.control.fault("error", "programs", code="611")
    probe.control.fault("cut", "programs", bytes=3)
    begin = time.monotonic()
    with pytest.raises(http.client.IncompleteRead):
        probe.get(PROGRAMS)
    assert time.monotonic() - begin >= 0.1
    assert probe.control.requests()[-1]["faults"] == ["slow", "error", "cut"]


def test_faults_that_do_not_exist_are_refused(probe: Probe) -> None:
    with pytest.raises(ControlError, match="no fault 'nope'"):
        probe.control.fault("nope")
    with pytest.raises(ControlError, match="no endpoint 'nope'"):
        probe.control.fault("reset", "nope")


def test_every_kind_of_fault_is_tested() -> None:
    here = Path(__file__)
    files = (here, here.with_name("test_sandbox_identity.py"))
    words = "".join(file.read_text(encoding="utf-8") for file in files)
    names = {"corrupt" if kind == "corrupt_job" else kind for kind in KINDS}
    assert {name for name in names if f'"{name}"' not in words} == set()


def test_a_client_that_hangs_up_in_mid_answer_disturbs_nobody(
    probe: Probe, caplog: pytest.LogCaptureFixture
) -> None:
    probe.control.fault("stall", "programs", bytes=5, seconds=0.2)
    host, _, port = probe.control.url.removeprefix("http://").partition(":")
    connection = http.client.HTTPConnection(host, int(port))
    connection.request("GET", PROGRAMS, headers=probe.bearer())
    connection.getresponse().close()
    connection.close()
    while probe.control.requests("programs")[0]["duration"] is None:
        time.sleep(0.02)
    assert probe.get(PROGRAMS).result
    assert caplog.records == []


def test_faults_strike_no_one_when_the_sandbox_stops_in_the_middle() -> None:
    with Sandbox("tiny", speed=1) as sandbox:
        probe = Probe(sandbox.url)
        host, _, port = sandbox.url.removeprefix("http://").partition(":")
        connection = http.client.HTTPConnection(host, int(port))
        # Nobody would wait for it.
        probe.control.fault("stall", "programs", seconds=86_400)
        connection.request("GET", PROGRAMS, headers=probe.bearer())
        while not probe.control.requests("programs"):
            time.sleep(0.01)
    connection.close()


def test_a_sick_job_answers_611_for_ever_and_the_others_are_well(probe: Probe) -> None:
    probe.control.fault("job_sick", program_id=1002, code="611")
    well = probe.queued(ONE)
    sick = probe.queued({"programIds": [1003, 1002]})
    again = probe.queued({"programId": 1002})
    probe.control.advance(300)
    assert [probe.get(f"{EXPORT}/{sick}/status.json").code for _ in range(3)] == ["611"] * 3
    assert probe.file(sick).status == 200
    assert [probe.status(job)["status"] for job in (well, again)] == ["Completed"] * 2
    probe.control.clear_faults()
    assert probe.status(sick)["status"] == "Completed"


@pytest.mark.parametrize("verb", ["status", "enqueue", "file", "cancel"])
def test_a_sick_job_is_told_by_its_create_body_and_may_be_sick_in_any_verb(
    probe: Probe, verb: str
) -> None:
    probe.control.fault(
        "job_sick", where='"customText"', verbs=[verb], does="http", status=502, times=2
    )
    well = probe.create(ONE, ["leadId"]).result[0]["exportId"]
    sick = probe.create(ONE, ["leadId", "customText"]).result[0]["exportId"]
    method = "POST" if verb in {"enqueue", "cancel"} else "GET"
    path = f"{EXPORT}/{{}}/{verb}.json"

    def ask(job: str) -> int:
        return probe.send(method, path.format(job), b"", probe.bearer()).status

    assert ask(well) != 502
    assert [ask(sick) for _ in range(2)] == [502, 502]
    assert ask(sick) != 502


def test_a_sick_job_may_be_missing_in_the_list(probe: Probe) -> None:
    probe.control.fault("job_sick", program_id=1002, verbs=["status", "list"], code="611")
    well, sick = probe.queued(ONE), probe.queued({"programId": 1002})
    for _ in range(2):
        assert [row["exportId"] for row in probe.get(EXPORT + ".json").result] == [well]
    assert probe.get(f"{EXPORT}/{sick}/status.json").code == "611"
    probe.control.clear_faults()
    probe.control.fault("unlisted", where=sick)
    listed = [[row["exportId"] for row in probe.get(EXPORT + ".json").result] for _ in range(2)]
    assert listed == [[well], [well, sick]]


def test_a_job_may_be_chosen_by_its_program_for_every_fate(probe: Probe) -> None:
    probe.control.fault("job_failed", program_id=1003)
    well, ill = probe.queued(ONE), probe.queued({"programIds": [1002, 1003]})
    probe.control.advance(300)
    assert [probe.status(job)["status"] for job in (well, ill)] == ["Completed", "Failed"]


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
    probe: Probe, args: dict[str, Any], message: str
) -> None:
    with pytest.raises(ControlError, match=message):
        probe.control.fault("job_sick", **args)


def test_work_may_be_done_and_its_answer_come_late(probe: Probe) -> None:
    export_id = probe.create(ONE, ["leadId"]).result[0]["exportId"]
    probe.control.fault("slow", "export_enqueue", seconds=0.2, after_handling=True)
    answered = threading.Event()

    def enqueue() -> None:
        assert probe.enqueue(export_id).result[0]["status"] == "Queued"
        answered.set()

    late = threading.Thread(target=enqueue)
    late.start()
    while probe.control.jobs()[0]["status"] != "Queued":
        time.sleep(0.01)
    assert probe.enqueue(export_id).message == "Job already queued"
    late.join()
    assert answered.is_set()


def test_an_answer_that_nobody_waits_for_any_more_is_never_sent(probe: Probe) -> None:
    export_id = probe.create(ONE, ["leadId"]).result[0]["exportId"]
    probe.control.fault("slow", "export_enqueue", seconds=3600, after_handling=True)
    host, _, port = probe.control.url.removeprefix("http://").partition(":")
    connection = http.client.HTTPConnection(host, int(port))
    connection.request("POST", f"{EXPORT}/{export_id}/enqueue.json", b"{}", probe.bearer())
    while probe.control.jobs()[0]["status"] != "Queued":
        time.sleep(0.01)
    connection.close()
    while probe.control.requests("export_enqueue")[0]["duration"] is None:
        time.sleep(0.01)
    assert probe.control.requests("export_enqueue")[0]["status"] is None
    assert probe.status(export_id)["status"] == "Queued"
