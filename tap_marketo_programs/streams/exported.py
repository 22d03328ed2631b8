"""A stream whose rows come from a run of exports.

It joins the SDK's sync with the run and with the form in which rows leave. It must not
know what is exported.
"""

from __future__ import annotations

import json
from abc import abstractmethod
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

from tap_marketo_programs.errors import DailyQuotaExceeded, MarketoError
from tap_marketo_programs.output import sinks
from tap_marketo_programs.process.stdout import SafeWriter
from tap_marketo_programs.streams.base import MarketoStream

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator, Mapping

    from singer_sdk.helpers._batch import BaseBatchFileEncoding, BatchConfig
    from singer_sdk.helpers.types import Context

    from tap_marketo_programs.config.settings import Settings
    from tap_marketo_programs.export.run import ExportRun
    from tap_marketo_programs.marketo.client import MarketoClient
    from tap_marketo_programs.marketo.programs import ProgramDirectory
    from tap_marketo_programs.output.sinks import Sink

T = TypeVar("T")


class ExportedStream(MarketoStream):
    """A stream whose rows come from a run of exports."""

    client: MarketoClient
    programs: ProgramDirectory
    settings: Settings
    # The run that is open while the stream is being synced.
    _run: ExportRun | None = None

    @abstractmethod
    def exports(self) -> AbstractContextManager[ExportRun]:
        """A run for what is wanted now, with a clean end for every way out."""

    def wrote_all(self) -> bool:
        """Whether what the open run wrote is all there is, if the stream is a full table."""
        return True

    def save(self, bookmark: Mapping[str, Any]) -> int:
        """Write a bookmark to STATE; the bytes of the whole state, as JSON."""
        self.stream_state.update(bookmark)
        self._tap.state_writer.write_state(self.tap_state)
        return len(json.dumps(self.tap_state, separators=(",", ":")))

    @property
    def writes_lines(self) -> bool:
        """Whether nothing wants to see single records, so that blocks can leave as lines."""
        return self.keeps_records and isinstance(self._tap.message_writer, SafeWriter)

    def _sync_records(
        self,
        context: Context | None = None,
        *,
        write_messages: bool = True,
    ) -> Generator[dict[str, Any], Any, Any]:
        """Sync within a run of exports, and write lines where that is all there is to do.

        Without this override, the run would belong to the suspended `get_records`, and an
        error while writing would not end it at once; and the SDK's work on each record
        would be nearly all of the time a run takes: `output.record_lines` says what it
        consists of. Nothing is yielded, so that the run ends in the frame it began in.
        """
        with self._open():
            writer = self._tap.message_writer
            if write_messages and self.writes_lines and isinstance(writer, SafeWriter):
                self._write_lines(writer, context)
            else:
                for _ in super()._sync_records(context, write_messages=write_messages):
                    pass
        yield from ()

    def _sync_batches(self, batch_config: BatchConfig, context: Context | None = None) -> None:
        """Sync within a run of exports; without this, it would belong to `get_batches`."""
        with self._open():
            super()._sync_batches(batch_config, context)

    def get_records(self, context: Context | None) -> Iterable[dict[str, Any]]:  # noqa: ARG002 - the SDK's signature
        """Members, export by export, of the run that is open.

        Outside of a sync, as in a notebook, the run is the reader's and ends with the reading.
        """
        if self._run is not None:
            yield from self._write(sinks.Records())
            return
        with self._open():
            yield from self._write(sinks.Records())

    def _write_lines(self, writer: SafeWriter, context: Context | None) -> None:
        """What the SDK does around its own loop over records."""
        self._write_starting_replication_value(context)
        alias = self.stream_maps[0].stream_alias
        with self.get_record_counter() as counter, self.get_sync_timer():
            sink = sinks.Lines(writer, alias, self._stream_version, counter.increment)
            for _ in self._write(sink):
                pass
        self._finalize_state(self.stream_state)
        self._write_state_message()

    def get_batches(
        self,
        batch_config: BatchConfig,
        context: Context | None = None,  # noqa: ARG002 - the SDK's signature
    ) -> Iterator[tuple[BaseBatchFileEncoding, list[str]]]:
        """Batches that each belong to one export, so that STATE can follow them."""
        stem = f"{self.tap_name}--{self.name}"
        with self.get_record_counter() as counter:
            sink: Sink[str]
            if self.keeps_records:
                sink = sinks.ColumnBatches(batch_config, stem, counter.increment)
            else:

                def files_of(rows: Iterable[dict[str, Any]], stem: str) -> Iterator[str]:
                    return self.files_of(rows, batch_config, stem)

                sink = sinks.RecordBatches(files_of, stem, counter.increment)
            for url in self._write(sink):
                yield batch_config.encoding, [url]

    def _write(self, sink: Sink[T]) -> Iterator[T]:
        """Write what the open run brings, until all is written or the quota is used."""
        if self._run is None:
            message = f"{self.name} can only be written while it is being synced"
            raise RuntimeError(message)
        try:
            yield from sinks.write_exports(self._run, sink)
            is_whole = self.wrote_all()
        except DailyQuotaExceeded as error:
            if self.settings.on_quota_exhausted != "stop":
                raise
            self.logger.warning("%s: %s", self.name, error)
            is_whole = False
        if not is_whole:
            # A part of a full table must not replace the whole of the one before.
            self._version_to_activate = None

    @contextmanager
    def _open(self) -> Iterator[None]:
        try:
            with self.exports() as self._run:
                yield
        except MarketoError as error:
            error.stream = self.name
            raise
        finally:
            self._run = None
