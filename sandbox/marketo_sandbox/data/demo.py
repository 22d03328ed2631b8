"""The world `demo`: small, and as irregular as a real subscription."""

from __future__ import annotations

from typing import TYPE_CHECKING

from marketo_sandbox.data.catalogue import TAG_TYPES
from marketo_sandbox.data.demo_places import BY_TYPE, IN_EMEA, ODD_PROGRAMS
from marketo_sandbox.data.folders import nest
from marketo_sandbox.data.generated import generated_program, new_world
from marketo_sandbox.data.programs import Cost
from marketo_sandbox.data.scatter import scatter

if TYPE_CHECKING:
    from marketo_sandbox.data.demo_places import OddProgram
    from marketo_sandbox.data.programs import Program
    from marketo_sandbox.data.world import World

_UNUSUAL_NAMES = (
    "air",
    "123",
    "BP-ES Caf\u00e9 Webinar",
    'Webinar, "Quoted" & more',
    "Launch \U0001f680 2025",
    "API Test Program",
    "API Test Program 1",
    "API Test Program 10",
    "API Test Program 9",
    "\u65b0\u5e74\u4f1a",
)

_FIRST_ID, _ID_GAP = 1001, 3

# The remainder of a program's number that leaves a tag type out.
_UNTAGGED = 2

# Which programs of the demo are unusual, by number.
_OF_ONE_NAME = frozenset({11, 19})
_MULTILINE, _UNDESCRIBED = frozenset({4, 13, 22, 31}), frozenset({5, 14, 23, 32})
_IN_CRM = frozenset({3, 10, 17, 24, 31, 38})
_WITH_COSTS = frozenset(range(0, 40, 4))
_IN_OTHER_WORKSPACE = frozenset({6, 16, 26, 36})
_WITHOUT_MEMBERS = frozenset({7, 20, 33})
_SINGLE: dict[int, dict[str, object]] = {
    # An Email program inside an Event: the folder is that program.
    9: {"folder_type": "Program", "folder_id": 1010, "folder_name": _UNUSUAL_NAMES[3]},
    # An Email program that is just being sent (recording of 2022).
    13: {"status": "locked"},
    # A type no public list has: Marketo adds values without notice.
    22: {"type": "InteractiveWebinar"},
}


def demo(seed: int = 1, programs: int = 1 + max(ODD_PROGRAMS)) -> World:
    """Programs of every type and some 2,000 members, as irregular as real ones."""
    world = new_world("demo", seed)
    for number in range(programs):
        program_id = _FIRST_ID + number * _ID_GAP
        chance = scatter(seed + 5, [program_id])[0]
        count = 0 if number in _WITHOUT_MEMBERS else 10 + chance % 90
        odd = ODD_PROGRAMS.get(number)
        if odd is None:
            made = generated_program(world, number, program_id, (1 + chance % 1100, count))
        else:
            made = generated_program(
                world, number, program_id, (1 + chance % 1100, 5 + chance % 20), odd.like
            )
        made.tags = _demo_tags(number)
        _make_unusual(made, number)
        if odd is not None:
            made.name = odd.name
            _put(world, made, odd)
        world.programs[program_id] = made
    return world


def _put(world: World, program: Program, odd: OddProgram) -> None:
    """Put a program where `demo_places` says, within another one or into a folder."""
    if odd.within is None:
        odd.place.take(program)
    else:
        nest(program, world.programs[_FIRST_ID + odd.within * _ID_GAP])


def _demo_tags(number: int) -> dict[str, str]:
    tags: dict[str, str] = {}
    for position, tag_type in enumerate(TAG_TYPES):
        if tag_type.values and number % (position + 3) != _UNTAGGED:
            tags[tag_type.name] = tag_type.values[number // 3 % len(tag_type.values)]
    return tags


def _make_unusual(made: Program, number: int) -> None:
    """Give a program of the demo a name, and make some of them unusual."""
    topics = ("Spring Launch", "Trade Fair", "Newsletter", "Onboarding", "Security Webinar")
    made.name = f"2025-{number:02} {topics[number % len(topics)]}"
    place = IN_EMEA if number in _IN_OTHER_WORKSPACE else BY_TYPE.get(made.type)
    if place is not None:
        place.take(made)
    if number < len(_UNUSUAL_NAMES):
        made.name = _UNUSUAL_NAMES[number]
    if number in _OF_ONE_NAME:
        made.name, made.folder_id, made.folder_name = "Twin", 30 + number, f"Folder {number}"
    if number in _MULTILINE:
        made.description = 'Line one\nline "two", with a comma'
    if number in _UNDESCRIBED:
        made.description = None
    if number in _IN_CRM:
        made.sfdc_id, made.sfdc_name = "7011G000000QXWvQAO", "Campaign, main"
    if number in _WITH_COSTS:
        made.costs = [Cost("2025-01-01", 2000, "like a note"), Cost("2025-02-01", 150)]
    for name, value in _SINGLE.get(number, {}).items():
        setattr(made, name, value)
