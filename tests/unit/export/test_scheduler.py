"""Whatever happens in whatever order, the scheduler keeps the engine's promises."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule
from interleavings import SEEDS_OF_UNIT_TESTS, assert_interleaving_keeps_the_promises
from simulation import HANDS, Simulation, settings

from tap_marketo_programs.errors import FileUnreadable
from tap_marketo_programs.export.actions import DownloadFile, Worker
from tap_marketo_programs.export.bookmark import jobs_size
from tap_marketo_programs.export.detection import Detection
from tap_marketo_programs.export.pacing import MAX_RUN_BYTES
from tap_marketo_programs.export.places import MAX_FILES
from tap_marketo_programs.export.tasks import Phase

if TYPE_CHECKING:
    from collections.abc import Callable

CREATE = ["refused", "field", "some field", "unanswered", "full", "quota", "1035", "1035 programs"]
ENQUEUE = ["refused", "full", "unanswered", "lost"]
POLL = ["failed", "unanswered", "refused", "unlisted"]
FILE = ["corrupt", "unreadable", "missing", "unanswered"]
ASKING = ["changed", "many", "refused", "no filter", "denied", "unanswered"]
TROUBLES = sorted({*CREATE, *ENQUEUE, *POLL, *FILE, *ASKING, "vanished", "1001", "1012"})


@pytest.mark.parametrize("most", [1, 2, 4, 10])
@pytest.mark.parametrize("programs", [1, 10, 11, 95])
def test_an_undisturbed_run_brings_every_program(most: int, programs: int) -> None:
    run = Simulation(list(range(1001, 1001 + programs)), settings(max_queued=most))

    run.run_to_the_end()

    assert run.error is None
    run.assert_complete()
    assert run.created == -(-programs // 10)


@pytest.mark.parametrize("seed", range(SEEDS_OF_UNIT_TESTS))
def test_any_interleaving_of_the_workers_keeps_the_promises(seed: int) -> None:
    assert_interleaving_keeps_the_promises(seed)


@pytest.mark.parametrize("seed", range(SEEDS_OF_UNIT_TESTS))
@pytest.mark.parametrize("max_state_bytes", [0, 8_000])
def test_any_interleaving_keeps_them_while_jobs_are_created_ahead(
    seed: int, max_state_bytes: int
) -> None:
    assert_interleaving_keeps_the_promises(seed, max_state_bytes)


class Runs(RuleBasedStateMachine):
    """Runs, each with any trouble at any step, and a kill at any point between two steps."""

    @initialize(
        programs=st.integers(1, 35),
        most=st.sampled_from([1, 2, 4]),
        lookback=st.sampled_from([0, 3600]),
        quota=st.sampled_from([None, None, 3.0]),
        behind=st.lists(st.sampled_from([0, 1, 40, 100]), min_size=35, max_size=35),
        detection=st.builds(
            Detection,
            st.sampled_from(["none", "members", "auto"]),
            st.sampled_from([0, 7, 10_000]),
            st.sampled_from([timedelta(0), timedelta(days=1), timedelta(days=7)]),
        ),
        max_state_bytes=st.sampled_from([MAX_RUN_BYTES, 8_000, 0]),
    )
    def begin(  # noqa: PLR0913, PLR0917 - what a subscription can be like
        self,
        programs: int,
        most: int,
        lookback: int,
        quota: float | None,
        behind: list[int],
        detection: Detection,
        max_state_bytes: int,
    ) -> None:
        """A subscription with some programs, new ones and such that are months behind."""
        ids = list(range(1001, 1001 + programs))
        self.run = Simulation(
            ids,
            settings(max_queued=most, quota_mb=quota),
            lookback=timedelta(seconds=lookback),
            days_behind={one: days for one, days in zip(ids, behind, strict=False) if days},
            detection=detection,
            max_state_bytes=max_state_bytes,
        )

    @rule(hand=st.sampled_from(HANDS))
    def take(self, hand: tuple[Worker, int]) -> None:
        """A worker takes an action and is busy with it."""
        self.run.take(*hand)

    @rule(hand=st.sampled_from(HANDS), outcome=st.sampled_from(["", "", "", *TROUBLES]))
    def perform(self, hand: tuple[Worker, int], outcome: str) -> None:
        """A worker gets an answer."""
        worker, number = hand
        self.run.perform(worker, outcome, number)

    @rule(place=st.integers(0, 34), is_seen=st.booleans())
    def change(self, place: int, *, is_seen: bool) -> None:
        """A member changes, and asking shows it or does not."""
        self.run.change(self.run.programs[place % len(self.run.programs)], is_seen=is_seen)

    @rule(steps=st.integers(1, 40))
    def go_on(self, steps: int) -> None:
        """Nothing special happens for a while."""
        for _ in range(steps):
            for worker, number in HANDS:
                self.run.step(worker, number=number)
        self.run.pass_time(60)

    @rule(seconds=st.sampled_from([1, 59, 600, 4000]))
    def wait(self, seconds: int) -> None:
        """Time passes."""
        self.run.pass_time(seconds)

    @rule(most=st.sampled_from([1, 2, 4]))
    def kill(self, most: int) -> None:
        """The process dies; the next one knows the last STATE only, and may be allowed less."""
        self.run.settings = replace(self.run.settings, max_queued=most)
        self.run.begin()

    @precondition(lambda self: self.run.finished)
    @rule(days=st.sampled_from([1, 40]))
    def next_run(self, days: int) -> None:
        """The next day's run."""
        self.run.pass_time(days * 86_400)
        self.run.begin()

    def teardown(self) -> None:
        """After all of it, one undisturbed run ends with the truth in the target."""
        if not hasattr(self, "run"):
            return
        self.run.settings = settings(max_queued=self.run.settings.max_queued)
        self.run.pass_time(2 * 86_400)
        self.run.begin()
        self.run.run_to_the_end()
        assert self.run.error is None
        self.run.assert_complete()


# How many examples: see `search_profiles`; tests/soak looks at many.
Runs.TestCase.settings = hypothesis_settings(stateful_step_count=60)
TestRuns: Any = Runs.TestCase


def perform_until(
    run: Simulation, done: Callable[[], bool], outcomes: dict[Worker, str], steps: int = 400
) -> None:
    """Let some of the workers work, each with the same answer every time."""
    for _ in range(steps):
        if done():
            return
        for worker, outcome in outcomes.items():
            run.step(worker, outcome)
        run.pass_time(60)
    message = "it does not come to that"
    raise AssertionError(message)


def test_no_watermark_passes_a_part_of_a_program_that_was_given_up() -> None:
    """Its later windows are written, and the next run begins before the part that is missing."""
    run = Simulation([1001], settings(max_queued=4), days_behind={1001: 120})
    windows = len(run.work.tasks)
    known = run.work.ledger.watermarks[1001]

    def is_in_hand() -> bool:
        return isinstance(run.take(Worker.DOWNLOAD), DownloadFile)

    perform_until(run, is_in_hand, {Worker.MAIN: "", Worker.API: ""})
    run.perform(Worker.DOWNLOAD, "unreadable")
    run.run_to_the_end()

    assert isinstance(run.error, FileUnreadable)
    assert 1 <= run.wrote < windows
    assert run.work.ledger.watermarks[1001] == known
    run.begin()
    run.run_to_the_end()
    run.assert_complete()


def test_a_history_whose_file_is_gone_is_not_forgotten_for_the_increment_behind_it() -> None:
    """The quota ends before it is exported again, while a job for what came later is there."""
    run = Simulation([1001], settings(max_queued=4))
    both = {Worker.MAIN: "", Worker.API: ""}
    perform_until(run, lambda: bool(run.bookmark.get("exports")), both)
    run.pass_time(9 * 86_400)
    run.begin()
    history = next(iter(run.work.tasks))
    perform_until(run, lambda: jobs_size(run.bookmark)[0] == 2, both)
    # Its file has been deleted meanwhile, and the day's quota is used.
    gone = {**both, Worker.DOWNLOAD: "missing"}
    perform_until(run, lambda: history.phase is Phase.PLANNED, gone)
    for _ in range(20):
        run.step(Worker.API, "quota")
        run.step(Worker.MAIN)
    assert jobs_size(run.bookmark)[0] == 1

    run.pass_time(86_400)
    run.begin()
    run.run_to_the_end()

    assert run.error is None
    run.assert_complete()


def test_a_task_that_finished_ones_wait_for_gets_a_job_however_many_these_are() -> None:
    """The file of the first window is no good, and all behind it are done: no dead end."""
    run = Simulation([1001], settings(max_queued=2), days_behind={1001: 400})
    first = next(iter(run.work.tasks))
    both = {Worker.MAIN: "", Worker.API: ""}
    # Nobody downloads, until that many are done that no other job is created.
    perform_until(run, lambda: run.work.tasks.count(Phase.COMPLETED) > 2 + MAX_FILES, both)
    perform_until(run, lambda: first.bad_jobs > 0, {**both, Worker.DOWNLOAD: "missing"})

    perform_until(run, lambda: first.export_id != "", both)

    run.run_to_the_end()

    assert run.error is None
    run.assert_complete()
