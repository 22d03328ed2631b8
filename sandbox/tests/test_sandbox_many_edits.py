"""One kind of change in many programs at once."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest
from marketo_sandbox import ControlError
from marketo_sandbox.data.spread_edits import spread

if TYPE_CHECKING:
    from collections.abc import Iterable

    from marketo_sandbox.raw_client import RawClient

NOW = "2026-03-01T12:00:00Z"


@pytest.fixture
def client(client: RawClient) -> RawClient:
    client.control.reset("sized", programs=300, members_per_program=5)
    client.forget_token()
    return client


def pairs(rows: Iterable[dict[str, Any]], program: str, lead: str) -> set[tuple[int, int]]:
    return {(row[program], row[lead]) for row in rows}


def members(client: RawClient) -> set[tuple[int, int]]:
    return pairs(client.control.truth(["programId", "leadId"]), "programId", "leadId")


@pytest.mark.parametrize("total", [0, 1, 2, 7, 300])
def test_numbers_are_spread_without_repetition_and_evenly(total: int) -> None:
    for count in range(total + 1):
        for seed in (1, 2):
            chosen = spread(total, count, seed)
            gaps = [after - before for before, after in pairwise(chosen)]
            assert len(set(chosen)) == len(chosen) == count
            assert set(chosen) <= set(range(total))
            assert all(total // count <= gap <= total // count + 1 for gap in gaps)


def test_one_member_in_each_of_many_programs_is_changed(client: RawClient) -> None:
    done = client.control.edit_many(6, customText="changed")

    changed = [
        row
        for row in client.control.truth(["programId", "leadId", "updatedAt", "customText"])
        if row["updatedAt"] == NOW
    ]
    assert pairs(done, "program_id", "lead_id") == pairs(changed, "programId", "leadId")
    assert len({row["program_id"] for row in done}) == len(done) == 6
    assert {row["customText"] for row in changed} == {"changed"}
    assert {row["did"] for row in done} == {"edit_member"}
    ids = [row["program_id"] for row in done]
    assert ids == [ids[0] + 50 * number for number in range(6)]


def test_every_program_asked_by_itself_tells_whether_it_changed(client: RawClient) -> None:
    changed = {row["program_id"] for row in client.control.edit_many(17, each=2)}
    asked = {
        "filterType": "updatedAt",
        "startAt": "2026-02-27T00:00:00Z",
        "endAt": "2026-03-02T00:00:00Z",
        "batchSize": 1,
    }

    answers = {
        program_id: client.get(f"/rest/v1/programs/{program_id}/members.json", **asked).json
        for program_id in range(1001, 1301)
    }

    assert {i for i, answer in answers.items() if answer["result"]} == changed
    assert {i for i, answer in answers.items() if answer["moreResult"]} == changed


def test_the_same_seed_changes_the_same_members_and_another_others(client: RawClient) -> None:
    first, again, other = (client.control.edit_many(60, each=2, seed=s) for s in (1, 1, 2))

    assert first == again != other
    assert len(first) == 120


def test_members_join_and_leave_many_programs(client: RawClient) -> None:
    before = members(client)
    joined = client.control.edit_many(10, change="add", each=3)
    left = client.control.edit_many(program_ids=[1001, 1300], change="remove", each=2, seed=5)

    added, removed = (pairs(rows, "program_id", "lead_id") for rows in (joined, left))
    assert len(added) == 30
    assert {program for program, _ in removed} == {1001, 1300}
    assert len(removed) == 4
    assert members(client) == (before | added) - removed


def test_a_silent_change_moves_no_time(client: RawClient) -> None:
    client.control.edit_many(300, each=5, touch=False, customText="silent")

    rows = client.control.truth(["updatedAt", "customText"])
    assert {row["customText"] for row in rows} == {"silent"}
    assert NOW not in {row["updatedAt"] for row in rows}


def test_members_of_deleted_leads_are_not_chosen(client: RawClient) -> None:
    client.control.reset("tiny")
    for lead in (1, 2):
        client.control.delete_lead(lead)

    done = client.control.edit_many(1, each=3)

    assert {row["program_id"] for row in done} <= {1001, 1002}
    assert not {1, 2} & {row["lead_id"] for row in done}
    with pytest.raises(ControlError, match="cannot choose 2 of 1"):
        client.control.edit_many(program_ids=[1003], each=2)


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({}, "takes programs, a number, or program_ids"),
        ({"programs": 1, "program_ids": [1001]}, "takes programs, a number, or program_ids"),
        ({"programs": 301}, "cannot choose 301 of 300"),
        ({"programs": 1, "each": 6}, "cannot choose 1 of 0"),
        ({"programs": 1, "change": "rename"}, "change is edit, add or remove"),
        ({"programs": 1, "nope": 1}, "no member field 'nope'"),
        ({"program_ids": [9]}, "no program 9"),
    ],
)
def test_what_cannot_be_changed_is_refused(
    client: RawClient, keys: dict[str, Any], message: str
) -> None:
    with pytest.raises(ControlError, match=message):
        client.control.edit_many(**keys)
