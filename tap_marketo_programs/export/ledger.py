"""Watermarks and jobs in flight: what is known of the members extracted so far.

Pure. It must not know what the jobs are doing, nor how the state is written: see
`bookmark`.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from tap_marketo_programs.export.plan import ExportSlice


@dataclass(frozen=True, slots=True)
class InFlight:
    """A job that was created and whose rows are not written yet.

    Args:
        export_id: Marketo's id of the job.
        slice: What it was asked for.
        fields: `digest()` of the export's fields.
        client: `digest()` of the client id that created it.
        without: Wanted fields that Marketo refused to export; not in `fields`.
    """

    export_id: str
    slice: ExportSlice
    fields: str
    client: str
    without: tuple[str, ...] = ()


@dataclass(slots=True)
class Ledger:
    """How far each program is known, and which jobs are under way.

    Args:
        watermarks: Program id -> everything up to here is written.
        in_flight: Export id -> job.
        unfinished: Up to when the plan of a run that did not end was made.
    """

    watermarks: dict[int, datetime] = field(default_factory=dict)
    in_flight: dict[str, InFlight] = field(default_factory=dict)
    unfinished: datetime | None = None

    @property
    def latest(self) -> datetime | None:
        """The latest time that anything here speaks of; None where nothing does."""
        jobs = (job.slice.new_watermark for job in self.in_flight.values())
        plans = [self.unfinished] if self.unfinished else []
        return max([*self.watermarks.values(), *jobs, *plans], default=None)

    def created(self, job: InFlight) -> None:
        """A job exists from now on."""
        self.in_flight[job.export_id] = job

    def dropped(self, export_id: str) -> None:
        """A job will never be read: it failed, or no longer fits."""
        self.in_flight.pop(export_id, None)

    def written(self, done: ExportSlice) -> None:
        """All rows of a slice are written; watermarks never go back."""
        for program_id in done.program_ids:
            before = self.watermarks.get(program_id)
            self.watermarks[program_id] = (
                max(before, done.new_watermark) if before else done.new_watermark
            )

    def forget(self, program_id: int) -> None:
        """A program was deleted in Marketo."""
        self.watermarks.pop(program_id, None)


def digest(parts: Iterable[str]) -> str:
    """Twelve hex digits that tell two lists of words apart."""
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:12]
