"""The stream of programs, with what only a call for each program tells.

It must not know how Marketo is asked, nor how records are made of answers.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

from tap_marketo_programs.config.state import refuse_future
from tap_marketo_programs.errors import StateRefused
from tap_marketo_programs.export.id_set import Damaged
from tap_marketo_programs.marketo.programs import PROGRAMS_PATH
from tap_marketo_programs.marketo.records import program_record
from tap_marketo_programs.schemas import assets as schema
from tap_marketo_programs.schemas import timestamps
from tap_marketo_programs.schemas.figures import moment_text
from tap_marketo_programs.streams.assets import AssetStream
from tap_marketo_programs.streams.detail_sweep import DetailSweep
from tap_marketo_programs.streams.left_out import KEY, LeftOut
from tap_marketo_programs.streams.left_out import read as read_left_out
from tap_marketo_programs.streams.program_details import DETAILS, ProgramDetails
from tap_marketo_programs.suggestions import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from singer_sdk.helpers.types import Context


# What a bookmark may hold; the SDK itself writes all but the first two and the last.
_BOOKMARK = {
    "replication_key",
    "replication_key_value",
    "starting_replication_value",
    "replication_key_signpost",
    "progress_markers",
    KEY,
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
        until = self.client.now().replace(microsecond=0)
        is_listed = self.programs.is_listed
        self.programs.check()  # filters that nothing passes end the run here
        since = self.since()
        if since is not None and since >= until:
            return
        self._window = (since, until) if since else None
        left_out = self.left_out()
        # Filters may have read every program just now.
        is_new = self.programs.is_listed and not is_listed and since is None
        listed = self.programs.found() if is_new else super().found(context)
        if self.wants_details:
            # All are listed before the first details: in seconds, before the listing moves, and
            # a person can be told how many there are.
            listed = list(listed)
            if self._window is None:
                self.programs.take_listing(listed)
        rows = left_out.wanted(listed)
        yield from (
            self._with_details(list(rows), until)
            if self.wants_details
            else (program_record(row, self.odd) for row in rows)
        )
        if self.wants_details and self.programs.is_restricted:
            left_out.keep(self._due(self.programs.rows.keys() - set(self.programs.ids), until))
        self._set_bookmark(until, left_out)

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
        self._refuse_damaged_left_out(bookmark)
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

    def _refuse_damaged_left_out(self, bookmark: Mapping[str, Any]) -> None:
        try:
            read_left_out(bookmark)
        except Damaged as error:
            raise self._refused(str(error)) from None

    @property
    def _incremental_bookmark(self) -> Mapping[str, Any]:
        """The bookmark given, if it is gone on from."""
        return self.given_bookmark if self.replication_method == "INCREMENTAL" else {}

    def left_out(self) -> LeftOut:
        """What filters keep out of this run, and what of earlier runs they now let pass."""
        return LeftOut(self.programs, self._incremental_bookmark)

    @property
    def has_bookmark(self) -> bool:
        """Whether an earlier run read all programs that are known."""
        return self._bookmark is not None

    @property
    def _bookmark(self) -> datetime | None:
        """Where the last complete scan ended; None if everything is to be read."""
        bookmark = self._incremental_bookmark.get("replication_key_value")
        return self._known_until(bookmark) if bookmark else None

    def since(self) -> datetime | None:
        """The earliest `updatedAt` that is asked for; None asks for every program."""
        if self.replication_method != "INCREMENTAL":
            return None
        if bookmark := self._bookmark:
            # One second at least, in case Marketo's bounds are exclusive.
            return bookmark - timedelta(seconds=max(1.0, self.settings.lookback_seconds))
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

    def _set_bookmark(self, until: datetime, left_out: LeftOut) -> None:
        if self.replication_method == "INCREMENTAL":
            self.stream_state["replication_key"] = self.replication_key
            self.stream_state["replication_key_value"] = _iso(until)
            left_out.tell(self.stream_state)

    @cached_property
    def wants_details(self) -> bool:
        """Whether anything is selected that costs one more call for each program."""
        return self.settings.program_details and any(
            self.mask.get(("properties", name), True) for name in DETAILS
        )

    def _with_details(
        self, changed: Sequence[dict[str, Any]], until: datetime
    ) -> Iterator[dict[str, Any]]:
        """Programs as "Get Program by Id" shows them: the changed ones, and those that are due."""
        due = self.due({row["id"] for row in changed}, until)
        since, number = self.since(), f"{len(changed):,}" if changed else "none"
        self.logger.info(
            "programs: %s%s%s",
            f"{number} changed since {moment_text(since)}" if since else f"{number} in all",
            "; their details are read next, a call for each" if changed else "",
            f"; the details of {len(due):,} others are read again, since an edit of tags or costs "
            "may not show (full_sweep_days)"
            if due
            else "",
        )
        # Where tags restrict programs, those of each tag are known without.
        keep = self.is_wanted("programs_by_tag") and self.settings.program_tags is None
        details = ProgramDetails(self.programs, self.odd, self.client.clock, keep=keep)
        yield from details.records(changed, due)

    def due(self, changed: Collection[int], until: datetime) -> list[dict[str, Any]]:
        """The rows of wanted known programs that did not change, and are read again in this run."""
        if self._bookmark is None:
            return []
        return self._due(
            (program for program in self.programs.ids if program not in changed), until
        )

    def _due(self, program_ids: Iterable[int], until: datetime) -> list[dict[str, Any]]:
        """The rows of those programs whose details are to be read again by now."""
        bookmark = self._bookmark
        if bookmark is None:
            return []
        period = timedelta(days=self.settings.full_sweep_days)
        sweep = DetailSweep(bookmark, until, period)
        # One that slipped through a moving listing is read by id like all others.
        rows = (self.programs.rows.get(one, {"id": one}) for one in program_ids)
        return [row for row in rows if sweep.is_due(row["id"]) and self._is_known(row)]

    def _is_known(self, row: Mapping[str, Any]) -> bool:
        """Whether the first sync brought a program, or would have: `start_date` left out some."""
        start = self.settings.start_date
        try:
            return start is None or timestamps.instant(row.get("updatedAt")) >= start
        except ValueError:
            return True


def _iso(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
