"""A run can die anywhere; the next one goes on, loses nothing and pays nothing twice."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import pytest
from harness import Output, UpsertingTarget, by_key, only
from processes import Parent
from states import bookmark, named
from waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from harness import Tap
    from processes import Process

# Four jobs; one takes 0.15 s.
PROGRAMS = 40
JOBS = 4
RUNS = 50


@pytest.fixture(scope="session")
def parent() -> Iterator[Parent]:
    with Parent() as parent:
        yield parent


class Machine:
    """Runs the real command again and again, each time with the last STATE."""

    def __init__(self, tap: Tap, parent: Parent, folder: Path) -> None:
        self.tap = tap
        self.control = tap.sandbox.control
        self.control.reset(
            world="sized", programs=PROGRAMS, members_per_program=20, knobs={"rate_limit": None}
        )
        self._parent = parent
        self._folder = folder
        self._catalog = only(tap.catalog(), "program_members")
        self._runs = 0
        self.temporary = folder / "tmp"
        self.temporary.mkdir()
        self.state: dict[str, Any] = {}
        self.target = UpsertingTarget()

    def start(self, **settings: Any) -> Process:  # noqa: ANN401 - any setting
        """Start the command with the last STATE."""
        self._runs += 1
        return self._parent.start(
            self._folder / f"run{self._runs}",
            self.temporary,
            config=self.tap.config(poll_interval_seconds=0.02, **settings),
            state=self.state,
            catalog=self._catalog,
        )

    def end(self, process: Process) -> Output:
        """Wait for a run's end; the target takes its rows, the orchestrator its last STATE."""
        ended = process.wait()
        output = Output(ended.lines, logs=ended.stderr, code=ended.code)
        self.target.load(output)
        self.state = output.state or self.state
        return output

    def killed(self, how: signal.Signals, after: float, **settings: Any) -> Output:  # noqa: ANN401 - any setting
        """A run that gets a signal that many seconds after its first call to Marketo."""
        calls = self.control.stats()["total"]
        process = self.start(**settings)
        wait_until(lambda: self.control.stats()["total"] > calls)
        time.sleep(after)
        process.signal(how)
        return self.end(process)

    def assert_no_stray_jobs(self) -> None:
        """What holds a place in the queue is named by the last STATE."""
        known = named(self.state) if bookmark(self.state) else set()
        running = {
            job["exportId"]
            for job in self.control.jobs()
            if job["status"] in {"Queued", "Processing"}
        }
        assert running <= known

    def assert_complete(self) -> None:
        """The target holds the truth, and perhaps members that have left since."""
        held = self.target.tables["program_members"]
        truth = by_key(self.control.truth())
        assert {key: held.get(key) for key in truth} == truth

    def enqueued_histories(self) -> int:
        """How many jobs exported whole programs, and cost quota for it."""
        asked = {job["exportId"]: job["request"]["filter"] for job in self.control.jobs()}
        enqueued = {
            entry["path"].split("/")[-2] for entry in self.control.requests("export_enqueue")
        }
        return sum("updatedAt" not in asked[export_id] for export_id in enqueued)


@pytest.fixture
def machine(tap: Tap, parent: Parent, tmp_path: Path) -> Machine:
    return Machine(tap, parent, tmp_path)


@pytest.mark.parametrize("seed", range(RUNS))
def test_killed_runs_are_taken_up_without_loss_and_without_paying_twice(
    machine: Machine, seed: int
) -> None:
    chance = random.Random(seed)  # noqa: S311 - repeatable on purpose
    how = signal.SIGKILL if seed % 2 else signal.SIGTERM
    most = chance.choice([2, 4])
    edits = chance.choice([0, 0, 3])
    kills = chance.choice([1, 1, 2])
    settings = {"max_queued_exports": most, "change_detection": chance.choice(["auto", "none"])}

    for _ in range(kills):
        killed = machine.killed(how, chance.uniform(0, 0.6), **settings)
        assert killed.code in {0, -how, 128 + how}, killed.logs
        # A signal may find the interpreter on its way out, with nothing left to do.
        assert "Traceback" not in killed.logs.partition("Exception ignored in: <module")[0]
        machine.assert_no_stray_jobs()
        if how is signal.SIGTERM:
            assert not list(machine.temporary.iterdir())
        if edits:
            machine.control.bulk_edit(seed=seed, count=edits)
            machine.control.advance(1)
    machine.control.advance(1)
    resumed = machine.end(machine.start(**settings))

    assert resumed.code == 0, resumed.logs
    machine.assert_complete()
    machine.assert_no_stray_jobs()
    assert machine.enqueued_histories() == JOBS
    histories = [job for job in machine.control.jobs() if not is_increment(job)]
    assert len(histories) <= JOBS + kills
    assert machine.control.stats()["max_jobs_at_once"] <= most


def is_increment(job: dict[str, Any]) -> bool:
    return "updatedAt" in job["request"]["filter"]


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_a_run_killed_in_the_middle_of_a_download_downloads_again_and_exports_nothing_again(
    machine: Machine, how: signal.Signals
) -> None:
    machine.control.fault("stall", "export_file", bytes=1000, seconds=3600)
    process = machine.start()
    wait_until(lambda: machine.control.requests("export_file"))

    process.signal(how)
    killed = machine.end(process)

    assert killed.code == (-how if how is signal.SIGKILL else 128 + how)
    if how is signal.SIGTERM:
        assert not list(machine.temporary.iterdir())
    assert not killed.records()
    assert machine.end(machine.start()).code == 0
    assert machine.control.stats()["creates"] <= JOBS + 1
    assert machine.enqueued_histories() == JOBS
    machine.assert_complete()


def test_a_target_that_closes_its_input_ends_the_run_in_one_line(
    machine: Machine, tmp_path: Path
) -> None:
    process = machine.start()
    machine.end(process)
    folder = tmp_path / "run1"
    line = [sys.executable, "-m", "tap_marketo_programs"]
    for name in ("config", "catalog"):
        line += [f"--{name}", str(folder / f"{name}.json")]

    with subprocess.Popen(  # noqa: S603 - our own command
        line, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as reader:
        assert reader.stdout is not None
        assert reader.stderr is not None
        while '"RECORD"' not in (line_read := reader.stdout.readline()):
            assert line_read, reader.stderr.read()
        reader.stdout.close()
        logs = reader.stderr.read()

    assert reader.returncode == 1
    assert "Traceback" not in logs
    assert "Exception ignored" not in logs
    assert [text for text in logs.splitlines() if "closed its input" in text]


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_a_run_that_waits_for_its_jobs_and_its_jobs_are_named(
    machine: Machine, how: signal.Signals
) -> None:
    machine.control.knob(job_seconds_processing=10**6)
    process = machine.start(max_queued_exports=2)
    wait_until(lambda: len(machine.control.requests("export_enqueue")) == 2)

    process.signal(how)
    killed = machine.end(process)

    assert killed.code == 128 + how
    assert len(named(machine.state)) == 2
    machine.assert_no_stray_jobs()
    assert not list(machine.temporary.iterdir())
