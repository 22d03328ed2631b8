"""Programs made of numbers: what all worlds have in common.

Everything is a function of the options and the seed; dates depend on a fixed
anchor, never on the real calendar.
"""

from __future__ import annotations

from marketo_sandbox.clock import DAY, iso, parse_instant
from marketo_sandbox.data.catalogue import CHANNELS, TAG_TYPES
from marketo_sandbox.data.fields import CUSTOM_MEMBER_FIELDS, STANDARD_MEMBER_FIELDS
from marketo_sandbox.data.membership import LeadEdits, Membership
from marketo_sandbox.data.programs import Program
from marketo_sandbox.data.scatter import scatter
from marketo_sandbox.data.world import World

BEGIN = int(parse_instant("2024-01-08T00:00:00Z"))
_ANCHOR = int(parse_instant("2026-02-01T00:00:00Z"))

# A member may be updated this long after joining, and still before the anchor.
_SLACK = 21 * DAY

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


def new_world(name: str, seed: int, *, custom: bool = True) -> World:
    """A world with channels, tag types and fields, `custom` ones too, but without programs."""
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
    created = BEGIN + chance % (300 * DAY)
    if chance % 11 == 0:
        return created, created - 1
    return created, created + (chance >> 20) % (_ANCHOR - created)


def generated_program(
    world: World,
    number: int,
    program_id: int,
    members: tuple[int, int],
    like: tuple[str, str, str] | None = None,
) -> Program:
    """A program of the kind its number says; `members` is first lead and member count.

    `like` is its type, channel and status if they are not those of its number.
    """
    kind, channel, status = like or _KINDS[number % len(_KINDS)]
    created, updated = _times(world.seed, program_id)
    first, count = members
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
