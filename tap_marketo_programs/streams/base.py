"""What every stream of this tap does differently from the SDK's own.

It must not know where records come from.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any

import msgspec
from singer_sdk.mapper import SameRecordTransform
from singer_sdk.streams import Stream

from tap_marketo_programs.config.stream_maps import failed_expression
from tap_marketo_programs.errors import MarketoError, RecordFailed

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator, Mapping

    from singer_sdk.helpers._batch import BaseBatchFileEncoding, BatchConfig
    from singer_sdk.helpers.types import Context, Record
    from singer_sdk.mapper import StreamMap
    from singer_sdk.singerlib import RecordMessage


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

    @property
    def keeps_records(self) -> bool:
        """Whether records leave as they are: one map that changes nothing, no flattening.

        Then, and with nobody else who wants to see single ones, rows can leave by the column.
        """
        stream_map = self.stream_maps[0]
        return (
            len(self.stream_maps) == 1
            and type(stream_map) is SameRecordTransform
            and not stream_map.flattening_enabled
            and not self.child_streams
            and self.ABORT_AT_RECORD_COUNT is None
        )

    def check_settings(self) -> None:
        """Refuse settings that cannot be followed, before anything is extracted.

        Raises:
            MarketoConfigError: There are some.
        """

    def check_bookmark(self) -> None:
        """Refuse a bookmark that cannot be gone on from, before anything is extracted.

        Raises:
            StateRefused: It is none, or lies in the future.
        """

    @property
    def given_bookmark(self) -> dict[str, Any]:
        """The bookmark that the run was given; unlike `stream_state`, none is made."""
        return dict(self.tap_state.get("bookmarks", {}).get(self.name, {}))

    def _generate_record_messages(self, record: Record) -> Generator[RecordMessage]:
        """What the maps make of a record.

        Without this override, an expression that fails on a row ends the run
        with a text that repeats the cell, and so may all the SDK does to a
        record: conform its types, flatten it.

        Raises:
            RecordFailed: With the stream, the field and the expression.
        """
        try:
            for message in super()._generate_record_messages(record):
                yield flattened_whole(message, self.stream_maps)
        except MarketoError:
            raise
        except Exception as error:  # noqa: BLE001 - whatever an expression raises
            raise self._record_failed(error) from None

    def _process_record(self, record: Record, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - the SDK's signature
        """Look at a record before it is written: its filter is asked here, and may fail, too."""
        try:
            super()._process_record(record, *args, **kwargs)
        except MarketoError:
            raise
        except Exception as error:  # noqa: BLE001 - whatever an expression raises
            raise self._record_failed(error) from None

    def _write_record_message(self, record: Record) -> None:
        """Write what the maps make of a record.

        Without this override, a value that no message can hold, as a map may
        make one, would be told in a text that may repeat it.
        """
        try:
            super()._write_record_message(record)
        except (MarketoError, OSError, MemoryError):
            raise
        except _UNWRITABLE as error:
            raise self._record_failed(error) from None

    def _record_failed(self, error: Exception) -> RecordFailed:
        kind = type(error.__cause__ or error).__name__
        if place := failed_expression(error):
            return RecordFailed(
                f"{self.name}: the stream map of {place} fails on a row ({kind}). Nothing of the "
                "row was written; change the expression so that it fits every row, null included"
            )
        return RecordFailed(
            f"{self.name}: a row could not be made a message ({kind}); look at the stream maps "
            "and flattening of this stream"
        )

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

    def get_batch_config(self, config: Mapping[str, Any]) -> BatchConfig | None:
        """The user's `batch_config`, checked, with a size of files that suits Parquet.

        Raises:
            MarketoConfigError: It cannot be used, or not together with versions.
        """
        raw = config.get("batch_config")
        if not raw:
            return None
        # Imported here since most runs write no batches.
        from tap_marketo_programs.output.batch_config import (  # noqa: PLC0415 - as above
            read_config,
            refuse_versions,
        )

        if self.emit_activate_version_messages:
            refuse_versions(self._full_tables())
        return read_config(raw)

    def is_wanted(self, stream: str) -> bool:
        """Whether another stream is extracted in this run, too."""
        other = self._tap.streams.get(stream)
        return other is not None and other.selected

    def _full_tables(self) -> list[str]:
        """All streams of this run that would activate a version, so that the first one says it.

        `_tap` is the SDK's private name; without it each stream could only
        speak of itself, when others have been extracted and paid for already.
        """
        return [
            name
            for name, stream in self._tap.streams.items()
            if stream.selected and stream.replication_method == "FULL_TABLE"
        ]

    def get_batches(
        self,
        batch_config: BatchConfig,
        context: Context | None = None,
    ) -> Iterator[tuple[BaseBatchFileEncoding, list[str]]]:
        """Batches of what RECORD messages would hold."""
        records = self._sync_records(context, write_messages=False)
        for url in self.files_of(records, batch_config, f"{self.tap_name}--{self.name}"):
            yield batch_config.encoding, [url]

    def files_of(
        self,
        records: Iterable[dict[str, Any]],
        batch_config: BatchConfig,
        stem: str,
    ) -> Iterator[str]:
        """Batch files of these records, as the stream's first map shows them."""
        from tap_marketo_programs.output.batches import BatchFiles  # noqa: PLC0415 - as above

        properties = self.stream_maps[0].transformed_schema["properties"]
        written = self._as_written(records)
        with BatchFiles(batch_config, stem, properties) as files:
            while block := list(islice(written, _BLOCK)):
                try:
                    yield from files.add_records(block)
                except _UNWRITABLE as error:
                    raise self._record_failed(error) from None
            yield from files.finish()

    def _as_written(self, records: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
        """Records as the stream's first map shows them; a batch cannot hold several."""
        alias = self.stream_maps[0].stream_alias
        for record in records:
            for message in self._generate_record_messages(record):
                if message.stream == alias:
                    yield message.record


def flattened_whole(message: RecordMessage, maps: Iterable[StreamMap]) -> RecordMessage:
    """A message whose record has every property that flattening has promised, and no other.

    Of an object that is null, or lacks a part, the SDK leaves null under the object's own name,
    or nothing: another record than the SCHEMA message tells of.
    """
    for one in maps:
        if one.flattening_enabled and one.stream_alias == message.stream:
            names = one.transformed_schema["properties"]
            message.record = {name: message.record.get(name) for name in names}
    return message


# What encoders say of a value that no message can hold.
_UNWRITABLE = (msgspec.MsgspecError, TypeError, ValueError, OverflowError, RecursionError)
_BLOCK = 1_000  # records taken at once into a batch file
