"""How long 40 exports of 45 s take on two slots, against the least they can take.

    uv run python benchmarks/makespan.py [--programs 400] [--speed 60]

Marketo works on two jobs at a time, so 40 jobs of 45 s cannot take less than
40 x 45 / 2 = 900 s. The sandbox runs 60 times as fast as Marketo, and so do
the tap's waits; the table is in Marketo's seconds. Beside the tap as it is
stand the same programs with one program a job, as other taps do it, and with
one job at a time.
"""

from __future__ import annotations

import sys
import time
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


class Discard(SingerWriter):
    """A target that reads as fast as it can and keeps nothing."""

    def __init__(self) -> None:
        self.rows = 0

    def write_message(self, message: Any) -> None:  # noqa: ANN401 - any Singer message
        """Count rows."""
        self.rows += message.type == "RECORD"


def run(speed: float, programs: int, programs_a_job: int, **settings: Any) -> float:  # noqa: ANN401 - any setting
    """Seconds of Marketo's time from the first create to the last row."""
    plan.MAX_PROGRAMS = programs_a_job
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
        writer = Discard()
        tap = TapMarketoPrograms(
            config={
                "base_url": sandbox.url,
                "client_id": sandbox.client_id,
                "client_secret": sandbox.client_secret,
                "max_calls_per_20_seconds": round(50 * speed),
                "poll_interval_seconds": 60 / speed,
                **settings,
            },
            message_writer=writer,
        )
        started = time.monotonic()
        tap.streams["program_members"].sync()
        ended = time.monotonic()
        assert writer.rows == programs * MEMBERS
        return (ended - started) * speed


CASES: list[tuple[str, int, dict[str, Any]]] = [
    ("ten programs a job, 4 queued (default)", 10, {}),
    ("ten programs a job, 10 queued", 10, {"max_queued_exports": 10}),
    ("ten programs a job, one job at a time", 10, {"max_queued_exports": 1}),
    ("one program a job, 4 queued", 1, {}),
]


def report(options: argparse.Namespace) -> str:
    """The section in Markdown."""
    bound = -(-options.programs // 10) * JOB_SECONDS / SLOTS
    lines = []
    for name, programs_a_job, settings in CASES:
        sys.stderr.write(f"{name}\n")
        seconds = run(options.speed, options.programs, programs_a_job, **settings)
        lines.append([name, f"{seconds:.0f}", f"{seconds / bound:.2f} x"])
    return measure.section(
        "Makespan of exports",
        f"{options.programs} programs in jobs of {JOB_SECONDS} s on {SLOTS} slots, in Marketo's "
        f"seconds, once each; ten programs a job take {bound:.0f} s at least.",
        measure.table(["exports", "s", "against the least"], lines),
    )


if __name__ == "__main__":
    print(report(measure.parser(__doc__, "programs", "speed").parse_args()))
