"""Which members of a program may have changed since an instant, without a look at all of them.

A client asks every program whether anything changed, and mostly nothing did: of the
members that nobody edited, the latest change is known from how they were made.
It must not know what a filter means, only who cannot match it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from marketo_sandbox.data.member_values import last_change_made

if TYPE_CHECKING:
    from collections.abc import Iterable

    from marketo_sandbox.data.membership import LeadEdits, Membership


def perhaps_changed(
    membership: Membership, since: str, lead_edits: LeadEdits | None = None
) -> Iterable[list[int]]:
    """Ids of members that may have changed at `since` or later, in the members' order, in blocks.

    With `lead_edits`, a change of the lead counts as one of the member.
    """
    if since <= last_change_made(membership):
        return membership.blocks()
    edited = set(membership.edits.values)
    if lead_edits is not None:
        edited.update(lead_edits.changed)
    return [sorted(lead for lead in edited if lead in membership)]
