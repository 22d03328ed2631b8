"""The stream of program members, on top of Bulk Program Member Extract.

It joins what the SDK wants of a stream with what the export run does, and
holds the one rule that both depend on: a STATE goes out only after the rows
it speaks of.
"""

from __future__ import annotations

from collections import Counter
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from functools import cached_property
from itertools import compress
from typing import TYPE_CHECKING, Any

from singer_sdk.helpers.conform import TypeConformanceLevel

from tap_marketo_programs import export as engine
from tap_marketo_programs import member_file, output
from tap_marketo_programs.config.state import refuse_future
from tap_marketo_programs.errors import (
    BrokenAnswer,
    DailyQuotaExceeded,
    MarketoConfigError,
    MarketoTransientError,
    PermissionDenied,
    RequestRefused,
)
from tap_marketo_programs.process.stdout import SafeWriter, TargetGone
from tap_marketo_programs.schemas import members as member_fields
from tap_marketo_programs.schemas import timestamps
from tap_marketo_programs.streams.base import MarketoStream

if TYPE_CHECKING:
    from collections.abc import (
        Callable,
        Collection,
        Generator,
        Iterable,
        Iterator,
        Mapping,
        Sequence,
    )
    from pathlib import Path

    from pyarrow import RecordBatch
    from singer_sdk import metrics
    from singer_sdk.helpers._batch import BaseBatchFileEncoding, BatchConfig
    from singer_sdk.helpers.types import Context
    from singer_sdk.singerlib import Catalog
    from singer_sdk.tap_base import Tap

    from tap_marketo_programs.export.download import Contents
    from tap_marketo_programs.export.ledger import Ledger
    from tap_marketo_programs.export.request import ExportRequest, ExportSettings
    from tap_marketo_programs.export.run import Export, ExportRun
    from tap_marketo_programs.marketo.client import MarketoClient
    from tap_marketo_programs.marketo.programs import ProgramDirectory
    from tap_marketo_programs.member_file.file import MemberFile
    from tap_marketo_programs.member_file.oddities import FileOddities

MEMBERS_DESCRIBE = "/rest/v1/programs/members/describe.json"
LEADS_DESCRIBE = "/rest/v1/leads/describe2.json"


class ProgramMembersStream(MarketoStream):
    """Members of programs.

    Args:
        tap: The tap.
        client: Sends everything.
        programs: The programs wanted.
    """

    name = "program_members"
    replication_key = "updatedAt"
    # Of the run; what describes the stream needs none.
    _ledger: Ledger
    # Cells are typed once, where they are read, by the very schema that goes out.
    TYPE_CONFORMANCE_LEVEL = TypeConformanceLevel.NONE

    def __init__(self, tap: Tap, client: MarketoClient, programs: ProgramDirectory) -> None:
        self.client = client
        self.programs = programs
        # Checked by the thread that downloads, until the main thread reads them.
        self._checked: dict[Path, MemberFile] = {}
        super().__init__(tap)

    @cached_property
    def _oddities(self) -> FileOddities:
        """What is odd about the files of a run; only a run needs it."""
        return member_file.oddities.FileOddities()

    # What there is

    @cached_property
    def _description(self) -> list[Any]:
        """Describe Program Member; asked for only when somebody needs the schema.

        Source: https://experienceleague.adobe.com/en/docs/marketo-developer/marketo/rest/lead-database/program-members
        """
        return self._described(MEMBERS_DESCRIBE)

    def _described(self, path: str) -> list[Any]:
        """What a describe endpoint answers.

        Every subscription has fields; an answer without any would cost a table
        its columns, so it counts as broken.
        """

        def check(rows: list[Any]) -> list[Any]:
            if not member_fields.described_fields(rows):
                what = "a result" if not rows else "a field that can be read"
                message = f"GET {path}: Marketo answered without {what}"
                raise BrokenAnswer(message)
            return rows

        rows = self.client.read("GET", path, check)
        odd = member_fields.description_oddities(rows)
        if path == MEMBERS_DESCRIBE:
            odd += member_fields.key_oddities(rows)
        if odd:
            self.logger.warning("GET %s: %s", path, "; ".join(odd))
        return rows

    @cached_property
    def _lead_fields(self) -> list[member_fields.MemberField]:
        """The described lead fields that the user wants, in the user's order.

        Raises:
            MarketoConfigError: One does not exist, cannot be exported, or has
                the name of a member field.
        """
        names = list(dict.fromkeys(self.config["lead_fields"]))
        if not names:
            return []
        described = {
            field.name: field
            for field in member_fields.described_fields(self._described(LEADS_DESCRIBE))
        }
        members = {field.name for field in member_fields.described_fields(self._description)}
        for name in names:
            if name in members:
                reason = "is a program member field too, and an export has one column for both"
            elif name not in described:
                reason = "is not a lead field; use the REST names of Admin > Field Management"
            elif not member_fields.exportable(described[name]):
                reason = "is a formula field, which Marketo does not export"
            else:
                continue
            message = f"lead_fields: '{name}' {reason}"
            raise MarketoConfigError(message)
        return [described[name] for name in names]

    @cached_property
    def schema(self) -> dict[str, Any]:
        """Every field that can be exported, as described now."""
        return member_fields.member_schema(
            member_fields.described_fields(self._description),
            self._lead_fields,
            member_fields.dedupe_fields(self._description),
        )

    @property
    def primary_keys(self) -> Sequence[str]:
        """The catalog's keys, or those that describe names."""
        return self._primary_keys or member_fields.dedupe_fields(self._description)

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
            described = member_fields.dedupe_fields(self._description)
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
        ledger = engine.ledger.Ledger.from_bookmark(self.given_bookmark)
        jobs = [job.slice.until for job in ledger.in_flight.values()]
        plans = [ledger.unfinished] if ledger.unfinished else []
        if known := [*ledger.watermarks.values(), *jobs, *plans]:
            refuse_future(self.name, max(known), self.client.now())

    # What the run asks of the stream

    def save(self, bookmark: Mapping[str, Any]) -> None:
        """Write a bookmark to STATE."""
        self.stream_state.update(bookmark)
        self._tap.state_writer.write_state(self.tap_state)

    def count_rows(
        self,
        path: Path,
        fields: Collection[str],
        programs: Collection[int],
    ) -> Contents:
        """Check a whole file with these columns, of these programs if any are named."""
        # Marketo's own keys, whichever of them a catalog names.
        keys = {**dict.fromkeys((*self.primary_keys, "leadId"), ()), "programId": programs}
        file = member_file.file.MemberFile(
            path,
            self._columns(fields),
            self._oddities.nulled,
            keys=keys,
            oddities=self._oddities,
        )
        rows = file.check()
        self._checked[path] = file
        return engine.download.Contents(rows, file.held, file.is_certain)

    def programs_in(self, path: Path) -> set[int]:
        """The programs whose members a file holds."""
        columns = {"programId": {"type": ["integer"]}}
        file = member_file.file.MemberFile(path, columns, Counter(), keys={"programId": ()})
        return {
            one for columns, _ in file.columns() for one in set(columns[0]) if isinstance(one, int)
        }

    def program_exists(self, program_id: int) -> bool:
        """Ask Marketo whether a program is still there."""
        return self.programs.exists(program_id)

    def has_changed(self, program_id: int, since: datetime, until: datetime) -> bool:
        """Ask Marketo, without an export, whether any member changed ("Get Program Members").

        Where Marketo does not say, as for programs of more than 100,000 members or
        when it does not answer, an export has to find out.

        Source: https://experienceleague.adobe.com/en/docs/marketo-developer/marketo/rest/lead-database/program-members
        """
        params = {
            "filterType": "updatedAt",
            "startAt": engine.plan.wire_time(since),
            "endAt": engine.plan.wire_time(max(until, since + timedelta(seconds=1))),
            "batchSize": 1,
        }
        try:
            path = f"/rest/v1/programs/{program_id}/member_fields.json"
            return bool(self.client.call("GET", path, params=params))
        except (RequestRefused, MarketoTransientError, PermissionDenied):
            return True

    def known_fields(self) -> set[str]:
        """Ask Marketo which fields can be exported now."""
        found = member_fields.described_fields(self._described(MEMBERS_DESCRIBE))
        if self.config["lead_fields"]:
            found += member_fields.described_fields(self._described(LEADS_DESCRIBE))
        return {field.name for field in found if member_fields.exportable(field)}

    # What the SDK asks of the stream

    def get_records(self, context: Context | None) -> Iterable[dict[str, Any]]:  # noqa: ARG002 - the SDK's signature
        """Members, export by export; a watermark moves once its export's rows are out."""
        with self._run() as run:
            for export in run:
                yield from self._export_rows(run, export)
                run.written(export)

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
        """Write lines where that is all there is to do; else leave it to the SDK.

        Without this, the SDK's work on each record is nearly all of the time a
        run takes; `export.lines` says what it consists of.
        """
        writer = self._tap.message_writer
        if not (write_messages and self.writes_lines and isinstance(writer, SafeWriter)):
            yield from super()._sync_records(context, write_messages=write_messages)
            return
        self._write_starting_replication_value(context)
        alias, version = self.stream_maps[0].stream_alias, self._stream_version
        with self.get_record_counter() as counter, self.get_sync_timer(), self._run() as run:
            for export in run:
                if (file := self._take(export)) is not None:
                    lines = output.record_lines.RecordLines(alias, file.names, version)
                    for columns in self._blocks(file, run, export):
                        writer.write_lines(lines.encode(columns, datetime.now(tz=UTC)))
                        counter.increment(len(columns[0]))
                run.written(export)
        self._finalize_state(self.stream_state)
        self._write_state_message()

    def get_batches(
        self,
        batch_config: BatchConfig,
        context: Context | None = None,  # noqa: ARG002 - the SDK's signature
    ) -> Iterator[tuple[BaseBatchFileEncoding, list[str]]]:
        """Batches that each belong to one export, so that STATE can follow them."""
        with self._run() as run, self.get_record_counter() as counter:
            for export in run:
                stem = f"{self.tap_name}--{self.name}-{export.export_id}"
                if self.keeps_records:
                    files = self._column_files(run, export, batch_config, stem, counter)
                else:
                    rows = self._counted(self._export_rows(run, export), counter.increment)
                    files = self.files_of(rows, batch_config, stem)
                for url in files:
                    yield batch_config.encoding, [url]
                run.written(export)

    def _column_files(
        self,
        run: ExportRun,
        export: Export,
        batch_config: BatchConfig,
        stem: str,
        counter: metrics.Counter,
    ) -> Iterator[str]:
        """The batch files of one export, made by the column."""
        # Imported here since most runs write none.
        from tap_marketo_programs.output.batches import BatchFiles  # noqa: PLC0415

        file = self._take(export)
        if file is None:
            return
        is_parquet = batch_config.encoding.format == "parquet"
        blocks = self._tables if is_parquet else self._blocks
        with BatchFiles(batch_config, stem, file.properties) as files:
            for block in blocks(file, run, export):
                yield from files.add_block(block)
                counter.increment(len(block[0]))
            yield from files.finish()

    # One run

    @contextmanager
    def _run(self) -> Iterator[ExportRun]:
        """A run for what is wanted now, and a clean end for every way out."""
        self._oddities.clear()
        self._checked.clear()
        self._ledger = engine.ledger.Ledger.from_bookmark(self.stream_state)
        dry_run = self.ABORT_AT_RECORD_COUNT is not None
        run = engine.run.ExportRun(
            engine.api.ExportApi(self.client),
            self._request(),
            self._ledger,
            self._settings(dry_run=dry_run),
            self,
        )
        try:
            with run:
                yield run
        except DailyQuotaExceeded as error:
            if self.config["on_quota_exhausted"] != "stop":
                raise
            self.logger.warning("%s", error)
            # A part of a full table must not replace the whole of the one before.
            self._version_to_activate = None
        finally:
            try:
                # Where nobody reads any more, what was said before has to do.
                with suppress(TargetGone):
                    run.save_what_is_unsaid()
            finally:
                if dry_run:
                    # Nobody keeps a test's state, so nobody would take its jobs up.
                    run.cancel()
                run.tell_end(
                    calls=self.client.limits.made,
                    retries=self.client.retries,
                    nulled=self._oddities.nulled.total(),
                )
                for warning in self._oddities.warnings():
                    self.logger.warning("%s", warning)

    def _request(self) -> ExportRequest:
        until = self.client.now().replace(microsecond=0)
        start = self.config.get("start_date")
        wanted = self.programs.ids
        if not self.programs.is_restricted:
            for program_id in self._ledger.watermarks.keys() - set(wanted):
                if until - self._ledger.watermarks[program_id] > LONGEST_ABSENCE:
                    self._ledger.forget(program_id)
        return engine.request.ExportRequest(
            program_ids=wanted,
            bounds=engine.plan.Bounds(
                now=until,
                start_date=timestamps.instant(start) if start else None,
                lookback=timedelta(
                    seconds=min(LONGEST_LOOKBACK, float(self.config["lookback_seconds"])),
                ),
            ),
            # `programId` comes by itself, as the first column.
            fields=[
                "leadId",
                "updatedAt",
                *(name for name in self.properties if name not in _AUTOMATIC),
            ],
            client=engine.ledger.digest([self.client.connection.client_id]),
            stream=self.name,
            full_table=self.replication_method == "FULL_TABLE",
            restricted=self.programs.is_restricted,
        )

    def _settings(self, *, dry_run: bool) -> ExportSettings:
        quota_mb = self.config.get("daily_export_quota_mb")
        return engine.request.ExportSettings(
            poll_interval=min(LONGEST_WAIT, float(self.config["poll_interval_seconds"])),
            max_queued=1 if dry_run else int(self.config["max_queued_exports"]),
            timeout=float(self.config["export_timeout_seconds"]),
            quota_mb=None if quota_mb is None else float(quota_mb),
        )

    def _columns(self, fields: Collection[str]) -> dict[str, Mapping[str, Any]]:
        return {
            name: spec
            for name, spec in self.properties.items()
            if name in fields or name in _AUTOMATIC
        }

    def _take(self, export: Export) -> MemberFile | None:
        """The checked file of an export, if it has any rows."""
        self._oddities.files.update(export.file.oddities)
        if export.file.path is None:
            return None
        file = self._checked.pop(export.file.path)
        if file.skipped:
            # The warning at the end counts those of all exports.
            self.logger.info("Export %s: %d rows are skipped", export.export_id, file.skipped)
        return file

    def _blocks(
        self,
        file: MemberFile,
        run: ExportRun,
        export: Export,
    ) -> Iterator[list[Sequence[Any]]]:
        """The wanted rows of one file as columns, block by block."""
        for columns, _ in file.columns():
            # Between two blocks, the run may need a STATE.
            run.save_state_if_due()
            if export.slice.floor:
                updated = columns[file.names.index("updatedAt")]
                keep = not_before(updated, export.slice.floor)
                yield [list(compress(column, keep)) for column in columns]
            else:
                yield columns

    def _tables(
        self,
        file: MemberFile,
        run: ExportRun,
        export: Export,
    ) -> Iterator[RecordBatch]:
        """The same, as Arrow has them."""
        for table in member_file.arrow.read_tables(file):
            run.save_state_if_due()
            if export.slice.floor:
                yield table.filter(not_before(table["updatedAt"].to_pylist(), export.slice.floor))
            else:
                yield table

    def _export_rows(self, run: ExportRun, export: Export) -> Iterator[dict[str, Any]]:
        """The same, as records; the target may take its time over each."""
        file = self._take(export)
        if file is None:
            return
        for columns in self._blocks(file, run, export):
            for row in zip(*columns, strict=True):
                run.save_state_if_due()
                yield dict(zip(file.names, row, strict=True))

    @staticmethod
    def _counted(
        rows: Iterator[dict[str, Any]],
        count: Callable[[], None],
    ) -> Iterator[dict[str, Any]]:
        for row in rows:
            count()
            yield row


# A century; more would reach beyond the calendar.
LONGEST_LOOKBACK = 100 * 365 * 86_400.0
# Eleven days; a thread cannot be told to wait for ever so long.
LONGEST_WAIT = 1_000_000.0
# A program that is listed no more may have been deleted; but a permission that was
# lost and came back must not cost every program's history once more.
LONGEST_ABSENCE = timedelta(days=30)
_AUTOMATIC = {"leadId", "updatedAt", "programId"}
_TO_THE_SECOND = len("2026-01-31T00:00:00")


def not_before(updated: Sequence[Any], floor: datetime) -> list[bool]:
    """Which rows are visibly not older than the floor; one without `updatedAt` is kept."""
    # Both in RFC 3339 UTC, so up to the second their text compares as time.
    least = engine.plan.wire_time(floor)[:_TO_THE_SECOND]
    return [moment is None or moment[:_TO_THE_SECOND] >= least for moment in updated]
