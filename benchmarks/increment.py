"""What a second day costs, with programs asked for changes and with all of them exported.

    uv run python benchmarks/increment.py [--known 300 3000] [--increment-speed 30]

A first run has exported everything. A day passes in Marketo, in which members of some
programs change, and the second run is measured: Marketo's seconds from its first call to its
last, calls, jobs and megabytes. Jobs take 45 s on two slots, a status is a minute old at most,
an answer takes 0.3 s, and the tap makes 50 calls in 20 s. The sandbox runs faster than Marketo,
and so does the tap's clock.
"""

from __future__ import annotations

import json
import sys
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import measure
from details import FastClock
from marketo_sandbox import Sandbox
from singer_sdk.io_base import SingerWriter

from tap_marketo_programs.tap import TapMarketoPrograms

if TYPE_CHECKING:
    import argparse

MEMBERS = 20
CHANGED = (0.0, 0.02, 0.2)
# As many rows change in a program that does.
CHANGED_MEMBERS = 2
CALLS = 50
# While the first day is prepared nothing is measured, so nothing has to take its time.
AT_ONCE = {"job_seconds_queued": 0, "job_seconds_processing": 0, "status_refresh_seconds": 0}
AS_USUAL = {
    "job_seconds_queued": 0,
    "job_seconds_processing": 45,
    "status_refresh_seconds": 60,
    "answer_seconds": 0.3,
    "rate_limit": None,
}


@dataclass(frozen=True)
class Cost:
    """What the second run took: Marketo's seconds, API calls, jobs, bytes, rows."""

    seconds: float
    calls: int
    jobs: int
    bytes: int
    rows: int


class MarketoClock(FastClock):
    """A fast clock whose calendar is the sandbox's, which does not run faster.

    Args:
        speed: Times the machine's.
        sandbox: Whose calendar.
    """

    def __init__(self, speed: float, sandbox: Sandbox) -> None:
        super().__init__(speed)
        self._began = datetime.fromisoformat(sandbox.control.now())
        self._began_at = time.monotonic()

    def now(self) -> datetime:
        """Marketo's time, without asking for it."""
        return self._began + timedelta(seconds=time.monotonic() - self._began_at)


class Target(SingerWriter):
    """A target that counts rows and keeps the last STATE."""

    def __init__(self) -> None:
        self.rows = 0
        self.state: dict[str, Any] = {}

    def write_message(self, message: Any) -> None:  # noqa: ANN401 - any Singer message
        """Count, or keep."""
        if message.type == "RECORD":
            self.rows += 1
        elif message.type == "STATE":
            self.state = json.loads(json.dumps(message.value))


def run(sandbox: Sandbox, state: dict[str, Any], speed: float, **settings: Any) -> Target:  # noqa: ANN401 - any setting
    """One run on the members."""

    class FastTap(TapMarketoPrograms):
        clock = MarketoClock(speed, sandbox)

    target = Target()
    tap = FastTap(
        config={
            "base_url": sandbox.url,
            "client_id": sandbox.client_id,
            "client_secret": sandbox.client_secret,
            **settings,
        },
        state=state,
        message_writer=target,
    )
    tap.streams["program_members"].sync()
    return target


def measured(programs: int, share: float, detection: str, speed: float) -> Cost:
    """The second day of that many programs."""
    knobs = {"rate_limit": None, "export_quota_mb": None, **AT_ONCE}
    with Sandbox(
        world="sized", speed=speed, knobs=knobs, programs=programs, members_per_program=MEMBERS
    ) as sandbox:
        first = run(sandbox, {}, speed, max_calls_per_20_seconds=1_000_000, poll_interval_seconds=1)
        sandbox.control.advance(86_400)
        if share:
            sandbox.control.edit_many(round(programs * share), each=CHANGED_MEMBERS)
            sandbox.control.advance(1)
        sandbox.control.knob(**AS_USUAL)
        before, jobs = sandbox.control.stats(), len(sandbox.control.jobs())
        started = time.monotonic()
        second = run(
            sandbox,
            first.state,
            speed,
            max_calls_per_20_seconds=CALLS,
            change_detection=detection,
        )
        seconds = (time.monotonic() - started) * speed
        after = sandbox.control.stats()
        return Cost(
            seconds,
            after["total"] - before["total"],
            len(sandbox.control.jobs()) - jobs,
            sum(job["fileSize"] or 0 for job in sandbox.control.jobs()[jobs:]),
            second.rows,
        )


def report(options: argparse.Namespace) -> str:
    """The section in Markdown."""
    lines = []
    for programs in options.known:
        for share in CHANGED:
            for detection in ("auto", "none"):
                sys.stderr.write(f"{programs} programs, {share:.0%} changed, {detection}\n")
                cost = measured(programs, share, detection, options.increment_speed)
                lines.append(
                    [
                        f"{programs:,}",
                        f"{share:.0%}",
                        "asked first" if detection == "auto" else "all exported",
                        f"{cost.seconds / 60:.1f}",
                        f"{cost.calls:,}",
                        f"{cost.jobs}",
                        f"{cost.bytes / 1e6:.2f}",
                        f"{cost.rows:,}",
                    ]
                )
    return measure.section(
        "Increments",
        f"The second day of programs with {MEMBERS} members each; in those that changed, "
        f"{CHANGED_MEMBERS} did. Jobs of 45 s, one look a minute, answers of 0.3 s, {CALLS} calls "
        "in 20 s; in Marketo's minutes, once each.",
        measure.table(
            ["programs", "changed", "change detection", "min", "calls", "jobs", "MB", "rows"], lines
        ),
    )


if __name__ == "__main__":
    print(report(measure.parser(__doc__, "known", "increment_speed").parse_args()))
