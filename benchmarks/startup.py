"""How long the command takes to answer, and to make its first call.

    uv run python benchmarks/startup.py [--runs 5]

Each case is a process of its own, from exec to its end, the cases in turn; the
figures are medians. The floors are the interpreter alone and the imports that
no tap of the SDK can do without. `--discover` asks the sandbox. The first call
of a run is timed where it arrives, at a socket that says nothing; the run is
killed there. Bytecode is kept in a folder of its own and written beforehand, as
for any command that is not run for the first time, whatever the environment
says of bytecode.
"""

from __future__ import annotations

import json
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import measure
from marketo_sandbox import Sandbox

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping

COMMAND = [sys.executable, "-m", "tap_marketo_programs"]
SDK_FLOOR = "import singer_sdk"
FIRST_CALL = "a run, to its first call"
SILENCE_SECONDS = 60.0


class Row(NamedTuple):
    """Median seconds of one case."""

    case: str
    wall: float
    cpu: float


def ended(line: list[str], environment: Mapping[str, str]) -> tuple[float, float]:
    """Wall and CPU seconds of a process, to its end."""
    started = time.perf_counter()
    process = _start(line, environment)
    cpu = measure.reap(process)
    assert process.returncode == 0
    return time.perf_counter() - started, cpu


def called(
    line: list[str], environment: Mapping[str, str], server: socket.socket
) -> tuple[float, float]:
    """Wall and CPU seconds of a process, to the first bytes of a call."""
    started = time.perf_counter()
    process = _start(line, environment)
    connection, _ = server.accept()
    with connection:
        connection.settimeout(SILENCE_SECONDS)
        assert connection.recv(1)
        wall = time.perf_counter() - started
        process.kill()
        return wall, measure.reap(process)


def _start(line: list[str], environment: Mapping[str, str]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(  # noqa: S603 - our own command
        line, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment
    )


def rows(runs: int) -> list[Row]:
    """Every case, that many times in turn."""
    with (
        Sandbox(world="tiny", knobs={"rate_limit": None}) as sandbox,
        socket.create_server(("127.0.0.1", 0)) as server,
        tempfile.TemporaryDirectory() as folder,
    ):
        server.settimeout(SILENCE_SECONDS)
        here = f"http://127.0.0.1:{server.getsockname()[1]}"
        run = [*COMMAND, "--config", _config(Path(folder) / "run.json", here)]
        discover = [*COMMAND, "--config", _config(Path(folder) / "discover.json", sandbox.url)]
        lines = {
            "python -c pass": [sys.executable, "-c", "pass"],
            SDK_FLOOR: [sys.executable, "-c", SDK_FLOOR],
            "import singer_sdk, requests": [sys.executable, "-c", "import singer_sdk, requests"],
            "--version": [*COMMAND, "--version"],
            "--about": [*COMMAND, "--about"],
            "--discover": [*discover, "--discover"],
            FIRST_CALL: run,
        }
        environment = measure.environment(str(Path(folder) / "bytecode"))
        taken: dict[str, list[tuple[float, float]]] = {case: [] for case in lines}
        # One more than wanted: the first run of each case writes bytecode.
        for _ in range(runs + 1):
            for case, line in lines.items():
                if case == FIRST_CALL:
                    taken[case].append(called(line, environment, server))
                else:
                    taken[case].append(ended(line, environment))
    return [_median(case, results[1:]) for case, results in taken.items()]


def _median(case: str, results: list[tuple[float, float]]) -> Row:
    walls, cpus = zip(*results, strict=True)
    return Row(case, statistics.median(walls), statistics.median(cpus))


def _config(path: Path, url: str) -> str:
    """A config file that reaches Marketo at this address."""
    config = {
        "base_url": url,
        "client_id": Sandbox.client_id,
        "client_secret": Sandbox.client_secret,
        "max_calls_per_20_seconds": 100_000,
    }
    path.write_text(json.dumps(config))
    return str(path)


def report(options: argparse.Namespace) -> str:
    """The section in Markdown, with each case's CPU against what the SDK's import takes."""
    found = rows(options.runs)
    (sdk,) = [row.cpu for row in found if row.case == SDK_FLOOR]
    lines = [
        [
            f"`{row.case}`" if row.case != FIRST_CALL else row.case,
            f"{row.wall * 1000:.0f}",
            f"{row.cpu * 1000:.0f}",
            f"{row.cpu / sdk:.2f} x",
        ]
        for row in found
    ]
    return measure.section(
        "Start",
        f"From exec to the end, or to the first call; medians of {options.runs} rounds.",
        measure.table(["start", "wall ms", "CPU ms", "CPU : the SDK's import"], lines),
    )


if __name__ == "__main__":
    print(report(measure.parser(__doc__, "runs").parse_args()))
