"""How long the details of 3,000 programs take, against the least that the call limit allows.

    uv run python benchmarks/details.py [--detailed 3000] [--details-speed 10]

Marketo tells tags and costs of a program in a call for each, and an integration has 50 calls
in 20 s: so N calls cannot take less than the full windows of 50 before the last one. Each
answer takes 0.3 s. The sandbox runs ten times as fast as Marketo, and so does the tap's
clock; the table is in Marketo's seconds. Beside a first sync stand the same programs with one
call after the other, and with the programs by tag, which are made of the same details.
"""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import measure
from marketo_sandbox import Sandbox
from singer_sdk.io_base import SingerWriter

from tap_marketo_programs.clock import SystemClock
from tap_marketo_programs.marketo import side_by_side
from tap_marketo_programs.tap import TapMarketoPrograms

if TYPE_CHECKING:
    import argparse
    import threading

CALLS = 50
WINDOW_SECONDS = 20
ANSWER_SECONDS = 0.3
FOR_EVER = 1_000_000_000


@dataclass(frozen=True)
class Case:
    """One way to read the same programs."""

    name: str
    streams: tuple[str, ...] = ("programs",)
    at_once: int = side_by_side.MAX_AT_ONCE
    answer_seconds: float = ANSWER_SECONDS


CASES = [
    Case("programs, three at once (default)"),
    Case("programs and programs by tag", ("programs", "programs_by_tag")),
    Case("programs, answers of 1 s", answer_seconds=1),
    Case("programs, one call after the other", at_once=1),
    Case("the same, answers of 1 s", at_once=1, answer_seconds=1),
]


def least(calls: int) -> int:
    """Seconds before the last of that many calls may be made."""
    return (calls - 1) // CALLS * WINDOW_SECONDS


class FastClock(SystemClock):
    """The machine's clock, faster.

    Args:
        speed: Times the machine's.
    """

    def __init__(self, speed: float) -> None:
        self._speed = speed

    def monotonic(self) -> float:
        """Seconds from an arbitrary point."""
        return time.monotonic() * self._speed

    def sleep(self, seconds: float) -> None:
        """Return after that many of its seconds."""
        time.sleep(seconds / self._speed)

    def wait(self, condition: threading.Condition, seconds: float | None) -> None:
        """Wait on a condition for that many of its seconds at most."""
        condition.wait(None if seconds is None else seconds / self._speed)


class Target(SingerWriter):
    """A target that counts programs, and keeps nothing."""

    programs = 0

    def write_message(self, message: Any) -> None:  # noqa: ANN401 - any Singer message
        """Count a program."""
        self.programs += message.type == "RECORD" and message.stream == "programs"


def run(case: Case, speed: float, programs: int) -> tuple[float, int]:
    """Seconds of Marketo's time for a first sync, and how many calls it made."""
    side_by_side.MAX_AT_ONCE = case.at_once
    writer = Target()

    class FastTap(TapMarketoPrograms):
        clock = FastClock(speed)

    with Sandbox(world="sized", speed=speed, programs=programs, members_per_program=0) as sandbox:
        delay = case.answer_seconds / speed
        sandbox.control.fault("slow", count=FOR_EVER, seconds=delay)
        tap = FastTap(
            config={
                "base_url": sandbox.url,
                "client_id": sandbox.client_id,
                "client_secret": sandbox.client_secret,
                "max_calls_per_20_seconds": CALLS,
            },
            message_writer=writer,
        )
        started = time.monotonic()
        for stream in case.streams:
            tap.streams[stream].sync()
        ended = time.monotonic()
        assert writer.programs == programs
        return (ended - started) * speed, tap.client.limits.made


def report(options: argparse.Namespace) -> str:
    """The section in Markdown."""
    lines = []
    for case in CASES:
        sys.stderr.write(f"{case.name}\n")
        seconds, calls = run(case, options.details_speed, options.detailed)
        bound = least(calls)
        lines.append(
            [
                case.name,
                f"{calls:,}",
                f"{seconds:.0f}",
                f"{bound}",
                f"{seconds / bound:.2f} x" if bound else "",
            ]
        )
    return measure.section(
        "Details of programs",
        f"A first sync of {options.detailed:,} programs with {CALLS} calls in {WINDOW_SECONDS} s "
        f"and answers of {ANSWER_SECONDS} s, in Marketo's seconds, once each.",
        measure.table(["streams", "calls", "s", "at least", "against the least"], lines),
    )


if __name__ == "__main__":
    print(report(measure.parser(__doc__, "detailed", "details_speed").parse_args()))
