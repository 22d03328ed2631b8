"""What to ask Marketo for: programs and their watermarks become export slices.

Pure: tables in, tables out. It must not know jobs, HTTP or state.

The rule for a program's history, when `start_date` bounds it: the cheaper of
windows from `start_date` on and one unfiltered export, counted in jobs; on a
tie windows, which carry fewer bytes. So a start at most 31 days ago is one
window, and an older one is an unfiltered export whose older rows are dropped
after download.

Limits: https://experienceleague.adobe.com/en/docs/marketo-developer/marketo/rest/bulk-extract/bulk-program-member-extract
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import zip_longest
from typing import TYPE_CHECKING

from tap_marketo_programs.export.slices import ExportSlice, Window

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence


MAX_PROGRAMS = 10
MAX_WINDOW = timedelta(days=31)
# Older than anything in Marketo; keeps a huge overlap inside the calendar.
EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)


def windows(start: datetime, end: datetime) -> list[Window]:
    """Cut a span into windows of at most 31 days.

    Each starts in the second at which the one before it ends: were an end ever
    exclusive, no second would be missing. `start >= end` yields nothing, and
    fractions of a second do not count.
    """
    found: list[Window] = []
    start, end = start.replace(microsecond=0), end.replace(microsecond=0)
    while start < end:
        stop = min(start + MAX_WINDOW, end)
        found.append(Window(start, stop))
        start = stop
    return found


def batches(program_ids: Iterable[int], size: int = MAX_PROGRAMS) -> list[tuple[int, ...]]:
    """Programs in tens, or fewer, ascending, each once."""
    ids = sorted(set(program_ids))
    return [tuple(ids[at : at + size]) for at in range(0, len(ids), size)]


@dataclass(frozen=True, slots=True)
class Bounds:
    """Where in time a plan may reach.

    Args:
        now: The last second wanted, on Marketo's clock.
        start_date: The earliest `updatedAt` wanted of a program without watermark.
        lookback: Overlap of an increment with what is already known.
        filterable: Whether the subscription has the `updatedAt` filter.
        one_program: Whether it exports one program a job only.
        spread: How far the watermarks of programs that share a job may lie apart. Its window
            begins at the earliest, so a job that is saved costs rows that come again.
    """

    now: datetime
    start_date: datetime | None = None
    lookback: timedelta = timedelta(0)
    filterable: bool = True
    one_program: bool = False
    spread: timedelta = timedelta(0)

    @property
    def programs_a_job(self) -> int:
        """How many programs share a job at most."""
        return 1 if self.one_program else MAX_PROGRAMS

    def since(self, watermark: datetime) -> datetime:
        """Where an increment begins: with the overlap, within the calendar."""
        too_far = self.lookback >= watermark - EARLIEST
        return EARLIEST if too_far else watermark - self.lookback

    def batches(self, program_ids: Iterable[int]) -> list[tuple[int, ...]]:
        """Programs as they share jobs."""
        return batches(program_ids, self.programs_a_job)


def plan(
    program_ids: Collection[int],
    watermarks: Mapping[int, datetime],
    bounds: Bounds,
) -> list[ExportSlice]:
    """The slices that bring these programs up to `bounds.now`.

    Args:
        program_ids: The programs wanted.
        watermarks: How far each is known; a program that is missing here is new.
        bounds: Where in time the plan may reach.

    Returns:
        Increments of known programs first, so that a long backfill never
        starves them; within a batch of programs in the order of time.
    """
    new = [program_id for program_id in program_ids if program_id not in watermarks]
    known = {one: watermarks[one] for one in program_ids if one in watermarks}
    increments = [
        chain
        for watermark, ids in _alike(known, bounds)
        for chain in _increments(ids, watermark, bounds)
    ]
    return [*_in_turn(increments), *_in_turn(_histories(new, bounds))]


def full(program_ids: Collection[int], bounds: Bounds) -> list[ExportSlice]:
    """The slices that export every member of these programs."""
    return [ExportSlice(batch, None, None, bounds.now) for batch in bounds.batches(program_ids)]


def _alike(watermarks: Mapping[int, datetime], bounds: Bounds) -> list[tuple[datetime, list[int]]]:
    """Programs as they may share windows, with the earliest watermark of each such group."""
    groups: list[tuple[datetime, list[int]]] = []
    for program_id in sorted(watermarks, key=lambda one: (watermarks[one], one)):
        watermark = watermarks[program_id]
        if groups and (
            watermark == groups[-1][0]
            or (
                watermark - groups[-1][0] <= bounds.spread
                and len(groups[-1][1]) % bounds.programs_a_job
            )
        ):
            groups[-1][1].append(program_id)
        else:
            groups.append((watermark, [program_id]))
    return groups


def _increments(
    ids: Sequence[int],
    watermark: datetime,
    bounds: Bounds,
) -> list[list[ExportSlice]]:
    if watermark > bounds.now:
        return []
    start = bounds.since(watermark)
    return _chains(ids, windows(start, bounds.now), start, bounds)


def _histories(ids: Sequence[int], bounds: Bounds) -> list[list[ExportSlice]]:
    start = bounds.start_date
    if start is None:
        return [[one] for one in full(ids, bounds)]
    spans = windows(start, bounds.now)
    if len(spans) > 1:
        return [[ExportSlice(batch, None, start, bounds.now)] for batch in bounds.batches(ids)]
    return _chains(ids, spans, start, bounds)


def _chains(
    ids: Sequence[int],
    spans: Sequence[Window],
    start: datetime,
    bounds: Bounds,
) -> list[list[ExportSlice]]:
    """For each ten programs, their slices in the order of time."""
    groups = bounds.batches(ids)
    if spans and not bounds.filterable:
        return [[ExportSlice(batch, None, start, bounds.now)] for batch in groups]
    return [[ExportSlice(batch, span, None, span.end) for span in spans] for batch in groups]


def _in_turn(chains: Sequence[Sequence[ExportSlice]]) -> list[ExportSlice]:
    """The first slice of every chain, then every second one...

    A chain's rows leave in order of time, so chains side by side keep more of
    the queue useful than one chain after another.
    """
    return [one for turn in zip_longest(*chains) for one in turn if one is not None]
