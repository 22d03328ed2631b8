"""The loop that writes members, and the forms in which their rows can leave.

A row reaches the target before any STATE that says so: the run learns that an export is
written only once its sink has handed over every row. The loop must not know how a form is
made, nor a sink where its exports come from.
"""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import compress
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from tap_marketo_programs.output.record_lines import RecordLines
from tap_marketo_programs.schemas.timestamps import wire_time

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from pyarrow import RecordBatch
    from singer_sdk.helpers._batch import BatchConfig

    from tap_marketo_programs.member_file.file import MemberFile
    from tap_marketo_programs.process.stdout import SafeWriter

_TO_THE_SECOND = len("2026-01-31T00:00:00")
T_co = TypeVar("T_co", covariant=True)
T = TypeVar("T")
E = TypeVar("E", bound="Export")


class Export(Protocol):
    """A verified file, as far as a sink needs to know it."""

    @property
    def export_id(self) -> str:
        """Marketo's id of the job."""

    @property
    def reader(self) -> MemberFile | None:
        """Reads the rows; None where there are none."""

    @property
    def min_updated_at(self) -> datetime | None:
        """Rows that are visibly older than this were not wanted; None wants all."""


class Run(Protocol[E]):
    """Where exports come from."""

    def __iter__(self) -> Iterator[E]:
        """Verified files, in the order in which their rows must leave."""

    def save_state_if_due(self) -> None:
        """Write the STATE that somebody waits for, if anybody does."""

    def written(self, export: E) -> None:
        """All rows of an export are written."""


class Sink(Protocol[T_co]):
    """One form in which rows leave."""

    def write(
        self, file: MemberFile, export: Export, between: Callable[[], None]
    ) -> Iterator[T_co]:
        """Hand over all rows of a file, piece by piece.

        Args:
            file: Reads the rows.
            export: What they belong to.
            between: To be called between two pieces.
        """


def write_exports(run: Run[E], sink: Sink[T]) -> Iterator[T]:
    """Write export by export; a watermark moves once its export's rows are out.

    Yields:
        What the sink makes of the rows.
    """
    for export in run:
        if export.reader is not None:
            yield from sink.write(export.reader, export, run.save_state_if_due)
        run.written(export)


class Records:
    """Rows as records, for the SDK and for whoever wants to see single ones."""

    def write(
        self, file: MemberFile, export: Export, between: Callable[[], None]
    ) -> Iterator[dict[str, Any]]:
        """Hand over records; the target may take its time over each."""
        for columns in _blocks(file, export, between):
            for row in zip(*columns, strict=True):
                between()
                yield dict(zip(file.names, row, strict=True))


class Lines:
    """Rows as lines of RECORD messages, a block of them at a time.

    Args:
        writer: Where they go.
        name: The stream's name, as the target knows it.
        version: Of the full table; None where there is none.
        count: Told how many rows were written.
    """

    def __init__(
        self,
        writer: SafeWriter,
        name: str,
        version: int | None,
        count: Callable[[int], None],
    ) -> None:
        self._writer = writer
        self._name = name
        self._version = version
        self._count = count

    def write(
        self, file: MemberFile, export: Export, between: Callable[[], None]
    ) -> Iterator[None]:
        """Write lines."""
        lines = RecordLines(self._name, file.names, self._version)
        for columns in _blocks(file, export, between):
            self._writer.write_lines(lines.encode(columns, datetime.now(tz=UTC)))
            self._count(len(columns[0]))
            yield None


class ColumnBatches:
    """Rows as batch files, made by the column.

    Args:
        config: The user's `batch_config`.
        stem: How the files' names begin.
        count: Told how many rows were taken.
    """

    def __init__(self, config: BatchConfig, stem: str, count: Callable[[int], None]) -> None:
        self._config = config
        self._stem = stem
        self._count = count

    def write(self, file: MemberFile, export: Export, between: Callable[[], None]) -> Iterator[str]:
        """Store files; the URL of each."""
        # Imported here since most runs write none.
        from tap_marketo_programs.output.batches import BatchFiles  # noqa: PLC0415

        blocks = _tables if self._config.encoding.format == "parquet" else _blocks
        with BatchFiles(self._config, _named(self._stem, export), file.properties) as files:
            for block in blocks(file, export, between):
                yield from files.add_block(block)
                self._count(len(block[0]))
            yield from files.finish()


class RecordBatches:
    """Rows as batch files, made of what stream maps and flattening leave of each record.

    Args:
        files_of: Makes files of records; a file's name begins with the given stem.
        stem: How the files' names begin.
        count: Told how many rows were taken.
    """

    def __init__(
        self,
        files_of: Callable[[Iterable[dict[str, Any]], str], Iterator[str]],
        stem: str,
        count: Callable[[int], None],
    ) -> None:
        self._files_of = files_of
        self._stem = stem
        self._count = count

    def write(self, file: MemberFile, export: Export, between: Callable[[], None]) -> Iterator[str]:
        """Store files; the URL of each."""

        def counted() -> Iterator[dict[str, Any]]:
            for row in Records().write(file, export, between):
                self._count(1)
                yield row

        yield from self._files_of(counted(), _named(self._stem, export))


def _named(stem: str, export: Export) -> str:
    return f"{stem}-{export.export_id}"


def _blocks(
    file: MemberFile, export: Export, between: Callable[[], None]
) -> Iterator[list[Sequence[Any]]]:
    """The wanted rows of one file as columns, block by block."""
    for columns, _ in file.columns():
        between()
        if export.min_updated_at:
            updated = columns[file.names.index("updatedAt")]
            keep = _not_before(updated, export.min_updated_at)
            yield [list(compress(column, keep)) for column in columns]
        else:
            yield columns


def _tables(file: MemberFile, export: Export, between: Callable[[], None]) -> Iterator[RecordBatch]:
    """The same, as Arrow has them."""
    # Imported here since it needs pyarrow, which only Parquet asks for.
    from tap_marketo_programs.member_file.arrow import read_tables  # noqa: PLC0415
    from tap_marketo_programs.member_file.moments import MOMENT, not_before  # noqa: PLC0415

    for table in read_tables(file):
        between()
        if export.min_updated_at is None:
            yield table
            continue
        updated = table["updatedAt"]
        if updated.type == MOMENT:
            yield table.filter(not_before(updated, export.min_updated_at))
        else:
            # A catalog that does not call it a date and time makes a text of it.
            yield table.filter(_not_before(updated.to_pylist(), export.min_updated_at))


def _not_before(updated: Sequence[Any], min_updated_at: datetime) -> list[bool]:
    """Which rows are visibly not older than a moment; one without `updatedAt` is kept.

    Args:
        updated: The rows' `updatedAt`, as records have it.
        min_updated_at: The moment.
    """
    # Both in RFC 3339 UTC, so up to the second their text compares as time.
    first = wire_time(min_updated_at)[:_TO_THE_SECOND]
    return [moment is None or moment[:_TO_THE_SECOND] >= first for moment in updated]
