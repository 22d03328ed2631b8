"""The SDK's default path, to compare this tap with.

It is a stream as the author of a tap would write it: it yields a
dict for each row, read by `csv.reader`, with a converter for each column, and
leaves everything else to the SDK. So it checks nothing of the file, and a cell
of another form than usual ends the run. To tell the SDK's work from the
reading, the same stream can also be fed with this tap's records.
"""

from __future__ import annotations

import csv
from collections import Counter
from typing import TYPE_CHECKING, Any

from files import SHAPES
from singer_sdk import Stream, Tap

from tap_marketo_programs.member_file.file import MemberFile

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path

    from files import Shape

SDK = "the SDK's path"

_NULLS = {"", "null"}
_CONVERTERS: Mapping[str, Callable[[str], Any]] = {
    "integer": int,
    "number": float,
    "boolean": {"0": False, "1": True}.__getitem__,
    "string": str,
}


def authors_records(path: Path, shape: Shape) -> Iterator[dict[str, Any]]:
    """Records of all columns, as the author of a tap would read them."""
    fields = [(name, _CONVERTERS[kind]) for name, kind, _ in shape.all_columns]
    with path.open(newline="", encoding="utf-8") as file:
        reader = csv.reader(file)
        next(reader)
        for row in reader:
            yield {
                name: None if cell in _NULLS else convert(cell)
                for (name, convert), cell in zip(fields, row, strict=True)
            }


def our_records(path: Path, shape: Shape) -> Iterable[dict[str, Any]]:
    """The same, checked and typed by this tap."""
    names = [name for name, _, _ in shape.all_columns]
    return MemberFile(path, shape.properties(names), Counter())


def sync(
    records: Callable[[Path, Shape], Iterable[dict[str, Any]]],
    path: Path,
    shape: str,
    config: Mapping[str, Any] | None = None,
) -> int:
    """Run a tap of one stream with the SDK's defaults; its number of rows."""
    form = SHAPES[shape]
    names = [name for name, _, _ in form.all_columns]
    schema = {"type": "object", "properties": form.properties(names)}
    rows = 0

    class Members(Stream):
        name = "program_members"

        def get_records(self, context: object) -> Iterable[dict[str, Any]]:
            nonlocal rows
            del context
            for rows, record in enumerate(records(path, form), 1):  # noqa: B007 - counts
                yield record

    class OneStream(Tap):
        name = "tap-benchmark"

        def discover_streams(self) -> list[Stream]:
            return [Members(self, schema=schema)]

    tap = OneStream(config=dict(config or {}))
    mask = tap.streams["program_members"].mask
    for name in set(names) - set(form.selected):
        mask["properties", name] = False
    tap.sync_all()
    return rows
