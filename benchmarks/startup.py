"""How long the command takes to answer, and to make its first call.

    uv run python benchmarks/startup.py [--runs 7]

Each case is a process of its own, from exec to its end, the cases in turn; the
figures are medians. The floors are the interpreter alone and the imports that
no tap of the SDK can do without. `--discover` asks the sandbox. The first call
of a run is timed where it arrives, at a socket that says nothing; the run is
killed there. Bytecode is kept in a folder of its own and written beforehand, as
for any command that is not run for the first time, whatever the environment
says of bytecode.
"""

from __future__ import annotations

import argparse
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from marketo_sandbox import Sandbox

if TYPE_CHECKING:
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
    cpu = _reap(process)
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
        return wall, _reap(process)


def _start(line: list[str], environment: Mapping[str, str]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(  # noqa: S603 - our own command
        line, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment
    )


def _reap(process: subprocess.Popen[bytes]) -> float:
    """Wait for a process; the CPU seconds that it alone has used."""
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return used.ru_utime + used.ru_stime


def rows(runs: int = 7) -> list[Row]:
    """Every case, so many times in turn."""
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
        environment = _environment(Path(folder) / "bytecode")
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


def _environment(bytecode: Path) -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    return {**kept, "PYTHONPYCACHEPREFIX": str(bytecode)}


def table(found: list[Row]) -> str:
    """The rows as a table, and each case's CPU against what the SDK's import takes."""
    (sdk,) = [row.cpu for row in found if row.case == SDK_FLOOR]
    lines = [f"{'':30}{'wall ms':>9}{'CPU ms':>9}{'x SDK import':>14}"]
    lines += [
        f"{row.case:30}{row.wall * 1000:9.0f}{row.cpu * 1000:9.0f}{row.cpu / sdk:14.2f}"
        for row in found
    ]
    return "\n".join(lines)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=7)
    options = parser.parse_args()
    print(f"from exec to the end, or to the first call; medians of {options.runs} runs")
    print(table(rows(options.runs)))


if __name__ == "__main__":
    main()
