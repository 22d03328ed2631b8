"""What every stream of this tap does differently from the SDK's own.

It must not know where records come from.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from singer_sdk.streams import Stream

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from singer_sdk.helpers.types import Context, Record


class MarketoStream(Stream):
    """A stream that says nothing before it is true, and batches what records would hold.

    The SDK writes ACTIVATE_VERSION before the first record. A target that
    honours it then drops everything of the run before, and if this run fails
    in the middle, the rest is gone until a later one succeeds. Its batches
    hold deselected fields too, and nothing of what stream maps and flattening
    have promised in the SCHEMA message. Its bookmark is the largest
    replication key seen, although rows come in an order of their own; here a
    stream sets its bookmark itself, once everything before it is out.
    """

    _version_to_activate: int | None = None

    def _write_activate_version_message(self, full_table_version: int) -> None:
        """Remember the version; the records carry it already.

        Without this override the message would go out at once.
        """
        self._version_to_activate = full_table_version

    def finalize_state_progress_markers(self, state: dict[str, Any] | None = None) -> None:
        """Activate the version, now that the stream is complete."""
        if self._version_to_activate is not None:
            super()._write_activate_version_message(self._version_to_activate)
            self._version_to_activate = None
        super().finalize_state_progress_markers(state)

    def _increment_stream_state(
        self, latest_record: Record, *, context: Context | None = None
    ) -> None:
        """Leave the bookmark alone.

        Without this override each record would move it, past rows that are
        still to come.
        """

    def get_replication_key_signpost(self, context: Context | None = None) -> None:
        """No signpost: a bookmark is never taken from records."""

    def as_written(self, records: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
        """Records as the stream's first map shows them; a batch cannot hold several."""
        alias = self.stream_maps[0].stream_alias
        for record in records:
            for message in self._generate_record_messages(record):
                if message.stream == alias:
                    yield message.record
