"""Programs, programs by tag, tag types and channels."""

from __future__ import annotations

import gzip
import json
from typing import TYPE_CHECKING

import pytest
from marketo_sandbox import Sandbox
from marketo_sandbox.raw_client import Answer, RawClient

if TYPE_CHECKING:
    from collections.abc import Iterator

PROGRAMS = "/rest/asset/v1/programs.json"
BY_NAME = "/rest/asset/v1/program/byName.json"
BY_TAG = "/rest/asset/v1/program/byTag.json"
TAG_TYPES = "/rest/asset/v1/tagTypes.json"
TAG_TYPE = "/rest/asset/v1/tagType/byName.json"
CHANNELS = "/rest/asset/v1/channels.json"
DEMO_SIZE = 55
NOTHING = ["No assets found for the given search criteria."]


@pytest.fixture
def client() -> Iterator[RawClient]:
    with Sandbox(
        "demo", now="2026-10-15T12:00:00Z", frozen=True, knobs={"rate_limit": None}
    ) as sandbox:
        yield RawClient(sandbox.url)


def ids(answer: Answer) -> list[int]:
    return [row["id"] for row in answer.result]


def test_a_page_holds_20_programs_unless_told_and_200_at_most(client: RawClient) -> None:
    assert len(client.get(PROGRAMS).result) == 20
    assert len(client.get(PROGRAMS, maxReturn=200).result) == DEMO_SIZE
    assert len(client.get(PROGRAMS, maxReturn=7, offset=DEMO_SIZE - 5).result) == 5


def test_an_empty_page_has_a_warning_and_no_result(client: RawClient) -> None:
    answer = client.get(PROGRAMS, offset=DEMO_SIZE).json
    assert list(answer) == ["success", "errors", "requestId", "warnings"]
    assert answer["success"] is True
    assert answer["warnings"] == NOTHING


def test_browse_shows_neither_tags_nor_costs_nor_dates(client: RawClient) -> None:
    shown = {key for row in client.get(PROGRAMS, maxReturn=200).result for key in row}
    assert not shown & {"tags", "costs", "startDate", "endDate"}


def test_only_some_email_programs_have_head_start(client: RawClient) -> None:
    rows = client.get(PROGRAMS, maxReturn=200).result
    assert {row["type"] for row in rows if "headStart" in row} == {"Email"}
    assert any(row["type"] == "Email" and "headStart" not in row for row in rows)


def test_the_demo_is_as_irregular_as_real_life(client: RawClient) -> None:
    rows = client.get(PROGRAMS, maxReturn=200).result
    types = {row["type"] for row in rows}
    assert {"Default", "Email", "Engagement", "Event", "EventWithWebinar"} < types
    assert "InteractiveWebinar" in types
    assert len([row for row in rows if row["name"] == "Twin"]) == 2
    assert {row["folder"]["type"] for row in rows} == {"Folder", "Program"}
    assert any(row["updatedAt"] < row["createdAt"] for row in rows)
    assert any("sfdcId" in row for row in rows)
    assert {row["description"] for row in rows} > {"", None}
    assert all(row["createdAt"].endswith("Z+0000") for row in rows)
    members = client.control.truth(["leadId", "programId", "updatedAt"])
    for each in (rows, members):
        assert max(row["updatedAt"] for row in each) < "2026-02-01"
    assert 1500 < len(members) < 2500
    assert {row["id"] for row in rows} > {row["programId"] for row in members}
    leads = [row["leadId"] for row in members]
    assert len(set(leads)) < len(leads)


@pytest.mark.parametrize("variant", ["name", "id", "random"])
def test_programs_come_in_the_order_the_knob_says(client: RawClient, variant: str) -> None:
    client.control.knob(U20=variant)
    first, second = (client.get(PROGRAMS, maxReturn=200).result for _ in range(2))
    names = [row["name"].lower() for row in first]
    numbers = [row["id"] for row in first]
    assert (names == sorted(names)) is (variant == "name")
    assert (numbers == sorted(numbers)) is (variant == "id")
    assert (first == second) is (variant != "random")


@pytest.mark.parametrize(
    ("filter_type", "values", "count"),
    [("id", "1001,1004", 2), ("programId", "1001", 1), ("workspace", "EMEA Workspace", 5)],
)
def test_programs_are_filtered_by_type_and_values(
    client: RawClient, filter_type: str, values: str, count: int
) -> None:
    answer = client.get(PROGRAMS, filterType=filter_type, filterValues=values, maxReturn=200)
    assert len(answer.result) == count


def test_programs_are_filtered_by_folder_and_status(client: RawClient) -> None:
    twins = client.get(PROGRAMS, filterType="folderId", filterValues="41,49")
    assert {row["name"] for row in twins.result} == {"Twin"}
    assert {row["status"] for row in client.get(PROGRAMS, status="on").result} == {"on"}
    assert client.get(PROGRAMS, filterType="id").code == "701"
    assert client.get(PROGRAMS, filterType="size", filterValues="1").code == "1003"


def test_the_asset_api_may_show_some_workspaces_only_and_exports_show_all(
    client: RawClient,
) -> None:
    seen = {"EMEA Workspace", "APAC"}
    client.control.knob(visible_workspaces=", ".join(sorted(seen)))
    truth = {row["id"]: row for row in client.control.programs()}
    hidden = next(i for i, row in truth.items() if row["workspace"] == "Default" and row["tags"])
    tag = truth[hidden]["tags"][0]

    listed = client.get(PROGRAMS, maxReturn=200)
    tagged = client.get(BY_TAG, **tag, maxReturn=200)

    assert sorted(ids(listed)) == [i for i, row in truth.items() if row["workspace"] in seen]
    assert {row["workspace"] for row in tagged.result} <= seen
    assert client.get(BY_NAME, name=truth[hidden]["name"]).result == []
    assert client.get(f"/rest/asset/v1/program/{hidden}.json").result == []
    assert len(client.control.truth(["leadId"], [hidden])) > 0
    _, content = client.exported({"programId": hidden})
    assert content.count(b"\n") == len(client.control.truth(["leadId"], [hidden])) + 1


SPELLINGS = [
    "2025-06-01T00:00:00Z",
    "2025-06-01T00:00:00-00:00",
    "2025-06-01T02:00:00+02:00",
    "2025-06-01T02:00:00+0200",
    "2025-06-01T00:00:00.000Z",
    "2025-06-01",
]


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_date_filters_take_every_spelling_that_clients_use(
    client: RawClient, spelling: str
) -> None:
    bound = {"latestUpdatedAt": "2026-10-15T00:00:00Z", "maxReturn": 200}
    answer = client.get(PROGRAMS, earliestUpdatedAt=spelling, **bound)
    expected = [
        row["id"]
        for row in client.control.programs()
        if max(row["updatedAt"], row["createdAt"]) >= "2025-06-01T00:00:00Z"
    ]
    assert sorted(ids(answer)) == expected
    assert 0 < len(expected) < DEMO_SIZE


def test_a_raw_plus_in_a_date_is_a_blank_and_no_date(client: RawClient) -> None:
    path = f"{PROGRAMS}?earliestUpdatedAt=2025-06-01T00:00:00+02:00"
    answer = client.get(path)
    assert answer.code == "704"


@pytest.mark.parametrize(
    ("variant", "at_bound", "one_sided"),
    [("inclusive", 1, ""), ("exclusive", 0, ""), ("701", 1, "701")],
)
def test_date_bounds_mean_what_the_knob_says(
    client: RawClient, variant: str, at_bound: int, one_sided: str
) -> None:
    client.control.knob(U19=variant)
    client.control.add_program(name="Now")
    far = "2027-01-01T00:00:00Z"
    found = client.get(PROGRAMS, earliestUpdatedAt="2026-10-15T12:00:00Z", latestUpdatedAt=far)
    assert len(found.result) == at_bound
    assert client.get(PROGRAMS, earliestUpdatedAt="2026-10-15T12:00:00Z").code == one_sided


def test_a_window_without_length_is_701(client: RawClient) -> None:
    at = "2026-01-01T00:00:00Z"
    answer = client.get(PROGRAMS, earliestUpdatedAt=at, latestUpdatedAt=at)
    assert (answer.code, answer.message) == ("701", "End date should always be after start date")
    assert "result" not in answer.json


@pytest.mark.parametrize(
    "query", [{"maxReturn": "0"}, {"maxReturn": "201"}, {"maxReturn": "abc"}, {"offset": "-1"}]
)
@pytest.mark.parametrize(("variant", "code"), [("1001", "1001"), ("701", "701"), ("clamp", "")])
def test_page_parameters_out_of_bounds(
    client: RawClient, query: dict[str, str], variant: str, code: str
) -> None:
    client.control.knob(U21=variant)
    answer = client.get(PROGRAMS, **query)
    assert answer.code == code
    if not code:
        assert len(answer.result) == (DEMO_SIZE if query == {"maxReturn": "201"} else 20)


def test_by_id_adds_tags_and_costs_and_dates(client: RawClient) -> None:
    row = client.get("/rest/asset/v1/program/1001.json").result[0]
    assert row["costs"] == [
        {"startDate": "2025-01-01", "cost": 2000, "note": "like a note"},
        {"startDate": "2025-02-01", "cost": 150},
    ]
    assert row["tags"][0] == {"tagType": "Region", "tagValue": "EMEA"}
    event = client.get("/rest/asset/v1/program/1010.json").result[0]
    assert event["type"] == "Event"
    assert event["startDate"].endswith("Z+0000")
    assert event["endDate"].endswith("Z+0000")


@pytest.mark.parametrize(
    ("variant", "ending"),
    [("zulu_offset", "Z+0000"), ("milliseconds", ".000Z"), ("offset", "-0700")],
)
def test_program_dates_are_spelled_as_the_knob_says(
    client: RawClient, variant: str, ending: str
) -> None:
    client.control.knob(U33=variant)
    row = client.get("/rest/asset/v1/program/1010.json").result[0]
    assert row["startDate"].endswith(ending)
    assert row["createdAt"].endswith("Z+0000")


@pytest.mark.parametrize(("variant", "shown"), [("list", []), ("null", None)])
def test_a_program_without_tags_and_costs(client: RawClient, variant: str, shown: object) -> None:
    client.control.knob(empty_tags=variant)
    made = client.control.add_program(name="Bare")
    row = client.get(f"/rest/asset/v1/program/{made['id']}.json").result[0]
    assert row["tags"] == shown
    assert row["costs"] is None


def test_an_unknown_program_is_an_empty_page(client: RawClient) -> None:
    answer = client.get("/rest/asset/v1/program/42.json").json
    assert answer["success"] is True
    assert answer["warnings"] == NOTHING
    assert "result" not in answer
    assert client.get("/rest/asset/v1/program/forty.json").code == "1001"


def test_by_name_ignores_case_and_may_find_several(client: RawClient) -> None:
    plain = client.get(BY_NAME, name="TWIN").result
    assert len(plain) == 2
    assert "tags" not in plain[0]
    assert "costs" not in plain[0]
    full = client.get(BY_NAME, name="twin", includeTags="true", includeCosts="true").result
    assert {"tags", "costs"} < set(full[0])
    assert client.get(BY_NAME, name='Webinar, "Quoted" & more').result == []
    assert client.get(BY_NAME).code == "1002"


def test_by_tag_finds_the_programs_in_another_order_each_time(client: RawClient) -> None:
    asked = {"tagType": "Region", "tagValue": "EMEA", "maxReturn": 200}
    orders = [ids(client.get(BY_TAG, **asked)) for _ in range(4)]
    expected = [r["id"] for r in client.control.programs_by_tag() if r["tagValue"] == "EMEA"]
    assert all(sorted(order) == sorted(expected) for order in orders)
    assert len({tuple(order) for order in orders}) > 1
    row = client.get(BY_TAG, **asked).result[0]
    assert row["tags"] == [{"tagType": "Region", "tagValue": "EMEA"}]
    assert "costs" not in row


def test_by_tag_values_may_hold_anything(client: RawClient) -> None:
    for row in client.control.programs_by_tag():
        answer = client.get(BY_TAG, tagType=row["tagType"], tagValue=row["tagValue"], maxReturn=200)
        assert row["id"] in ids(answer)


@pytest.mark.parametrize(
    ("variant", "code"), [("warning", ""), ("702", "702"), ("709", "709"), ("1003", "1003")]
)
def test_by_tag_with_an_unknown_value(client: RawClient, variant: str, code: str) -> None:
    client.control.knob(U22=variant)
    answer = client.get(BY_TAG, tagType="Region", tagValue="Atlantis")
    assert answer.code == code
    if not code:
        assert answer.json["warnings"] == NOTHING
    unused = client.get(BY_TAG, tagType="Quarter", tagValue="Q4")
    assert unused.json["success"] is True


@pytest.mark.parametrize(("variant", "several"), [("queried", False), ("all", True)])
def test_by_tag_records_list_the_tags_the_knob_says(
    client: RawClient, variant: str, *, several: bool
) -> None:
    client.control.knob(U22_tags=variant)
    client.control.tag_program(1001, "Quarter", "Q1")
    rows = client.get(BY_TAG, tagType="Region", tagValue="EMEA", maxReturn=200).result
    row = next(row for row in rows if row["id"] == 1001)
    assert (len(row["tags"]) > 1) is several


@pytest.mark.parametrize(("variant", "found"), [("insensitive", True), ("sensitive", False)])
def test_by_tag_respects_case_as_the_knob_says(
    client: RawClient, variant: str, *, found: bool
) -> None:
    client.control.knob(U22_case=variant)
    assert bool(client.get(BY_TAG, tagType="region", tagValue="emea").result) is found


def test_tag_types_have_no_allowable_values_and_by_name_has_a_java_list(client: RawClient) -> None:
    listed = client.get(TAG_TYPES).result
    assert listed[0] == {
        "tagType": "Region",
        "applicableProgramTypes": "[program,email_batch,nurture,event,webinar]",
        "required": True,
    }
    named = client.get(TAG_TYPE, name="Region").result[0]
    assert named["allowableValues"] == "[EMEA, APJ, North America, Canada, LATAM]"
    assert client.get(TAG_TYPE, name="Unused").result[0]["allowableValues"] == "[]"
    client.control.add_tag_type("Mute")
    assert "allowableValues" not in client.get(TAG_TYPE, name="Mute").result[0]


@pytest.mark.parametrize(("variant", "code"), [("warning", ""), ("702", "702")])
def test_an_unknown_tag_type(client: RawClient, variant: str, code: str) -> None:
    client.control.knob(U24=variant)
    assert client.get(TAG_TYPE, name="Nope").code == code


@pytest.mark.parametrize("variant", ["description", "type"])
def test_channels_list_their_progression_statuses(client: RawClient, variant: str) -> None:
    client.control.knob(channel_status_detail=variant)
    rows = client.get(CHANNELS).result
    assert len(rows) == 8
    status = rows[0]["progressionStatuses"][0]
    assert set(status) == {"name", variant, "hidden", "step", "success"}
    assert (status["name"], status["step"], status["hidden"]) == ("Not in Program", 0, False)


def test_channels_are_as_irregular_as_recorded_ones(client: RawClient) -> None:
    rows = client.get(CHANNELS).result
    for key in ("id", "name"):
        shown = [row[key] for row in rows]
        assert shown != sorted(shown)
    assert {"in_app", "web"} < {row["applicableProgramType"] for row in rows}
    steps = {row["name"]: [s["step"] for s in row["progressionStatuses"]] for row in rows}
    assert [name for name in steps if 0 not in steps[name]] == ["Web Personalization"]
    assert [name for name in steps if len(set(steps[name])) < len(steps[name])] == ["Webinar"]
    statuses = [s for row in rows for s in row["progressionStatuses"]]
    assert [s["type"] for s in statuses if s["type"] != s["name"]] == ["Attended"]


def test_some_members_have_a_status_that_no_channel_lists(client: RawClient) -> None:
    listed = {s["name"] for c in client.get(CHANNELS).result for s in c["progressionStatuses"]}
    carried = {row["statusName"] for row in client.control.truth(["statusName"])}
    assert "99 Old Status" in carried - listed


@pytest.mark.parametrize(("variant", "moved"), [("no", False), ("yes", True)])
def test_a_tag_edit_moves_updated_at_only_if_the_knob_says(
    client: RawClient, variant: str, *, moved: bool
) -> None:
    client.control.knob(U25=variant)
    before = client.control.programs()[0]["updatedAt"]
    after = client.control.tag_program(1001, "Quarter", "Q2")["updatedAt"]
    assert (after != before) is moved
    assert (
        client.control.edit_program(1001, description="new")["updatedAt"] == "2026-10-15T12:00:00Z"
    )


@pytest.mark.parametrize(("variant", "found"), [("both", [1121]), ("updated", [])])
def test_the_date_filter_may_look_at_updates_only(
    client: RawClient, variant: str, found: list[int]
) -> None:
    client.control.knob(U37=variant)
    created = "2023-05-05T05:05:05Z"
    client.control.add_program(id=1121, createdAt=created, updatedAt="2026-01-01T00:00:00Z")
    window = {"earliestUpdatedAt": created, "latestUpdatedAt": "2023-05-06T00:00:00Z"}
    assert [row["id"] for row in client.get(PROGRAMS, **window).result] == found
    late = {"earliestUpdatedAt": "2026-01-01T00:00:00Z", "latestUpdatedAt": "2026-01-01T00:00:01Z"}
    assert [row["id"] for row in client.get(PROGRAMS, **late).result] == [1121]


def test_paths_that_do_not_exist_are_610(client: RawClient) -> None:
    for path in ("//rest/asset/v1/programs.json", "/rest//v1/leads/describe.json"):
        assert client.get(path).code == "610"
    assert client.get("/rest/asset/v1/nothing.json").json["warnings"] == []
    assert client.post(PROGRAMS).code == "610"
    assert client.get("/rest/bulk/v1/program/members/export.json").code == "610"
    assert client.get("/rest/../bulk/v1/program/members/export.json").code == ""


def test_long_answers_are_compressed_for_those_who_ask(client: RawClient) -> None:
    gzipped = client.get(PROGRAMS, {"Accept-Encoding": "gzip"})
    assert gzipped.headers["content-encoding"] == "gzip"
    assert json.loads(gzip.decompress(gzipped.body))["success"] is True
    short = client.get(PROGRAMS, {"Accept-Encoding": "gzip"}, offset=900)
    assert not {"content-encoding", "vary"} & set(short.headers)
    assert short.headers["transfer-encoding"] == "chunked"


@pytest.mark.parametrize("path", [PROGRAMS, "/rest/v1/leads/describe.json"])
def test_compressed_answers_are_chunked_and_vary(client: RawClient, path: str) -> None:
    answer = client.get(path, {"Accept-Encoding": "deflate, gzip;q=1.0"})
    assert answer.headers["transfer-encoding"] == "chunked"
    assert answer.headers["vary"] == "Accept-Encoding"
    assert "content-length" not in answer.headers
    assert "content-encoding" not in client.get(path, {"Accept-Encoding": "gzip;q=0"}).headers


def test_bulk_answers_are_never_compressed(client: RawClient) -> None:
    for _ in range(9):
        client.create({"programId": 1001}, ["leadId"])
    listed = client.get("/bulk/v1/program/members/export.json", {"Accept-Encoding": "gzip"})
    assert len(listed.body) > 1024
    assert not {"content-encoding", "vary"} & set(listed.headers)


def test_long_uris_and_bodies_are_http_errors(client: RawClient) -> None:
    assert client.get("/rest/v1/leads/describe.json", x="y" * 9000).status == 414
    assert client.get(PROGRAMS, x="y" * 9000).status == 200
    assert client.get(PROGRAMS, x="y" * 70000).status == 414
    assert client.post("/rest/v1/leads/describe.json", "x" * 1_100_000).status == 413


def test_permissions_can_be_withdrawn(client: RawClient) -> None:
    client.control.knob(denied="programs, channels")
    assert (client.get(PROGRAMS).code, client.get(CHANNELS).code) == ("603", "603")
    assert client.get(TAG_TYPES).code == ""


def test_the_cookie_of_the_load_balancer_can_be_left_out(client: RawClient) -> None:
    assert "set-cookie" in client.get(PROGRAMS).headers
    client.control.knob(sticky_cookie=False)
    assert "set-cookie" not in client.get(PROGRAMS).headers
