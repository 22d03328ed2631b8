"""The asset streams: what all have in common, and tag types and channels.

Each is the SDK's `RESTStream` in its usual shape. They must not know how requests are sent,
retried and judged, which is the client's business, nor how a page follows on another.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from singer_sdk.streams import RESTStream

from tap_marketo_programs.marketo.paging import PAGE_SIZE, OffsetSweep
from tap_marketo_programs.marketo.records import channel_record, tag_type_record, whole
from tap_marketo_programs.marketo.tags import TAG_TYPES_PATH, tag_types
from tap_marketo_programs.schemas import assets as schema
from tap_marketo_programs.schemas.oddities import Oddities
from tap_marketo_programs.streams.base import MarketoStream
from tap_marketo_programs.streams.progress import told

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import requests
    from singer_sdk.helpers.types import Context, Record, RequestFunc
    from singer_sdk.tap_base import Tap

    from tap_marketo_programs.config.settings import Settings
    from tap_marketo_programs.marketo.client import MarketoClient
    from tap_marketo_programs.marketo.programs import ProgramDirectory


class AssetStream(MarketoStream, RESTStream[int]):
    """A listing of the asset API, paged by offset.

    Args:
        tap: The tap.
        client: Sends everything.
        programs: The programs wanted.
        settings: What the user wants of them.
    """

    key: ClassVar[str] = "id"

    def __init__(
        self, tap: Tap, client: MarketoClient, programs: ProgramDirectory, settings: Settings
    ) -> None:
        super().__init__(tap)
        self.client = client
        self.programs = programs
        self.settings = settings
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
        """The records, and at the end a word on how many, and on what did not fit."""
        self.odd = Oddities()
        try:
            records = whole(self.found(context), self.schema)
            yield from told(self.name, records, self.client.clock)
        finally:
            self.odd.tell(self.logger)

    def found(self, context: Context | None) -> Iterable[dict[str, Any]]:
        """The records themselves."""
        return super().get_records(context)

    def parse_response(self, response: requests.Response) -> Iterator[dict[str, Any]]:
        """The rows that no earlier page had."""
        yield from self._sweep.new_rows(response)


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
