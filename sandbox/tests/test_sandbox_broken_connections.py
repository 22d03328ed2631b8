"""Faults of connections: reset, cut, silent, slow, late."""

from __future__ import annotations

import http.client
import threading
import time

import pytest
from marketo_sandbox import Sandbox
from marketo_sandbox.raw_client import EXPORT, RawClient

PROGRAMS = "/rest/asset/v1/programs.json"
ONE = {"programId": 1001}


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


def test_faults_harm_no_one_when_the_sandbox_stops_in_the_middle() -> None:
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
