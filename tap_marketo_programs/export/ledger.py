"""Watermarks and jobs in flight: what is known of the members extracted so far.

Pure. It must not know what the jobs are doing, nor how the state is written: see
`bookmark`.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tap_marketo_programs.export.field_history import FieldHistory

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from datetime import date, datetime

    from tap_marketo_programs.export.slices import ExportSlice


@dataclass(frozen=True, slots=True)
class InFlight:
    """A job that was created and whose rows are not written yet.

    Args:
        export_id: Marketo's id of the job.
        slice: What it was asked for.
        fields: `digest()` of the export's fields, and of the filter of members if there is one.
        client: `digest()` of the client id that created it.
        without: Wanted fields that Marketo refused to export; not in `fields`.
        is_backfill: Whether it exports programs once more for the sake of a new field.
    """

    export_id: str
    slice: ExportSlice
    fields: str
    client: str
    without: tuple[str, ...] = ()
    is_backfill: bool = False


@dataclass(frozen=True, slots=True)
class Answers:
    """What came of asking programs for changes.

    Args:
        asked: Programs that answered.
        changed: Those of them that had changes.
    """

    asked: int
    changed: int

    @property
    def share(self) -> float | None:
        """Of the programs that answered, those that had changes; None if none did."""
        return min(1.0, self.changed / self.asked) if self.asked else None


@dataclass(slots=True)
class Ledger:
    """How far each program is known, and which jobs are under way.

    A program has two watermarks. Up to the first, everything was *exported* and is
    written; up to the second, Marketo was *asked* and said that nothing changed. An export
    always goes on from the first, so it brings what asking may have missed.

    Args:
        watermarks: Program id -> everything up to here is exported and written.
        asked: Program id -> since its export, nothing changed up to here; only where that
            is later.
        in_flight: Export id -> job.
        unfinished: Up to when the plan of a run that did not end was made.
        answers: What the last run that asked was told; None while none has.
        questions: The day in Chicago, and how many programs were asked on it.
        fields: With which fields members were exported.
    """

    watermarks: dict[int, datetime] = field(default_factory=dict)
    asked: dict[int, datetime] = field(default_factory=dict)
    in_flight: dict[str, InFlight] = field(default_factory=dict)
    unfinished: datetime | None = None
    answers: Answers | None = None
    questions: tuple[date, int] | None = None
    fields: FieldHistory = field(default_factory=FieldHistory)

    @property
    def latest(self) -> datetime | None:
        """The latest time that anything here speaks of; None where nothing does."""
        jobs = (job.slice.new_watermark for job in self.in_flight.values())
        plans = [self.unfinished] if self.unfinished else []
        known = (*self.watermarks.values(), *self.asked.values())
        return max([*known, *jobs, *plans], default=None)

    def known_from(self, program_id: int, exported: datetime) -> datetime:
        """Up to when a program is known that is exported, or will be, up to a moment."""
        return max(exported, self.asked.get(program_id, exported))

    def created(self, job: InFlight) -> None:
        """A job exists from now on."""
        self.in_flight[job.export_id] = job

    def dropped(self, export_id: str) -> None:
        """A job will never be read: it failed, or no longer fits."""
        self.in_flight.pop(export_id, None)

    def written(
        self,
        done: ExportSlice,
        *,
        without: Collection[str] = (),
        is_backfill: bool = False,
        start_date: datetime | None = None,
    ) -> None:
        """All rows of a slice are written; watermarks never go back.

        A backfill moves none: it says nothing that increments do not say, and it may begin
        later than they would, at a `start_date`.

        Args:
            done: The slice.
            without: Wanted fields that its rows lack.
            is_backfill: Whether it was exported for the sake of a new field.
            start_date: Where histories begin; None where they have every member.
        """
        if not is_backfill:
            self._move_watermarks(done)
        is_whole = is_backfill or done.brings_all(start_date)
        self.fields.written(self._known(done), without, is_whole=is_whole)

    def may_be_written(self, part: ExportSlice, without: Collection[str]) -> None:
        """Some rows of a slice are written, or may be; no watermark moves for them.

        Args:
            part: The slice.
            without: Wanted fields that its rows lack.
        """
        self.fields.written(self._known(part), without, is_whole=False)

    def _known(self, part: ExportSlice) -> list[int]:
        """The programs of a slice of which older rows are written, too."""
        return [program_id for program_id in part.program_ids if program_id in self.watermarks]

    def _move_watermarks(self, done: ExportSlice) -> None:
        for program_id in done.program_ids:
            before = self.watermarks.get(program_id)
            self.watermarks[program_id] = watermark = (
                max(before, done.new_watermark) if before else done.new_watermark
            )
            if program_id in self.asked and self.asked[program_id] <= watermark:
                del self.asked[program_id]

    def unchanged(self, program_id: int, since: datetime, until: datetime) -> None:
        """Marketo said that nothing of a program changed between two moments.

        That says nothing while an export up to the first of them is not written yet: should
        it never be, the next run has to ask, or export, from before.
        """
        exported = self.watermarks.get(program_id)
        if exported is not None and since <= self.known_from(program_id, exported) < until:
            self.asked[program_id] = until

    def questions_on(self, day: date) -> int:
        """How many programs were asked for changes on a day."""
        return self.questions[1] if self.questions and self.questions[0] == day else 0

    def count_question(self, day: date) -> None:
        """One more program is asked."""
        self.questions = (day, self.questions_on(day) + 1)

    def forget(self, program_id: int) -> None:
        """A program was deleted in Marketo."""
        self.watermarks.pop(program_id, None)
        self.asked.pop(program_id, None)
        self.fields.forget(program_id)


def digest(parts: Iterable[str]) -> str:
    """Twelve hex digits that tell two lists of words apart."""
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:12]
