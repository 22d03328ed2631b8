"""Which programs there are in the subscription, and which of them the user wants.

Several streams need to know; they share one scan. Whatever restricts programs
belongs here, so that every stream means the same programs; what a filter says of
a listing stands in `program_filter`. It must not know streams or Singer.

Source: https://experienceleague.adobe.com/en/docs/marketo-developer/marketo/rest/assets/programs
"""

from __future__ import annotations

import logging
from functools import cached_property
from typing import TYPE_CHECKING, Any

from tap_marketo_programs.errors import MarketoConfigError, ObjectNotFound
from tap_marketo_programs.marketo.channels import channel_statuses
from tap_marketo_programs.marketo.paging import ask, listing
from tap_marketo_programs.marketo.program_filter import SETTINGS as FILTERS
from tap_marketo_programs.marketo.program_filter import ProgramFilters
from tap_marketo_programs.marketo.records import row_of
from tap_marketo_programs.marketo.tag_sweeps import TagSweeps
from tap_marketo_programs.schemas.assets import PROGRAMS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from tap_marketo_programs.config.settings import Settings
    from tap_marketo_programs.marketo.client import MarketoClient
    from tap_marketo_programs.marketo.tag_index import Tag

PROGRAMS_PATH = "/rest/asset/v1/programs.json"

logger = logging.getLogger(__name__)


class ProgramDirectory:
    """The programs of one subscription, as one run sees them: listed, filtered, asked for.

    Args:
        client: Sends everything.
        settings: The user's; those that restrict programs are read.
    """

    def __init__(self, client: MarketoClient, settings: Settings) -> None:
        self._client = client
        named = settings.program_ids
        self._named = None if named is None else frozenset(named)
        self._filters = ProgramFilters.of({name: getattr(settings, name) for name in FILTERS})
        tags = settings.program_tags
        self._tags = None if tags is None else TagSweeps(client, tags)
        self.read: dict[int, dict[str, Any]] = {}
        """Programs as they were read by id in this run, of those that a stream keeps for others."""
        self.told_statuses: dict[tuple[str, str], bool] = {}
        """Of a channel and a status that it does not list, whether Marketo knows it all the same;
        asked for in this run, by a stream for itself and others.
        """

    @cached_property
    def rows(self) -> dict[int, dict[str, Any]]:
        """Every program as it is listed, wanted or not, by id."""
        return {row["id"]: row for row in listing(self._client, PROGRAMS_PATH, "id")}

    def take_listing(self, rows: Iterable[dict[str, Any]]) -> None:
        """Take over the rows of a complete listing that a stream has read anyway."""
        if not self.is_listed:
            self.rows = {row["id"]: row for row in rows}

    @property
    def is_listed(self) -> bool:
        """Whether the listing was read in this run."""
        return "rows" in self.__dict__

    @property
    def is_restricted(self) -> bool:
        """Whether the user wants some programs only."""
        return self._named is not None or bool(self._filters) or self._tags is not None

    @cached_property
    def ids(self) -> list[int]:
        """The wanted programs, ascending.

        Raises:
            MarketoConfigError: `program_ids` names one that does not exist, `program_tags` a
                tag type that does not, or no program is left.
        """
        if self._tags is None:
            return sorted(self._passing)
        wanted = self._passing & self._tags.ids
        if not wanted:
            raise self._nothing_left(self._tags)
        for line in self._tags.unused:
            logger.warning("%s", line)
        _tell(len(wanted), len(self.rows), [*self._filters.settings, "program_tags"])
        return sorted(wanted)

    def tagged(self) -> Iterator[tuple[Tag, dict[str, Any]]]:
        """The wanted programs once for each wanted tag that they carry, as "By Tag" shows them.

        Raises:
            MarketoConfigError: As `ids`.
        """
        wanted = frozenset(self.ids)
        for tag, rows in self._tags.rows.items() if self._tags else ():
            yield from ((tag, row) for row in rows if row["id"] in wanted)

    def channel(self, program_id: int) -> str:
        """The channel of a program as it is listed; empty where that is not known."""
        found = self._known.get(program_id, {}).get("channel")
        return found if isinstance(found, str) else ""

    @cached_property
    def statuses(self) -> Mapping[str, Sequence[str]]:
        """The statuses of each channel; see `channel_statuses`."""
        return channel_statuses(self._client)

    def check(self) -> None:
        """Raise what `ids` would where something restricts programs."""
        if self.is_restricted:
            _ = self.ids

    def wants(self, row: Mapping[str, Any]) -> bool:
        """Whether a program belongs to what the user asked for.

        Args:
            row: The program as any endpoint shows it; where the listing has it, its
                own row counts, so that all streams of a run want the same.
        """
        if not self.is_restricted:
            return True
        return row["id"] in self._wanted or (self._tags is None and self.passes(row))

    def passes(self, row: Mapping[str, Any]) -> bool:
        """Whether a program belongs to what the user asked for, whatever tags it carries."""
        program_id = row["id"]
        if not self.is_restricted:
            return True
        if program_id in self._known:
            return program_id in self._passing
        is_named = self._named is None or program_id in self._named
        return is_named and self._filters.matches(program_id, {**self.rows, program_id: row})

    @cached_property
    def _wanted(self) -> frozenset[int]:
        return frozenset(self.ids)

    @cached_property
    def _known(self) -> dict[int, dict[str, Any]]:
        """Every program that was listed, and those of `program_ids` that the listing missed.

        A program can slip through a moving listing, so what it did not show is asked for. One
        whose answer cannot be read is there, and passes no filter.
        """
        known, unknown = dict(self.rows), []
        for program_id in sorted((self._named or frozenset()) - known.keys()):
            if found := self._ask(program_id):
                known[program_id] = row_of(found, "id", program_id, PROGRAMS) or {}
            else:
                unknown.append(program_id)
        if unknown:
            message = (
                f"program_ids: Marketo has no program {', '.join(map(str, unknown))}, or the API "
                "user may not see it. The id is the number in a program's URL (#PG1035A1)."
            )
            raise MarketoConfigError(message)
        return known

    def found(self) -> list[dict[str, Any]]:
        """The row of every program that was listed, or asked for since the listing missed it."""
        return [row for row in self._known.values() if row]

    @cached_property
    def _passing(self) -> frozenset[int]:
        """The programs that all filters but that of tags let pass.

        Raises:
            MarketoConfigError: None does, or `program_ids` names one that does not exist.
        """
        known = self._known
        named = frozenset(known) if self._named is None else self._named
        if not self._filters:
            return named
        passing = frozenset(filter(lambda program: self._filters.matches(program, known), named))
        if not passing:
            raise self._nothing_left()
        for line in self._filters.unknown(known):
            logger.warning("%s", line)
        _tell(len(passing), len(known), self._filters.settings)
        return passing

    def _nothing_left(self, tags: TagSweeps | None = None) -> MarketoConfigError:
        """No program is left to extract anything of; with tags if it is they that leave none."""
        known = self._known
        lines = self._filters.unknown(known)
        counts = self._filters.counts(known)
        if self._named is not None:
            counts = {"program_ids": len(self._named), **counts}
        if tags is not None:
            lines += tags.unused
            counts["program_tags"] = len(tags.ids)
        shown = [f"{setting} ({count} of {len(known)})" for setting, count in counts.items()]
        reason = f"No program passes {' and '.join(shown)}, so nothing would be extracted."
        return MarketoConfigError(" ".join([*lines, reason]))

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


def _tell(wanted: int, listed: int, settings: Iterable[str]) -> None:
    logger.info("%d of %d programs pass %s", wanted, listed, ", ".join(settings))
