"""Programs by name and by tag, so that a page of 20,000 programs costs little more than its rows.

It holds one state of the programs: whoever edits them asks for another index.
It must not know pages, filters or letter case rules of answers.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from marketo_sandbox.data.programs import Program


class ProgramIndex:
    """Each list is made when it is first asked for, and not to be changed."""

    def __init__(self, programs: Iterable[Program]) -> None:
        self._programs = list(programs)

    @cached_property
    def by_name(self) -> list[Program]:
        """All programs by name, letter case ignored, then by id."""
        return sorted(self._programs, key=lambda p: (p.name.lower(), p.id))

    @cached_property
    def by_id(self) -> list[Program]:
        """All programs by id."""
        return sorted(self._programs, key=lambda p: p.id)

    @cached_property
    def _by_tag(self) -> dict[tuple[str, str], list[Program]]:
        found: dict[tuple[str, str], list[Program]] = {}
        for program in self._programs:
            for pair in {(t.lower(), v.lower()) for t, v in program.tags.items()}:
                found.setdefault(pair, []).append(program)
        return found

    def tagged(self, tag_type: str, value: str) -> list[Program]:
        """Programs that carry a tag, letter case ignored."""
        return self._by_tag.get((tag_type.lower(), value.lower()), [])
