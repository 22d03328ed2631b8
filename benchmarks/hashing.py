"""What hashing costs: RECORD lines and batch files with hashed columns, and with none.

    uv run python benchmarks/hashing.py [--rows 1000000] [--runs 5]

The e-mail address alone, which differs in each row; then first and last names, too. Once
for the making of lines and files alone, and once for whole runs, as a user has them. The
bar: with the e-mail address hashed, a run is at most 15 % slower than without.
"""

from __future__ import annotations

import sys
import tempfile
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

import files
import measure
import runs
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
    from collections.abc import Callable, Sequence

HASHED = ("email", "lastName", "firstName")
COUNTS = (0, 1, len(HASHED))  # how many of them are hashed, the first being what others are held to
SIZE = 100_000  # rows of a batch file
RUN_MEGABYTES = 100  # of a whole run's export


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
    """The sections in Markdown."""
    return f"{_alone(options)}\n\n{_whole_runs(options)}"


def _alone(options: argparse.Namespace) -> str:
    """From a file on disk to lines or batch files."""
    with tempfile.TemporaryDirectory() as folder:
        file = files.write(Path(folder), options.rows)
        cases = [
            measure.Case(f"{form}: {_said(hashed)}", function, file, (hashed, *arguments))
            for form, function, arguments in FORMS
            for hashed in COUNTS
        ]
        results = measure.rounds(cases, options.runs)
        return measure.section(
            "Hashed fields",
            f"{file.rows:,} rows, {file.megabytes:.0f} MB: {files.SHAPES[file.shape].label}. "
            f"Medians of {options.runs} rounds; in brackets the median of each round's ratio, "
            "against the same without hashing.",
            measure.figures(results),
            measure.comparison(
                (one.case.name, one, results[number - number % len(COUNTS)])
                for number, one in enumerate(results)
                if number % len(COUNTS)
            ),
        )


def _whole_runs(options: argparse.Namespace) -> str:
    """The command, from its start to its end."""
    cases = [(mode, hashed) for mode in runs.MODES for hashed in COUNTS]
    taken: dict[tuple[str, int], list[runs.Run]] = {case: [] for case in cases}
    with tempfile.TemporaryDirectory() as bytecode:
        for mode, hashed in cases:
            runs.take(mode, runs.WARM_MEGABYTES, bytecode, _settings(hashed))  # writes bytecode
        for number in range(options.runs):
            sys.stderr.write(f"round {number + 1} of {options.runs}: {len(cases)} whole runs\n")
            for mode, hashed in cases[:: -1 if number % 2 else 1]:
                run = runs.take(mode, RUN_MEGABYTES, bytecode, _settings(hashed))
                taken[mode, hashed].append(run)
    rows = [
        [f"{mode}: {_said(hashed)}", *_figures(taken[mode, hashed], taken[mode, 0])]
        for mode, hashed in cases
    ]
    return measure.section(
        "Whole runs with hashed fields",
        f"Runs of {RUN_MEGABYTES} MB against a sandbox on the same machine, the making of the "
        f"export included; medians of {options.runs} rounds, and ratios as above.",
        measure.table(["", "wall s", "rows/s", "CPU s", "rows/s, ratio", "CPU s, ratio"], rows),
    )


def _figures(taken: Sequence[runs.Run], plain: Sequence[runs.Run]) -> list[str]:
    wall, cpu = ([getattr(run, what) for run in taken] for what in ("wall", "cpu"))
    return [
        f"{median(wall):.1f}",
        f"{taken[0].rows / median(wall):,.0f}",
        f"{median(cpu):.1f}",
        measure.ratio([run.wall for run in plain], wall),
        measure.ratio(cpu, [run.cpu for run in plain]),
    ]


def _settings(hashed: int) -> dict[str, Any]:
    """The three fields are exported always, so that all runs have the same file."""
    wanted: dict[str, Any] = {"lead_fields": list(HASHED)}
    if hashed:
        wanted |= {"hash_fields": list(HASHED[:hashed]), "hash_salt": "a salt to measure by"}
    return wanted


def _said(hashed: int) -> str:
    return f"{', '.join(HASHED[:hashed])} hashed" if hashed else "nothing hashed"


if __name__ == "__main__":
    print(report(measure.parser(__doc__, "rows", "runs").parse_args()))
