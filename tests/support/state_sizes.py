"""Runs over thousands of programs, for the sake of the bytes of their STATE lines.

A mix is what a user can bring together by settings and by what happened before: how the
programs' ids are strewn, what is exported, and how the programs stand. Each is simulated
without a socket, and the bytes of every STATE line are counted as they leave.
"""

from __future__ import annotations

import random
import sys
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from simulation import START, Simulation, settings

from tap_marketo_programs.export.actions import CreateJob, Worker
from tap_marketo_programs.export.bookmark import write_bookmark
from tap_marketo_programs.export.detection import MAX_ASKED_WINDOW, Detection
from tap_marketo_programs.export.ledger import Ledger

if TYPE_CHECKING:
    from collections.abc import Sequence

PROGRAMS = 3_000
FIELDS = ("leadId", "updatedAt", *(f"customField{number}__c" for number in range(58)))
# Which share of the ids from the lowest to the highest are programs.
DENSITIES: dict[str, float] = {
    "adjacent": 1,
    "a third": 1 / 3,
    "3 %": 0.03,
    "seven digits": PROGRAMS / 9_000_000,
}
DAY = timedelta(days=1)
SPREAD = MAX_ASKED_WINDOW
KEYS = "program_member_keys"


def scattered(density: str, count: int = PROGRAMS) -> list[int]:
    """Ids of which this share is taken, the same ones every time."""
    span = range(1_001, 1_001 + int(count / DENSITIES[density]))
    return sorted(random.Random(1).sample(span, count))  # noqa: S311 - test data


@dataclass(frozen=True, kw_only=True)
class Mix:
    """What is exported, and how the programs stand.

    Args:
        members: Whether members are exported, not only their keys.
        known: Whether the programs were exported before: increments, else histories.
        times: How many watermarks there are, among which the programs' are strewn; None gives
            each its own.
        asked: Whether the programs were asked for changes since, each at its own time.
        asks: Whether programs are asked for changes; a tenth of them has some.
        new_fields: How many fields are backfilled.
        uneven: Whether each field is lacked by programs of its own.
        keys: Whether a snapshot of keys follows.
        wanted: Which share of the programs no filter leaves out.
        one_program: Whether the subscription exports one program a job only.
        spread: Whether programs of different watermarks share jobs.
        kills: How often the run is killed.
        settings: Of the runs.
    """

    members: bool = True
    known: bool = True
    times: int | None = 1
    asked: bool = False
    asks: bool = False
    new_fields: int = 0
    uneven: bool = False
    keys: bool = False
    wanted: float = 1.0
    one_program: bool = False
    spread: bool = True
    kills: int = 0
    settings: dict[str, Any] = field(default_factory=dict)


@dataclass
class Sizes:
    """The bytes of the STATE lines of a run of the tap."""

    lines: list[int] = field(default_factory=list)
    jobs: int = 0
    # Where a stream was killed and run again, of the largest of these runs.
    total: int = 0

    @property
    def longest(self) -> int:
        return max(self.lines, default=0)


def ledger_of(mix: Mix, ids: Sequence[int]) -> Ledger:
    """What is known of the programs before the run."""
    draw, ledger = random.Random(2), Ledger()  # noqa: S311 - test data
    if not mix.known:
        return ledger
    # A schedule of five minutes over the month after which everything is exported once more.
    own = mix.times is None
    moments = [START - DAY - timedelta(minutes=13 * one) for one in range(mix.times or PROGRAMS)]
    picked = draw.sample(moments, len(ids)) if own else draw.choices(moments, k=len(ids))
    ledger.watermarks = dict(zip(ids, picked, strict=True))
    if mix.asked:
        ledger.asked = {
            one: at + timedelta(minutes=draw.randrange(1, 1_440))
            for one, at in ledger.watermarks.items()
        }
    ledger.fields.want(FIELDS[mix.new_fields :], ids)
    for number, name in enumerate(FIELDS):
        if mix.uneven and number >= mix.new_fields:
            ledger.fields.lacking[name] = set(draw.sample(ids, draw.randrange(len(ids))))
    return ledger


@dataclass
class LargeSimulation(Simulation):
    """One that compares no STATE with what a target holds: with 3,000 programs that takes long."""

    def check_state(self) -> None:
        """Nothing is looked at but the size."""


def sizes_of(mix: Mix, density: str) -> Sizes:
    """Let the tap run, stream by stream, and count."""
    ids, found = scattered(density), Sizes()
    ledger = ledger_of(mix, ids)
    wanted = ids[: int(len(ids) * mix.wanted)] if mix.wanted < 1 else ids
    bookmarks: dict[str, Any] = {"program_members": write_bookmark(ledger)}
    if mix.members:
        _run(mix, wanted, found, bookmarks, "program_members")
    if mix.keys:
        _run(mix, wanted, found, bookmarks, KEYS)
    return found


def _run(mix: Mix, ids: list[int], found: Sizes, bookmarks: dict[str, Any], stream: str) -> None:
    of_keys = stream == KEYS
    run = LargeSimulation(
        ids,
        settings(**mix.settings),
        fields=("leadId",) if of_keys else FIELDS,
        snapshot_days=0 if of_keys else None,
        detection=Detection("members" if mix.asks else "none", sweep=40 * DAY),
        on_new_fields="ignore" if of_keys else "backfill",
        spread=SPREAD if mix.spread else timedelta(0),
        bookmark=bookmarks.get(stream, {}),
        stream=stream,
        others={name: one for name, one in bookmarks.items() if name != stream},
    )
    for program_id in ids[::10] if mix.asks else ():
        run.changes[program_id].append((START - timedelta(minutes=1), True))
    if mix.one_program:
        perform_until_created(run, "1035 programs")
    begun = [0]
    for _ in range(mix.kills):
        run.go_on(300)
        begun.append(len(run.state_sizes))
        run.begin()
    run.run_to_the_end(limit=200_000)
    assert run.error is None, run.error
    found.lines += run.state_sizes
    found.jobs += run.created
    ends = [*begun[1:], len(run.state_sizes)]
    found.total += max(sum(run.state_sizes[at:end]) for at, end in zip(begun, ends, strict=True))
    bookmarks[stream] = run.bookmark


def perform_until_created(run: Simulation, outcome: str) -> None:
    """Let the first job be refused."""
    while not isinstance(run.take(Worker.API), CreateJob):
        run.perform(Worker.API)
    run.perform(Worker.API, outcome)


MIXES: dict[str, Mix] = {
    "increments": Mix(),
    "increments of a week's runs": Mix(times=7),
    "histories": Mix(known=False),
    "increments and backfills": Mix(new_fields=3),
    "increments, backfills and keys": Mix(new_fields=3, keys=True),
    "and many watermarks": Mix(new_fields=3, keys=True, times=200),
    "and a watermark for each program": Mix(new_fields=3, keys=True, times=None, asked=True),
    "and fields lacked unevenly": Mix(new_fields=3, keys=True, times=None, asked=True, uneven=True),
    "and no shared jobs": Mix(new_fields=3, keys=True, times=None, spread=False),
    "programs left out": Mix(new_fields=3, keys=True, times=200, wanted=0.5),
    "asked for changes": Mix(asks=True, times=7, asked=False),
    "all killed": Mix(new_fields=3, keys=True, times=200, kills=3),
    "one program a job": Mix(known=False, one_program=True),
}


def main() -> None:
    """Print the bytes of each mix and density."""
    for name, mix in MIXES.items():
        for density in DENSITIES:
            sizes = sizes_of(mix, density)
            sys.stdout.write(
                f"{name}, {density}: {sizes.total:,} bytes in {len(sizes.lines)} lines, "
                f"the longest {sizes.longest:,}\n"
            )
            sys.stdout.flush()


if __name__ == "__main__":
    main()
