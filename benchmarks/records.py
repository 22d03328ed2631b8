"""How fast rows of an export file become RECORD lines, and how much memory it takes.

    uv run python benchmarks/records.py [--rows 200000] [--runs 5]

Each case runs in a process of its own, the cases in turn, so that a machine
that slows down slows all of them; the figures are medians. The floor is
`csv.reader` over the file and nothing else; the plain loop is the least that
makes RECORD lines (texts only, nothing checked); the SDK's path is a stream
with the SDK's defaults over rows that are typed already.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import files
import msgspec
from singer_sdk import Stream, Tap

from tap_marketo_programs.export.lines import RecordLines
from tap_marketo_programs.export.rows import MemberFile

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

CHUNK = 1000


def floor(path: Path, columns: int) -> int:
    """`csv.reader` alone."""
    del columns
    with path.open(newline="", encoding="utf-8") as file:
        return sum(1 for _ in csv.reader(file)) - 1


def plain_loop(path: Path, columns: int) -> int:
    """`csv.reader`, a struct and `encode_lines`; every cell a text."""
    encoder = msgspec.json.Encoder()
    fields = [(name, str) for name, _, _ in files.columns(columns)]
    record = msgspec.defstruct("Record", fields, gc=False)
    message = msgspec.defstruct(
        "Message",
        [("stream", str), ("record", record), ("time_extracted", str)],
        tag_field="type",
        tag="RECORD",
        gc=False,
    )
    now = datetime.now(tz=UTC).isoformat()
    rows = 0
    with path.open(newline="", encoding="utf-8") as file:
        reader = csv.reader(file)
        next(reader)
        chunk: list[Any] = []
        for row in reader:
            chunk.append(message("program_members", record(*row), now))
            if len(chunk) == CHUNK:
                sys.stdout.buffer.write(encoder.encode_lines(chunk))
                rows += len(chunk)
                chunk.clear()
        sys.stdout.buffer.write(encoder.encode_lines(chunk))
        return rows + len(chunk)


def tap_lines(path: Path, columns: int) -> int:
    """This tap: the file checked, its cells typed, its lines written."""
    file = MemberFile(path, files.properties(columns), Counter())
    rows = file.check()
    lines = RecordLines("program_members", file.names)
    for block, _ in file.columns():
        sys.stdout.buffer.write(lines.encode(block, datetime.now(tz=UTC)))
    return rows


def sdk_path(path: Path, columns: int) -> int:
    """The SDK's own loop with its defaults, over records typed by this tap."""
    file = MemberFile(path, files.properties(columns), Counter())

    class Members(Stream):
        name = "program_members"

        def get_records(self, context: object) -> Iterable[dict[str, Any]]:
            del context
            return iter(file)

    class OneStream(Tap):
        name = "tap-benchmark"

        def discover_streams(self) -> list[Stream]:
            schema = {"type": "object", "properties": files.properties(columns)}
            return [Members(self, schema=schema)]

    OneStream().sync_all()
    return file.check()


CASES: dict[str, Callable[[Path, int], int]] = {
    "csv.reader alone (floor)": floor,
    "plain loop": plain_loop,
    "this tap": tap_lines,
    "the SDK's path": sdk_path,
}


def measure(case: str, path: Path, columns: int) -> tuple[float, float]:
    """CPU seconds and peak megabytes of one case in a process of its own."""
    line = [sys.executable, __file__, "--case", case, "--file", str(path)]
    line += ["--columns", str(columns)]
    done = subprocess.run(  # noqa: S603 - ourselves
        line,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        check=True,
        env={**os.environ, "LOGLEVEL": "ERROR"},
    )
    answer = json.loads(done.stderr.splitlines()[-1])
    return answer["cpu"], answer["megabytes"]


def one(case: str, path: Path, columns: int) -> None:
    """The child's side: run one case, say what it took."""
    started = time.process_time()
    CASES[case](path, columns)
    sys.stdout.flush()
    answer = {
        "cpu": time.process_time() - started,
        "megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }
    sys.stderr.write(json.dumps(answer) + "\n")


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--columns", type=int, default=25)
    parser.add_argument("--quoted", type=float, default=0.02, help="share of rows with quotes")
    parser.add_argument("--case", help=argparse.SUPPRESS)
    parser.add_argument("--file", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.case:
        one(options.case, options.file, options.columns)
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "members.csv"
        files.write(path, options.rows, count=options.columns, quoted=options.quoted)
        table(options, path)


def table(options: argparse.Namespace, path: Path) -> None:
    """Run the cases in turn and print their medians."""
    taken: dict[str, list[tuple[float, float]]] = {case: [] for case in CASES}
    for _ in range(options.runs):
        for case, results in taken.items():
            results.append(measure(case, path, options.columns))
    megabytes = path.stat().st_size / 1e6
    print(f"{options.rows} rows x {options.columns} columns, {megabytes:.0f} MB, CPU, medians")
    print(f"{'':26}{'CPU s':>8}{'rows/s':>10}{'MB/s':>7}{'peak MB':>9}{'x plain':>9}{'x SDK':>7}")
    plain = statistics.median(cpu for cpu, _ in taken["plain loop"])
    sdk = statistics.median(cpu for cpu, _ in taken["the SDK's path"])
    for case, results in taken.items():
        cpu = statistics.median(seconds for seconds, _ in results)
        peak = statistics.median(peak for _, peak in results)
        print(
            f"{case:26}{cpu:8.2f}{options.rows / cpu:10,.0f}{megabytes / cpu:7.0f}{peak:9.0f}"
            f"{cpu / plain:9.2f}{sdk / cpu:7.1f}",
        )


if __name__ == "__main__":
    main()
