"""The worlds one can start with: demo, tiny, extract, sized, empty."""

from __future__ import annotations

from typing import TYPE_CHECKING

from marketo_sandbox.clock import DAY
from marketo_sandbox.data.demo import demo
from marketo_sandbox.data.fields import Field
from marketo_sandbox.data.folders import DEFAULT_WORKSPACE, EMEA, Folder, nest
from marketo_sandbox.data.generated import BEGIN, generated_program, new_world
from marketo_sandbox.data.membership import Membership
from marketo_sandbox.data.programs import Program

if TYPE_CHECKING:
    from collections.abc import Callable

    from marketo_sandbox.data.fields import Value
    from marketo_sandbox.data.world import World

# The world `sized` has folders in two workspaces. One program in eight is an Email within
# the Event before it.
_FOLDERS = tuple(
    Folder(30 + number, f"Folder {number:02}", EMEA if number % 4 == 1 else DEFAULT_WORKSPACE)
    for number in range(12)
)
_EMAILS_EVERY, _EMAIL_WITHIN, _TO_EVENT = 8, 5, 2

# These follow from the membership itself and are never null.
_COMPUTED = frozenset({"leadId", "programId", "program"})


def tiny(seed: int = 1) -> World:
    """Three programs, a dozen members: for tests that count rows by hand."""
    world = new_world("tiny", seed)
    for number, (first, count) in enumerate(((1, 5), (3, 4), (1, 3))):
        made = generated_program(world, number, 1001 + number, (first, count))
        made.name = ("Alpha", "Beta", "Gamma, with comma")[number]
        made.tags = ({"Region": "EMEA"}, {"Region": "APJ"}, {})[number]
        world.programs[made.id] = made
    return world


def sized(
    seed: int = 1,
    programs: int = 100,
    members_per_program: int = 100,
    first_id: int = 1001,
    id_gap: int = 1,
) -> World:
    """As many programs and members as wanted; neighbours share half of their leads."""
    world = new_world("sized", seed)
    for number in range(programs):
        first = 1 + number * max(1, members_per_program // 2)
        program_id = first_id + number * id_gap
        made = generated_program(world, number, program_id, (first, members_per_program))
        made.tags = {"Region": ("EMEA", "APJ", "LATAM")[number % 3]}
        _FOLDERS[number % len(_FOLDERS)].take(made)
        event = world.programs.get(program_id - _TO_EVENT * id_gap)
        if number % _EMAILS_EVERY == _EMAIL_WITHIN and event is not None:
            nest(made, event)
        world.programs[program_id] = made
    return world


def extract(seed: int = 1) -> World:
    """The one public real extract: three members of program 1001.

    Source: the fixtures of treasure-data/embulk-input-marketo (an instance of 2021).
    """
    world = new_world("extract", seed, custom=False)
    test_field = "programMemberCustomFieldTest"
    world.member_fields[test_field] = Field(
        test_field,
        "string",
        255,
        updateable=True,
        custom=True,
        display_name="ProgramMemberCustomFieldTest",
    )
    joined = "2019-04-12T05:58:10Z"
    made = Program(
        1001,
        "DA - Demo Account (DO NOT EDIT)",
        Membership(seed, 1001, 1, 0, BEGIN, DAY),
        type="Email",
        channel="Email Send",
        created_at="2019-04-12T05:00:00Z",
        updated_at="2019-04-12T06:00:00Z",
        status="completed",
    )
    blank: dict[str, Value] = dict.fromkeys(set(world.member_fields) - _COMPUTED)
    same: dict[str, Value] = {
        "acquiredBy": True,
        "isExhausted": False,
        "createdAt": joined,
        "membershipDate": joined,
        "updatedAt": joined,
    }
    for lead, status in ((452, "02 Opened"), (453, "01 Sent"), (454, "03 Clicked")):
        values = blank | same | {"statusName": status, "reachedSuccess": status == "03 Clicked"}
        made.membership.add(lead, values, joined)
    world.programs[made.id] = made
    return world


def empty(seed: int = 1) -> World:
    """No programs at all."""
    return new_world("empty", seed)


WORLDS: dict[str, Callable[..., World]] = {
    "demo": demo,
    "tiny": tiny,
    "extract": extract,
    "sized": sized,
    "empty": empty,
}


def make_world(name: str, **options: int) -> World:
    """Make a world by name; an unknown name or option is a ValueError."""
    if name not in WORLDS:
        message = f"no world {name!r}; there are {sorted(WORLDS)}"
        raise ValueError(message)
    try:
        return WORLDS[name](**options)
    except TypeError as error:
        message = f"world {name!r} does not take these options: {error}"
        raise ValueError(message) from error
