"""Filters that change from run to run while programs are edited lose nothing once lifted."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

import pytest
from harness import UpsertingTarget, by_key
from scenes import DAY, HOUR

if TYPE_CHECKING:
    from harness import Tap
    from marketo_sandbox.control import SandboxControl

Row = dict[str, Any]
PROGRAMS = 14
DETAILS = ("tags", "costs")
FILTERS: list[dict[str, Any]] = [
    {},
    {"program_types": ["email", "Engagement"]},
    {"program_workspaces": ["Default"]},
    {"program_names": ["*1*", "Ünïcode*"]},
    {"program_folder_ids": [28]},
    {"program_statuses": ["", "on"]},
    {"program_tags": [{"tag_type": "Region", "tag_values": ["EMEA"]}]},
    {"program_tags": [{"tag_type": "Region"}], "program_types": ["Email", "Event", "Default"]},
    {"program_ids": list(range(1001, 1008))},
]
MEMBERS = "program_members"


def edit(control: SandboxControl, chance: random.Random) -> None:
    """One edit of a program or a member; most leave `updatedAt` of the program as it is."""
    program_id = chance.choice([row["id"] for row in control.programs()])
    leads = [row["leadId"] for row in control.truth(["leadId"], program_ids=[program_id])]
    what = chance.randrange(7)
    if what == 0:
        place = {"type": "Folder", "value": chance.choice([28, 41]), "folderName": "moved"}
        control.edit_program(program_id, folder=place)
    elif what == 1:
        control.edit_program(program_id, name=f"Ünïcode {program_id} {chance.randrange(9)}")
    elif what == 2:
        control.edit_program(program_id, workspace=chance.choice(["Default", "EMEA"]))
    elif what == 3:
        control.edit_program(program_id, status=chance.choice(["", "on", "off"]))
    elif what == 4:
        control.tag_program(program_id, "Region", chance.choice(["EMEA", "APJ"]))
    elif what == 5 and leads:
        control.edit_member(program_id, chance.choice(leads), reachedSuccess=True)
    else:
        control.add_program(name=f"Late {program_id}", type="Email", member_count=1)


def full(row: Row) -> Row:
    return row | {name: row[name] or [] for name in DETAILS}


def without_name(row: Row) -> Row:
    return {name: value for name, value in row.items() if name != "program"}


@pytest.mark.parametrize("seed", range(4))
def test_after_any_filters_and_edits_a_week_without_filters_brings_the_truth(
    tap: Tap, seed: int
) -> None:
    chance = random.Random(seed)  # noqa: S311 - the same in every run
    control = tap.sandbox.control
    control.reset(world="sized", programs=PROGRAMS, members_per_program=2, knobs={"U25": "no"})
    control.knob(rate_limit=None, job_seconds_queued=0, job_seconds_processing=0)
    control.advance(2 * HOUR)
    for program_id in (1001, 1002, 1003):
        control.tag_program(program_id, "Region", "EMEA")
    target, state = UpsertingTarget(), dict[str, Any]()

    for number in range(8):
        for _ in range(chance.randrange(5)):
            edit(control, chance)
        control.advance(chance.choice([2 * HOUR, DAY, 3 * DAY]))
        settings = chance.choice(FILTERS) if number < 5 else {}
        output = tap.run(MEMBERS, "programs", state=state, **settings)
        # A filter that nothing passes for the moment ends a run, and leaves the state.
        assert output.error is None or "nothing would be extracted" in str(output.error)
        assert output.error is None or not output.of("RECORD")
        assert output.error is None or output.state in ({}, state)
        target.load(output)
        state = output.state or state

    control.advance(2 * HOUR)
    target.load(tap.sync(MEMBERS, "programs", state=state))
    assert {key[0] for key in target.tables["programs"]} == {
        row["id"] for row in control.programs()
    }
    # A member who did not change is not exported again for the program's new name.
    same = [without_name(row) for row in target.tables[MEMBERS].values()]
    assert by_key(same) == by_key([without_name(row) for row in control.truth()])
    control.advance(8 * DAY)
    target.load(tap.sync("programs", state=state))
    truth = {row["id"]: full(row) for row in control.programs()}
    names = dict.fromkeys(control.programs()[0])
    held = {key[0]: full(names | row) for key, row in target.tables["programs"].items()}
    assert held == truth
