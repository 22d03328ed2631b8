"""The worlds one can start with: demo, tiny, extract, sized, empty.

Everything is a function of the options and the seed; dates hang on a fixed
anchor, never on the real calendar.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from marketo_sandbox.clock import iso, parse_instant
from marketo_sandbox.data.fields import CUSTOM_MEMBER_FIELDS, STANDARD_MEMBER_FIELDS, Field
from marketo_sandbox.data.membership import DAY, LeadEdits, Membership, scatter
from marketo_sandbox.data.programs import Channel, Cost, Program, Progression, TagType
from marketo_sandbox.data.world import World

if TYPE_CHECKING:
    from collections.abc import Callable

    from marketo_sandbox.data.fields import Value

_BEGIN = int(parse_instant("2024-01-08T00:00:00Z"))
_ANCHOR = int(parse_instant("2026-02-01T00:00:00Z"))
# A member may be updated this long after joining, and still before the anchor.
_SLACK = 21 * DAY

_NOT_IN_PROGRAM = Progression("Not in Program", 0)
# As recorded in 2024 and 2025 (amp-labs/connectors): sorted by neither id nor name, statuses
# that share a step, and channels of Web Personalization without a step 0.
CHANNELS = (
    Channel(
        3,
        "Nurture",
        "nurture",
        (_NOT_IN_PROGRAM, Progression("Member", 10), Progression("Engaged", 20, success=True)),
    ),
    Channel(
        1,
        "Content",
        "program",
        (_NOT_IN_PROGRAM, Progression("Downloaded", 10, success=True), Progression("Viewed", 5)),
    ),
    Channel(
        2,
        "Email Send",
        "email_batch",
        (
            _NOT_IN_PROGRAM,
            Progression("01 Sent", 10),
            Progression("02 Opened", 20),
            Progression("03 Clicked", 30, success=True),
            Progression("04 Unsubscribed", 40, hidden=True),
        ),
    ),
    Channel(
        4,
        "Tradeshow",
        "event",
        (
            _NOT_IN_PROGRAM,
            Progression("Invited", 10),
            Progression("Registered, paid", 20),
            Progression('Attended "VIP"', 40, success=True, kind="Attended"),
            Progression("No Show", 30),
        ),
    ),
    Channel(
        6,
        "R\u00e9seau & Partner",
        "program",
        (_NOT_IN_PROGRAM, Progression("Visited", 10), Progression("Converted", 20, success=True)),
    ),
    Channel(
        5,
        "Webinar",
        "webinar",
        (
            _NOT_IN_PROGRAM,
            Progression("Invited", 10),
            Progression("Registered", 20),
            Progression("Waitlisted", 20),
            Progression("Attended", 40, success=True),
            Progression("Attended On-demand", 50, success=True),
        ),
    ),
    Channel(
        7,
        "Mobile In-App",
        "in_app",
        (_NOT_IN_PROGRAM, Progression("Viewed", 10), Progression("Engaged", 20)),
    ),
    Channel(
        8,
        "Web Personalization",
        "web",
        (
            Progression("Viewed", 10),
            Progression("Engaged", 20, success=True),
            Progression("Converted", 30, success=True),
        ),
    ),
)

TAG_TYPES = (
    TagType("Region", ("EMEA", "APJ", "North America, Canada", "LATAM"), required=True),
    TagType("Business Unit", ("R&D", "Sales + Service", "100% Partners")),
    TagType("Product Line", ("AAA1 RT1", "AAA1 RT2", "Caf\u00e9 #1?"), ("program", "event")),
    TagType("Quarter", ("Q1", "Q2", "Q3", "Q4")),
    # Nothing to choose from: both an empty list and a missing one are possible.
    TagType("Unused", ()),
)

# type, channel, status
_KINDS = (
    ("Default", "Content", ""),
    ("Email", "Email Send", "completed"),
    ("Engagement", "Nurture", "on"),
    ("Event", "Tradeshow", ""),
    ("EventWithWebinar", "Webinar", ""),
    ("Email", "Email Send", "unlocked"),
    ("Default", "R\u00e9seau & Partner", ""),
    ("Engagement", "Nurture", "off"),
)

_ODD_NAMES = (
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


# These follow from where a member is, whatever else is known of it.
_COMPUTED = frozenset({"leadId", "programId", "program"})


def _new_world(name: str, seed: int, *, custom: bool = True) -> World:
    shown = (*STANDARD_MEMBER_FIELDS, *(CUSTOM_MEMBER_FIELDS if custom else ()))
    return World(
        name,
        seed=seed,
        member_fields={f.name: f for f in shown},
        lead_edits=LeadEdits(seed),
        channels=list(CHANNELS),
        tag_types=list(TAG_TYPES),
    )


def _times(seed: int, program_id: int) -> tuple[int, int]:
    """When a program was created and last changed; a few, a second before creation."""
    chance = scatter(seed, [program_id])[0]
    created = _BEGIN + chance % (300 * DAY)
    if chance % 11 == 0:
        return created, created - 1
    return created, created + (chance >> 20) % (_ANCHOR - created)


# The remainder of a program's number that leaves a tag type out.
_UNTAGGED = 2


def _demo_tags(number: int) -> dict[str, str]:
    tags: dict[str, str] = {}
    for position, tag_type in enumerate(TAG_TYPES):
        if tag_type.values and number % (position + 3) != _UNTAGGED:
            tags[tag_type.name] = tag_type.values[number // 3 % len(tag_type.values)]
    return tags


def _plain_program(
    world: World, number: int, program_id: int, roster_of: tuple[int, int]
) -> Program:
    """A program of the kind its number says; `roster_of` is first lead and member count."""
    kind, channel, status = _KINDS[number % len(_KINDS)]
    created, updated = _times(world.seed, program_id)
    first, count = roster_of
    dated = kind in {"Event", "EventWithWebinar", "Email"}
    starts = iso(created + 30 * DAY)
    return Program(
        program_id,
        f"Program {number:05}",
        Membership(world.seed, program_id, first, count, created, _ANCHOR - _SLACK - created),
        type=kind,
        channel=channel,
        status=status,
        created_at=iso(created),
        updated_at=iso(updated),
        start_date=starts if dated else None,
        end_date=iso(created + 30 * DAY + 3600) if dated and kind != "Email" else None,
        # Seen on some Email programs only in a real browse of 2023.
        head_start=False if status == "completed" else None,
    )


def demo(seed: int = 1, programs: int = 40) -> World:
    """About 40 programs of every type and 2,000 members, awkward as life is."""
    world = _new_world("demo", seed)
    for number in range(programs):
        program_id = 1001 + number * 3
        chance = scatter(seed + 5, [program_id])[0]
        count = 0 if number in _WITHOUT_MEMBERS else 10 + chance % 90
        made = _plain_program(world, number, program_id, (1 + chance % 1100, count))
        made.tags = _demo_tags(number)
        _make_peculiar(made, number)
        world.programs[program_id] = made
    return world


# Which programs of the demo are peculiar, by number.
_OF_ONE_NAME = frozenset({11, 19})
_MULTILINE, _UNDESCRIBED = frozenset({4, 13, 22, 31}), frozenset({5, 14, 23, 32})
_IN_CRM = frozenset({3, 10, 17, 24, 31, 38})
_WITH_COSTS = frozenset(range(0, 40, 4))
_ELSEWHERE = frozenset({6, 16, 26, 36})
_WITHOUT_MEMBERS = frozenset({7, 20, 33})
_ALONE: dict[int, dict[str, object]] = {
    # An Email program inside an Event: the folder is that program.
    9: {"folder_type": "Program", "folder_id": 1010, "folder_name": _ODD_NAMES[3]},
    # An Email program that is just being sent (recording of 2022).
    13: {"status": "locked"},
    # A type no public list has: Marketo adds values without notice.
    22: {"type": "InteractiveWebinar"},
}


def _make_peculiar(made: Program, number: int) -> None:
    """Give a program of the demo a name, and some of them their peculiarity."""
    topics = ("Spring Launch", "Trade Fair", "Newsletter", "Onboarding", "Security Webinar")
    made.name = f"2025-{number:02} {topics[number % len(topics)]}"
    if number < len(_ODD_NAMES):
        made.name = _ODD_NAMES[number]
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
    for name, value in _ALONE.get(number, {}).items():
        setattr(made, name, value)
    if number in _ELSEWHERE:
        made.workspace = "EMEA Workspace"


def tiny(seed: int = 1) -> World:
    """Three programs, a dozen members: for tests that count rows by hand."""
    world = _new_world("tiny", seed)
    for number, (first, count) in enumerate(((1, 5), (3, 4), (1, 3))):
        made = _plain_program(world, number, 1001 + number, (first, count))
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
    world = _new_world("sized", seed)
    for number in range(programs):
        first = 1 + number * max(1, members_per_program // 2)
        program_id = first_id + number * id_gap
        made = _plain_program(world, number, program_id, (first, members_per_program))
        made.tags = {"Region": ("EMEA", "APJ", "LATAM")[number % 3]}
        world.programs[program_id] = made
    return world


def extract(seed: int = 1) -> World:
    """The one public real extract: three members of program 1001.

    Source: the fixtures of treasure-data/embulk-input-marketo (an instance of 2021).
    """
    world = _new_world("extract", seed, custom=False)
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
        Membership(seed, 1001, 1, 0, _BEGIN, DAY),
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
    return _new_world("empty", seed)


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
