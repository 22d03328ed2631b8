"""How fast rows of an export file become RECORD lines, and how much memory it takes.

    uv run python benchmarks/records.py [--rows 1000000] [--sdk-rows 100000] [--runs 5]

This tap beside `csv.reader` alone, the least loop that makes RECORD lines, and
the SDK's path with its defaults.
"""

from __future__ import annotations

import tempfile
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import baseline
import files
import floor
import measure

from tap_marketo_programs.member_file.file import MemberFile
from tap_marketo_programs.output.record_lines import RecordLines
from tap_marketo_programs.process.stdout import SafeWriter

if TYPE_CHECKING:
    import argparse

STREAM = "program_members"


def tap_lines(path: Path, shape: str) -> int:
    """This tap: the file checked, its cells typed, its lines written as ever."""
    form = files.SHAPES[shape]
    file = MemberFile(path, form.properties(form.selected), Counter())
    rows = file.check()
    lines = RecordLines(STREAM, file.names)
    writer = SafeWriter()
    for block, _ in file.columns():
        writer.write_lines(lines.encode(block, datetime.now(tz=UTC)))
    return rows


def sdk_lines(path: Path, shape: str) -> int:
    """The SDK's path."""
    return baseline.sync(baseline.authors_records, path, shape)


def report(options: argparse.Namespace) -> str:
    """The section in Markdown."""
    with tempfile.TemporaryDirectory() as folder:
        file = files.write(Path(folder), options.rows)
        part = files.write(Path(folder), measure.sdk_rows(options))
        cases = [
            measure.Case(floor.FLOOR, floor.floor, file),
            measure.Case(floor.PLAIN_LOOP, floor.plain_loop, file),
            measure.Case("this tap", tap_lines, file),
            measure.Case(baseline.SDK, sdk_lines, part),
        ]
        results = measure.rounds(cases, options.runs)
        least, plain, tap, sdk = results
        return measure.section(
            "RECORD lines",
            measure.conditions(file, part, options.runs),
            measure.figures(results),
            measure.comparison(
                (f"against {one.case.name}", tap, one) for one in (sdk, least, plain)
            ),
        )


if __name__ == "__main__":
    print(report(measure.parser(__doc__, "rows", "sdk_rows", "runs").parse_args()))
