"""A program and its members at one moment: what a job selects from.

It does not know what is selected, nor who asks.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from marketo_sandbox.data.member_values import Block

if TYPE_CHECKING:
    from collections.abc import Iterator

    from marketo_sandbox.data.member_values import Status
    from marketo_sandbox.data.membership import LeadEdits
    from marketo_sandbox.data.programs import Program


@dataclass(frozen=True)
class ProgramView:
    """A program and its members at one moment: what a job selects from."""

    program: Program
    statuses: tuple[Status, ...]
    lead_edits: LeadEdits

    def blocks(self, *, deleted_stay: bool) -> Iterator[Block]:
        """All members, a block at a time; those of deleted leads only if they stay."""
        gone = frozenset() if deleted_stay else self.lead_edits.deleted
        for leads in self.program.membership.blocks():
            kept = [lead for lead in leads if lead not in gone] if gone else leads
            if kept:
                yield Block(
                    self.program.membership,
                    kept,
                    program=(self.program.name, self.program.type),
                    statuses=self.statuses,
                    lead_edits=self.lead_edits,
                )
