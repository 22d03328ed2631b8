"""Programs as only a call for each shows them: with tags, costs and dates.

It must not know which programs are to be read, nor how Marketo is asked.
"""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Any

from tap_marketo_programs.errors import MarketoTransientError
from tap_marketo_programs.marketo.records import detailed, program_record
from tap_marketo_programs.marketo.side_by_side import side_by_side
from tap_marketo_programs.streams.progress import Progress

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tap_marketo_programs.clock import Clock
    from tap_marketo_programs.marketo.programs import ProgramDirectory
    from tap_marketo_programs.schemas.oddities import Oddities

MAX_UNTOLD = 3
# What only "Get Program by Id" tells of a program.
DETAILS = ("startDate", "endDate", "tags", "costs")


class ProgramDetails:
    """Reads programs by id.

    Args:
        programs: Asks.
        odd: Counts what did not fit.
        clock: Where time comes from.
        keep: Whether another stream of this run needs them, too.
    """

    def __init__(
        self, programs: ProgramDirectory, odd: Oddities, clock: Clock, *, keep: bool
    ) -> None:
        self._programs = programs
        self._odd = odd
        self._clock = clock
        self._keep = keep

    def records(
        self, changed: Sequence[dict[str, Any]], others: Sequence[dict[str, Any]] = ()
    ) -> Iterator[dict[str, Any]]:
        """Programs as "Get Program by Id" shows them, in the order of their rows.

        Args:
            changed: As they were listed. One that has gone meanwhile comes so.
            others: Those that nobody says have changed. One that has gone does not come.

        Raises:
            MarketoTransientError: Marketo does not tell the details of some; at once if it
                tells those of none, else once all others are out.
        """
        untold = Untold()
        rows = [*changed, *others]
        progress = Progress("programs: details of %d of %d programs read", len(rows), self._clock)
        ids = [row["id"] for row in rows]
        asked = side_by_side(self._programs.by_id, ids, self._clock, "program_details")
        with closing(asked) as answers:
            for place, answer in enumerate(answers):
                try:
                    details = answer.result()
                except MarketoTransientError as error:
                    untold.note(answer.question, error)
                else:
                    untold.in_a_row = 0
                    if details is not None:
                        yield self._detailed(rows[place], details)
                    elif place < len(changed):
                        yield self._bare(rows[place])
                    elif self._programs.exists(answer.question):
                        self._count_bare()
                progress.one_more()
        untold.raise_any()

    def _detailed(self, row: dict[str, Any], details: dict[str, Any]) -> dict[str, Any]:
        if self._keep:
            self._programs.read[row["id"]] = details
        found = program_record(details, self._odd)
        return detailed(program_record(row, self._odd), {**found, "id": row["id"]})

    def _bare(self, row: dict[str, Any]) -> dict[str, Any]:
        self._count_bare()
        return program_record(row, self._odd)

    def _count_bare(self) -> None:
        self._odd.bare["programs without tags, costs and dates"] += 1


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
