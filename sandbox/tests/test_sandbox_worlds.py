"""The worlds and their edits."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest
from marketo_sandbox import ControlError
from marketo_sandbox.data.presets import WORLDS, make_world

if TYPE_CHECKING:
    from marketo_sandbox.data.world import World
    from marketo_sandbox.raw_client import RawClient

ONE = {"programId": 1001}


@pytest.mark.parametrize("name", sorted(WORLDS))
def test_every_world_is_the_same_each_time_and_older_than_its_anchor(name: str) -> None:
    first, second = make_world(name), make_world(name)
    assert first == second
    for program in first.programs.values():
        assert program.updated_at < "2026-02-01"
        assert program.created_at < "2026-02-01"


def test_another_seed_is_another_world() -> None:
    assert make_world("demo", seed=2) != make_world("demo", seed=1)


def placed(world: World) -> list[tuple[str, int, str, str]]:
    """Folder type, id and name, and workspace of each program."""
    return [
        (p.folder_type, p.folder_id, p.folder_name, p.workspace) for p in world.programs.values()
    ]


def test_filters_have_something_to_hold_in_the_demo() -> None:
    world = make_world("demo")
    programs = list(world.programs.values())
    names = Counter(p.name for p in programs)
    folders = Counter(place for place in placed(world) if place[0] == "Folder")
    by_name = {name: {f[1] for f in folders if f[2] == name} for _, _, name, _ in folders}

    assert Counter(p.status == "" for p in programs)[True] > len(programs) / 2
    assert {p.status for p in programs} == {"", "on", "off", "completed", "unlocked", "locked"}
    assert {p.workspace for p in programs} == {"Default", "EMEA Workspace", "APAC"}
    assert [name for name in names if set("[]*?") & set(name)]
    assert {name for name, count in names.items() if count > 1} == {"Twin", "Q1 Newsletter"}
    assert {len({p.folder_id for p in programs if p.name == "Q1 Newsletter"})} == {2}
    assert len({name.lower() for name in names}) < len(names)
    assert len({name.casefold() for name in names}) < len({name.lower() for name in names})
    assert 1 in folders.values()
    assert len(by_name["Marketing"]) == 3
    assert world.programs.keys() & {folder_id for _, folder_id, _, _ in folders}
    assert {p.channel for p in programs} - {c.name for c in world.channels}
    assert len(programs) - sum(1 for p in programs if len(p.membership)) == 3


@pytest.mark.parametrize(
    ("name", "types"), [("demo", {"Event", "Engagement"}), ("sized", {"Event"})]
)
def test_programs_lie_within_programs_of_their_workspace(name: str, types: set[str]) -> None:
    world = make_world(name)
    nested = [p for p in world.programs.values() if p.folder_type == "Program"]
    parents = [world.programs[p.folder_id] for p in nested]

    assert {parent.type for parent in parents} == types
    assert {p.type for p in nested} >= {"Email"}
    assert [p.folder_name for p in nested] == [parent.name for parent in parents]
    assert [p.workspace for p in nested] == [parent.workspace for parent in parents]


def test_many_programs_lie_in_folders_of_two_workspaces() -> None:
    world = make_world("sized", programs=96, id_gap=3)
    folders = {place for place in placed(world) if place[0] == "Folder"}

    assert len({folder_id for _, folder_id, _, _ in folders}) == len(folders) == 12
    assert {workspace for *_, workspace in folders} == {"Default", "EMEA Workspace"}
    assert sum(place[0] == "Program" for place in placed(world)) == 96 / 8


def test_a_smaller_demo_is_the_beginning_of_the_whole() -> None:
    whole = make_world("demo")
    for count in (0, 3, 45):
        part = make_world("demo", programs=count)
        assert list(part.programs.values()) == list(whole.programs.values())[:count]
    assert len(make_world("demo", programs=60).programs) == 60


def test_programs_are_added_edited_and_deleted(client: RawClient) -> None:
    folder = {"type": "Program", "value": 1001, "folderName": "Alpha"}
    made = client.control.add_program(
        name="Delta",
        type="Email",
        startDate="2026-03-05T00:00:00Z",
        headStart=True,
        folder=folder,
        tags=[{"tagType": "Region", "tagValue": "APJ"}],
        costs=[{"startDate": "2026-01-01", "cost": 5}],
        member_count=4,
        first_lead=50,
    )
    assert made["id"] == 1004
    assert made["createdAt"] == made["updatedAt"] == "2026-03-01T12:00:00Z"
    row = client.get("/rest/asset/v1/program/1004.json").result[0]
    assert row["folder"] == folder
    assert row["costs"] == [{"startDate": "2026-01-01", "cost": 5}]
    assert row["headStart"] is True
    assert len(client.control.truth(program_ids=[1004])) == 4
    client.control.advance(60)
    edited = client.control.edit_program(1004, name="Epsilon")
    assert (edited["name"], edited["updatedAt"]) == ("Epsilon", "2026-03-01T12:01:00Z")
    assert client.control.edit_program(1004, updatedAt="2020-01-01T00:00:00Z")["updatedAt"] < "2021"
    with pytest.raises(ControlError, match="no tag 'Region' of value 'EMEA'"):
        client.control.untag(1004, "Region", "EMEA")
    assert client.control.untag_program(1004, "Region", "APJ")["tags"] == []
    client.control.tag_program(1004, "Region", "EMEA")
    assert client.control.untag(1004, "Region")["tags"] == []
    client.control.delete_program(1004)
    assert client.get("/rest/asset/v1/program/1004.json").result == []


def test_members_are_added_edited_and_removed(client: RawClient) -> None:
    control = client.control
    control.add_member(1001, 77, statusName="Downloaded", reachedSuccess=True)
    control.add_member(1001, 3)
    control.edit_member(1001, 1, customInteger=5)
    control.edit_member(1001, 2, touch=False, customInteger=6)
    control.edit_member(1001, 4, updatedAt="2026-02-28T00:00:00Z")
    control.remove_member(1001, 5)
    rows = {row["leadId"]: row for row in control.truth(program_ids=[1001])}
    assert set(rows) == {1, 2, 3, 4, 77}
    now = "2026-03-01T12:00:00Z"
    assert rows[77]["createdAt"] == rows[77]["updatedAt"] == rows[77]["membershipDate"] == now
    assert rows[77]["reachedSuccess"] is True
    assert (rows[1]["customInteger"], rows[1]["updatedAt"]) == (5, now)
    assert rows[2]["customInteger"] == 6
    assert rows[2]["updatedAt"] < "2026-02-01"
    assert rows[3]["createdAt"] == now
    assert rows[4]["updatedAt"] == "2026-02-28T00:00:00Z"
    control.remove_member(1001, 77)
    control.add_member(1001, 5)
    assert {row["leadId"] for row in control.truth(["leadId"], [1001])} == {1, 2, 3, 4, 5}
    assert len(client.exported(ONE)[1].split()) == 6


@pytest.mark.parametrize("verb", ["bulk_edit", "life"])
def test_edits_by_seed_are_the_same_each_time(client: RawClient, verb: str) -> None:
    outcomes = []
    for _ in range(2):
        client.control.reset("demo")
        done = getattr(client.control, verb)(seed=4, count=60)
        outcomes.append((done, client.control.truth(), client.control.programs()))
    assert outcomes[0] == outcomes[1]
    did = {entry["did"] for entry in outcomes[0][0]}
    assert {"edit_member", "add_member", "remove_member"} <= did
    assert ("add_program" in did) is (verb == "life")
    client.control.reset("empty")
    assert getattr(client.control, verb)(seed=4, count=3) is not None
