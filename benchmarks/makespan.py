"""How long 40 exports of 45 s take on two slots, against the least they can take.

    uv run python benchmarks/makespan.py [--programs 400] [--speed 60]

Marketo works on two jobs at a time, so 40 jobs of 45 s cannot take less than
40 x 45 / 2 = 900 s. The sandbox runs 60 times as fast as Marketo, and so do
the tap's waits; the table is in Marketo's seconds. Beside the tap as it is
stand the same programs with one program a job, as other taps do it, with one job
at a time, and with a target that needs as long for all rows as Marketo for all jobs.
"""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import measure
from marketo_sandbox import Sandbox
from singer_sdk.io_base import SingerWriter

from tap_marketo_programs.export import plan
from tap_marketo_programs.tap import TapMarketoPrograms

if TYPE_CHECKING:
    import argparse

JOB_SECONDS = 45
SLOTS = 2
MEMBERS = 20


@dataclass(frozen=True)
class Case:
    """One way to export the same programs."""

    name: str
    programs_a_job: int = 10
    queued: int = 4
    is_target_slow: bool = False


CASES = [
    Case("ten programs a job, 4 queued (default)"),
    Case("the same, with a target exactly as slow as Marketo", is_target_slow=True),
    Case("ten programs a job, 10 queued", queued=10),
    Case("ten programs a job, one job at a time", queued=1),
    Case("one program a job, 4 queued", programs_a_job=1),
]


def least(programs: int) -> float:
    """Seconds that the jobs take at least: those of ten programs, on all slots."""
    return -(-programs // 10) * JOB_SECONDS / SLOTS


class Target(SingerWriter):
    """A target that keeps nothing.

    Args:
        seconds_a_row: How long it is busy with each.
    """

    def __init__(self, seconds_a_row: float) -> None:
        self.rows = 0
        self._seconds_a_row = seconds_a_row
        self._free_at = 0.0

    def write_message(self, message: Any) -> None:  # noqa: ANN401 - any Singer message
        """Count rows, each once the one before is dealt with."""
        if message.type != "RECORD":
            return
        self.rows += 1
        now = time.monotonic()
        # A sleep lasts longer than it should; what it lasted too long is not waited for again.
        self._free_at = max(self._free_at, now - self._seconds_a_row) + self._seconds_a_row
        if self._free_at > now:
            time.sleep(self._free_at - now)


def run(case: Case, speed: float, programs: int) -> float:
    """Seconds of Marketo's time from the first create to the last row."""
    plan.MAX_PROGRAMS = case.programs_a_job
    rows = programs * MEMBERS
    busy = least(programs) / rows / speed if case.is_target_slow else 0.0
    knobs = {
        "rate_limit": None,
        "job_seconds_queued": 0,
        "job_seconds_processing": JOB_SECONDS,
    }
    with Sandbox(
        world="sized",
        speed=speed,
        knobs=knobs,
        programs=programs,
        members_per_program=MEMBERS,
    ) as sandbox:
        writer = Target(busy)
        tap = TapMarketoPrograms(
            config={
                "base_url": sandbox.url,
                "client_id": sandbox.client_id,
                "client_secret": sandbox.client_secret,
                "max_calls_per_20_seconds": round(50 * speed),
                "poll_interval_seconds": 60 / speed,
                "max_queued_exports": case.queued,
            },
            message_writer=writer,
        )
        started = time.monotonic()
        tap.streams["program_members"].sync()
        ended = time.monotonic()
        assert writer.rows == rows
        return (ended - started) * speed


def report(options: argparse.Namespace) -> str:
    """The section in Markdown."""
    bound = least(options.programs)
    lines = []
    for case in CASES:
        sys.stderr.write(f"{case.name}\n")
        seconds = run(case, options.speed, options.programs)
        lines.append([case.name, f"{seconds:.0f}", f"{seconds / bound:.2f} x"])
    return measure.section(
        "Makespan of exports",
        f"{options.programs} programs in jobs of {JOB_SECONDS} s on {SLOTS} slots, in Marketo's "
        f"seconds, once each; ten programs a job take {bound:.0f} s at least.",
        measure.table(["exports", "s", "against the least"], lines),
    )


if __name__ == "__main__":
    print(report(measure.parser(__doc__, "programs", "speed").parse_args()))
