"""What the benchmarks share: cases in processes of their own, medians, tables.

A case is a function of one of the scripts here, applied to an export file. It
runs in a process of its own, first on a file of a few rows, so that what is
imported or compiled on the way is not charged to it, then on the file. The
cases take turns, in a round forwards and in the next one backwards, so that a
machine that slows down slows all of them; a comparison is the ratio of two
medians and, beside it, the median of the ratios of each round. It must not
know what is measured.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import files

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

WARM_ROWS = 200
# What an environment may say that no user's says: it would be measured, too.
FOREIGN = {"PYTHONDONTWRITEBYTECODE", "PYTHONUNBUFFERED", "PYTHONPROFILEIMPORTTIME"}

_OPTIONS: dict[str, dict[str, Any]] = {
    "rows": {"type": int, "default": 1_000_000, "help": "of the largest file"},
    "sdk_rows": {"type": int, "help": "of it, for the SDK's path (default: a tenth)"},
    "runs": {"type": int, "default": 5, "help": "rounds of which a median is taken"},
    "megabytes": {
        "type": float,
        "nargs": "+",
        "default": [1, 10, 100, 500],
        "help": "files of whole runs",
    },
    "programs": {"type": int, "default": 400, "help": "of the makespan"},
    "speed": {"type": float, "default": 60, "help": "times Marketo's, of the makespan"},
    "detailed": {"type": int, "default": 3000, "help": "programs of the details"},
    "known": {
        "type": int,
        "nargs": "+",
        "default": [300, 3000],
        "help": "programs of the increments",
    },
    "increment_speed": {
        "type": float,
        "default": 30,
        "help": "times Marketo's, of the increments",
    },
    "details_speed": {"type": float, "default": 10, "help": "times Marketo's, of the details"},
}


def parser(description: str | None, *names: str) -> argparse.ArgumentParser:
    """A command line with these options, or with all."""
    made = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    for name in names or _OPTIONS:
        made.add_argument(f"--{name.replace('_', '-')}", **_OPTIONS[name])
    return made


def sdk_rows(options: argparse.Namespace) -> int:
    """Rows for the SDK's path, which takes ten times as long as all others."""
    return int(options.sdk_rows or max(1, options.rows // 10))


def circumstances() -> str:
    """When and on what this is measured."""
    command = " ".join(["uv run python benchmarks", *sys.argv[1:]])
    return (
        f"{datetime.now(tz=UTC):%Y-%m-%d}, {os.cpu_count()} CPUs, Python "
        f"{platform.python_version()}, singer-sdk {version('singer-sdk')}: `{command}`"
    )


# --- processes -------------------------------------------------------------


def environment(bytecode: str) -> Mapping[str, str]:
    """The environment for a process: as a user's, with bytecode kept in this folder."""
    kept = {name: value for name, value in os.environ.items() if name not in FOREIGN}
    return {**kept, "PYTHONPYCACHEPREFIX": bytecode}


def reap(process: subprocess.Popen[bytes]) -> float:
    """Wait for a process; the CPU seconds that it alone has used."""
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return used.ru_utime + used.ru_stime


def peak_megabytes(process: int | str = "self") -> float:
    """Linux's own high-water mark; what getrusage says includes the parent's before exec."""
    for line in Path(f"/proc/{process}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024 / 1e6
    return 0


# --- cases -----------------------------------------------------------------


class Case(NamedTuple):
    """One thing to measure.

    Attributes:
        name: For tables.
        function: Takes the path of the file, the name of its shape and the
            arguments; returns how many rows it has dealt with.
        file: To be dealt with.
        arguments: What else the function takes.
    """

    name: str
    function: Callable[..., int]
    file: files.File
    arguments: tuple[str | int, ...] = ()


class Taken(NamedTuple):
    """What one run took: seconds and megabytes."""

    wall: float
    cpu: float
    peak: float


class Result(NamedTuple):
    """What the runs of a case took."""

    case: Case
    runs: list[Taken]

    def taken(self, what: str) -> list[float]:
        """By each run."""
        return [one._asdict()[what] for one in self.runs]

    def median(self, what: str) -> float:
        """Of all runs."""
        return statistics.median(self.taken(what))

    def per_second(self, what: str) -> float:
        """Rows in a second of this."""
        return self.case.file.rows / self.median(what)

    def each(self, what: str) -> list[float]:
        """What each run took: the memory, or the seconds of a row."""
        rows = 1 if what == "peak" else self.case.file.rows
        return [taken / rows for taken in self.taken(what)]


def rounds(cases: Sequence[Case], runs: int) -> list[Result]:
    """Run each case that many times, in turn."""
    results = [Result(case, []) for case in cases]
    with tempfile.TemporaryDirectory() as folder:
        warm = {
            shape: files.write(Path(folder), WARM_ROWS, shape)
            for shape in {case.file.shape for case in cases}
        }
        for case in cases:  # leaves bytecode behind; to compile takes memory
            file = warm[case.file.shape]
            _run(case._replace(file=file), file.path, folder)
        for number in range(runs):
            sys.stderr.write(f"round {number + 1} of {runs}: {len(cases)} cases\n")
            for result in results[:: -1 if number % 2 else 1]:
                result.runs.append(_run(result.case, warm[result.case.file.shape].path, folder))
    return results


def _run(case: Case, warm: Path, bytecode: str) -> Taken:
    """Run a case in a process of its own."""
    # The module by its file, since the script that was started is called `__main__`.
    module = Path(case.function.__code__.co_filename).stem
    order = [module, case.function.__name__, str(warm), str(case.file.path), case.file.shape]
    done = subprocess.run(  # noqa: S603 - ourselves
        [sys.executable, __file__, json.dumps([*order, *case.arguments])],
        stdout=subprocess.PIPE,
        check=True,
        env={**environment(bytecode), "LOGLEVEL": "ERROR"},
    )
    rows, *taken = json.loads(done.stdout)
    assert rows == case.file.rows, (case.name, rows)
    return Taken(*taken)


def _child(module: str, name: str, warm: str, path: str, *arguments: str | int) -> None:
    """The other side: run a case, say what it took. What the case prints goes nowhere."""
    function: Callable[..., int] = getattr(importlib.import_module(module), name)
    with os.fdopen(os.dup(1), "w") as answer, _nowhere(), tempfile.TemporaryDirectory() as folder:
        with contextlib.chdir(folder):
            function(Path(warm), *arguments)
            wall, cpu = time.perf_counter(), time.process_time()
            rows = function(Path(path), *arguments)
            sys.stdout.flush()
            wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        json.dump([rows, wall, cpu, peak_megabytes()], answer)


@contextlib.contextmanager
def _nowhere() -> Iterator[None]:
    """Have stdout end at the null device, as it is for all who write to it."""
    with Path(os.devnull).open("wb") as null:
        os.dup2(null.fileno(), 1)
        yield
        sys.stdout.flush()


# --- tables ----------------------------------------------------------------


def section(title: str, said: str, *tables: str) -> str:
    """A part of the report."""
    return "\n\n".join([f"### {title}", said, *tables])


def conditions(file: files.File, part: files.File, runs: int) -> str:
    """What was read, by whom and how often."""
    return (
        f"{file.rows:,} rows, {file.megabytes:.0f} MB: {files.SHAPES[file.shape].label}. The SDK's "
        f"path reads the first {part.rows:,} rows only. Medians of {runs} rounds; in brackets the "
        "median of each round's ratio."
    )


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table in Markdown; all columns but the first hold figures."""
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def figures(results: Iterable[Result]) -> str:
    """What the cases took, as medians."""
    return table(
        ["", "rows", "wall s", "rows/s", "MB/s", "CPU s", "rows per CPU s", "peak MB"],
        [
            [
                result.case.name,
                f"{result.case.file.rows:,}",
                f"{result.median('wall'):.2f}",
                f"{result.per_second('wall'):,.0f}",
                f"{result.case.file.megabytes / result.median('wall'):.1f}",
                f"{result.median('cpu'):.2f}",
                f"{result.per_second('cpu'):,.0f}",
                f"{result.median('peak'):.0f}",
            ]
            for result in results
        ],
    )


def ratio(one: Sequence[float], other: Sequence[float]) -> str:
    """One against the other: of the medians, and the median of each round's."""
    pairs = statistics.median(mine / theirs for mine, theirs in zip(one, other, strict=True))
    return f"{statistics.median(one) / statistics.median(other):.2f} x ({pairs:.2f})"


def comparison(pairs: Iterable[tuple[str, Result, Result]]) -> str:
    """What this tap takes of what another case takes, row for row; each pair with its name."""
    rows = [
        [
            name,
            ratio(other.each("wall"), one.each("wall")),
            ratio(one.each("cpu"), other.each("cpu")),
            ratio(one.each("peak"), other.each("peak")),
        ]
        for name, one, other in pairs
    ]
    return table(["this tap", "rows/s, MB/s", "CPU s of a row", "peak MB"], rows)


if __name__ == "__main__":
    _child(*json.loads(sys.argv[1]))
