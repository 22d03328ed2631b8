"""One kind of change in many programs at once, spread evenly over them and over their members.

Deterministic, by seed. It only calls the edits a tester could call, and says what it did.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from marketo_sandbox.data.scatter import scatter

if TYPE_CHECKING:
    from collections.abc import Sequence

    from marketo_sandbox.data.fields import Value
    from marketo_sandbox.data.programs import Program
    from marketo_sandbox.data.world import World

Change = Literal["edit", "add", "remove"]

# Beyond the leads of every world, and of `random_edits`.
_NEW_LEADS_FROM = 20_000_000


def spread(total: int, count: int, seed: int) -> list[int]:
    """`count` different numbers below `total`, as far from each other as they can be."""
    if not 0 <= count <= total:
        message = f"cannot choose {count} of {total}"
        raise ValueError(message)
    first = scatter(seed, [total])[0] % total if total else 0
    return sorted((first + number * total // count) % total for number in range(count))


@dataclass(frozen=True)
class SpreadEdits:
    """What is done to each chosen member; `values` are of a member's fields."""

    change: Change = "edit"
    each: int = 1
    seed: int = 1
    touch: bool = True
    values: dict[str, Value] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse a change that there is not."""
        if self.change not in {"edit", "add", "remove"}:
            message = f"change is edit, add or remove, not {self.change!r}"
            raise ValueError(message)

    def chosen(self, world: World, count: int) -> list[Program]:
        """`count` programs by id; to edit or remove members, of those that have enough."""
        enough = 0 if self.change == "add" else self.each
        found = [p for p in world.index().by_id if _members_left(world, p) >= enough]
        return [found[number] for number in spread(len(found), count, self.seed)]

    def apply(self, world: World, programs: Sequence[Program], now: str) -> list[dict[str, object]]:
        """Change members of each program; what was done, one row a member."""
        # All are chosen before any is changed: a refusal leaves the world as it was.
        chosen = [(p.id, lead) for p in programs for lead in self._leads(world, p)]
        return [self._done(world, program_id, lead, now) for program_id, lead in chosen]

    def _leads(self, world: World, program: Program) -> list[int]:
        if self.change == "add":
            return _strangers(program, self.each)
        gone = world.lead_edits.deleted
        leads = [lead for lead in program.membership.leads() if lead not in gone]
        return [leads[number] for number in spread(len(leads), self.each, self.seed)]

    def _done(self, world: World, program_id: int, lead: int, now: str) -> dict[str, object]:
        if self.change == "add":
            world.add_member(program_id, lead, self.values, now)
        elif self.change == "remove":
            world.remove_member(program_id, lead)
        else:
            world.edit_member(program_id, lead, self.values, now, touch=self.touch)
        return {"did": f"{self.change}_member", "program_id": program_id, "lead_id": lead}


def _members_left(world: World, program: Program) -> int:
    """How many members have a lead that was not deleted."""
    gone, membership = world.lead_edits.deleted, program.membership
    return len(membership) - sum(1 for lead in gone if lead in membership)


def _strangers(program: Program, count: int) -> list[int]:
    """Leads that are no members of the program."""
    leads: list[int] = []
    lead = _NEW_LEADS_FROM
    while len(leads) < count:
        if lead not in program.membership:
            leads.append(lead)
        lead += 1
    return leads
