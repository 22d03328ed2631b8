"""Describes, Get Program Members, usage, and the limits on calls."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest
from marketo_sandbox import Sandbox
from marketo_sandbox.raw_client import Probe

if TYPE_CHECKING:
    from collections.abc import Iterator

MEMBERS = "/rest/v1/programs/1001/members.json"
DESCRIBE = "/rest/v1/programs/members/describe.json"
USAGE = "/rest/v1/stats/usage.json"


@pytest.fixture
def probe() -> Iterator[Probe]:
    with Sandbox("tiny", now="2026-10-15T12:00:00Z", frozen=True, speed=1) as sandbox:
        yield Probe(sandbox.url)


def test_describe_is_as_documented(probe: Probe) -> None:
    answer = probe.get(DESCRIBE).json
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


def test_member_fields_come_and_go(probe: Probe) -> None:
    probe.control.add_member_field("title", "string", ["member's title"], 255)
    names = [f["name"] for f in probe.get(DESCRIBE).result[0]["fields"]]
    assert "title" in names
    assert probe.control.truth(["title"])[0] == {"title": "member's title"}
    probe.control.remove_member_field("title")
    assert "title" not in [f["name"] for f in probe.get(DESCRIBE).result[0]["fields"]]


def test_leads_are_described_twice_and_a_soap_only_field_has_no_rest(probe: Probe) -> None:
    old = probe.get("/rest/v1/leads/describe.json").result
    assert [row["displayName"] for row in old if "rest" not in row] == ["LeadPartition"]
    new = probe.get("/rest/v1/leads/describe2.json").result[0]
    assert new["name"] == "API Lead"
    assert {f["name"] for f in new["fields"]} == {r["rest"]["name"] for r in old if "rest" in r}
    assert {"formula", "lead_function"} < {f["dataType"] for f in new["fields"]}


def test_members_have_default_fields_and_a_sequence(probe: Probe) -> None:
    answer = probe.get(MEMBERS, filterType="leadId", filterValues="1,3,900")
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


def test_members_are_found_by_updated_at_within_seven_days(probe: Probe) -> None:
    probe.control.edit_member(1001, 2)
    window = {"startAt": "2026-10-15T00:00:00Z", "endAt": "2026-10-16T00:00:00Z"}
    fields = "leadId,updatedAt"
    answer = probe.get(MEMBERS, filterType="updatedAt", fields=fields, **window)
    assert answer.result == [{"seq": 0, "leadId": 2, "updatedAt": "2026-10-15T12:00:00Z"}]
    long = {**window, "startAt": "2026-10-01T00:00:00Z"}
    assert probe.get(MEMBERS, filterType="updatedAt", **long).code == "1003"
    odd = {**window, "startAt": "2026-10-15T00:00:00.000Z"}
    assert probe.get(MEMBERS, filterType="updatedAt", **odd).code == "1003"
    assert probe.get(MEMBERS, filterType="updatedAt").code == "1002"


@pytest.mark.parametrize("variant", ["present", "absent"])
def test_members_page_with_or_without_more_result(probe: Probe, variant: str) -> None:
    probe.control.knob(U31=variant)
    asked = {"filterType": "leadId", "filterValues": "1,2,3,4,5", "batchSize": 2}
    seen: list[int] = []
    token: dict[str, str] = {}
    for _ in range(5):
        answer = probe.get(MEMBERS, **asked, **token).json
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
def test_members_refuse_over_the_cap(probe: Probe, counts: str, message: str) -> None:
    probe.control.knob(members_cap=3, members_cap_counts=counts)
    answer = probe.get(MEMBERS, filterType="reachedSuccess", filterValues="true,false")
    assert (answer.code, answer.message) == ("1003", message)
    assert probe.get(MEMBERS, filterType="leadId", filterValues="1,2,3,4,5").code == ""


@pytest.mark.parametrize("variant", ["null", "absent"])
def test_nulls_of_members_are_shown_as_the_knob_says(probe: Probe, variant: str) -> None:
    probe.control.knob(member_nulls=variant)
    row = probe.get(MEMBERS, filterType="leadId", filterValues="1", fields="webinarUrl").result[0]
    assert ("webinarUrl" in row) is (variant == "null")


def test_members_refuse_what_they_do_not_know(probe: Probe) -> None:
    ask = {"filterType": "leadId", "filterValues": "1"}
    assert probe.get("/rest/v1/programs/9/members.json", **ask).code == "1013"
    assert probe.get(MEMBERS, filterType="nope", filterValues="1").code == "1011"
    assert probe.get(MEMBERS, filterType="leadId").code == "1002"
    assert probe.get(MEMBERS, **ask, fields="nope").code == "1006"
    assert probe.get(MEMBERS, **ask, batchSize="301").code == "1003"
    assert probe.get(MEMBERS, **ask, nextPageToken="????").code == "1003"


FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def test_a_long_query_may_travel_as_a_form(probe: Probe) -> None:
    headers = {**probe.bearer(), **FORM}
    body = b"filterType=leadId&filterValues=1,2"
    answer = probe.send("POST", MEMBERS + "?_method=GET", body, headers)
    assert [row["leadId"] for row in answer.result] == [1, 2]
    assert probe.send("POST", DESCRIBE + "?_method=GET", b"", headers).result
    asset = "/rest/asset/v1/programs.json?_method=GET"
    assert probe.send("POST", asset, b"maxReturn=5", headers).code == "610"


@pytest.mark.parametrize("query", ["", "?_method=POST", "?_method=get", "?method=GET"])
def test_a_form_that_does_not_say_get_is_a_write_and_refused(probe: Probe, query: str) -> None:
    body = b"filterType=leadId&filterValues=1,2&_method=GET"
    answer = probe.send("POST", MEMBERS + query, body, {**probe.bearer(), **FORM})
    assert (answer.status, answer.code, answer.result) == (200, "603", [])


@pytest.mark.parametrize(
    ("variant", "code"), [("answered", ""), ("1002", "1002"), ("1003", "1003")]
)
def test_filter_values_may_be_demanded_beside_updated_at(
    probe: Probe, variant: str, code: str
) -> None:
    probe.control.knob(U35=variant)
    window = {"startAt": "2026-10-15T00:00:00Z", "endAt": "2026-10-16T00:00:00Z"}
    asked = {"filterType": "updatedAt", **window}
    assert probe.get(MEMBERS, **asked).code == code
    assert probe.get(MEMBERS, **asked, filterValues="x").code == ""


@pytest.mark.parametrize(("variant", "seen"), [("all", [2, 77]), ("joins_only", [77])])
def test_members_may_be_blind_for_changes_that_the_export_sees(
    probe: Probe, variant: str, seen: list[int]
) -> None:
    probe.control.knob(U36=variant)
    probe.control.edit_member(1001, 2)
    probe.control.add_member(1001, 77)
    window = {"startAt": "2026-10-15T00:00:00Z", "endAt": "2026-10-16T00:00:00Z"}
    answer = probe.get(MEMBERS, filterType="updatedAt", **window)
    assert [row["leadId"] for row in answer.result] == seen
    exported = {"programId": 1001, "updatedAt": window}
    assert probe.exported(exported)[1] == b"leadId\n2\n77\n"


def test_usage_counts_calls_and_errors_by_central_day(probe: Probe) -> None:
    probe.get(DESCRIBE)
    probe.get("/nothing")
    used = probe.get(USAGE).result
    assert used[0]["date"] == "2026-10-15"
    assert used[0]["total"] == used[0]["users"][0]["count"] == 3
    errors = probe.get("/rest/v1/stats/errors.json").result[0]
    assert errors["errors"] == [{"errorCode": "610", "count": 1}]
    assert len(probe.get("/rest/v1/stats/usage/last7days.json").result) == 7
    assert len(probe.get("/rest/v1/stats/errors/last7days.json").result) == 7


@pytest.mark.parametrize(("variant", "status"), [("200", 200), ("429", 429)])
def test_the_call_over_the_rate_is_606_until_the_window_slides(
    probe: Probe, variant: str, status: int
) -> None:
    probe.control.knob(rate_limit=3, U29=variant)
    assert [probe.get(USAGE).code for _ in range(4)] == ["", "", "", "606"]
    refused = probe.get(USAGE)
    assert refused.status == status
    assert refused.message == "Max rate limit '3' exceeded with in '20' secs"
    assert not {"retry-after", "x-ratelimit-limit"} & set(refused.headers)
    probe.control.advance(19)
    assert probe.get(USAGE).code == "606"
    probe.control.advance(1)
    assert probe.get(USAGE).code == ""
    assert probe.control.stats()["max_calls_in_window"] == 3


def test_speed_shortens_the_rate_window(probe: Probe) -> None:
    probe.control.reset("tiny", speed=20, now="2026-10-15T12:00:00Z", knobs={"rate_limit": 1})
    probe.forget_token()
    assert [probe.get(USAGE).code for _ in range(2)] == ["", "606"]
    probe.control.advance(1)
    assert probe.get(USAGE).code == ""


def test_other_integrations_eat_the_window(probe: Probe) -> None:
    probe.control.knob(neighbour_calls=98)
    assert [probe.get(USAGE).code for _ in range(3)] == ["", "", "606"]


def test_the_daily_quota_is_607_until_central_midnight(probe: Probe) -> None:
    probe.control.knob(daily_calls=1)
    assert [probe.get(USAGE).code for _ in range(2)] == ["", "607"]
    probe.control.advance(17 * 3600)  # 05:00 UTC is midnight in Chicago, summer time
    probe.forget_token()
    assert probe.get(USAGE).code == ""


def test_one_request_too_many_at_once_is_615(probe: Probe) -> None:
    probe.control.knob(concurrency_limit=1)
    probe.bearer()
    probe.control.fault("slow", "usage", seconds=0.4)
    first = threading.Thread(target=probe.get, args=(USAGE,))
    first.start()
    while not probe.control.requests("usage"):
        pass
    assert probe.get(DESCRIBE).code == "615"
    first.join()
    assert probe.control.stats()["max_concurrent"] == 2
    assert probe.control.requests("members_describe")[0]["concurrent"] == 2


def test_request_ids_carry_the_clock(probe: Probe) -> None:
    number, _, stamp = probe.get(USAGE).json["requestId"].partition("#")
    assert int(number, 16) >= 0x100
    assert int(stamp, 16) == 1792065600000
