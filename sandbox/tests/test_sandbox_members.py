"""Describes and Get Program Members."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from marketo_sandbox import Sandbox
from marketo_sandbox.raw_client import RawClient

if TYPE_CHECKING:
    from collections.abc import Iterator

MEMBERS = "/rest/v1/programs/1001/members.json"
DESCRIBE = "/rest/v1/programs/members/describe.json"


@pytest.fixture
def client() -> Iterator[RawClient]:
    with Sandbox("tiny", now="2026-10-15T12:00:00Z", frozen=True, speed=1) as sandbox:
        yield RawClient(sandbox.url)


def test_describe_is_as_documented(client: RawClient) -> None:
    answer = client.get(DESCRIBE).json
    assert set(answer) == {"requestId", "result", "success"}
    described = answer["result"][0]
    assert described["name"] == "API Program Membership"
    assert described["dedupeFields"] == ["leadId", "programId"]
    assert ["leadId"] in described["searchableFields"]
    fields = {field["name"]: field for field in described["fields"]}
    assert fields["nurtureCadence"] == {
        "name": "nurtureCadence",
        "displayName": "nurtureCadence",
        "dataType": "string",
        "length": 4,
        "updateable": False,
        "crmManaged": False,
    }
    assert "length" not in fields["acquiredBy"]
    assert fields["customPlace"]["dataType"] == "geo_point"
    assert fields["Seats_Booked__c"]["crmManaged"] is True


def test_member_fields_come_and_go(client: RawClient) -> None:
    client.control.add_member_field("title", "string", ["member's title"], 255)
    names = [f["name"] for f in client.get(DESCRIBE).result[0]["fields"]]
    assert "title" in names
    assert client.control.truth(["title"])[0] == {"title": "member's title"}
    client.control.remove_member_field("title")
    assert "title" not in [f["name"] for f in client.get(DESCRIBE).result[0]["fields"]]


def test_leads_are_described_twice_and_a_soap_only_field_has_no_rest(client: RawClient) -> None:
    old = client.get("/rest/v1/leads/describe.json").result
    assert [row["displayName"] for row in old if "rest" not in row] == ["LeadPartition"]
    new = client.get("/rest/v1/leads/describe2.json").result[0]
    assert new["name"] == "API Lead"
    assert {f["name"] for f in new["fields"]} == {r["rest"]["name"] for r in old if "rest" in r}
    assert {"formula", "lead_function"} < {f["dataType"] for f in new["fields"]}


def test_members_have_default_fields_and_a_sequence(client: RawClient) -> None:
    answer = client.get(MEMBERS, filterType="leadId", filterValues="1,3,900")
    assert [row["seq"] for row in answer.result] == [0, 1]
    assert set(answer.result[0]) == {
        "seq",
        "acquiredBy",
        "leadId",
        "membershipDate",
        "programId",
        "reachedSuccess",
    }
    assert answer.result[0]["reachedSuccess"] in {True, False}
    assert answer.json["moreResult"] is False
    assert "nextPageToken" not in answer.json


def test_members_are_found_by_updated_at_within_seven_days(client: RawClient) -> None:
    client.control.edit_member(1001, 2)
    window = {"startAt": "2026-10-15T00:00:00Z", "endAt": "2026-10-16T00:00:00Z"}
    fields = "leadId,updatedAt"
    answer = client.get(MEMBERS, filterType="updatedAt", fields=fields, **window)
    assert answer.result == [{"seq": 0, "leadId": 2, "updatedAt": "2026-10-15T12:00:00Z"}]
    long = {**window, "startAt": "2026-10-01T00:00:00Z"}
    assert client.get(MEMBERS, filterType="updatedAt", **long).code == "1003"
    odd = {**window, "startAt": "2026-10-15T00:00:00.000Z"}
    assert client.get(MEMBERS, filterType="updatedAt", **odd).code == "1003"
    assert client.get(MEMBERS, filterType="updatedAt").code == "1002"


@pytest.mark.parametrize("variant", ["present", "absent"])
def test_members_page_with_or_without_more_result(client: RawClient, variant: str) -> None:
    client.control.knob(U31=variant)
    asked = {"filterType": "leadId", "filterValues": "1,2,3,4,5", "batchSize": 2}
    seen: list[int] = []
    token: dict[str, str] = {}
    for _ in range(5):
        answer = client.get(MEMBERS, **asked, **token).json
        rows = answer["result"]
        seen += [row["leadId"] for row in rows]
        assert ("moreResult" in answer) is (variant == "present")
        if not rows or "nextPageToken" not in answer:
            break
        token = {"nextPageToken": answer["nextPageToken"]}
    assert seen == [1, 2, 3, 4, 5]


@pytest.mark.parametrize(
    ("counts", "message"),
    [
        ("total", "Total membership size: 5 exceeds the limit allowed 3 for the filter"),
        ("matching", "Matching membership size: 5 exceeds the limit allowed (3) for this api"),
    ],
)
def test_members_refuse_over_the_cap(client: RawClient, counts: str, message: str) -> None:
    client.control.knob(members_cap=3, members_cap_counts=counts)
    answer = client.get(MEMBERS, filterType="reachedSuccess", filterValues="true,false")
    assert (answer.code, answer.message) == ("1003", message)
    assert client.get(MEMBERS, filterType="leadId", filterValues="1,2,3,4,5").code == ""


@pytest.mark.parametrize("variant", ["null", "absent"])
def test_nulls_of_members_are_shown_as_the_knob_says(client: RawClient, variant: str) -> None:
    client.control.knob(member_nulls=variant)
    row = client.get(MEMBERS, filterType="leadId", filterValues="1", fields="webinarUrl").result[0]
    assert ("webinarUrl" in row) is (variant == "null")


def test_members_refuse_what_they_do_not_know(client: RawClient) -> None:
    ask = {"filterType": "leadId", "filterValues": "1"}
    assert client.get("/rest/v1/programs/9/members.json", **ask).code == "1013"
    assert client.get(MEMBERS, filterType="nope", filterValues="1").code == "1011"
    assert client.get(MEMBERS, filterType="leadId").code == "1002"
    assert client.get(MEMBERS, **ask, fields="nope").code == "1006"
    assert client.get(MEMBERS, **ask, batchSize="301").code == "1003"
    assert client.get(MEMBERS, **ask, nextPageToken="????").code == "1003"


FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def test_a_long_query_may_travel_as_a_form(client: RawClient) -> None:
    headers = {**client.bearer(), **FORM}
    body = b"filterType=leadId&filterValues=1,2"
    answer = client.send("POST", MEMBERS + "?_method=GET", body, headers)
    assert [row["leadId"] for row in answer.result] == [1, 2]
    assert client.send("POST", DESCRIBE + "?_method=GET", b"", headers).result
    asset = "/rest/asset/v1/programs.json?_method=GET"
    assert client.send("POST", asset, b"maxReturn=5", headers).code == "610"


@pytest.mark.parametrize("query", ["", "?_method=POST", "?_method=get", "?method=GET"])
def test_a_form_that_does_not_say_get_is_a_write_and_refused(client: RawClient, query: str) -> None:
    body = b"filterType=leadId&filterValues=1,2&_method=GET"
    answer = client.send("POST", MEMBERS + query, body, {**client.bearer(), **FORM})
    assert (answer.status, answer.code, answer.result) == (200, "603", [])


@pytest.mark.parametrize(
    ("variant", "code"), [("answered", ""), ("1002", "1002"), ("1003", "1003")]
)
def test_filter_values_may_be_demanded_beside_updated_at(
    client: RawClient, variant: str, code: str
) -> None:
    client.control.knob(U35=variant)
    window = {"startAt": "2026-10-15T00:00:00Z", "endAt": "2026-10-16T00:00:00Z"}
    asked = {"filterType": "updatedAt", **window}
    assert client.get(MEMBERS, **asked).code == code
    assert client.get(MEMBERS, **asked, filterValues="x").code == ""


@pytest.mark.parametrize(("variant", "seen"), [("all", [2, 77]), ("joins_only", [77])])
def test_members_may_miss_changes_that_the_export_sees(
    client: RawClient, variant: str, seen: list[int]
) -> None:
    client.control.knob(U36=variant)
    client.control.edit_member(1001, 2)
    client.control.add_member(1001, 77)
    window = {"startAt": "2026-10-15T00:00:00Z", "endAt": "2026-10-16T00:00:00Z"}
    answer = client.get(MEMBERS, filterType="updatedAt", **window)
    assert [row["leadId"] for row in answer.result] == seen
    exported = {"programId": 1001, "updatedAt": window}
    assert client.exported(exported)[1] == b"leadId\n2\n77\n"
