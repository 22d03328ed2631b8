"""What a whole run takes, from a file of 1 MB to one of 500 MB, in each form of output.

    uv run python benchmarks/runs.py [--megabytes 1 10 100 500]

The real command against the sandbox, which makes and sends the file meanwhile:
export, download, check, and RECORD lines to the null device or batch files to
a folder. The bar: memory does not grow with the file. Peak memory is Linux's
own high-water mark, read while the process runs.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import measure
from marketo_sandbox import Sandbox

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping

# Bytes of a row of the sandbox's world `sized` with all its fields.
ROW_BYTES = 240
PROGRAMS = 10
SPEED = 600.0
LOOK_SECONDS = 0.1
KNOBS = {"rate_limit": None, "export_quota_mb": 10_000}
MODES: Mapping[str, dict[str, str]] = {
    "RECORD lines": {},
    "JSON Lines, gzip": {"format": "jsonl", "compression": "gzip"},
    "Parquet": {"format": "parquet"},
}
WARM_MEGABYTES = 0.1


class Run(NamedTuple):
    """What one run took: seconds and megabytes."""

    rows: int
    megabytes: float
    peak: float
    cpu: float
    wall: float


def take(
    mode: str, megabytes: float, bytecode: str, settings: Mapping[str, Any] | None = None
) -> Run:
    """Measure one run.

    Args:
        mode: The form of its output.
        megabytes: About how large the export is.
        bytecode: A folder for what Python compiles.
        settings: More of them.
    """
    members = max(1, round(megabytes * 1e6 / ROW_BYTES / PROGRAMS))
    with (
        Sandbox(
            world="sized",
            speed=SPEED,
            knobs=KNOBS,
            programs=PROGRAMS,
            members_per_program=members,
        ) as sandbox,
        tempfile.TemporaryDirectory() as folder,
    ):
        config = Path(folder) / "config.json"
        config.write_text(
            json.dumps(_config(sandbox, MODES[mode], Path(folder)) | dict(settings or {}))
        )
        started = time.monotonic()
        process = subprocess.Popen(  # noqa: S603 - our own command
            [sys.executable, "-m", "tap_marketo_programs", "--config", str(config)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=measure.environment(bytecode),
        )
        peak, cpu = _watch(process)
        wall = time.monotonic() - started
        assert process.returncode == 0
        (job,) = [job for job in sandbox.control.jobs() if job["numberOfRecords"]]
        return Run(job["numberOfRecords"], job["fileSize"] / 1e6, peak, cpu, wall)


def _line(mode: str, run: Run) -> list[str]:
    """A line of the table."""
    return [
        mode,
        f"{run.megabytes:.1f}",
        f"{run.rows:,}",
        f"{run.peak:.0f}",
        f"{run.cpu:.1f}",
        f"{run.wall:.1f}",
        f"{run.rows / run.wall:,.0f}",
    ]


def _watch(process: subprocess.Popen[bytes]) -> tuple[float, float]:
    """Peak megabytes and CPU seconds of a process, once it has ended."""
    peak = 0.0
    # Left to be reaped; of a process that has ended meanwhile, the system names no memory.
    while os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
        peak = max(peak, measure.peak_megabytes(process.pid))
        time.sleep(LOOK_SECONDS)
    return peak, measure.reap(process)


def _config(sandbox: Sandbox, encoding: Mapping[str, str], folder: Path) -> dict[str, Any]:
    config: dict[str, Any] = {
        "base_url": sandbox.url,
        "client_id": sandbox.client_id,
        "client_secret": sandbox.client_secret,
        "max_calls_per_20_seconds": 100_000,
        "poll_interval_seconds": 0.5,
    }
    if encoding:
        storage = {"root": (folder / "batches").as_uri()}
        config["batch_config"] = {"encoding": encoding, "storage": storage}
    return config


def report(options: argparse.Namespace) -> str:
    """The section in Markdown."""
    lines = []
    with tempfile.TemporaryDirectory() as bytecode:
        for mode in MODES:
            take(mode, WARM_MEGABYTES, bytecode)  # writes bytecode
            for megabytes in options.megabytes:
                sys.stderr.write(f"{mode}: {megabytes} MB\n")
                lines.append(_line(mode, take(mode, megabytes, bytecode)))
    head = ["whole run", "file MB", "rows", "peak MB", "CPU s", "wall s", "rows/s, wall"]
    return measure.section(
        "Whole runs",
        "The command from its start to its end, once each, against a sandbox on the same machine; "
        "wall seconds hold the making and the waiting for the export.",
        measure.table(head, lines),
    )


if __name__ == "__main__":
    print(report(measure.parser(__doc__, "megabytes").parse_args()))
