"""The stream of program members, on top of Bulk Program Member Extract.

It joins what the SDK wants of a stream with a run of exports. It must not know how jobs
are made or files are read, nor in which form rows leave.
"""

from __future__ import annotations

from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

from singer_sdk.helpers.conform import TypeConformanceLevel

from tap_marketo_programs.config.state import refuse_future
from tap_marketo_programs.errors import DailyQuotaExceeded, MarketoConfigError
from tap_marketo_programs.marketo.describe import MemberDescription
from tap_marketo_programs.output import sinks
from tap_marketo_programs.process.stdout import SafeWriter
from tap_marketo_programs.streams.base import MarketoStream

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence

    from singer_sdk.helpers._batch import BaseBatchFileEncoding, BatchConfig
    from singer_sdk.helpers.types import Context
    from singer_sdk.singerlib import Catalog
    from singer_sdk.tap_base import Tap

    from tap_marketo_programs.config.settings import Settings
    from tap_marketo_programs.export.run import ExportRun
    from tap_marketo_programs.marketo.client import MarketoClient
    from tap_marketo_programs.marketo.programs import Programs
    from tap_marketo_programs.output.sinks import Sink

T = TypeVar("T")


class ProgramMembersStream(MarketoStream):
    """Members of programs.

    Args:
        tap: The tap.
        client: Sends everything.
        programs: The programs wanted.
        settings: What the user wants of them.
    """

    name = "program_members"
    replication_key = "updatedAt"
    # Cells are typed once, where they are read, by the very schema that goes out.
    TYPE_CONFORMANCE_LEVEL = TypeConformanceLevel.NONE

    def __init__(
        self, tap: Tap, client: MarketoClient, programs: Programs, settings: Settings
    ) -> None:
        self.settings = settings
        self.client = client
        self.programs = programs
        self.description = MemberDescription(client, settings.lead_fields)
        # The run that is open while the stream is being synced.
        self._run: ExportRun | None = None
        super().__init__(tap)

    # What there is

    @cached_property
    def schema(self) -> dict[str, Any]:
        """Every field that can be exported, as described now."""
        return self.description.schema

    @property
    def primary_keys(self) -> Sequence[str]:
        """The catalog's keys, or those that describe names."""
        return self._primary_keys or self.description.keys

    @primary_keys.setter
    def primary_keys(self, new_value: Sequence[str]) -> None:
        self._primary_keys = new_value

    @property
    def selected(self) -> bool:
        """Whether to sync; a catalog that does not know the stream has not selected it.

        Without this the SDK would ask for the schema to find that out, and an
        API user who may not read members could not sync anything else either.
        """
        catalog = self._tap_input_catalog
        if catalog is not None and catalog.get_stream(self.tap_stream_id) is None:
            return False
        return super().selected

    @selected.setter
    def selected(self, value: bool | None) -> None:
        # mypy takes the property for its value.
        super(ProgramMembersStream, type(self)).selected.fset(self, value)  # type: ignore[attr-defined]

    @cached_property
    def properties(self) -> dict[str, Mapping[str, Any]]:
        """The columns wanted, with their types as the SCHEMA message has them."""
        always = {*self.primary_keys, "updatedAt"}
        return {
            name: spec
            for name, spec in self.effective_schema["properties"].items()
            if name in always or self.mask.get(("properties", name), True)
        }

    def apply_catalog(self, catalog: Catalog) -> None:
        """Take what the catalog says; the key can only be what describe names.

        Raises:
            MarketoConfigError: The catalog has another key.
        """
        super().apply_catalog(catalog)
        given = set(self._primary_keys or ())
        # Asked for only if need be: not every API user may read members.
        usual = {"leadId", "programId"}
        if self.selected and given and given != usual:
            described = self.description.keys
            if given != set(described):
                message = (
                    f"The catalog wants {self.name} by the key {', '.join(sorted(given))}; it can "
                    f"only be {', '.join(described)}. For another key in the target, use "
                    "__key_properties__ of stream_maps. Nothing was extracted."
                )
                raise MarketoConfigError(message)

    def check_bookmark(self) -> None:
        """Refuse a bookmark that cannot be read, or lies in the future."""
        if not self.given_bookmark:
            return
        # Imported here since describing the stream needs nothing of the engine.
        from tap_marketo_programs.export.bookmark import read_bookmark  # noqa: PLC0415

        ledger = read_bookmark(self.given_bookmark)
        jobs = [job.slice.until for job in ledger.in_flight.values()]
        plans = [ledger.unfinished] if ledger.unfinished else []
        if known := [*ledger.watermarks.values(), *jobs, *plans]:
            refuse_future(self.name, max(known), self.client.now())

    # One sync

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
        with self._exports():
            writer = self._tap.message_writer
            if write_messages and self.writes_lines and isinstance(writer, SafeWriter):
                self._write_lines(writer, context)
            else:
                for _ in super()._sync_records(context, write_messages=write_messages):
                    pass
        yield from ()

    def _sync_batches(self, batch_config: BatchConfig, context: Context | None = None) -> None:
        """Sync within a run of exports; without this, it would belong to `get_batches`."""
        with self._exports():
            super()._sync_batches(batch_config, context)

    def get_records(self, context: Context | None) -> Iterable[dict[str, Any]]:  # noqa: ARG002 - the SDK's signature
        """Members, export by export, of the run that is open.

        Outside of a sync, as in a notebook, the run is the reader's and ends with the reading.
        """
        if self._run is not None:
            yield from self._write(sinks.Records())
            return
        with self._exports():
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
        except DailyQuotaExceeded as error:
            if self.settings.on_quota_exhausted != "stop":
                raise
            self.logger.warning("%s", error)
            # A part of a full table must not replace the whole of the one before.
            self._version_to_activate = None

    # One run

    @contextmanager
    def _exports(self) -> Iterator[None]:
        """A run for what is wanted now."""
        # Imported here since describing the stream needs nothing of the engine.
        from tap_marketo_programs.streams.member_exports import MemberExports  # noqa: PLC0415

        wanted = MemberExports(
            stream=self.name,
            client=self.client,
            programs=self.programs,
            description=self.description,
            settings=self.settings,
            properties=self.properties,
            keys=self.primary_keys,
            full_table=self.replication_method == "FULL_TABLE",
            is_dry_run=self.ABORT_AT_RECORD_COUNT is not None,
            logger=self.logger,
        )
        try:
            with wanted.open(self.stream_state, self._save) as self._run:
                yield
        finally:
            self._run = None

    def _save(self, bookmark: Mapping[str, Any]) -> None:
        """Write a bookmark to STATE."""
        self.stream_state.update(bookmark)
        self._tap.state_writer.write_state(self.tap_state)
