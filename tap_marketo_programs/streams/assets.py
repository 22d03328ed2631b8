"""The asset streams: programs, their tags, and what explains both.

Each is the SDK's `RESTStream` in its usual shape; sending, retrying and
judging answers is the client's, paging is `OffsetSweep`'s.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

from singer_sdk.streams import RESTStream

from tap_marketo_programs.config.state import refuse_future
from tap_marketo_programs.errors import MarketoTransientError, RequestRefused, StateRefused
from tap_marketo_programs.marketo.paging import PAGE_SIZE, OffsetSweep
from tap_marketo_programs.marketo.programs import PROGRAMS_PATH
from tap_marketo_programs.marketo.records import (
    channel_record,
    detailed,
    program_record,
    tag_type_record,
)
from tap_marketo_programs.marketo.tags import (
    PROGRAMS_BY_TAG_PATH,
    TAG_TYPES_PATH,
    hidden_values,
    tag_types,
    wanted_tags,
)
from tap_marketo_programs.marketo.verdicts import means_unknown_tag_value
from tap_marketo_programs.quoting import quoted
from tap_marketo_programs.schemas import assets as schema
from tap_marketo_programs.schemas import timestamps
from tap_marketo_programs.schemas.oddities import Oddities
from tap_marketo_programs.streams.base import MarketoStream
from tap_marketo_programs.suggestions import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    import requests
    from singer_sdk.helpers.types import Context, Record, RequestFunc
    from singer_sdk.tap_base import Tap

    from tap_marketo_programs.marketo.client import MarketoClient
    from tap_marketo_programs.marketo.programs import ProgramDirectory


# What a bookmark may hold; the SDK itself writes all but the first two.
_BOOKMARK = {
    "replication_key",
    "replication_key_value",
    "starting_replication_value",
    "replication_key_signpost",
    "progress_markers",
}
# What only "Get Program by Id" tells of a program.
_DETAILS = ("startDate", "endDate", "tags", "costs")


class AssetStream(MarketoStream, RESTStream[int]):
    """A listing of the asset API, paged by offset.

    Args:
        tap: The tap.
        client: Sends everything.
        programs: The programs wanted.
    """

    key: ClassVar[str] = "id"

    def __init__(self, tap: Tap, client: MarketoClient, programs: ProgramDirectory) -> None:
        super().__init__(tap)
        self.client = client
        self.programs = programs
        self.odd = Oddities()
        self._sweep = OffsetSweep(self.key)

    @property
    def url_base(self) -> str:
        """Scheme and host."""
        return self.client.connection.host_url

    @property
    def requests_session(self) -> requests.Session:
        """The client's, so that its limits and retries hold for the SDK's requests too."""
        return self.client.session

    def request_decorator(self, func: RequestFunc) -> RequestFunc:
        """No second layer of retries: the client has them, with Marketo's own verdicts."""
        return func

    def validate_response(self, response: requests.Response) -> None:
        """Nothing left to judge: the client hands out successes only."""

    def get_new_paginator(self) -> OffsetSweep:
        """A sweep over the listing."""
        self._sweep = OffsetSweep(self.key, odd=self.odd)
        return self._sweep

    def get_url_params(
        self,
        context: Context | None,  # noqa: ARG002 - the SDK's signature
        next_page_token: int | None,
    ) -> dict[str, Any]:
        """Page size and offset; without the first, Marketo returns 20 rows."""
        return {"maxReturn": PAGE_SIZE, "offset": next_page_token or 0}

    def get_records(self, context: Context | None) -> Iterable[dict[str, Any]]:
        """The records, and at the end a word on what of the answers did not fit."""
        self.odd = Oddities()
        try:
            yield from self.found(context)
        finally:
            self.odd.tell(self.logger)

    def found(self, context: Context | None) -> Iterable[dict[str, Any]]:
        """The records themselves."""
        return super().get_records(context)

    def parse_response(self, response: requests.Response) -> Iterator[dict[str, Any]]:
        """The rows that no earlier page had."""
        yield from self._sweep.new_rows(response)


class ProgramsStream(AssetStream):
    """Programs, by the time of their last update (Adobe: Programs, "By Date Range")."""

    name = "programs"
    path = PROGRAMS_PATH
    primary_keys: ClassVar[tuple[str, ...]] = ("id",)
    replication_key = "updatedAt"
    schema: ClassVar[dict[str, Any]] = schema.PROGRAMS

    _window: tuple[datetime, datetime] | None = None

    def found(self, context: Context | None) -> Iterable[dict[str, Any]]:
        """Changed programs, with tags, costs and dates if `program_details` is on.

        The bookmark is the time before the scan began, since a program edited
        while it was read may have moved to a page already passed.
        """
        if self.programs.is_restricted:
            _ = self.programs.ids  # an unknown program id ends the run here
        until = self.client.now().replace(microsecond=0)
        since = self._since()
        if since is not None and since >= until:
            return
        self._window = (since, until) if since else None
        untold = Untold()
        for row in super().found(context):
            if not self.programs.wants(row["id"]):
                continue
            try:
                record = self._with_details(row)
            except MarketoTransientError as error:
                untold.note(row["id"], error)
            else:
                untold.in_a_row = 0
                yield record
        untold.raise_any()
        self._set_bookmark(until)

    def get_url_params(
        self, context: Context | None, next_page_token: int | None
    ) -> dict[str, Any]:
        """The window of `updatedAt`, both ends: one alone is not accepted everywhere."""
        params = super().get_url_params(context, next_page_token)
        if self._window:
            params["earliestUpdatedAt"], params["latestUpdatedAt"] = map(_iso, self._window)
        return params

    def check_bookmark(self) -> None:
        """Refuse a bookmark that cannot be gone on from: of another key, unreadable, ahead."""
        bookmark = self.given_bookmark
        if self.replication_method != "INCREMENTAL" or not bookmark:
            return
        self._refuse_strange(bookmark)
        if bookmark.get("replication_key_value"):
            known = self._known_until(bookmark["replication_key_value"])
            refuse_future(self.name, known, self.client.now())

    def _refuse_strange(self, bookmark: Mapping[str, Any]) -> None:
        key = bookmark.get("replication_key", self.replication_key)
        if strangers := sorted(bookmark.keys() - _BOOKMARK):
            question = did_you_mean(strangers[0], _BOOKMARK)
            reason = f"it holds {strangers[0]}, which is not read.{question}"
        elif key != self.replication_key:
            reason = f"its replication_key is {key}, not {self.replication_key}"
        else:
            return
        raise self._refused(reason)

    def _since(self) -> datetime | None:
        if self.replication_method != "INCREMENTAL":
            return None
        bookmark = self.given_bookmark.get("replication_key_value")
        if bookmark:
            # One second at least, in case Marketo's bounds are exclusive.
            lookback = max(1.0, float(self.config["lookback_seconds"]))
            return self._known_until(bookmark) - timedelta(seconds=lookback)
        start = self.config.get("start_date")
        return timestamps.instant(start) if start else None

    def _known_until(self, bookmark: str) -> datetime:
        try:
            return timestamps.instant(bookmark)
        except ValueError:
            reason = "its replication_key_value is no date and time"
            raise self._refused(reason) from None

    def _refused(self, reason: str) -> StateRefused:
        return StateRefused(
            f"The state of {self.name} cannot be read ({reason}). Nothing was extracted and the "
            f"state is unchanged. Remove bookmarks.{self.name} from the state to extract every "
            "program again."
        )

    def _set_bookmark(self, until: datetime) -> None:
        if self.replication_method == "INCREMENTAL":
            self.stream_state["replication_key"] = self.replication_key
            self.stream_state["replication_key_value"] = _iso(until)

    @cached_property
    def _details_wanted(self) -> bool:
        """Whether anything is selected that costs one more call for each program."""
        return self.config["program_details"] and any(
            self.mask.get(("properties", name), True) for name in _DETAILS
        )

    def _with_details(self, row: dict[str, Any]) -> dict[str, Any]:
        """A program as "Get Program by Id" shows it; as browsed if it has gone meanwhile."""
        record = program_record(row, self.odd)
        if not self._details_wanted:
            return record
        details = self.programs.by_id(row["id"])
        if details is None:
            self.odd.bare["programs without tags, costs and dates"] += 1
            return record
        return detailed(record, {**program_record(details, self.odd), "id": row["id"]})


MAX_UNTOLD = 3


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


class ProgramsByTagStream(AssetStream):
    """Programs once for each of their tags (Adobe: Programs, "By Tag")."""

    name = "programs_by_tag"
    path = PROGRAMS_BY_TAG_PATH
    primary_keys: ClassVar[tuple[str, ...]] = ("id", "tagType", "tagValue")
    # One scan for each tag needs no bookmark for each tag.
    state_partitioning_keys: ClassVar[tuple[str, ...]] = ()
    schema: ClassVar[dict[str, Any]] = schema.PROGRAMS_BY_TAG

    def get_new_paginator(self) -> OffsetSweep:
        """A sweep that knows that "results are returned in random order"."""
        self._sweep = OffsetSweep(self.key, ordered=False, odd=self.odd)
        return self._sweep

    def get_url_params(
        self, context: Context | None, next_page_token: int | None
    ) -> dict[str, Any]:
        """Both halves of the tag."""
        return {**super().get_url_params(context, next_page_token), **(context or {})}

    def found(self, context: Context | None) -> Iterable[dict[str, Any]]:  # noqa: ARG002 - the base class's signature
        """The programs of every wanted tag."""
        if self.programs.is_restricted:
            _ = self.programs.ids  # an unknown program id ends the run here
        for wanted in wanted_tags(self.client, self.config.get("program_tags")):
            used: set[str] = set()
            for value in wanted.values:
                for row in self._tagged(wanted.tag_type, value):
                    used.add(value)
                    if self.programs.wants(row["id"]):
                        yield row
            for value in hidden_values(self.client, wanted, used):
                for row in self._tagged(wanted.tag_type, value):
                    if self.programs.wants(row["id"]):
                        yield row

    def _tagged(self, tag_type: str, value: str) -> Iterator[dict[str, Any]]:
        """The programs of one tag, wanted or not."""
        found = False
        try:
            for row in self.request_records({"tagType": tag_type, "tagValue": value}):
                found = True
                yield {**program_record(row, self.odd), "tagType": tag_type, "tagValue": value}
        except RequestRefused as error:
            if found or not means_unknown_tag_value(error):
                raise
            shown = quoted(tag_type)
            self.logger.info("No programs for a value of tag type %s (%s)", shown, error)


class TagTypesStream(AssetStream):
    """Tag types with the values they allow (Adobe: Tags)."""

    name = "tag_types"
    path = TAG_TYPES_PATH
    key = "tagType"
    primary_keys: ClassVar[tuple[str, ...]] = ("tagType",)
    schema: ClassVar[dict[str, Any]] = schema.TAG_TYPES

    def found(self, context: Context | None) -> Iterable[dict[str, Any]]:  # noqa: ARG002 - the base class's signature
        """Each tag type, completed by "Get Tag by Name"."""
        for row in tag_types(self.client, self.odd):
            yield tag_type_record(row, self.odd)


class ChannelsStream(AssetStream):
    """Channels with their progression statuses (Adobe: Channels)."""

    name = "channels"
    path = "/rest/asset/v1/channels.json"
    primary_keys: ClassVar[tuple[str, ...]] = ("id",)
    schema: ClassVar[dict[str, Any]] = schema.CHANNELS

    def post_process(self, row: Record, context: Context | None = None) -> Record:  # noqa: ARG002 - the SDK's signature
        """Dates in RFC 3339, and whatever else the schema says."""
        return channel_record(row, self.odd)


def _iso(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
