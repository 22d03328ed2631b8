"""A run can die anywhere; the next one goes on, loses nothing and pays little twice."""

from __future__ import annotations

import json
import random
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import pytest
from harness import SPEED, Output, Target, by_key
from marketo_sandbox import Sandbox

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

# 40 programs are four jobs; a job takes 90 s of Marketo's time.
PROGRAMS = 40
JOBS = 4


class Machine:
    """Runs the real command and kills it when told to."""

    def __init__(self, sandbox: Sandbox, folder: Path) -> None:
        self.sandbox = sandbox
        self.folder = folder
        self.catalog: dict[str, Any] | None = None

    def start(self, state: Mapping[str, Any], **settings: Any) -> subprocess.Popen[str]:  # noqa: ANN401 - any setting
        """Start the command on the members stream."""
        files = {
            "config": {
                "base_url": self.sandbox.url,
                "client_id": self.sandbox.client_id,
                "client_secret": self.sandbox.client_secret,
                "max_calls_per_20_seconds": 100_000,
                "poll_interval_seconds": 0.02,
                "max_queued_exports": 2,
                **settings,
            },
            "state": state,
            "catalog": self.catalog,
        }
        line = [sys.executable, "-m", "tap_marketo_programs"]
        for name, content in files.items():
            if content is not None:
                path = self.folder / f"{name}.json"
                path.write_text(json.dumps(content))
                line += [f"--{name}", str(path)]
        return subprocess.Popen(  # noqa: S603 - our own command
            line,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(
        self,
        state: Mapping[str, Any],
        kill_after: float | None = None,
        how: signal.Signals = signal.SIGKILL,
    ) -> Output:
        """Run to the end, or kill it so many seconds after its first job."""
        process = self.start(state)
        if kill_after is not None:
            before = len(self.sandbox.control.jobs())
            while process.poll() is None and len(self.sandbox.control.jobs()) == before:
                time.sleep(0.005)
            time.sleep(kill_after)
            process.send_signal(how)
        stdout, stderr = process.communicate(timeout=60)
        whole = stdout.splitlines() if stdout.endswith("\n") else stdout.splitlines()[:-1]
        return Output(whole, logs=stderr, code=process.returncode)


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    with Sandbox(
        world="sized",
        speed=SPEED,
        programs=PROGRAMS,
        members_per_program=20,
        knobs={"rate_limit": None},
    ) as sandbox:
        machine = Machine(sandbox, tmp_path)
        yield machine


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
@pytest.mark.parametrize("seed", range(3))
def test_a_killed_run_is_taken_up_without_loss_and_with_one_more_create_at_most(
    machine: Machine,
    seed: int,
    how: signal.Signals,
) -> None:
    moment = random.Random(seed).uniform(0, 0.9)
    control = machine.sandbox.control

    killed = machine.run({}, kill_after=moment, how=how)
    resumed = machine.run(killed.state)

    assert resumed.code == 0, resumed.logs
    target = Target()
    target.load(killed)
    target.load(resumed)
    assert target.tables["program_members"] == by_key(control.truth())
    assert control.stats()["creates"] <= JOBS + 1
