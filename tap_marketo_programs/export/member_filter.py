"""Which members of each program are exported, and how that is said to Marketo.

Pure. It must not know which statuses there are, nor what is done about a refusal.

The filters `statusNames`, `isExhausted` and `nurtureCadence` of
https://experienceleague.adobe.com/en/docs/marketo-developer/marketo/rest/bulk-extract/bulk-program-member-extract
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

# Adobe's page has the words on the left, Adobe's OpenAPI document those on the right.
_OTHER_WORD = {"norm": "normal", "pause": "paused", "normal": "norm", "paused": "pause"}


@dataclass(frozen=True, slots=True)
class MemberFilter:
    """The filters of one job that look at members; all must hold.

    Args:
        status_names: A member has one of these; none: any status.
        is_exhausted: The member's `isExhausted`; None: any.
        cadence: The member's `nurtureCadence`, as one of Marketo's words; empty: any.
    """

    status_names: tuple[str, ...] = ()
    is_exhausted: bool | None = None
    cadence: str = ""

    def wire(self) -> dict[str, Any]:
        """Its part of the `filter` of a create request."""
        wire: dict[str, Any] = {}
        if self.status_names:
            wire["statusNames"] = list(self.status_names)
        if self.is_exhausted is not None:
            wire["isExhausted"] = self.is_exhausted
        if self.cadence:
            wire["nurtureCadence"] = self.cadence
        return wire

    def digested(self) -> list[str]:
        """What tells it from others, as lines; both words for one cadence are the same."""
        return [
            *(f"statusNames={name}" for name in sorted(self.status_names)),
            f"isExhausted={self.is_exhausted}",
            # Both words begin with the four letters that a member's own field has.
            f"nurtureCadence={self.cadence[:4]}",
        ]

    def spelled(self, word: str) -> MemberFilter:
        """The same in another word for the cadence, if it asks for one."""
        return replace(self, cadence=word) if self.cadence else self

    def with_names(self, *names: str) -> MemberFilter:
        """The same for other statuses."""
        return replace(self, status_names=names)


def asked_for(fields: Iterable[str], members: MemberFilter | None) -> list[str]:
    """What tells the question of one job from that of another, besides programs and times."""
    return [*fields, *(members.digested() if members else ())]


@dataclass(frozen=True, slots=True)
class WantedMembers:
    """Which members are wanted of each program.

    Args:
        chosen: The user's filter.
        names: For each program, those of the wanted statuses to ask for, as its channel spells
            them; a program with none has no member to export. None: statuses do not matter.
        unsure: Programs of which it is not known which statuses they have: they share no job
            with others, so that a refusal does not reach those.
        to_ask: How many statuses that a channel does not list Marketo has yet to be asked for.
    """

    chosen: MemberFilter
    names: Mapping[int, tuple[str, ...]] | None = None
    unsure: frozenset[int] = frozenset()
    to_ask: int = 0

    def filter_of(self, program_ids: Iterable[int]) -> MemberFilter | None:
        """The filter that programs have in common; None if they have none."""
        found = {self._of(program_id) for program_id in program_ids}
        return found.pop() if len(found) == 1 else None

    def has(self, program_id: int) -> bool:
        """Whether a program has members that are wanted, for all that is known."""
        return self._of(program_id) is not None

    def groups(self, program_ids: Iterable[int]) -> Iterator[tuple[MemberFilter, list[int]]]:
        """Programs that may share jobs, with their filter; those with no such member are left out.

        Every program of a job knows each status that the job asks for: Adobe refuses one that
        is found in none of the programs, and perhaps one that is not found in each.
        """
        found: dict[tuple[bool, MemberFilter], list[int]] = defaultdict(list)
        for program_id in program_ids:
            if (members := self._of(program_id)) is not None:
                found[program_id in self.unsure, members].append(program_id)
        for (_, members), ids in found.items():
            yield members, ids

    def _of(self, program_id: int) -> MemberFilter | None:
        if self.names is None:
            return self.chosen
        names = self.names.get(program_id, self.chosen.status_names)
        return self.chosen.with_names(*names) if names else None


@dataclass(slots=True)
class CadenceWord:
    """Which of two words for a cadence Marketo takes, as far as it is known.

    Args:
        word: The one that is used.
        is_settled: Whether a job was created with it.
    """

    word: str
    is_settled: bool = False
    _tried: dict[object, set[str]] = field(default_factory=lambda: defaultdict(set))

    def try_other(self, program_ids: tuple[int, ...], status_names: tuple[str, ...] = ()) -> bool:
        """Use the other word after a refusal, if the word may be why.

        Args:
            program_ids: What was asked for; where both words were refused, it is something else.
            status_names: The same, since these may be why, and are then asked for without some.

        Returns:
            Whether the same question is worth another try.
        """
        if self.is_settled or not self.word:
            return False
        tried = self._tried[program_ids, status_names]
        tried.add(self.word)
        self.word = _OTHER_WORD[self.word]
        return self.word not in tried
