"""What hashing costs: RECORD lines and batch files with hashed columns, and with none.

    uv run python benchmarks/hashing.py [--rows 1000000] [--runs 5]

The e-mail address alone, which differs in each row; then first and last names, too. The
bar: with the e-mail address hashed, at most 15 % slower than without.
"""

from __future__ import annotations

import tempfile
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import files
import measure
from batches import FORMATS, batch_config
from records import STREAM

from tap_marketo_programs.member_file.file import MemberFile
from tap_marketo_programs.member_file.hashing import Hashing
from tap_marketo_programs.output.batch_config import read_config
from tap_marketo_programs.output.batches import BatchFiles
from tap_marketo_programs.output.record_lines import RecordLines
from tap_marketo_programs.process.stdout import SafeWriter
from tap_marketo_programs.schemas.hashed import with_hashes

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

HASHED = ("email", "lastName", "firstName")
SIZE = 100_000  # rows of a batch file


def _open(path: Path, shape: str, hashed: int) -> MemberFile:
    """The file, with the first of the columns hashed."""
    form = files.SHAPES[shape]
    plain = form.properties(form.selected)
    types = {name: plain[name] for name in HASHED[:hashed]}
    properties = with_hashes({"properties": plain}, types)["properties"]
    return MemberFile(path, properties, Counter(), hashing=Hashing("a salt to measure by", types))


def lines(path: Path, shape: str, hashed: int) -> int:
    """RECORD lines."""
    file = _open(path, shape, hashed)
    rows = file.check()
    made = RecordLines(STREAM, file.names)
    writer = SafeWriter()
    for block, _ in file.columns():
        writer.write_lines(made.encode(block, datetime.now(tz=UTC)))
    return rows


def stored(path: Path, shape: str, hashed: int, kind: str) -> int:
    """Batch files."""
    file = _open(path, shape, hashed)
    rows = file.check()
    blocks: Any = (block for block, _ in file.columns())
    if kind == "parquet":
        # Imported here since JSON Lines need no pyarrow: its memory would be charged to them.
        from tap_marketo_programs.member_file.arrow import read_tables  # noqa: PLC0415

        blocks = read_tables(file)
    with BatchFiles(read_config(batch_config(kind, SIZE)), "members", file.properties) as batches:
        for block in blocks:
            assert list(batches.add_block(block)) is not None
        assert list(batches.finish()) is not None
    return rows


FORMS: tuple[tuple[str, Callable[..., int], tuple[str, ...]], ...] = (
    ("RECORD lines", lines, ()),
    *((name, stored, (kind,)) for kind, name in FORMATS.items()),
)


def report(options: argparse.Namespace) -> str:
    """The section in Markdown."""
    with tempfile.TemporaryDirectory() as folder:
        file = files.write(Path(folder), options.rows)
        cases = [
            measure.Case(f"{form}: {_said(hashed)}", function, file, (hashed, *arguments))
            for form, function, arguments in FORMS
            for hashed in (0, 1, len(HASHED))
        ]
        results = measure.rounds(cases, options.runs)
        return measure.section(
            "Hashed fields",
            f"{file.rows:,} rows, {file.megabytes:.0f} MB: {files.SHAPES[file.shape].label}. "
            f"Medians of {options.runs} rounds; in brackets the median of each round's ratio, "
            "against the same without hashing.",
            measure.figures(results),
            measure.comparison(
                (one.case.name, one, results[number - number % 3])
                for number, one in enumerate(results)
                if number % 3
            ),
        )


def _said(hashed: int) -> str:
    return f"{', '.join(HASHED[:hashed])} hashed" if hashed else "nothing hashed"


if __name__ == "__main__":
    print(report(measure.parser(__doc__, "rows", "runs").parse_args()))
