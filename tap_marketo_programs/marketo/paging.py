"""Paging by offset over a listing that moves while it is read.

Every page is computed live, so a program created, renamed or deleted between
two pages shifts the rest: rows come twice, or never. A sweep therefore lets
each page overlap the one before by one row; when that row is not where it
should be, the whole sweep is repeated. `byTag` comes in random order by
Adobe's own word, so its sweeps repeat until they have shown as many different
rows as one sweep has.

Source: https://experienceleague.adobe.com/en/docs/marketo-developer/marketo/rest/assets/programs
It must not know which listing it reads.
"""

from __future__ import annotations

import json
import logging
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from singer_sdk.pagination import OffsetPaginator

from tap_marketo_programs.errors import NeverSettled
from tap_marketo_programs.marketo.client import envelope_of
from tap_marketo_programs.marketo.envelope import rows
from tap_marketo_programs.marketo.records import key_reader, unreadable
from tap_marketo_programs.schemas.oddities import Oddities

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import requests

    from tap_marketo_programs.marketo.client import MarketoClient

logger = logging.getLogger(__name__)

# The most that an asset endpoint returns; absent, it silently returns 20.
PAGE_SIZE = 200
STEP = PAGE_SIZE - 1
# A listing of 5,000 rows in random order settles after about ten sweeps.
MAX_SWEEPS = 30


class OffsetSweep(OffsetPaginator):
    """The SDK's offset paginator, with repeated sweeps.

    Args:
        key: The field that tells rows apart.
        ordered: Whether rows keep their order between two requests.
        odd: Counts the rows that cannot be read; they are left out.
    """

    def __init__(
        self,
        key: str,
        *,
        ordered: bool = True,
        odd: Oddities | None = None,
    ) -> None:
        super().__init__(start_value=0, page_size=STEP)
        self.odd = odd or Oddities()
        self._key = key
        self._read_key = key_reader(key)
        self._ordered = ordered
        self._seen: set[Any] = set()
        # Of this sweep; another one will meet them again.
        self._skipped: Counter[str] = Counter()
        self._sweeps = 0
        self._clean = True
        self._anchor: Any = None
        self._next = 0

    def new_rows(self, response: requests.Response) -> Iterator[dict[str, Any]]:
        """The rows of a page that no earlier page had."""
        for row in rows(envelope_of(response)):
            if unreadable(row, self._key):
                continue
            key = self._read_key(row[self._key])
            if key in self._seen:
                continue
            self._seen.add(key)
            if type(key) is not type(row[self._key]):
                self.odd.converted[self._key] += 1
            yield {**row, self._key: key}

    def continue_if_empty(self, response: requests.Response) -> bool:  # noqa: ARG002 - the SDK's signature
        """A page without new rows may still be followed by one."""
        return True

    def has_more(self, response: requests.Response) -> bool:
        """Whether another page, or another sweep, is needed.

        Raises:
            NeverSettled: Too many sweeps disagreed.
        """
        marks = [self._mark(row) for row in rows(envelope_of(response))]
        offset = self.current_value
        follows = bool(marks) and marks[0] == self._anchor
        if offset and not follows:
            self._clean = False
        fresh = marks[1:] if offset and follows else marks
        self._skipped.update(mark.why for mark in fresh if isinstance(mark, _Unreadable))
        if len(marks) >= PAGE_SIZE:
            # One row back, so that pages overlap.
            self._anchor, self._next = marks[STEP], offset + STEP
            return True
        if self._is_settled(offset, offset + len(marks), bool(marks) or _says_empty(response)):
            if not (marks or offset or _says_empty(response)):
                _tell_silence(response)
            self.odd.skipped.update(self._skipped)
            return False
        if self._sweeps >= MAX_SWEEPS:
            message = (
                f"{self._sweeps} sweeps over {offset + len(marks)} rows have shown "
                f"{len(self._seen)} different ones: the listing changes faster than it can be "
                "read. Try again when nobody is editing programs."
            )
            raise NeverSettled(message)
        self._clean, self._next = True, 0
        self._skipped.clear()
        return True

    def _mark(self, row: object) -> Any:  # noqa: ANN401 - a key, or what stands for one
        """What tells a row from its neighbours: its key, or all of a row that has none."""
        why = unreadable(row, self._key)
        if why or not isinstance(row, dict):
            return _Unreadable(why or "", json.dumps(row, sort_keys=True))
        return self._read_key(row[self._key])

    def advance(self, response: requests.Response) -> None:
        """Go on to the next page, or to the first one of another sweep.

        The SDK's own takes an offset of 0 for the end.
        """
        self._page_count += 1
        if self.has_more(response):
            self._value = self._next
        else:
            self._finished = True

    def _is_settled(self, last_offset: int, total: int, certain: bool) -> bool:  # noqa: FBT001 - a fact, not a switch
        """Whether every row has been seen, at the end of a sweep.

        One page is a moment's truth, unless it has no rows and does not say so:
        then the next one is believed. Several are one when no page was shifted;
        otherwise at least as many rows must have been seen as there are, and
        in an ordered listing more than one sweep must say so, since a row
        deleted in the middle of the first would stand in for one it hid.
        """
        self._sweeps += 1
        if last_offset == 0:
            return certain or self._sweeps > 1
        if self._ordered and self._clean:
            return True
        enough = len(self._seen) + self._skipped.total() >= total
        return enough and (self._sweeps > 1 or not self._ordered)


@dataclass(frozen=True, slots=True)
class _Unreadable:
    """A row that cannot be read, and why."""

    why: str
    content: str


def listing(
    client: MarketoClient,
    path: str,
    key: str,
    params: Mapping[str, Any] | None = None,
    odd: Oddities | None = None,
) -> Iterator[dict[str, Any]]:
    """Every row of an ordered asset listing, once.

    Rows that cannot be read are left out and counted by `odd`; without it a
    WARNING tells of them here.
    """
    sweep = OffsetSweep(key, odd=odd)
    yield from swept(client, path, sweep, params)
    if odd is None:
        sweep.odd.tell(logger, path)


def swept(
    client: MarketoClient, path: str, sweep: OffsetSweep, params: Mapping[str, Any] | None = None
) -> Iterator[dict[str, Any]]:
    """Every row that a sweep shows, once."""
    while not sweep.finished:
        query = {**(params or {}), "maxReturn": PAGE_SIZE, "offset": sweep.current_value}
        response = client.fetch("GET", path, params=query)
        yield from sweep.new_rows(response)
        sweep.advance(response)


def ask(client: MarketoClient, path: str, params: Mapping[str, Any] | None = None) -> list[Any]:
    """The rows of one answer; one without any that does not say so is asked for again, once."""
    for _ in range(2):
        response = client.fetch("GET", path, params=params)
        found = rows(envelope_of(response))
        if found or _says_empty(response):
            return found
    _tell_silence(response)
    return []


def _says_empty(response: requests.Response) -> bool:
    """Whether an answer without rows says that there are none.

    Marketo leaves `result` out of an empty page, but then warns that no assets
    were found, in every answer on record.
    """
    answer = envelope_of(response)
    return isinstance(answer.get("result"), list) or bool(answer.get("warnings"))


def _tell_silence(response: requests.Response) -> None:
    logger.warning(
        "%s: Marketo answered without rows, and without saying that there are none; "
        "it is taken for empty",
        urlsplit(response.url).path,
    )
