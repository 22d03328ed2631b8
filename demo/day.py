"""A day in the sandbox's Marketo, as people make one.

It must not know what is extracted, nor where it goes.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from marketo_sandbox.control import SandboxControl

_EDITED_PROGRAMS = 4
_EDITS = 8
_JOINS = 6
_REMOVALS = 7
_NEW_MEMBERS = 25
_NEW_LEADS_FROM = 8_000_000
_NEW_NAME = "2026-01 Launch Webinar"
_NEW_PROGRAM: dict[str, Any] = {
    "name": _NEW_NAME,
    "type": "EventWithWebinar",
    "channel": "Webinar",
    "costs": [{"startDate": "2026-01-01", "cost": 1200, "note": "Speakers"}],
    "tags": {"Region": "EMEA"},
}


@dataclass(kw_only=True)
class Day:
    """What happened.

    Args:
        edited: Members who changed.
        joined: Members of earlier programs who are new.
        left: Keys of members who were removed, those of the deleted program among them.
        new_program: A program that was not there before.
        deleted_program: A program that is not there any more.
        deleted_ids: Its id; empty on a day on which nothing happened.
    """

    edited: int = 0
    joined: int = 0
    left: set[tuple[int, int]] = field(default_factory=set)
    new_program: str = ""
    deleted_program: str = ""
    deleted_ids: set[int] = field(default_factory=set)

    def __str__(self) -> str:
        """What happened, for a person."""
        return "\n".join(
            (
                f"{self.edited} members changed, {self.joined} joined, {len(self.left)} left",
                f"{self.new_program} is new, with {_NEW_MEMBERS} members",
                f"{self.deleted_program} was deleted, with all its members",
            )
        )


def pass_a_day(control: SandboxControl) -> Day:
    """Let a day pass, and people work in it."""
    control.advance(days=1)
    members = control.truth(fields=["leadId", "programId"])
    sizes = Counter(row["programId"] for row in members)
    # The smallest goes, the largest lose somebody, and those between change.
    smallest, *others = sorted(sizes, key=lambda program_id: (sizes[program_id], program_id))
    removed_from = others[-2:]
    day = Day(new_program=_NEW_NAME)
    day.edited = len(control.edit_many(programs=_EDITED_PROGRAMS, change="edit", each=_EDITS))
    day.joined = len(control.edit_many(program_ids=others[:3], change="add", each=_JOINS))
    for done in control.edit_many(program_ids=removed_from, change="remove", each=_REMOVALS):
        day.left.add((done["lead_id"], done["program_id"]))
    day.left |= {
        (row["leadId"], row["programId"]) for row in members if row["programId"] == smallest
    }
    (day.deleted_program,) = (one["name"] for one in control.programs() if one["id"] == smallest)
    day.deleted_ids.add(smallest)
    control.delete_program(smallest)
    control.add_program(**_NEW_PROGRAM, member_count=_NEW_MEMBERS, first_lead=_NEW_LEADS_FROM)
    return day
