"""Faults: counted, aimed, combined, and what they answer."""

from __future__ import annotations

import http.client
import json
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from marketo_sandbox import ControlError
from marketo_sandbox.faults import KINDS

if TYPE_CHECKING:
    from marketo_sandbox.raw_client import RawClient

PROGRAMS = "/rest/asset/v1/programs.json"
DESCRIBE = "/rest/v1/programs/members/describe.json"
ONE = {"programId": 1001}


def test_a_fault_applies_after_k_calls_and_then_n_times(client: RawClient) -> None:
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
def test_an_argument_that_is_no_number_is_refused_before_it_applies(
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


def test_work_may_be_done_and_another_answer_given(client: RawClient) -> None:
    export_id = client.create(ONE, ["leadId"]).result[0]["exportId"]
    client.control.fault("http", "export_enqueue", status=504, after_handling=True)
    assert client.enqueue(export_id).status == 504
    assert client.enqueue(export_id).message == "Job already queued"


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
    subjects = ("faults", "broken_connections", "faulty_jobs", "identity")
    files = [Path(__file__).with_name(f"test_sandbox_{subject}.py") for subject in subjects]
    words = "".join(file.read_text(encoding="utf-8") for file in files)
    names = {"corrupt" if kind == "corrupt_job" else kind for kind in KINDS}
    assert {name for name in names if f'"{name}"' not in words} == set()
