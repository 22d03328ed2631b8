"""With which fields the members extracted so far were exported.

Pure data. A field is known once every program with a watermark has it in its history and in
all increments since, but for those programs that stand beside it as lacking it. A field that
is hashed has another mark than the same field in clear, and by another salt it is another
hash: who has one lacks the other. It must not know why a field is wanted, nor what is done
about one that is lacking.
"""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

MARK_LENGTH = 4
"""Characters of a field's mark, of base64: 24 bits tell some hundred fields apart."""


class Before(Enum):
    """As what members were exported before that lack a field now."""

    WITHOUT = auto()
    OTHERWISE = auto()  # in clear and not hashed, or the other way
    OTHER_SALT = auto()  # hashed, and by another salt


@dataclass(slots=True)
class FieldHistory:
    """Fields, and the programs whose members were exported without them.

    Args:
        known: The marks of the fields that were wanted last; None while nothing tells.
        lacking: Field -> programs of which some row was exported without it. A field that no
            program lacks any more stays, with none: a merge of states must not bring back
            those of before.
        salt: The mark of the salt that fields were hashed with last; empty while none was, or
            nothing tells.
    """

    known: set[str] | None = None
    lacking: dict[str, set[int]] = field(default_factory=dict)
    salt: str = ""

    def want(
        self,
        names: Collection[str],
        programs: Collection[int],
        hashed: Collection[str] = (),
        salt: str = "",
    ) -> dict[str, Before]:
        """These fields are wanted from now on, and no others.

        A field that is wanted no more is forgotten: increments go on without it, so it will
        be new if it ever comes back.

        Args:
            names: The fields.
            programs: The programs with a watermark.
            hashed: Those of the fields that are hashed.
            salt: The mark of the salt that they are hashed with.

        Returns:
            Those that are new to programs that were exported before, and what these have.
        """
        marks = {name: mark(name, is_hashed=name in hashed) for name in names}
        before, self.known = self.known, set(marks.values())
        is_other_salt = self.salt not in {"", salt}
        self.salt = salt if hashed else ""
        self.lacking = {name: ids for name, ids in self.lacking.items() if name in names}
        if before is None or not programs:
            return {}
        new = {}
        for name in names:
            if marks[name] not in before:
                was_known = mark(name, is_hashed=name not in hashed) in before
                new[name] = Before.OTHERWISE if was_known else Before.WITHOUT
            elif is_other_salt and name in hashed:
                new[name] = Before.OTHER_SALT
        for name in new:
            self.lacking[name] = set(programs)
        return new

    def written(
        self, program_ids: Collection[int], without: Collection[str], *, is_whole: bool
    ) -> None:
        """Rows of programs are out.

        Args:
            program_ids: The programs, each with a watermark.
            without: Wanted fields that the rows lack.
            is_whole: Whether they are all rows of these programs.
        """
        for name in without:
            if program_ids and self.knows(name):
                self.lacking.setdefault(name, set()).update(program_ids)
        if is_whole:
            for name in self.lacking.keys() - set(without):
                self.lacking[name].difference_update(program_ids)

    def knows(self, name: str) -> bool:
        """Whether a field is among those that were wanted last."""
        marks = {mark(name), mark(name, is_hashed=True)}
        return self.known is not None and not marks.isdisjoint(self.known)

    def forget(self, program_id: int) -> None:
        """A program was deleted in Marketo."""
        for programs in self.lacking.values():
            programs.discard(program_id)

    def lacked(self, names: Iterable[str], programs: Collection[int]) -> dict[str, set[int]]:
        """Of these fields and programs: each field that is lacking, and where."""
        wanted = set(programs)
        found = {name: self.lacking.get(name, set()) & wanted for name in names}
        return {name: ids for name, ids in found.items() if ids}


def mark(name: str, *, is_hashed: bool = False) -> str:
    """Four characters that tell a field, in clear or hashed, from others."""
    # No name of a field has a blank.
    name = f"{name} hashed" if is_hashed else name
    return base64.b64encode(hashlib.sha256(name.encode()).digest()[:3]).decode()
