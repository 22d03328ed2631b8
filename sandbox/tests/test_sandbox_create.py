"""What a create call may ask for, and how the rest is refused."""

from __future__ import annotations

import pytest
from marketo_sandbox.raw_client import EXPORT, RawClient

NOON = "2026-03-01T12:00:00Z"
ONE = {"programId": 1001}
WINDOW = {"startAt": "2026-02-01T00:00:00Z", "endAt": "2026-03-01T00:00:00Z"}


def lines(content: bytes) -> list[str]:
    return content.decode().split("\n")


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
