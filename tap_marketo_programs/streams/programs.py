"""The stream of programs, with what only a call for each program tells.

It must not know how Marketo is asked, nor how records are made of answers.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

from tap_marketo_programs.config.state import refuse_future
from tap_marketo_programs.errors import MarketoTransientError, StateRefused
from tap_marketo_programs.marketo.programs import PROGRAMS_PATH
from tap_marketo_programs.marketo.records import (
    detailed,
    program_record,
)
from tap_marketo_programs.schemas import assets as schema
from tap_marketo_programs.schemas import timestamps
from tap_marketo_programs.streams.assets import AssetStream
from tap_marketo_programs.suggestions import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from singer_sdk.helpers.types import Context


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
        since = self.since()
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

    def since(self) -> datetime | None:
        """The earliest `updatedAt` that is asked for; None asks for every program."""
        if self.replication_method != "INCREMENTAL":
            return None
        bookmark = self.given_bookmark.get("replication_key_value")
        if bookmark:
            # One second at least, in case Marketo's bounds are exclusive.
            lookback = max(1.0, self.settings.lookback_seconds)
            return self._known_until(bookmark) - timedelta(seconds=lookback)
        return self.settings.start_date

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
    def wants_details(self) -> bool:
        """Whether anything is selected that costs one more call for each program."""
        return self.settings.program_details and any(
            self.mask.get(("properties", name), True) for name in _DETAILS
        )

    def _with_details(self, row: dict[str, Any]) -> dict[str, Any]:
        """A program as "Get Program by Id" shows it; as browsed if it has gone meanwhile."""
        record = program_record(row, self.odd)
        if not self.wants_details:
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


def _iso(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
