"""One subscription's data: programs, members, leads, tags, channels, fields, and their edits.

It knows no HTTP, no jobs and no clock: every edit is told when it happens.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from marketo_sandbox.data.fields import LEAD_FIELDS, STANDARD_MEMBER_FIELDS, Field
from marketo_sandbox.data.member_values import Block, Status
from marketo_sandbox.data.membership import LeadEdits, Membership
from marketo_sandbox.data.program_index import ProgramIndex
from marketo_sandbox.data.program_values import DETAILS, program_values
from marketo_sandbox.data.program_view import ProgramView
from marketo_sandbox.data.programs import Program

if TYPE_CHECKING:
    from collections.abc import Iterator

    from marketo_sandbox.data.fields import Value
    from marketo_sandbox.data.programs import Channel, TagType

# A status no channel lists any more: changing a channel leaves its members'
# statuses untouched (Adobe: Channels).
LEGACY_STATUS = Status("99 Old Status", success=False)


class NotFound(LookupError):  # reads as what it says
    """An edit names something the world does not hold."""


@dataclass
class World:
    """Everything the API reads."""

    name: str
    seed: int = 1
    programs: dict[int, Program] = field(default_factory=dict)
    tag_types: list[TagType] = field(default_factory=list)
    channels: list[Channel] = field(default_factory=list)
    member_fields: dict[str, Field] = field(
        default_factory=lambda: {f.name: f for f in STANDARD_MEMBER_FIELDS}
    )
    lead_fields: dict[str, Field] = field(default_factory=lambda: {f.name: f for f in LEAD_FIELDS})
    lead_edits: LeadEdits = field(default_factory=lambda: LeadEdits(1))
    described_at: str = "2021-03-20T01:30:05Z"
    _index: ProgramIndex | None = field(default=None, compare=False, repr=False)

    # reading

    def statuses(self, program: Program) -> tuple[Status, ...]:
        """The statuses members of a program carry, the legacy one included."""
        for channel in self.channels:
            if channel.name == program.channel:
                listed = [Status(s.name, s.success) for s in channel.statuses if s.step > 0]
                return (*listed, LEGACY_STATUS)
        return (Status("Member", success=False), Status("Engaged", success=True))

    def block(
        self, program: Program, leads: list[int], membership: Membership | None = None
    ) -> Block:
        """The values of some members of a program, out of the membership or a snapshot of it."""
        return Block(
            membership or program.membership,
            leads,
            program=(program.name, program.type),
            statuses=self.statuses(program),
            lead_edits=self.lead_edits,
        )

    def blocks(self, program: Program, *, deleted_stay: bool = False) -> Iterator[Block]:
        """All members of a program, a block at a time."""
        return self.snapshot(program).blocks(deleted_stay=deleted_stay)

    def snapshot(self, program: Program) -> ProgramView:
        """A view of a program's members that later edits do not change."""
        view = replace(program, membership=program.membership.snapshot())
        return ProgramView(view, self.statuses(program), self.lead_edits)

    def known_status(self, program: Program, name: str) -> bool:
        """Whether a status name can be used to filter this program's members."""
        return name == "Not in Program" or any(s.name == name for s in self.statuses(program))

    def program(self, program_id: int) -> Program:
        """A program that must exist."""
        if program_id not in self.programs:
            message = f"no program {program_id}"
            raise NotFound(message)
        return self.programs[program_id]

    def index(self) -> ProgramIndex:
        """The programs by name and by tag. Edits go by this class, so that it is never old."""
        if self._index is None:
            self._index = ProgramIndex(self.programs.values())
        return self._index

    # edits of programs

    def add_program(self, now: str, values: dict[str, object]) -> Program:
        """A new program, without members unless `member_count` and `first_lead` say so."""
        values = dict(values)
        wanted = values.pop("id", None)
        program_id = wanted if isinstance(wanted, int) else max(self.programs, default=1000) + 1
        count, first = values.pop("member_count", 0), values.pop("first_lead", 1)
        if not isinstance(count, int) or not isinstance(first, int):
            message = "member_count and first_lead are whole numbers"
            raise TypeError(message)
        membership = Membership(
            self.seed, program_id, first, count, since=1704067200, span=86400 * 600
        )
        named = {"created_at": now, "updated_at": now, "name": f"Program {program_id}"}
        made = Program(program_id, membership=membership, **{**named, **program_values(values)})  # type: ignore[arg-type]  # names checked above; values are the tester's
        self.programs[program_id] = made
        self._index = None
        return made

    def edit_program(
        self, program_id: int, values: dict[str, object], now: str, *, details_touch: bool
    ) -> Program:
        """Change a program. Tags, costs and folder move updatedAt only by knob U25."""
        program, named = self.program(program_id), program_values(values)
        for name, value in named.items():
            setattr(program, name, value)
        self._index = None
        touching = set(named) - {"updated_at"} - (set() if details_touch else DETAILS)
        if touching and "updated_at" not in named:
            program.updated_at = now
        return program

    def delete_program(self, program_id: int) -> None:
        """Delete a program: it vanishes, no tombstone."""
        self.program(program_id)
        del self.programs[program_id]
        self._index = None

    # edits of members and leads

    def _member(self, program_id: int, lead_id: int) -> Membership:
        membership = self.program(program_id).membership
        if lead_id not in membership:
            message = f"lead {lead_id} is no member of program {program_id}"
            raise NotFound(message)
        return membership

    def _member_values(self, values: dict[str, Value]) -> dict[str, Value]:
        unknown = sorted(set(values) - set(self.member_fields))
        if unknown:
            message = f"no member field {unknown[0]!r}"
            raise ValueError(message)
        return values

    def add_member(self, program_id: int, lead_id: int, values: dict[str, Value], now: str) -> None:
        """Make a lead a member."""
        self.program(program_id).membership.add(lead_id, self._member_values(values), now)

    def edit_member(
        self, program_id: int, lead_id: int, values: dict[str, Value], now: str, *, touch: bool
    ) -> None:
        """Change a member; `touch` moves its updatedAt to now unless one is given."""
        named = self._member_values(values)
        moved: dict[str, Value] = {"updatedAt": now} if touch else {}
        self._member(program_id, lead_id).edit(lead_id, {**moved, **named}, now)

    def remove_member(self, program_id: int, lead_id: int) -> None:
        """End a membership."""
        self._member(program_id, lead_id).remove(lead_id)

    def edit_lead(self, lead_id: int, values: dict[str, Value], now: str) -> None:
        """Change a lead's own fields."""
        unknown = sorted(set(values) - set(self.lead_fields))
        if unknown:
            message = f"no lead field {unknown[0]!r}"
            raise ValueError(message)
        known = self.lead_edits.values.get(lead_id, {})
        self.lead_edits = replace(
            self.lead_edits,
            values={**self.lead_edits.values, lead_id: {**known, **values}},
            changed={**self.lead_edits.changed, lead_id: now},
        )

    def delete_lead(self, lead_id: int) -> None:
        """Delete a lead; what becomes of its memberships is knob U18."""
        self.lead_edits = replace(self.lead_edits, deleted=self.lead_edits.deleted | {lead_id})

    def add_member_field(self, described: Field) -> None:
        """A new custom member field."""
        if described.name in self.member_fields:
            message = f"member field {described.name!r} exists"
            raise ValueError(message)
        self.member_fields[described.name] = described

    def remove_member_field(self, name: str) -> None:
        """A member field that is hidden or deleted."""
        if self.member_fields.pop(name, None) is None:
            message = f"no member field {name!r}"
            raise NotFound(message)
