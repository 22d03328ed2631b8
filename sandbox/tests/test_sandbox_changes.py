"""Get Program Members asked for changes: what it sees, what it refuses, and whom it looks at."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from marketo_sandbox import Sandbox
from marketo_sandbox.data.presets import make_world
from marketo_sandbox.data.recent_changes import perhaps_changed
from marketo_sandbox.raw_client import RawClient

if TYPE_CHECKING:
    from collections.abc import Iterator

MEMBERS = "/rest/v1/programs/1001/members.json"
WINDOW = {"startAt": "2026-02-28T00:00:00Z", "endAt": "2026-03-02T00:00:00Z"}
CHANGES = {"filterType": "updatedAt", **WINDOW}
NOW = "2026-03-01T12:00:00Z"


def changed(client: RawClient, **more: str) -> list[int]:
    return [row["leadId"] for row in client.get(MEMBERS, **{**CHANGES, **more}).result]


@pytest.fixture
def many() -> Iterator[RawClient]:
    """A program of which each week saw changes, until the world's last day."""
    with Sandbox(
        "sized",
        programs=1,
        members_per_program=3000,
        now=NOW,
        frozen=True,
        knobs={"rate_limit": None},
    ) as sandbox:
        yield RawClient(sandbox.url)


@pytest.mark.parametrize(
    "first", ["2025-06-01", "2026-01-20", "2026-01-29", "2026-02-02", "2026-02-27"]
)
def test_the_changes_of_a_week_are_those_that_are_true(many: RawClient, first: str) -> None:
    for lead in (7, 2900):
        many.control.edit_member(1001, lead)
        many.control.edit_member(1001, lead - 1, updatedAt="2026-02-04T00:00:00Z")
    many.control.add_member(1001, 90_000)
    many.control.remove_member(1001, 2900)
    start = datetime.fromisoformat(f"{first}T00:00:00Z")
    window = {
        name: (start + timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%SZ")
        for name, days in (("startAt", 0), ("endAt", 7))
    }
    wanted = {
        row["leadId"]
        for row in many.control.truth(["leadId", "updatedAt"])
        if window["startAt"] <= row["updatedAt"] <= window["endAt"]
    }

    answer = many.get(MEMBERS, filterType="updatedAt", **window)

    assert {row["leadId"] for row in answer.result} == wanted
    assert len(wanted) == {"2026-02-02": 2, "2026-02-27": 2}.get(first, len(wanted))


def test_only_edited_members_are_looked_at_for_what_is_later_than_all_others() -> None:
    world = make_world("sized", programs=1, members_per_program=10_000)
    world.edit_member(1001, 70, {}, "2026-03-01T12:00:00Z", touch=True)
    world.edit_lead(5, {"firstName": "New"}, "2026-03-01T12:00:00Z")
    world.edit_lead(20_000, {"firstName": "New"}, "2026-03-01T12:00:00Z")
    membership = world.program(1001).membership

    recent = [
        list(perhaps_changed(membership, "2026-02-10T00:00:00Z", edits))
        for edits in (None, world.lead_edits)
    ]
    older = list(perhaps_changed(membership, "2026-01-25T00:00:00Z"))

    assert recent == [[[70]], [[5, 70]]]
    assert sum(map(len, older)) == 10_000


@pytest.mark.parametrize(
    ("variant", "seen"),
    [
        ("inclusive", [1, 2]),
        ("exclusive_end", [1]),
        ("lag_5_minutes", [1]),
        ("visible_outside", [1, 2, 3]),
        ("lead_edits_count", [1, 2, 4]),
    ],
)
def test_by_default_the_filter_means_what_that_of_an_export_means(
    client: RawClient, variant: str, seen: list[int]
) -> None:
    client.control.knob(U17=variant)
    client.control.edit_member(1001, 1, updatedAt="2026-03-01T00:00:00Z")
    client.control.edit_member(1001, 2)
    client.control.edit_member(1001, 3, touch=False, customText="silent")
    client.control.edit_lead(4, firstName="New")
    window = {"startAt": "2026-03-01T00:00:00Z", "endAt": NOW}

    found = changed(client, **window)
    client.control.knob(job_seconds_queued=0)
    _, content = client.exported({"programId": 1001, "updatedAt": window})

    assert found == seen
    assert content.decode().split() == ["leadId", *map(str, seen)]


def test_members_of_deleted_leads_have_no_changes_unless_they_stay(client: RawClient) -> None:
    client.control.edit_member(1001, 2)
    client.control.delete_lead(2)

    assert changed(client) == []
    client.control.knob(U18="stay")
    assert changed(client) == [2]


@pytest.mark.parametrize(
    ("variant", "keys"),
    [
        ("list", {"requestId", "result", "success", "moreResult"}),
        ("no_result", {"requestId", "success", "moreResult"}),
    ],
)
def test_without_changes_the_result_may_be_missing(
    client: RawClient, variant: str, keys: set[str]
) -> None:
    client.control.knob(empty_members=variant)

    assert set(client.get(MEMBERS, **CHANGES).json) == keys
    client.control.edit_member(1001, 2)
    assert changed(client) == [2]


def test_where_more_result_is_absent_every_page_has_a_token_and_the_last_repeats_its_own(
    client: RawClient,
) -> None:
    client.control.knob(U31="absent")
    client.control.edit_member(1001, 2)

    pages = [client.get(MEMBERS, **CHANGES, batchSize=1).json]
    for _ in range(2):
        token = pages[-1]["nextPageToken"]
        pages.append(client.get(MEMBERS, **CHANGES, batchSize=1, nextPageToken=token).json)

    assert [len(page["result"]) for page in pages] == [1, 0, 0]
    assert all("moreResult" not in page for page in pages)
    assert pages[0]["nextPageToken"] == pages[1]["nextPageToken"] == pages[2]["nextPageToken"]


def test_pages_number_their_members_through(client: RawClient) -> None:
    everyone = {"filterType": "leadId", "filterValues": "1,2,3,4,5", "batchSize": 2}
    first = client.get(MEMBERS, **everyone).json
    second = client.get(MEMBERS, **everyone, nextPageToken=first["nextPageToken"]).json

    assert [row["seq"] for row in (*first["result"], *second["result"])] == [0, 1, 2, 3]


@pytest.mark.parametrize(
    ("filter_type", "code"),
    [
        ("leadId", ""),
        ("statusName", ""),
        ("reachedSuccess", ""),
        ("customText", ""),
        ("customInteger", ""),
        ("customFloat", "1011"),
        ("customBoolean", "1011"),
        ("createdAt", "1011"),
        ("programId", "1011"),
    ],
)
def test_members_are_looked_up_by_searchable_fields_and_custom_ones_of_two_types(
    client: RawClient, filter_type: str, code: str
) -> None:
    answer = client.get(MEMBERS, filterType=filter_type, filterValues="1")

    assert answer.code == code
    if code:
        assert answer.message == f"Lookup field '{filter_type}' not supported"


def test_a_subscription_may_not_take_the_filter_updated_at(client: RawClient) -> None:
    client.control.knob(refused_lookups="updatedAt")

    answer = client.get(MEMBERS, **CHANGES)

    assert (answer.code, answer.message) == ("1011", "Lookup field 'updatedAt' not supported")
    assert client.get(MEMBERS, filterType="leadId", filterValues="1").code == ""


@pytest.mark.parametrize(
    ("window", "message"),
    [
        ({"startAt": "2026-02-20T00:00:00Z"}, "Date range must be seven days or less"),
        ({"startAt": WINDOW["endAt"]}, "startAt must be before endAt"),
        ({"startAt": "2026-03-03T00:00:00Z"}, "startAt must be before endAt"),
        ({"startAt": "2026-02-28T00:00:00.5Z"}, "Invalid value for startAt"),
        ({"endAt": "tomorrow"}, "Invalid value for endAt"),
    ],
)
def test_a_window_that_is_none_is_refused(
    client: RawClient, window: dict[str, str], message: str
) -> None:
    answer = client.get(MEMBERS, **{**CHANGES, **window})

    assert (answer.code, answer.message) == ("1003", message)


def test_over_the_cap_a_small_window_is_refused_only_where_all_members_count(
    client: RawClient,
) -> None:
    client.control.edit_member(1001, 2)
    client.control.knob(members_cap=4)
    assert changed(client) == [2]

    client.control.knob(members_cap_counts="total")

    answer = client.get(MEMBERS, **CHANGES)
    assert answer.message.startswith("Total membership size: 5 exceeds the limit allowed 4 for")


def test_pages_of_programs_follow_every_edit(client: RawClient) -> None:
    path, by_tag = "/rest/asset/v1/programs.json", "/rest/asset/v1/program/byTag.json"
    region = {"tagType": "Region", "tagValue": "APJ"}

    def names() -> tuple[list[str], set[str]]:
        return (
            [row["name"] for row in client.get(path).result],
            {row["name"] for row in client.get(by_tag, **region).result},
        )

    assert names() == (["Alpha", "Beta", "Gamma, with comma"], {"Beta"})
    client.control.edit_program(1001, name="Zeta")
    client.control.tag_program(1003, "Region", "APJ")
    assert names() == (["Beta", "Gamma, with comma", "Zeta"], {"Beta", "Gamma, with comma"})
    client.control.delete_program(1002)
    client.control.add_program(name="Delta", tags=[region])
    assert names() == (["Delta", "Gamma, with comma", "Zeta"], {"Gamma, with comma", "Delta"})
    client.control.untag(1003, "Region")
    assert names()[1] == {"Delta"}
    client.control.life(seed=3, count=80)
    wanted = {r["name"] for r in client.control.programs_by_tag() if r["tagValue"] == "APJ"}
    listed = [row["name"] for row in client.get(path, maxReturn=200).result]
    assert sorted(listed) == sorted(row["name"] for row in client.control.programs())
    assert names()[1] == wanted
