"""When a snapshot of keys begins, what is left of it, and what becomes of it at every end."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from simulation import HANDS, Simulation

from tap_marketo_programs.errors import ExportFailed
from tap_marketo_programs.export import actions
from tap_marketo_programs.export.actions import Now, Worker
from tap_marketo_programs.export.bookmark import job_ids, read_bookmark, write_bookmark
from tap_marketo_programs.export.job import ExportJob, ExportStatus
from tap_marketo_programs.export.learned import (
    KEYS_ROW,
    MAX_KEYS_HEADER,
    MAX_KEYS_ROW,
    alike,
    is_of_keys,
    learn_of_keys,
)
from tap_marketo_programs.export.ledger import InFlight, Ledger
from tap_marketo_programs.export.pacing import MAX_RUN_BYTES
from tap_marketo_programs.export.plan import Bounds
from tap_marketo_programs.export.planning import add_plan
from tap_marketo_programs.export.quota import ExportQuota, Room
from tap_marketo_programs.export.request import ExportRequest, ExportSettings
from tap_marketo_programs.export.scheduler import Scheduler
from tap_marketo_programs.export.slices import ExportSlice
from tap_marketo_programs.export.snapshot_plan import is_over
from tap_marketo_programs.export.snapshots import Snapshot, choose
from tap_marketo_programs.export.tasks import Phase, Task
from tap_marketo_programs.export.work import Work

NOW = datetime(2026, 3, 4, 12, tzinfo=UTC)
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
PROGRAMS = list(range(1, 26))


def work(ledger: Ledger, *, days: int = 7, now: datetime = NOW, flights: bool = True) -> Work:
    """A run with its plan made, on with what the ledger says is in flight."""
    request = ExportRequest(
        program_ids=PROGRAMS,
        bounds=Bounds(now),
        fields=["leadId"],
        client="client",
        stream="program_member_keys",
        snapshot=choose(ledger, days, now),
    )
    found = Work.begin(request, ExportSettings(), ledger)
    for flight in ledger.in_flight.values() if flights else ():
        task = Task(flight.slice, Phase.RUNNING)
        task.take_job(ExportJob(flight.export_id, ExportStatus.PROCESSING))
        found.tasks.tasks.append(task)
    add_plan(found)
    return found


def planned(found: Work) -> set[int]:
    return {one for task in found.tasks.of(Phase.PLANNED) for one in task.slice.program_ids}


def flight(*programs: int, until: datetime) -> InFlight:
    return InFlight("a-job", ExportSlice(programs, None, None, until), "fields", "client")


# When


def test_the_first_run_begins_one() -> None:
    found = choose(Ledger(), 7, NOW)

    assert (found.at, found.is_due, found.is_whole) == (NOW, True, True)
    assert found.next_at == datetime(2026, 3, 11, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("later", "is_due"),
    [
        (HOUR, False),
        (6 * DAY, False),
        # Midnight in Chicago is 06:00 UTC until the eighth of March, and 05:00 from then on.
        (6 * DAY + 16 * HOUR + timedelta(minutes=59), False),
        (6 * DAY + 17 * HOUR, True),
        (7 * DAY - 20 * timedelta(minutes=1), True),
        (30 * DAY, True),
    ],
)
def test_the_next_one_begins_on_the_seventh_day_whatever_the_hour(
    later: timedelta, *, is_due: bool
) -> None:
    found = choose(Ledger(dict.fromkeys(PROGRAMS, NOW)), 7, NOW + later)

    assert found.is_due is is_due
    assert found.at == (NOW + later if is_due else NOW)


@given(st.integers(0, 86_399), st.integers(0, 86_399), st.integers(1, 30))
def test_a_daily_schedule_is_never_missed_for_a_whole_day(
    first: int, second: int, days: int
) -> None:
    began = datetime(2026, 1, 14, 6, tzinfo=UTC) + timedelta(seconds=first)
    later = datetime(2026, 1, 14, 6, tzinfo=UTC) + timedelta(days=days, seconds=second)

    assert choose(Ledger({1: began}), days, later).is_due
    assert not choose(Ledger({1: began}), days, later - DAY).is_due


def test_an_unfinished_one_is_gone_on_with_however_old_it_is() -> None:
    ledger = Ledger({1: NOW}, unfinished=NOW)

    for later in (timedelta(0), DAY, 30 * DAY):
        for days in (0, 1, 7):
            found = choose(ledger, days, NOW + later)
            assert (found.at, found.is_due, found.is_whole) == (NOW, True, False)


def test_no_run_of_zero_days_is_without_one() -> None:
    assert choose(Ledger({1: NOW}), 0, NOW + HOUR).at == NOW + HOUR
    assert choose(Ledger({1: NOW}), 0, NOW + HOUR).is_due


def test_jobs_of_an_earlier_one_keep_a_run_from_being_whole() -> None:
    ledger = Ledger({1: NOW})
    ledger.created(flight(1, until=NOW))

    assert not choose(ledger, 0, NOW + DAY).is_whole


# What is left


def test_every_slice_of_one_has_its_time_and_no_window() -> None:
    found = work(Ledger(), now=NOW)
    slices = [task.slice for task in found.tasks]

    assert [len(one.program_ids) for one in slices] == [10, 10, 5]
    assert {one.new_watermark for one in slices} == {NOW}
    assert all(one.window is None and one.min_updated_at is None for one in slices)
    assert found.ledger.unfinished == NOW


@given(st.sets(st.sampled_from(PROGRAMS)), st.sets(st.sampled_from(PROGRAMS), max_size=10))
def test_what_is_written_or_under_way_is_not_planned_again(done: set[int], away: set[int]) -> None:
    ledger = Ledger(dict.fromkeys(done, NOW), unfinished=NOW)
    if away:
        ledger.created(flight(*sorted(away), until=NOW))
    found = work(ledger, now=NOW + DAY)

    assert planned(found) == set(PROGRAMS) - done - away
    assert {task.slice.new_watermark for task in found.tasks} <= {NOW}


def test_a_job_of_the_snapshot_before_is_written_and_its_programs_are_exported_again() -> None:
    ledger = Ledger(dict.fromkeys(PROGRAMS, NOW - DAY))
    ledger.created(flight(1, 2, until=NOW))
    found = work(ledger, days=0, now=NOW + DAY)

    assert planned(found) == set(PROGRAMS)
    assert found.tasks.tasks[0].slice.new_watermark == NOW


def test_nothing_is_planned_before_the_next_one_is_due_and_a_line_says_so() -> None:
    found = work(Ledger(dict.fromkeys(PROGRAMS[:20], NOW)), now=NOW + DAY)

    assert not found.tasks.tasks
    assert found.ledger.unfinished is None
    (line,) = found.say.take()
    text = line.text % line.arguments
    assert "; 5 programs are not in it until then" in text
    assert "2026-03-11" in text


# When it is over


def finish(found: Work) -> datetime | None:
    """Let the run end; the unfinished snapshot that the state then names."""
    scheduler = Scheduler(found)
    for _ in range(5):
        action = scheduler.next_action(Worker.MAIN, Now(0.0, NOW))
        if isinstance(action, actions.Finish):
            break
        assert isinstance(action, actions.SaveState)
        scheduler.work.saved_generation, scheduler.work.save_wanted = action.generation, False
    return read_bookmark(scheduler.snapshot(), "program_member_keys").unfinished


def test_a_snapshot_with_every_program_is_over() -> None:
    found = work(Ledger())
    found.tasks.tasks.clear()

    assert is_over(found)
    assert finish(found) is None


def test_one_that_the_quota_ended_is_not() -> None:
    found = work(Ledger(), days=0)
    found.stop_reason = ExportFailed("no more today")  # type: ignore[assignment] # any error will do

    assert not is_over(found)
    assert finish(found) == NOW


@pytest.mark.parametrize(("days", "left"), [(7, NOW), (0, None)])
def test_what_was_given_up_is_tried_again_until_the_next_one_is_due(
    days: int, left: datetime | None
) -> None:
    found = work(Ledger(), days=days)
    found.tasks.tasks.clear()
    found.problems.append(ExportFailed("program 1"))

    assert finish(found) == left


def test_an_error_leaves_it_unfinished() -> None:
    found = work(Ledger())
    found.end_with(ExportFailed("gone"))

    assert finish(found) == NOW


# A process that dies anywhere, or a quota that ends anywhere


@given(
    st.lists(st.tuples(st.integers(0, 80), st.booleans()), max_size=6),
    st.sampled_from([MAX_RUN_BYTES, 4_000, 0]),
)
def test_runs_that_end_anywhere_bring_one_snapshot_of_one_time_and_pay_for_it_once(
    ends: list[tuple[int, bool]], max_state_bytes: int
) -> None:
    run = Simulation(programs=list(range(1, 36)), snapshot_days=1, max_state_bytes=max_state_bytes)
    for steps, is_quota in ends:
        for number in range(steps):
            worker, hand = HANDS[number % len(HANDS)]
            action = run.take(worker, hand)
            no_more = is_quota and isinstance(action, actions.CreateJob) and number > steps // 2
            run.perform(worker, "quota" if no_more else "", hand)
            if number % len(HANDS) == 0:
                run.pass_time(10)
        if is_quota and run.work.stop_reason:
            run.run_to_the_end()
        run.pass_time(600)
        run.begin()
    run.run_to_the_end()

    assert run.error is None
    times = {until for spans in run.written.values() for _, until in spans}
    assert len(times) == 1
    assert set(run.written) == set(run.programs)
    paid = [job for job in run.jobs.values() if job.status is not ExportStatus.CREATED]
    assert sorted(one for job in paid for one in job.slice.program_ids) == run.programs
    ledger = read_bookmark(run.bookmark)
    assert ledger.unfinished is None
    assert set(ledger.watermarks.values()) == times


# What a state says


def test_its_bookmark_names_no_replication_key() -> None:
    found = work(Ledger(dict.fromkeys(PROGRAMS, NOW)))

    assert not {"replication_key", "replication_key_value"} & set(Scheduler(found).snapshot())


def test_the_jobs_of_another_stream_are_no_candidates_for_a_lost_one() -> None:
    found = work(Ledger())
    found.request = replace(found.request, other_jobs=frozenset({"theirs"}))
    action = Scheduler(found).next_action(Worker.API, Now(0.0, NOW))

    assert isinstance(action, actions.CreateJob)
    assert action.known == {"theirs"}


def test_the_jobs_of_a_bookmark_that_cannot_be_read_are_not_asked_for() -> None:
    ledger = Ledger({1: NOW})
    ledger.created(flight(1, until=NOW))

    assert job_ids(write_bookmark(ledger)) == {"a-job"}
    assert job_ids({}) == job_ids({"version": 99}) == job_ids("no bookmark") == frozenset()


def test_a_file_is_asked_for_with_the_time_that_its_job_was_made_for() -> None:
    ledger = Ledger(dict.fromkeys(PROGRAMS, NOW - DAY))
    ledger.created(flight(1, 2, until=NOW))
    found = work(ledger, days=0, now=NOW + DAY)
    found.tasks.tasks[0].move(Phase.COMPLETED)
    action = Scheduler(found).next_action(Worker.DOWNLOAD, Now(0.0, NOW))

    assert isinstance(action, actions.DownloadFile)
    assert action.snapshot_at == NOW


# What earlier jobs tell


def completed(name: str, rows: int, size: int) -> ExportJob:
    return ExportJob(
        name,
        ExportStatus.COMPLETED,
        created_at=NOW,
        finished_at=NOW,
        number_of_records=rows,
        file_size=size,
    )


MEMBERS = completed("members", 1_000, 200_000)
KEYS = completed("keys", 1_000, 17 + 13_000)


@given(st.integers(0, 10**6), st.integers(1, 10**9), st.integers(1, 10**7))
def test_keys_are_told_from_members_by_their_size(rows: int, lead: int, program: int) -> None:
    pair = len(f"{program},{lead}")
    keys = len("programId,leadId\n") + rows * (pair + 1)
    members = len("programId,leadId,updatedAt\n") + rows * (pair + len(",2026-01-01T00:00:00Z\n"))

    assert is_of_keys(completed("a", rows, keys))
    assert not is_of_keys(completed("a", rows, members))


def test_the_sizes_that_tell_lie_between_the_two() -> None:
    assert len('\ufeff"programId","leadId"\r\n'.encode()) <= MAX_KEYS_HEADER + 1
    assert len("programId,leadId,updatedAt\n") > MAX_KEYS_HEADER
    assert len("1,1,2026-01-01T00:00:00Z\n") > MAX_KEYS_ROW


def test_jobs_of_keys_do_not_change_what_is_learned_of_members() -> None:
    for of_keys in (True, False):
        alone, both = ExportQuota(of_keys=of_keys), ExportQuota(of_keys=of_keys)
        alone.used_before([KEYS if of_keys else MEMBERS])
        both.used_before([MEMBERS, KEYS])
        assert alone.learned == both.learned
        assert both.used_mb(NOW) == pytest.approx(0.213017)
        assert both.jobs_before == 2


def test_a_job_of_keys_is_not_taken_for_a_small_job_of_members() -> None:
    quota = ExportQuota(1.0)
    quota.used_before([KEYS])
    # Nothing is known of members, so the first job runs alone.
    assert quota.room(NOW, [False]) is Room.RESERVED
    of_keys = ExportQuota(1.0, of_keys=True)
    of_keys.used_before([KEYS])
    assert of_keys.room(NOW, [False]) is Room.FREE


def test_without_a_job_of_keys_those_of_members_tell_how_many_there_are() -> None:
    found = learn_of_keys([MEMBERS])

    assert (found.bytes_a_row, found.history_rows) == (KEYS_ROW, 1_000)
    assert learn_of_keys([MEMBERS, KEYS], 17).bytes_a_row == 13
    assert alike([MEMBERS, KEYS], of_keys=True) == [KEYS]


def test_a_snapshot_is_a_value() -> None:
    assert choose(Ledger(), 7, NOW) == Snapshot(
        at=NOW,
        is_due=True,
        is_whole=True,
        next_at=datetime(2026, 3, 11, 5, tzinfo=UTC),
        is_next_due=False,
    )
