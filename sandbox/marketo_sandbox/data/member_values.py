"""Every value of every member, made on demand.

Values are a pure function of (seed, program, lead), with the edits on top. They
come in columns, a block of leads at a time, because an export of 500 MB should
take seconds. Nothing here knows how a file or an answer spells a value.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING
from zlib import crc32

from marketo_sandbox.clock import DAY, iso, parse_instant
from marketo_sandbox.data.scatter import scatter

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from marketo_sandbox.data.fields import Field, Value
    from marketo_sandbox.data.membership import LeadEdits, Membership

# How long after joining a member was last updated. The -1 is real: extracts
# show updatedAt a second before createdAt.
_DELAYS = (0, 0, -1, 60, 3600, DAY, 3 * DAY + 11, 20 * DAY)
_HIDDEN_DELAY = 2 * DAY
_ENGAGEMENT_ONLY = frozenset({"nurtureCadence", "trackName"})
_WEBINAR_ONLY = frozenset(
    {"attendanceLikelihood", "registrationLikelihood", "registrationCode", "webinarUrl"}
)


@lru_cache(maxsize=1)
def _times_of_day() -> tuple[str, ...]:
    return tuple(f"{s // 3600:02}:{s // 60 % 60:02}:{s % 60:02}Z" for s in range(DAY))


class _DayTexts(dict[int, str]):
    """`2026-03-01T` by day number, made when first asked for."""

    def __missing__(self, day: int) -> str:
        """Spell a day."""
        text = self[day] = iso(day * DAY)[:11]
        return text


_DAY_TEXTS = _DayTexts()


def _iso_column(epochs: list[int]) -> list[Value]:
    """Many instants as text; far cheaper than formatting each."""
    times = _times_of_day()
    return [_DAY_TEXTS[e // DAY] + times[e % DAY] for e in epochs]


@dataclass(frozen=True)
class Status:
    """A progression status as members carry it."""

    name: str
    success: bool


@dataclass(frozen=True)
class Column:
    """Values of one field for a block: `values` per row, or `picks` out of a pool.

    `plain` values are instants, numbers or null as they were made: no spelling
    of a file needs to look at each.
    """

    values: Sequence[Value]
    picks: list[int] | None = None
    plain: bool = False

    def rows(self) -> Sequence[Value]:
        """One value per row."""
        if self.picks is None:
            return self.values
        return [self.values[pick] for pick in self.picks]


class Block:
    """The values of some members of one program, by column."""

    def __init__(
        self,
        membership: Membership,
        leads: list[int],
        *,
        program: tuple[str, str],
        statuses: Sequence[Status],
        lead_edits: LeadEdits,
    ) -> None:
        self.leads = leads
        self._membership = membership
        self._program_name, self._program_type = program
        self._statuses = statuses
        self._lead_edits = lead_edits
        self._hashes = scatter(membership.seed * 7919 + membership.program_id, leads)
        self._computed: dict[str, Callable[[], Column]] = {
            "leadId": lambda: Column(leads, plain=True),
            "programId": lambda: self._constant(membership.program_id),
            "program": lambda: self._constant(self._program_name),
            "statusName": lambda: self._by_status([s.name for s in statuses]),
            "reachedSuccess": lambda: self._by_status([s.success for s in statuses]),
            "reachedSuccessDate": self._success_dates,
            "createdAt": lambda: Column(self._created_texts, plain=True),
            "membershipDate": lambda: Column(self._created_texts, plain=True),
            "updatedAt": lambda: Column(self._updated_texts, plain=True),
        }

    def _constant(self, value: Value) -> Column:
        return Column((value,), [0] * len(self.leads))

    @cached_property
    def _status_picks(self) -> list[int]:
        size = len(self._statuses)
        return [h % size for h in self._hashes]

    def _by_status(self, pool: Sequence[Value]) -> Column:
        return Column(pool, self._status_picks)

    @cached_property
    def _created(self) -> list[int]:
        since, span = self._membership.since, max(1, self._membership.span)
        return [since + (h >> 3) % span for h in self._hashes]

    @cached_property
    def _created_texts(self) -> list[Value]:
        return _iso_column(self._created)

    @cached_property
    def _updated_texts(self) -> list[Value]:
        size = len(_DELAYS)
        pairs = zip(self._created, self._hashes, strict=True)
        return _iso_column([c + _DELAYS[(h >> 11) % size] for c, h in pairs])

    def _success_dates(self) -> Column:
        reached = [status.success for status in self._statuses]
        pairs = zip(self._updated_texts, self._status_picks, strict=True)
        return Column([u if reached[pick] else None for u, pick in pairs], plain=True)

    def member(self, described: Field) -> Column:
        """A member field of these members, edits included."""
        return self._edited(described.name, self._made(described), self._membership.edits.values)

    def _made(self, described: Field) -> Column:
        name = described.name
        made = self._computed.get(name)
        if made is not None:
            return made()
        if name in _ENGAGEMENT_ONLY and self._program_type != "Engagement":
            return self._constant(None)
        if name in _WEBINAR_ONLY and self._program_type != "EventWithWebinar":
            return self._constant(None)
        return _picked(described, self._hashes)

    def lead(self, described: Field) -> Column:
        """A lead field of these members; null for a deleted lead."""
        if described.name == "id":
            made = Column(self.leads)
        elif described.name == "email":
            made = Column([f"lead{lead}@example.com" for lead in self.leads])
        elif described.data_type == "datetime":
            hashes = scatter(self._lead_edits.seed, self.leads)
            made = Column(_iso_column([1577836800 + h % (3 * 365 * DAY) for h in hashes]))
        else:
            made = _picked(described, scatter(self._lead_edits.seed, self.leads))
        return self._without_deleted(self._edited(described.name, made, self._lead_edits.values))

    def _edited(self, name: str, column: Column, edits: dict[int, dict[str, Value]]) -> Column:
        if not edits:
            return column
        hits = [
            (row, edits[lead][name])
            for row, lead in enumerate(self.leads)
            if lead in edits and name in edits[lead]
        ]
        if not hits:
            return column
        rows = list(column.rows())
        for row, value in hits:
            rows[row] = value
        return Column(rows)

    def _without_deleted(self, column: Column) -> Column:
        deleted = self._lead_edits.deleted
        if not deleted or deleted.isdisjoint(self.leads):
            return column
        rows = zip(self.leads, column.rows(), strict=True)
        return Column([None if lead in deleted else value for lead, value in rows])

    def change_times(self, updated_at: Field, *, hidden: bool, with_leads: bool) -> list[str]:
        """What the export's updatedAt filter looks at.

        Normally the visible updatedAt. `hidden` follows Adobe: Bulk Lead
        Extract, where the filter uses the time of the latest change and not the
        visible value; `with_leads` lets a change of the lead count.
        """
        times = [str(value) for value in self.member(updated_at).rows()]
        if hidden:
            changed = self._membership.edits.changed
            times = [
                changed.get(lead) or (_later(time) if lead % 7 == 0 else time)
                for lead, time in zip(self.leads, times, strict=True)
            ]
        if with_leads:
            leads_changed = self._lead_edits.changed
            times = [
                max(time, leads_changed.get(lead, time))
                for lead, time in zip(self.leads, times, strict=True)
            ]
        return times

    def narrowed(self, keep: Sequence[bool]) -> Block:
        """The same block with only some of its rows."""
        leads = [lead for lead, kept in zip(self.leads, keep, strict=True) if kept]
        return Block(
            self._membership,
            leads,
            program=(self._program_name, self._program_type),
            statuses=self._statuses,
            lead_edits=self._lead_edits,
        )


def last_change_made(membership: Membership) -> str:
    """No member that nobody edited joined or changed after this instant, by any way of counting."""
    joined = membership.since + max(1, membership.span)
    return iso(joined + max(_DELAYS) + _HIDDEN_DELAY)


def _later(time: str) -> str:
    return iso(parse_instant(time) + _HIDDEN_DELAY)


def _picked(described: Field, hashes: list[int]) -> Column:
    pool = described.values
    size = len(pool)
    if size == 1:
        return Column(pool, [0] * len(hashes))
    spread = crc32(described.name.encode()) % 9973 + 1
    return Column(pool, [h // spread % size for h in hashes])
