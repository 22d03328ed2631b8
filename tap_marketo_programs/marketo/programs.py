"""Which programs there are in the subscription, and which of them the user wants.

Several streams need to know; they share one scan. Whatever restricts programs
belongs here, so that every stream means the same programs. It must not know
streams or Singer.

Source: https://experienceleague.adobe.com/en/docs/marketo-developer/marketo/rest/assets/programs
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from tap_marketo_programs.errors import MarketoConfigError, ObjectNotFound
from tap_marketo_programs.marketo.paging import ask, listing
from tap_marketo_programs.marketo.records import row_of
from tap_marketo_programs.schemas.assets import PROGRAMS

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from tap_marketo_programs.marketo.client import MarketoClient

PROGRAMS_PATH = "/rest/asset/v1/programs.json"


class ProgramDirectory:
    """The programs of one subscription, as one run sees them: listed, filtered, asked for.

    Args:
        client: Sends everything.
        wanted: The setting `program_ids`; None wants all.
    """

    def __init__(self, client: MarketoClient, wanted: Collection[int] | None) -> None:
        self._client = client
        self._wanted = None if wanted is None else frozenset(wanted)
        self.read: dict[int, dict[str, Any]] = {}
        """Programs as they were read by id in this run, of those that a stream keeps for others."""

    @cached_property
    def rows(self) -> dict[int, dict[str, Any]]:
        """Every program as it is listed, wanted or not, by id."""
        return {row["id"]: row for row in listing(self._client, PROGRAMS_PATH, "id")}

    def take_listing(self, rows: Iterable[dict[str, Any]]) -> None:
        """Take over the rows of a complete listing that a stream has read anyway."""
        if "rows" not in self.__dict__:
            self.rows = {row["id"]: row for row in rows}

    @cached_property
    def ids(self) -> list[int]:
        """The wanted programs, ascending.

        Raises:
            MarketoConfigError: `program_ids` names one that does not exist.
        """
        found = self.rows.keys()
        if self._wanted is None:
            return sorted(found)
        # A program can slip through a moving listing, so what it did not show is asked for.
        unknown = [
            program_id for program_id in sorted(self._wanted - found) if not self.exists(program_id)
        ]
        if unknown:
            message = (
                f"program_ids: Marketo has no program {', '.join(map(str, unknown))}, or the API "
                "user may not see it. The id is the number in a program's URL (#PG1035A1)."
            )
            raise MarketoConfigError(message)
        return sorted(self._wanted)

    @property
    def is_restricted(self) -> bool:
        """Whether the user named the programs."""
        return self._wanted is not None

    def wants(self, program_id: object) -> bool:
        """Whether a program belongs to what the user asked for."""
        return self._wanted is None or program_id in self._wanted

    def exists(self, program_id: int) -> bool:
        """Whether a program is there now; an answer that cannot be read says that it is."""
        return bool(self._ask(program_id))

    def by_id(self, program_id: int) -> dict[str, Any] | None:
        """A program with its tags, costs and dates ("Get Program by Id").

        Returns:
            None when it does not exist, or the answer is about no or another program.
        """
        return row_of(self._ask(program_id), "id", program_id, PROGRAMS)

    def _ask(self, program_id: int) -> list[Any]:
        """An answer without result and, for some kinds of assets, a 702 say that there is none."""
        try:
            return ask(self._client, f"/rest/asset/v1/program/{program_id}.json")
        except ObjectNotFound:
            return []
