"""The stream of programs, with what only a call for each program tells.

It must not know how Marketo is asked, nor how records are made of answers.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

from tap_marketo_programs.config.state import refuse_future
from tap_marketo_programs.errors import StateRefused
from tap_marketo_programs.marketo.programs import PROGRAMS_PATH
from tap_marketo_programs.marketo.records import program_record
from tap_marketo_programs.schemas import assets as schema
from tap_marketo_programs.schemas import timestamps
from tap_marketo_programs.streams.assets import AssetStream
from tap_marketo_programs.streams.program_details import DETAILS, detailed_records
from tap_marketo_programs.suggestions import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from singer_sdk.helpers.types import Context


# What a bookmark may hold; the SDK itself writes all but the first two.
_BOOKMARK = {
    "replication_key",
    "replication_key_value",
    "starting_replication_value",
    "replication_key_signpost",
    "progress_markers",
}


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
        rows = (row for row in super().found(context) if self.programs.wants(row["id"]))
        yield from self._with_details(list(rows)) if self._details_wanted else self._listed(rows)
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
    def _details_wanted(self) -> bool:
        """Whether anything is selected that costs one more call for each program."""
        return self.settings.program_details and any(
            self.mask.get(("properties", name), True) for name in DETAILS
        )

    def _with_details(self, rows: Sequence[dict[str, Any]]) -> Iterator[dict[str, Any]]:
        """Programs as "Get Program by Id" shows them; all are listed before that begins.

        So the listing is read in seconds, before it moves, and how many programs there are is
        known from the start.
        """
        yield from detailed_records(self.programs, rows, self.odd, self.client.clock)

    def _listed(self, rows: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
        """Programs as they are listed."""
        return (program_record(row, self.odd) for row in rows)


def _iso(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
