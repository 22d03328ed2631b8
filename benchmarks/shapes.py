"""How fast files of other shapes become RECORD lines: quotes, line breaks, columns, letters.

    uv run python benchmarks/shapes.py [--rows 1000000] [--sdk-rows 100000] [--runs 5]

A fifth of the rows that `records.py` takes, for each shape. The bar: in no
shape slower than the SDK's path.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import files
import floor
import measure
import records

if TYPE_CHECKING:
    import argparse

SHARE = 5


def report(options: argparse.Namespace) -> str:
    """The section in Markdown."""
    rows = max(1, options.rows // SHARE)
    sdk_rows = max(1, measure.sdk_rows(options) // SHARE)
    head = [
        "shape",
        "MB",
        "`csv.reader` rows/s",
        "this tap rows/s",
        "the SDK's path rows/s",
        "this tap : the SDK's path",
        "this tap : `csv.reader`",
        "this tap peak MB",
    ]
    return measure.section(
        "Shapes of files",
        f"{rows:,} rows each to RECORD lines, the SDK's path the first {sdk_rows:,} only; rows in "
        f"a second of CPU, medians of {options.runs} rounds; in brackets the median of each "
        "round's ratio. Of the last two shapes the SDK's path makes other values than were meant.",
        measure.table(head, [_line(shape, rows, sdk_rows, options.runs) for shape in files.SHAPES]),
    )


def _line(shape: str, rows: int, sdk_rows: int, runs: int) -> list[str]:
    """Measure one shape."""
    with tempfile.TemporaryDirectory() as folder:
        file = files.write(Path(folder), rows, shape)
        part = files.write(Path(folder), sdk_rows, shape)
        least, tap, sdk = measure.rounds(
            [
                measure.Case("floor", floor.floor, file),
                measure.Case("tap", records.tap_lines, file),
                measure.Case("sdk", records.sdk_lines, part),
            ],
            runs,
        )
        return [
            files.SHAPES[shape].label,
            f"{file.megabytes:.0f}",
            *(f"{result.per_second('cpu'):,.0f}" for result in (least, tap, sdk)),
            measure.ratio(sdk.each("cpu"), tap.each("cpu")),
            measure.ratio(least.each("cpu"), tap.each("cpu")),
            f"{tap.median('peak'):.0f}",
        ]


if __name__ == "__main__":
    print(report(measure.parser(__doc__, "rows", "sdk_rows", "runs").parse_args()))
