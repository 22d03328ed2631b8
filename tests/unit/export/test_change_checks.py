"""Programs that are asked for changes, and what follows from an answer."""

from __future__ import annotations

from datetime import timedelta

import pytest
from simulation import HANDS, Simulation, settings

from tap_marketo_programs.export.actions import CheckForChanges, Worker
from tap_marketo_programs.export.detection import MAX_AT_ONCE, Detection
from tap_marketo_programs.export.ledger import Answers

MEMBERS = Detection("members", sweep=timedelta(days=30))
DAY = 86_400


def a_run(programs: int = 30, detection: Detection = MEMBERS, new: int = 0) -> Simulation:
    """Programs that were exported yesterday, and new ones."""
    ids = list(range(1001, 1001 + programs + new))
    run = Simulation(ids, settings(), days_behind=dict.fromkeys(ids[:programs], 1))
    run.detection = detection
    run.begin()
    return run


def ask(run: Simulation, outcome: str = "", number: int = 0) -> int:
    """Let one program be asked; which it was."""
    action = run.take(Worker.CHANGES, number)
    assert isinstance(action, CheckForChanges)
    run.perform(Worker.CHANGES, outcome, number)
    return action.program_id


def test_nothing_is_exported_where_nothing_changed() -> None:
    run = a_run()

    run.run_to_the_end()

    assert run.error is None
    assert run.created == 0
    assert set(run.work.ledger.asked.values()) == {run.work.request.bounds.now}
    run.assert_complete()


def test_only_programs_that_changed_are_exported_and_from_where_their_export_ended() -> None:
    run = a_run()
    exported = run.work.ledger.watermarks[1005]
    run.run_to_the_end()
    run.pass_time(DAY)
    for program in (1005, 1020):
        run.change(program)
    run.begin()

    run.run_to_the_end()

    (job,) = run.jobs.values()
    assert job.slice.program_ids == (1005, 1020)
    assert job.slice.window is not None
    assert job.slice.window.start == exported
    assert run.work.ledger.answers == Answers(30, 2)
    run.assert_complete()


def test_a_job_is_created_as_soon_as_ten_changed_programs_are_known() -> None:
    run = a_run(30)

    for _ in range(9):
        ask(run, "changed")
    assert run.take(Worker.API) is None
    ask(run, "changed")
    run.step(Worker.API)

    assert len(run.jobs) == 1
    assert len(run.work.checks.waiting) == 20


def test_what_changed_is_exported_before_the_histories_of_new_programs() -> None:
    run = a_run(10, new=50)
    run.change(1003)
    run.begin()

    run.run_to_the_end()

    order = [job.slice.program_ids for job in run.jobs.values()]
    assert order[0] == (1003,)
    assert len(order) == 6
    run.assert_complete()


def test_one_program_is_asked_alone_and_then_three_at_once() -> None:
    """What a subscription refuses is refused once, not three times side by side."""
    run = a_run()

    assert run.take(Worker.CHANGES, 0) is not None
    assert run.take(Worker.CHANGES, 1) is None
    run.perform(Worker.CHANGES, number=0)

    taken = [run.take(Worker.CHANGES, number) for number in range(MAX_AT_ONCE)]
    assert all(isinstance(one, CheckForChanges) for one in taken)


@pytest.mark.parametrize("outcome", ["no filter", "denied"])
@pytest.mark.parametrize("before", [0, 5], ids=["at once", "after five answers"])
def test_what_a_subscription_refuses_is_not_asked_again_in_that_run(
    outcome: str, before: int
) -> None:
    run = a_run(30)
    for _ in range(before):
        ask(run)

    ask(run, outcome)

    assert run.take(Worker.CHANGES) is None
    run.run_to_the_end()
    exported = {one for job in run.jobs.values() for one in job.slice.program_ids}
    assert len(exported) == 30 - before
    run.assert_complete()


def test_a_program_that_cannot_be_asked_is_exported_and_others_are_asked() -> None:
    run = a_run(30)
    ask(run)
    exported = {ask(run, outcome) for outcome in ("many", "unanswered", "refused")}

    run.run_to_the_end()

    assert {one for job in run.jobs.values() for one in job.slice.program_ids} == exported
    run.assert_complete()


@pytest.mark.parametrize("outcome", ["unanswered", "refused"])
def test_three_programs_in_a_row_that_are_not_told_of_end_the_asking(outcome: str) -> None:
    run = a_run(30)
    ask(run)
    for _ in range(3):
        ask(run, outcome)

    assert run.take(Worker.CHANGES) is None
    run.run_to_the_end()
    assert len({one for job in run.jobs.values() for one in job.slice.program_ids}) == 29


def test_a_refusal_in_words_that_nobody_knows_before_any_answer_ends_the_asking() -> None:
    run = a_run(30)

    ask(run, "refused")

    assert run.take(Worker.CHANGES) is None
    run.run_to_the_end()
    assert len(run.jobs) == 3


def test_an_answer_about_a_job_under_way_moves_nothing_until_its_rows_are_written() -> None:
    """Should that job fail, what it was to bring must not be passed over."""
    run = a_run(1)
    run.change(1001)
    run.begin()
    # The first run creates a job for the change, names it, and dies.
    for _ in range(6):
        for worker, number in HANDS:
            run.step(worker, number=number)
    assert run.bookmark["exports"]
    run.pass_time(DAY)
    run.begin()

    ask(run)

    assert run.work.ledger.asked == {}
    run.run_to_the_end()
    run.assert_complete()


def test_a_subscription_without_the_filter_is_asked_once_and_exports_what_changed() -> None:
    """1035: the plan is made again, and no program is asked twice."""
    run = a_run(30)
    run.change(1007)
    run.begin()
    asked = [ask(run) for _ in range(30)]

    while run.take(Worker.API) is None:
        run.pass_time(1)
    run.perform(Worker.API, "1035")
    run.run_to_the_end()

    assert len(set(asked)) == 30
    (job,) = run.jobs.values()
    assert (job.slice.program_ids, job.slice.window) == ((1007,), None)
    run.assert_complete()


def test_a_killed_run_has_said_now_and_then_what_was_asked() -> None:
    run = a_run(500)
    for _ in range(450):
        ask(run)
        run.step(Worker.MAIN)
    run.pass_time(3_600)

    run.begin()

    waiting = run.work.checks.waiting
    assert sum(known != run.work.ledger.watermarks[1001] for known in waiting.values()) == 400
    assert len(run.work.ledger.asked) == 400


def test_the_calls_of_a_day_are_counted_over_its_runs() -> None:
    run = a_run(30, Detection("auto", calls_a_day=45, sweep=timedelta(days=30)))
    run.run_to_the_end()
    run.pass_time(3_600)

    run.begin()

    assert len(run.work.checks.waiting) == 15
    run.run_to_the_end()
    assert len(run.jobs) == 2
    run.pass_time(DAY)
    run.begin()
    assert len(run.work.checks.waiting) == 30


def test_after_a_run_that_found_exporting_cheaper_the_next_one_asks_again() -> None:
    """Else a day on which all changed would end asking for ever."""
    run = a_run(30, Detection("auto", sweep=timedelta(days=30)))
    for program in run.programs:
        run.change(program)
    run.begin()
    run.run_to_the_end()
    assert run.work.ledger.answers == Answers(30, 30)

    asked = []
    for _ in range(2):
        run.pass_time(DAY)
        run.begin()
        asked.append(len(run.work.checks.waiting))
        run.run_to_the_end()

    assert asked == [0, 30]


def test_changes_that_asking_does_not_show_come_with_the_sweep() -> None:
    run = a_run(30, Detection("members", sweep=timedelta(days=7)))
    run.change(1009, is_seen=False)
    at = run.calendar

    for _ in range(7):
        run.pass_time(DAY)
        run.begin()
        run.run_to_the_end()

    assert any(start <= at <= end for start, end in run.written[1009][1:])
    run.assert_complete()
