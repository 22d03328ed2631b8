"""How long 40 exports of 45 s take on two slots, against the least they can take.

    uv run python benchmarks/makespan.py

Marketo works on two jobs at a time, so 40 jobs of 45 s cannot take less than
40 x 45 / 2 = 900 s. The sandbox runs 60 times as fast as Marketo, and so do
the tap's waits; the table is in Marketo's seconds. Beside the tap as it is
stand the same programs with one program a job, as other taps do it, and with
one job at a time.
"""

from __future__ import annotations

import argparse
import time
from typing import Any

from marketo_sandbox import Sandbox
from singer_sdk.io_base import SingerWriter

from tap_marketo_programs.export import plan
from tap_marketo_programs.tap import TapMarketoPrograms

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


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--speed", type=float, default=60)
    parser.add_argument("--programs", type=int, default=400)
    parser.add_argument("--quick", action="store_true", help="only the tap as it is")
    options = parser.parse_args()
    cases: list[tuple[str, int, dict[str, Any]]] = [
        ("ten programs a job, 4 queued (default)", 10, {}),
        ("ten programs a job, 10 queued", 10, {"max_queued_exports": 10}),
        ("ten programs a job, one job at a time", 10, {"max_queued_exports": 1}),
        ("one program a job, 4 queued", 1, {}),
    ]
    bound = -(-options.programs // 10) * JOB_SECONDS / SLOTS
    print(f"{options.programs} programs, jobs of {JOB_SECONDS} s, bound {bound:.0f} s")
    for name, programs_a_job, settings in cases[: 1 if options.quick else None]:
        seconds = run(options.speed, options.programs, programs_a_job, **settings)
        print(f"{name:40} {seconds:7.0f} s  {seconds / bound:5.2f} x the bound", flush=True)


if __name__ == "__main__":
    main()
