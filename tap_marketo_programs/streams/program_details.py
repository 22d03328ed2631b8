"""Programs as only a call for each shows them: with tags, costs and dates.

It must not know which programs are to be read, nor how Marketo is asked.
"""

from __future__ import annotations

import logging
from contextlib import closing
from typing import TYPE_CHECKING, Any

from tap_marketo_programs.errors import MarketoTransientError
from tap_marketo_programs.marketo.records import detailed, program_record
from tap_marketo_programs.marketo.side_by_side import side_by_side

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tap_marketo_programs.clock import Clock
    from tap_marketo_programs.marketo.programs import ProgramDirectory
    from tap_marketo_programs.schemas.oddities import Oddities

logger = logging.getLogger(__name__)

MAX_UNTOLD = 3
PROGRESS_SECONDS = 60.0
# What only "Get Program by Id" tells of a program.
DETAILS = ("startDate", "endDate", "tags", "costs")


def detailed_records(
    programs: ProgramDirectory,
    rows: Sequence[dict[str, Any]],
    odd: Oddities,
    clock: Clock,
) -> Iterator[dict[str, Any]]:
    """Programs as "Get Program by Id" shows them, in the order of their rows.

    One that has gone meanwhile comes as it was listed.

    Args:
        programs: Asks.
        rows: As they were listed.
        odd: Counts what did not fit.
        clock: Where time comes from.

    Raises:
        MarketoTransientError: Marketo does not tell the details of some; at once if it
            tells those of none, else once all others are out.
    """
    untold = Untold()
    progress = Progress(len(rows), clock)
    ids = [row["id"] for row in rows]
    with closing(side_by_side(programs.by_id, ids, clock, "program_details")) as answers:
        for row, answer in zip(rows, answers, strict=True):
            try:
                details = answer.result()
            except MarketoTransientError as error:
                untold.note(row["id"], error)
            else:
                untold.in_a_row = 0
                yield _record(row, details, odd)
            progress.one_more()
    untold.raise_any()


def _record(row: dict[str, Any], details: dict[str, Any] | None, odd: Oddities) -> dict[str, Any]:
    record = program_record(row, odd)
    if details is None:
        odd.bare["programs without tags, costs and dates"] += 1
        return record
    return detailed(record, {**program_record(details, odd), "id": row["id"]})


class Progress:
    """A line about once a minute, while details are read.

    Args:
        total: Programs to read.
        clock: Where time comes from.
    """

    def __init__(self, total: int, clock: Clock) -> None:
        self._total = total
        self._clock = clock
        self._began = self._last = clock.monotonic()
        self._read = 0

    def one_more(self) -> None:
        """Count a program; say how things stand if that was not said for a minute."""
        self._read += 1
        now = self._clock.monotonic()
        if now - self._last < PROGRESS_SECONDS or self._read == self._total:
            return
        self._last = now
        seconds = (now - self._began) / self._read * (self._total - self._read)
        logger.info(
            "programs: details of %d of %d programs read; about %d min left at this pace",
            self._read,
            self._total,
            -(-seconds // 60),
        )


class Untold:
    """Programs whose details Marketo does not tell, although it tells those of others.

    Without its details a program is not written, or its tags would become null.
    """

    def __init__(self) -> None:
        self.in_a_row = 0
        self._ids: list[int] = []
        self._last: MarketoTransientError | None = None

    def note(self, program_id: int, error: MarketoTransientError) -> None:
        """One more; several in a row are an outage, which is raised at once."""
        self.in_a_row += 1
        if self.in_a_row >= MAX_UNTOLD:
            raise error
        self._ids.append(program_id)
        self._last = error

    def raise_any(self) -> None:
        """Fail once all others are out, so that the bookmark stays where it is."""
        if self._last is None:
            return
        told = ", ".join(map(str, self._ids))
        message = (
            f"programs: Marketo does not tell the details of program {told} ({self._last}). All "
            "others were extracted; the bookmark stays, and the next run asks again"
        )
        raise type(self._last)(message, code=self._last.code)
