"""Who is a member of a program, and what was edited since.

The members are the leads of one range of ids, so a program of a million
members costs no memory; edits lie on top. It does not know the values that
nobody edited: these are made in `member_values`.
"""

from __future__ import annotations

from bisect import insort
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from marketo_sandbox.data.fields import Value

BLOCK = 4096


@dataclass
class MembershipEdits:
    """What was done to a membership since it was made. Inner dicts are replaced, never changed."""

    removed: set[int] = field(default_factory=set)
    added: list[int] = field(default_factory=list)
    values: dict[int, dict[str, Value]] = field(default_factory=dict)
    changed: dict[int, str] = field(default_factory=dict)

    def copy(self) -> MembershipEdits:
        """A snapshot that later edits do not reach."""
        return MembershipEdits(
            set(self.removed), list(self.added), dict(self.values), dict(self.changed)
        )


@dataclass
class Membership:
    """The members of one program.

    The base members are the `count` leads from `first_lead` on; `since` and
    `span` bound when they joined.
    """

    seed: int
    program_id: int
    first_lead: int
    count: int
    since: int
    span: int
    edits: MembershipEdits = field(default_factory=MembershipEdits)

    def snapshot(self) -> Membership:
        """The membership as it is now; later edits do not change it."""
        return replace(self, edits=self.edits.copy())

    def _in_base(self, lead: int) -> bool:
        return self.first_lead <= lead < self.first_lead + self.count

    def __contains__(self, lead: int) -> bool:
        """Whether a lead is a member."""
        if lead in self.edits.removed:
            return False
        return self._in_base(lead) or lead in self.edits.values

    def __len__(self) -> int:
        """How many members there are."""
        return self.count + len(self.edits.added) - len(self.edits.removed)

    def add(self, lead: int, values: dict[str, Value], now: str) -> None:
        """Make a lead a member, or a member again."""
        born: dict[str, Value] = {"createdAt": now, "membershipDate": now, "updatedAt": now}
        self.edits.removed.discard(lead)
        if not self._in_base(lead) and lead not in self.edits.values:
            insort(self.edits.added, lead)
        self.edits.values[lead] = {**born, **values}
        self.edits.changed[lead] = now

    def edit(self, lead: int, values: dict[str, Value], now: str) -> None:
        """Change a member's values."""
        self.edits.values[lead] = {**self.edits.values.get(lead, {}), **values}
        self.edits.changed[lead] = now

    def remove(self, lead: int) -> None:
        """End a membership; there is no tombstone."""
        if self._in_base(lead):
            self.edits.removed.add(lead)
        else:
            self.edits.added.remove(lead)
        self.edits.values.pop(lead, None)
        self.edits.changed.pop(lead, None)

    def leads(self) -> Iterator[int]:
        """Lead ids of the members; the base ones first, ascending."""
        base = range(self.first_lead, self.first_lead + self.count)
        before = [lead for lead in self.edits.added if lead < self.first_lead]
        after = [lead for lead in self.edits.added if lead >= self.first_lead]
        yield from before
        if self.edits.removed:
            yield from (lead for lead in base if lead not in self.edits.removed)
        else:
            yield from base
        yield from after

    def blocks(self) -> Iterator[list[int]]:
        """The members' lead ids, a block at a time."""
        leads = self.leads()
        while block := list(islice(leads, BLOCK)):
            yield block

    def lead_at(self, position: int) -> int:
        """The lead id at a position, for deterministic edits."""
        return next(islice(self.leads(), position, position + 1))


@dataclass(frozen=True)
class LeadEdits:
    """What is known of leads beyond their making: edits, and which were deleted."""

    seed: int
    values: dict[int, dict[str, Value]] = field(default_factory=dict)
    changed: dict[int, str] = field(default_factory=dict)
    deleted: frozenset[int] = frozenset()
