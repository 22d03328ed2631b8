"""Whole runs in which the workers take turns by chance, the same way for the same seed.

The unit tests look at the first seeds, tests/soak at the others.
"""

from __future__ import annotations

import random
from datetime import timedelta

from simulation import HANDS, Simulation, settings

from tap_marketo_programs.export.actions import Worker
from tap_marketo_programs.export.detection import Detection
from tap_marketo_programs.export.pacing import MAX_RUN_BYTES

SEEDS_OF_UNIT_TESTS = 60
SEEDS = 400
TROUBLE = ["failed", "corrupt", "lost"]


def assert_interleaving_keeps_the_promises(seed: int, max_state_bytes: int = MAX_RUN_BYTES) -> None:
    """With programs that are months behind, so that each has several jobs in a row."""
    draw = random.Random(seed)  # noqa: S311 - the same interleaving every time
    programs = list(range(1001, 1036))
    run = Simulation(
        programs,
        settings(max_queued=draw.choice([1, 2, 4])),
        days_behind={one: draw.choice([1, 40, 200]) for one in programs if draw.random() < 2 / 3},
        detection=Detection(draw.choice(["none", "members"]), sweep=timedelta(days=2)),
        max_state_bytes=max_state_bytes,
    )
    for program_id in draw.sample(programs, 5):
        run.change(program_id)
    run.begin()
    # A target that now and then does not read for long.
    hands = draw.choice([HANDS, [(Worker.API, 0)] * 9 + HANDS])
    for _ in range(600):
        worker, number = draw.choice(hands)
        if draw.random() < 1 / 2:
            run.take(worker, number)
        else:
            run.perform(worker, draw.choice(TROUBLE) if draw.random() < 1 / 12 else "", number)
        if draw.random() < 1 / 10:
            run.pass_time(draw.choice([1, 30, 60]))
        if run.finished:
            break
    for worker, number in HANDS:
        run.perform(worker, number=number)

    run.run_to_the_end()

    if run.error is None:
        run.assert_complete()
    else:
        # A program's file was no good too often, or too many jobs failed: the next run's.
        run.begin()
        run.run_to_the_end()
        run.assert_complete()
