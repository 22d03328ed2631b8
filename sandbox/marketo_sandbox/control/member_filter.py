"""Which members are true under the member filters of an export, told row by row.

It must not use what selects the members of an export, so that one can be held against
the other.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from marketo_sandbox.data.fields import Value
    from marketo_sandbox.data.member_values import Block
    from marketo_sandbox.data.world import World

_KEYS = ("statusNames", "isExhausted", "nurtureCadence")


@dataclass(frozen=True)
class MemberFilter:
    """What each field must be, by the field's name: one of some values."""

    wanted: dict[str, frozenset[Value]]

    @classmethod
    def read(cls, text: str) -> MemberFilter:
        """Read it as a create call has it; a wrong key or shape is a ValueError."""
        chosen = json.loads(text)
        if not isinstance(chosen, dict) or not set(chosen) <= set(_KEYS):
            message = f"member_filter is an object with keys of {list(_KEYS)}, not {text}"
            raise ValueError(message)
        wanted: dict[str, frozenset[Value]] = {}
        if "statusNames" in chosen:
            wanted["statusName"] = frozenset(chosen["statusNames"])
        if "isExhausted" in chosen:
            wanted["isExhausted"] = frozenset({bool(chosen["isExhausted"])})
        if "nurtureCadence" in chosen:
            # A member's field has the first four letters of the words of both documents.
            wanted["nurtureCadence"] = frozenset({str(chosen["nurtureCadence"])[:4]})
        return cls(wanted)

    def chosen(self, world: World, block: Block) -> Iterator[bool]:
        """Whether each member of a block is wanted."""
        columns = [
            [value in values for value in block.member(world.member_fields[name]).rows()]
            for name, values in self.wanted.items()
        ]
        return map(all, zip(*columns, strict=True)) if columns else iter([True] * len(block.leads))
