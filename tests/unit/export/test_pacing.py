"""The STATE lines of a run share a number of bytes, and nothing is lost or delayed for it."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from simulation import HANDS, Simulation, settings

from tap_marketo_programs.errors import ExportTimedOut
from tap_marketo_programs.export.actions import Worker
from tap_marketo_programs.export.bookmark import jobs_size, read_bookmark
from tap_marketo_programs.export.detection import Detection
from tap_marketo_programs.export.job import ExportStatus
from tap_marketo_programs.export.pacing import (
    MAX_CHANGES,
    MAX_LINE_BYTES,
    MAX_RUN_BYTES,
    MIN_MAX_CHANGES,
    Pace,
)
from tap_marketo_programs.export.tasks import Kind, Phase

if TYPE_CHECKING:
    from collections.abc import Callable

PROGRAMS = list(range(1001, 1201))
DAY = 86_400.0
# A run soon after one that was killed asks what that one has brought, so nothing comes twice.
RESTARTED = Detection("members", sweep=timedelta(days=9))


@given(
    # The longest line of all mixes in `state_sizes` has 41,222 bytes, without its jobs.
    line=st.integers(300, 42_000),
    job=st.integers(60, 150),
    changes=st.integers(1, 1_500),
    in_flight=st.integers(0, 14),
)
def test_whatever_a_line_takes_all_lines_of_a_run_stay_within_their_bytes(
    line: int, job: int, changes: int, in_flight: int
) -> None:
    pace, left = Pace(), changes
    while left > 0:
        said = min(left, pace.changes_a_state(left))
        jobs = said + in_flight
        pace.saved(line + jobs * job, jobs, jobs * job)
        left -= said
        assert pace.line + jobs * job < 64_000

    # The jobs that each line names again are not foreseen. Two streams of a run are such.
    assert 2 * pace.spent < 2_000_000


def test_a_short_state_is_written_at_each_change() -> None:
    """As for some hundred programs, or those that changed in a day."""
    pace = Pace()
    for _ in range(40):
        assert pace.changes_a_state(100) == 1
        pace.saved(4_000, 4, 1_000)


def test_no_more_jobs_are_created_ahead_than_a_kill_may_cost_and_a_line_can_name() -> None:
    pace = Pace()
    pace.saved(MAX_RUN_BYTES, 10, 1_000)
    assert pace.changes_a_state(10_000) == MIN_MAX_CHANGES
    pace.saved(30_000, 10, 1_000)
    assert pace.changes_a_state(10_000) == MAX_CHANGES
    pace.saved(MAX_LINE_BYTES - 9_000, 10, 1_000)
    assert pace.changes_a_state(10_000) == 100


# Runs in which each STATE has to wait


def until(run: Simulation, done: Callable[[], bool], *workers: Worker) -> None:
    """Let some workers work until something is the case; all of them, if none is named."""
    hands = [hand for hand in HANDS if not workers or hand[0] in workers]
    for _ in range(2_000):
        moved = False
        for worker, number in hands:
            if done():
                return
            moved = run.step(worker, number=number) or moved
        if not moved:
            run.pass_time(10)
    message = "it does not come to that"
    raise AssertionError(message)


def crowded(programs: list[int] = PROGRAMS, **options: object) -> Simulation:
    """A run whose STATE lines have hardly any bytes to share: jobs are created ahead."""
    run = Simulation(programs, settings(**options), detection=RESTARTED, max_state_bytes=6_000)
    assert run.work.pace.changes_a_state(20) == 1
    return run


def count_named(run: Simulation) -> int:
    """How many jobs the last STATE names."""
    return jobs_size(run.bookmark)[0] if run.bookmark else 0


def test_jobs_are_created_ahead_and_one_state_names_several() -> None:
    run = crowded()

    run.run_to_the_end()

    assert run.error is None
    assert run.created == len(PROGRAMS) / 10
    assert len(run.state_sizes) < run.created
    run.assert_complete()


def test_the_first_job_is_enqueued_before_any_is_created_ahead() -> None:
    run = crowded()

    until(run, lambda: run.work.tasks.count(Phase.RUNNING) > 0, Worker.API, Worker.MAIN)

    assert run.created <= 2


def test_no_free_place_waits_for_jobs_to_come_together() -> None:
    """Once nobody finds anything to do, the queue is full or there is no job left for it."""
    run, looks = crowded(max_queued=4), 0
    while not run.finished:
        moved = False
        for worker, number in HANDS:
            moved = run.step(worker, number=number) or moved
        if moved:
            continue
        left = run.work.tasks.count(Phase.PLANNED, Phase.CREATED)
        assert run.work.tasks.count(Phase.RUNNING) >= min(4, left)
        run.pass_time(10)
        looks += left > 0
    assert looks > 10


@pytest.mark.parametrize("count", range(1, 20))
def test_a_kill_after_any_state_loses_no_row_and_pays_no_job_twice(count: int) -> None:
    run = crowded(max_queued=2)
    until(run, lambda: run.finished or len(run.state_sizes) >= count)

    run.begin()
    run.run_to_the_end()

    assert run.error is None
    run.assert_complete()
    paid = Counter(one for job in run.paid() for one in job.slice.program_ids)
    assert paid == Counter(PROGRAMS)


@pytest.mark.parametrize("max_state_bytes", [0, 3_000, 6_000])
@given(kills=st.lists(st.integers(0, 200), max_size=5))
def test_kills_between_any_two_steps_pay_for_no_history_twice(
    max_state_bytes: int, kills: list[int]
) -> None:
    run = Simulation(
        PROGRAMS[:80],
        settings(max_queued=2),
        detection=RESTARTED,
        max_state_bytes=max_state_bytes,
    )
    for steps in kills:
        for number in range(steps):
            worker, hand = HANDS[number % len(HANDS)]
            run.step(worker, number=hand)
            if number % len(HANDS) == 0:
                run.pass_time(20)
        run.begin()

    run.run_to_the_end()

    assert run.error is None
    run.assert_complete()
    paid = Counter(one for job in run.paid() for one in job.slice.program_ids)
    assert paid == Counter(PROGRAMS[:80])


def test_a_job_that_was_created_ahead_is_enqueued_by_the_next_run() -> None:
    run = crowded(max_queued=1)
    until(run, lambda: count_named(run) > 2)
    named = set(read_bookmark(run.bookmark).in_flight)

    run.begin()
    run.run_to_the_end()

    read = {job.export_id for job in run.paid()}
    assert named <= read


def test_what_a_signal_interrupts_names_every_job_that_was_created_ahead() -> None:
    run = crowded(max_queued=1)
    until(run, lambda: run.work.tasks.count(Phase.CREATED) > 2)

    state = run.scheduler.state_if_unsaid()

    bookmark = run.bookmark if state is None else state.bookmark
    assert jobs_size(bookmark)[0] == len(run.work.ledger.in_flight) > 2


def test_an_increment_that_failed_is_enqueued_before_histories_that_were_created_ahead() -> None:
    known = PROGRAMS[:20]
    run = Simulation(
        PROGRAMS,
        settings(max_queued=2),
        days_behind=dict.fromkeys(known, 1),
        max_state_bytes=0,
    )
    failed = next(task for task in run.work.tasks if task.kind is Kind.INCREMENT)
    both = (Worker.API, Worker.MAIN)
    until(run, lambda: failed.phase is Phase.RUNNING and _are_ahead(run), *both)
    run.jobs[failed.export_id].status = ExportStatus.FAILED
    until(run, lambda: failed.phase is Phase.CREATED, *both)
    assert not run.work.is_named(failed)
    before = _histories(run)

    def is_under_way() -> bool:
        assert _histories(run) <= before, "a history took its place"
        return failed.phase is Phase.RUNNING

    until(run, is_under_way, *both)


def _histories(run: Simulation) -> set[str]:
    """The jobs of histories that are in the queue."""
    jobs = [job for job in run.jobs.values() if job.status is not ExportStatus.CREATED]
    return {job.export_id for job in jobs if job.slice.window is None}


def _are_ahead(run: Simulation) -> bool:
    return any(task.kind is Kind.HISTORY for task in run.work.tasks.of(Phase.CREATED))


@pytest.mark.parametrize("quota", [2.0, 5.0, 9.0])
def test_jobs_that_are_created_ahead_use_no_more_of_the_quota(quota: float) -> None:
    """Each file has a megabyte; the next may have two."""
    run = crowded(quota_mb=quota, max_queued=4)
    run.run_to_the_end()

    assert run.error is not None
    assert len(run.paid()) <= quota
    run.settings = settings()
    run.pass_time(DAY)
    run.begin()
    run.run_to_the_end()
    paid = [job for job in run.paid() if job.slice.window is None]
    assert len(paid) == len(PROGRAMS) / 10
    run.assert_complete()


def test_a_run_with_late_jobs_only_ends_although_more_were_created_ahead() -> None:
    run = crowded(max_queued=1, timeout=600.0)
    until(run, lambda: count_named(run) > 2 and run.work.tasks.count(Phase.RUNNING) > 0)
    (running,) = run.work.tasks.of(Phase.RUNNING)
    # The one job that is in the queue stands still.
    job = replace(run.jobs[running.export_id], status=ExportStatus.PROCESSING)
    run.jobs[running.export_id] = job
    for _ in range(200):
        moved = [run.step(worker, number=number) for worker, number in HANDS]
        if not any(moved):
            run.seconds += 10

    assert isinstance(run.error, ExportTimedOut)
    assert set(read_bookmark(run.bookmark).in_flight) == set(run.work.ledger.in_flight)


@pytest.mark.parametrize("max_state_bytes", [0, 6_000])
def test_changes_that_are_found_one_after_the_other_are_exported_to_the_last(
    max_state_bytes: int,
) -> None:
    run = Simulation(
        PROGRAMS,
        days_behind=dict.fromkeys(PROGRAMS, 1),
        detection=RESTARTED,
        max_state_bytes=max_state_bytes,
    )
    for program_id in PROGRAMS[::3]:
        run.change(program_id)
    run.begin()

    run.run_to_the_end()

    assert run.error is None
    run.assert_complete()
    assert run.created == -(-len(PROGRAMS[::3]) // 10)
