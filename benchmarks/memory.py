"""How much memory a whole run takes, from a file of 1 MB to one of 500 MB.

    uv run python benchmarks/memory.py

The real command against the sandbox: export, download, check and RECORD lines
to /dev/null. Peak memory is Linux's own high-water mark (VmHWM), read while the
process runs: what wait4 says includes the memory of the process it came from.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from marketo_sandbox import Sandbox

# Bytes of a row of the sandbox's world `sized` with all its fields.
ROW_BYTES = 240
PROGRAMS = 10
SPEED = 600.0
LOOK_SECONDS = 0.1
KNOBS = {"rate_limit": None, "export_quota_mb": 10_000}


def run(megabytes: float) -> tuple[float, float, float, float]:
    """File megabytes, peak megabytes, CPU seconds and seconds of one run."""
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
        config.write_text(json.dumps(_config(sandbox)))
        started = time.monotonic()
        process = subprocess.Popen(  # noqa: S603 - our own command
            [sys.executable, "-m", "tap_marketo_programs", "--config", str(config)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        peak, cpu = _watch(process)
        assert process.returncode == 0
        (job,) = [one for one in sandbox.control.jobs() if one["numberOfRecords"]]
        return (
            job["fileSize"] / 1e6,
            peak,
            cpu,
            time.monotonic() - started,
        )


def _watch(process: subprocess.Popen[bytes]) -> tuple[float, float]:
    """Peak megabytes and CPU seconds of a process, once it has ended."""
    peak = 0
    while True:
        ended, status, usage = os.wait4(process.pid, os.WNOHANG)
        if ended:
            process.returncode = os.waitstatus_to_exitcode(status)
            return peak / 1024, usage.ru_utime + usage.ru_stime
        for line in Path(f"/proc/{process.pid}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                peak = int(line.split()[1])
        time.sleep(LOOK_SECONDS)


def _config(sandbox: Sandbox) -> dict[str, Any]:
    return {
        "base_url": sandbox.url,
        "client_id": sandbox.client_id,
        "client_secret": sandbox.client_secret,
        "max_calls_per_20_seconds": 100_000,
        "poll_interval_seconds": 0.5,
    }


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--megabytes", type=float, nargs="+", default=[1, 10, 100, 500])
    print(f"{'file MB':>8}{'peak MB':>9}{'CPU s':>8}{'s':>7}")
    for megabytes in parser.parse_args().megabytes:
        size, peak, cpu, seconds = run(megabytes)
        print(f"{size:8.1f}{peak:9.0f}{cpu:8.1f}{seconds:7.1f}", flush=True)


if __name__ == "__main__":
    main()
