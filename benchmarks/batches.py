"""How fast rows of an export file become batch files, and how much memory it takes.

    uv run python benchmarks/batches.py [--rows 1000000] [--sdk-rows 100000] [--runs 5]

JSON Lines in gzip and Parquet, in files of 10,000 and of 100,000 rows, into a
local folder. Beside the SDK's path stands the same fed with records that this
tap has read, which tells what is the reader's and what the batcher's. The SDK
compresses JSON Lines with zlib's level 9, this tap with a level of ISA-L's.
"""

from __future__ import annotations

import tempfile
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import baseline
import files
import floor
import measure

from tap_marketo_programs.member_file.file import MemberFile
from tap_marketo_programs.output.batch_config import read_config
from tap_marketo_programs.output.batches import BatchFiles

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

FORMATS = {"jsonl": "JSON Lines", "parquet": "Parquet"}
SIZES = (10_000, 100_000)


def tap_batches(path: Path, shape: str, kind: str, size: int) -> int:
    """This tap: the file checked, its columns stored."""
    form = files.SHAPES[shape]
    properties = form.properties(form.selected)
    config = read_config(batch_config(kind, size))
    file = MemberFile(path, properties, Counter())
    rows = file.check()
    stored = 0
    blocks: Any = (block for block, _ in file.columns())
    if kind == "parquet":
        # Imported here since JSON Lines need no pyarrow: its memory would be charged to them.
        from tap_marketo_programs.member_file.arrow import read_tables  # noqa: PLC0415

        blocks = read_tables(file)
    with BatchFiles(config, "members", properties) as batches:
        for block in blocks:
            stored += len(list(batches.add_block(block)))
        stored += len(list(batches.finish()))
    assert stored == -(-rows // size)
    return rows


def sdk_batches(path: Path, shape: str, kind: str, size: int) -> int:
    """The SDK's path."""
    return baseline.sync(baseline.authors_records, path, shape, _sdk_config(kind, size))


def sdk_batches_of_ours(path: Path, shape: str, kind: str, size: int) -> int:
    """The SDK's path, fed with this tap's records."""
    return baseline.sync(baseline.our_records, path, shape, _sdk_config(kind, size))


def batch_config(kind: str, size: int) -> dict[str, Any]:
    """A user's `batch_config` for a folder of this case's own."""
    return {
        "encoding": {"format": kind, **({"compression": "gzip"} if kind == "jsonl" else {})},
        "storage": {"root": Path(tempfile.mkdtemp(dir=Path.cwd())).as_uri()},
        "batch_size": size,
    }


def _sdk_config(kind: str, size: int) -> dict[str, Any]:
    return {"batch_config": batch_config(kind, size)}


def report(options: argparse.Namespace) -> str:
    """The section in Markdown."""
    with tempfile.TemporaryDirectory() as folder:
        file = files.write(Path(folder), options.rows)
        part = files.write(Path(folder), measure.sdk_rows(options))
        cases = [measure.Case(floor.FLOOR, floor.floor, file)]
        for kind in FORMATS:
            for size in SIZES:
                cases += _cases(file, part, kind, size)
        results = measure.rounds(cases, options.runs)
        return measure.section(
            "Batch files",
            measure.conditions(file, part, options.runs),
            measure.figures(results),
            measure.comparison(_pairs(*results)),
        )


def _cases(file: files.File, part: files.File, kind: str, size: int) -> list[measure.Case]:
    return [
        measure.Case(f"{FORMATS[kind]} of {size:,}: {name}", function, of, (kind, size))
        for name, function, of in (
            ("this tap", tap_batches, file),
            (baseline.SDK, sdk_batches, part),
            (f"{baseline.SDK}, fed by this tap's reader", sdk_batches_of_ours, part),
        )
    ]


def _pairs(
    least: measure.Result, *results: measure.Result
) -> Iterator[tuple[str, measure.Result, measure.Result]]:
    """What stands beside what: this tap beside the two SDK cases behind it, and the floor."""
    for at in range(0, len(results), 3):
        tap, sdk, fed = results[at : at + 3]
        where, _, _ = tap.case.name.partition(":")
        yield f"{where}: against {baseline.SDK}", tap, sdk
        yield f"{where}: against the same, fed by this tap's reader", tap, fed
        yield f"{where}: against {floor.FLOOR}", tap, least


if __name__ == "__main__":
    print(report(measure.parser(__doc__, "rows", "sdk_rows", "runs").parse_args()))
