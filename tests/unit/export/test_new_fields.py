"""Whatever fields are wanted when, it is known which members were exported without them."""

from __future__ import annotations

import logging
from collections import Counter
from datetime import datetime, timedelta
from typing import Literal

import pytest
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule
from simulation import BEGINNING, END, FIELDS, HANDS, START, RemoteJob, Simulation, settings

from tap_marketo_programs.errors import DailyQuotaExceeded
from tap_marketo_programs.export import new_fields, resume
from tap_marketo_programs.export.actions import CreateJob, Worker
from tap_marketo_programs.export.bookmark import read_bookmark
from tap_marketo_programs.export.detection import Detection
from tap_marketo_programs.export.ledger import InFlight, Ledger, digest
from tap_marketo_programs.export.member_filter import MemberFilter, WantedMembers
from tap_marketo_programs.export.slices import ExportSlice
from tap_marketo_programs.export.tasks import Kind, Phase, Task, TaskList

NEW = "registrationCode"
PROGRAMS = list(range(1001, 1036))
DAY = 86_400.0


def extracted(**options: object) -> Simulation:
    """Thirty-five programs that were extracted by one run, a day ago."""
    run = Simulation(PROGRAMS, settings(**options))
    run.run_to_the_end()
    run.pass_time(DAY)
    return run


def lacking(run: Simulation) -> dict[str, set[int]]:
    """What the last STATE says of fields that programs lack."""
    found = read_bookmark(run.bookmark).fields.lacking
    return {name: ids for name, ids in found.items() if ids}


def next_run(run: Simulation, **changes: object) -> None:
    """A new run, for which something changes; its plan is made."""
    for name, value in changes.items():
        assert hasattr(run, name)
        setattr(run, name, value)
    run.begin()


def slice_of(program_id: int) -> ExportSlice:
    return ExportSlice((program_id,), None, None, START)


def backfills(run: Simulation) -> list[Task]:
    return [task for task in run.work.tasks if task.kind is Kind.BACKFILL]


def run_without_the_filter(run: Simulation) -> None:
    """Work until the run is over, in a subscription without the filter of `updatedAt`."""
    while not run.finished:
        moved = False
        for worker, number in HANDS:
            action = run.take(worker, number)
            is_filtered = isinstance(action, CreateJob) and action.slice.window is not None
            run.perform(worker, "1035" if is_filtered else "", number)
            moved |= action is not None
        if not moved:
            run.pass_time(10.0)


def whole(jobs: list[RemoteJob]) -> Counter[int]:
    """How often each program was exported whole."""
    return Counter(one for job in jobs if job.slice.window is None for one in job.slice.program_ids)


# What is told


@pytest.mark.parametrize("full_table", [False, True])
def test_a_first_sync_tells_of_no_field_and_backfills_nothing(full_table: bool) -> None:  # noqa: FBT001 - a parameter
    run = Simulation(PROGRAMS, settings(), full_table=full_table, on_new_fields="backfill")

    assert not run.lines(logging.WARNING)
    run.run_to_the_end()
    assert run.created == 4
    assert not lacking(run)


def test_one_warning_names_all_new_fields_and_says_what_to_do() -> None:
    run = extracted()

    next_run(run, fields=(*FIELDS, NEW, "email"))

    (line,) = run.lines(logging.WARNING)
    for part in (NEW, "email", "35 programs", "on_new_fields: backfill", "--refresh-catalog"):
        assert part in line
    assert not any(name in line for name in FIELDS)


def test_a_new_field_is_warned_of_once_and_then_noted_as_long_as_programs_lack_it() -> None:
    run = extracted()
    next_run(run, fields=(*FIELDS, NEW))
    run.run_to_the_end()
    assert lacking(run) == {NEW: set(PROGRAMS)}

    run.begin()

    assert not run.lines(logging.WARNING)
    assert len([line for line in run.lines() if NEW in line]) == 1
    assert run.created == 8


def test_a_run_that_brings_nothing_else_still_notes_what_it_told() -> None:
    run = extracted()
    run.detection = Detection("members", sweep=timedelta(days=7))
    next_run(run, fields=(*FIELDS, NEW))
    run.run_to_the_end()
    run.begin()

    assert not run.lines(logging.WARNING)


def test_a_state_of_a_version_that_knew_no_fields_tells_nothing() -> None:
    run = extracted()
    del run.bookmark["known_fields"]
    for program_id in PROGRAMS:
        run.fields_written[program_id].append((BEGINNING, END, (*FIELDS, NEW)))

    next_run(run, fields=(*FIELDS, NEW), on_new_fields="backfill")

    assert not run.lines(logging.WARNING)
    assert not backfills(run)
    run.run_to_the_end()
    next_run(run, fields=(*FIELDS, NEW, "email"))
    assert len(backfills(run)) == 4


def test_a_field_that_was_not_wanted_for_a_while_is_new_again() -> None:
    run = extracted()
    next_run(run, fields=FIELDS[:3])
    assert not run.lines(logging.WARNING)
    run.run_to_the_end()

    next_run(run, fields=FIELDS)

    (line,) = run.lines(logging.WARNING)
    assert FIELDS[3] in line


def test_a_program_that_comes_later_lacks_nothing() -> None:
    run = extracted()
    next_run(run, fields=(*FIELDS, NEW), programs=[*PROGRAMS, 2001])
    run.run_to_the_end()

    assert lacking(run) == {NEW: set(PROGRAMS)}


def test_a_run_whose_state_nobody_keeps_notes_and_tells_nothing() -> None:
    run = extracted()
    before = read_bookmark(run.bookmark).fields

    next_run(run, fields=(*FIELDS, NEW), on_new_fields="ignore")

    assert not run.lines(logging.WARNING)
    assert not backfills(run)
    run.run_to_the_end()
    assert read_bookmark(run.bookmark).fields == before


def test_a_full_table_brings_every_new_field_without_a_word() -> None:
    run = extracted()

    next_run(run, fields=(*FIELDS, NEW), full_table=True, on_new_fields="backfill")

    assert not run.lines(logging.WARNING)
    assert not backfills(run)
    run.run_to_the_end()
    assert not lacking(run)


# What is exported once more


def test_after_a_backfill_every_program_has_the_new_field() -> None:
    run = extracted()

    next_run(run, fields=(*FIELDS, NEW), on_new_fields="backfill")
    run.run_to_the_end()

    assert all(run.has_field(program_id, NEW) for program_id in PROGRAMS)
    assert not lacking(run)
    run.begin()
    assert not backfills(run)
    assert not [line for line in run.lines() if NEW in line]


def test_increments_have_their_jobs_and_their_rows_before_any_backfill() -> None:
    run = extracted(max_queued=2)
    before = run.created

    next_run(run, fields=(*FIELDS, NEW), on_new_fields="backfill")
    run.run_to_the_end()

    made = [job.slice.window is None for job in list(run.jobs.values())[before:]]
    assert made == [False] * 4 + [True] * 4


def test_a_backfill_waits_until_all_programs_are_asked_for_changes() -> None:
    run = extracted()
    run.detection = Detection("members", sweep=timedelta(days=7))
    run.change(1003)
    next_run(run, fields=(*FIELDS, NEW), on_new_fields="backfill")

    run.step(Worker.MAIN)
    assert not run.step(Worker.API)
    run.run_to_the_end()

    assert list(run.jobs.values())[4].slice.program_ids == (1003,)
    run.assert_complete()
    assert not lacking(run)


@pytest.mark.parametrize("days", [10, 400])
def test_a_backfill_begins_at_the_start_date_and_moves_no_watermark(days: int) -> None:
    """What changed before the start date, since the last export, is the increments' still."""
    start = START - timedelta(days=days)
    run = Simulation(
        [1001],
        settings(),
        start_date=start,
        days_behind={1001: 500},
        detection=Detection("members", sweep=timedelta(days=1000)),
    )
    run.run_to_the_end()
    next_run(run, fields=(*FIELDS, NEW), on_new_fields="backfill")
    (task,) = backfills(run)

    assert (task.slice.window.start if task.slice.window else task.slice.min_updated_at) == start
    ledger = Ledger({1001: START - timedelta(days=500)})
    ledger.written(task.slice, is_backfill=True)
    assert ledger.watermarks == {1001: START - timedelta(days=500)}


def test_programs_that_a_filter_leaves_out_go_on_lacking() -> None:
    run = extracted()
    next_run(run, fields=(*FIELDS, NEW), on_new_fields="backfill", programs=PROGRAMS[:10])
    run.run_to_the_end()
    assert lacking(run) == {NEW: set(PROGRAMS[10:])}

    next_run(run, programs=PROGRAMS)

    assert len(backfills(run)) == 3


@pytest.mark.parametrize("steps", range(0, 150, 7))
def test_a_killed_backfill_pays_for_no_program_twice(steps: int) -> None:
    run = extracted(max_queued=2)
    next_run(run, fields=(*FIELDS, NEW), on_new_fields="backfill")
    run.go_on(steps)

    run.begin()
    run.run_to_the_end()

    assert whole(run.paid(since=4)) == Counter(PROGRAMS)
    assert all(run.has_field(program_id, NEW) for program_id in PROGRAMS)
    assert not lacking(run)


def test_a_backfill_goes_on_over_the_days_of_a_small_quota() -> None:
    run = extracted()
    before = run.created
    next_run(
        run,
        fields=(*FIELDS, NEW),
        on_new_fields="backfill",
        settings=settings(quota_mb=5.5, max_queued=1),
    )
    run.run_to_the_end()
    error: BaseException | None = run.error
    assert isinstance(error, DailyQuotaExceeded)
    left = len(lacking(run)[NEW])
    assert 0 < left < len(PROGRAMS)

    for _ in range(3):
        run.pass_time(DAY)
        run.begin()
        run.run_to_the_end()

    assert run.error is None
    assert whole(run.paid(since=before)) == Counter(PROGRAMS)
    assert not lacking(run)


def test_a_resumed_backfill_leaves_before_the_increments_that_are_newer() -> None:
    run = extracted()
    next_run(run, fields=(*FIELDS, NEW), on_new_fields="backfill")
    while not run.work.tasks.of(Phase.RUNNING) or not any(
        task.phase is Phase.RUNNING for task in backfills(run)
    ):
        run.go_on()
    run.pass_time(DAY)

    run.begin()

    (first, *_) = [task for task in run.work.tasks if task.slice.program_ids[0] == 1001]
    assert first.kind is Kind.BACKFILL
    assert first.is_resumed
    run.run_to_the_end()
    run.assert_complete()


def test_increments_do_not_rely_on_a_backfill_that_may_never_come() -> None:
    run = extracted()
    run.change(1003)
    run.detection = Detection("members", sweep=timedelta(days=7))
    next_run(
        run,
        fields=(*FIELDS, NEW),
        on_new_fields="backfill",
        settings=settings(quota_mb=5, max_queued=1),
    )

    run.run_to_the_end()

    run.assert_complete()


def test_a_backfill_that_lost_its_job_goes_behind_the_increments() -> None:
    tasks = TaskList([Task(slice_of(1001), kind=Kind.BACKFILL, is_resumed=True)])
    tasks.add([slice_of(1001)])
    assert [task.kind for task in tasks] == [Kind.BACKFILL, Kind.INCREMENT]

    tasks.postpone(tasks.tasks[0])

    assert [task.kind for task in tasks] == [Kind.INCREMENT, Kind.BACKFILL]
    tasks.add([slice_of(1002)])
    assert [task.kind for task in tasks] == [Kind.INCREMENT, Kind.INCREMENT, Kind.BACKFILL]


@pytest.mark.parametrize("refusal", ["1035", "1035 programs"])
def test_a_plan_that_is_made_again_backfills_whole_histories(refusal: str) -> None:
    run = extracted()
    next_run(run, fields=(*FIELDS, NEW), on_new_fields="backfill")
    run.step(Worker.MAIN)
    run.step(Worker.API, refusal)

    run.run_to_the_end()

    assert all(run.has_field(program_id, NEW) for program_id in PROGRAMS)
    assert not lacking(run)


@pytest.mark.parametrize("start_date", [None, START - timedelta(days=400), START])
@pytest.mark.parametrize("method", ["none", "members"])
def test_without_the_updated_at_filter_no_program_is_paid_for_twice(
    method: Literal["none", "members"], start_date: datetime | None
) -> None:
    """Its increment is an export of everything, so it serves the backfill as well."""
    run = extracted()
    run.start_date = start_date
    before = run.created
    run.detection = Detection(method, sweep=timedelta(days=7))
    changed = PROGRAMS[5:25]
    for program_id in changed:
        run.change(program_id)
    next_run(run, fields=(*FIELDS, NEW), on_new_fields="backfill")
    run_without_the_filter(run)

    assert whole(run.paid(since=before)) == Counter(PROGRAMS)
    run.assert_complete()
    assert all(run.has_field(program_id, NEW) for program_id in PROGRAMS)
    assert not lacking(run)


def test_a_resumed_backfill_whose_job_fails_holds_no_increment_up() -> None:
    run = extracted(max_queued=1)
    next_run(run, fields=(*FIELDS, NEW), on_new_fields="backfill")
    while not any(task.phase is Phase.RUNNING for task in backfills(run)):
        run.go_on()
    run.begin()
    (resumed,) = [task for task in run.work.tasks if task.is_resumed]
    resumed.due = run.seconds

    run.step(Worker.API, "failed")

    assert resumed.phase is Phase.PLANNED
    assert run.work.tasks.tasks[-1] is resumed


# Fields that Marketo refuses


def test_what_is_exported_without_a_refused_field_lacks_it_until_it_is_backfilled() -> None:
    run = extracted()
    next_run(run, refused=frozenset({FIELDS[3]}), programs=PROGRAMS[:20])
    run.run_to_the_end()
    assert lacking(run) == {FIELDS[3]: set(PROGRAMS[:20])}

    next_run(run, refused=frozenset(), on_new_fields="backfill", programs=PROGRAMS)
    run.run_to_the_end()

    assert all(run.has_field(program_id, FIELDS[3]) for program_id in PROGRAMS)
    assert not lacking(run)


def test_no_history_is_exported_for_the_sake_of_a_field_that_marketo_refuses() -> None:
    run = extracted()
    run.detection = Detection("members", sweep=timedelta(days=7))
    refused = frozenset({NEW})
    for _ in range(3):
        next_run(run, fields=(*FIELDS, NEW), refused=refused, on_new_fields="backfill")
        run.run_to_the_end()
        assert run.error is None

    assert run.created == 4
    assert lacking(run) == {NEW: set(PROGRAMS)}


def test_a_refused_field_keeps_no_other_field_from_its_backfill() -> None:
    run = extracted()
    next_run(
        run, fields=(*FIELDS, NEW, "email"), refused=frozenset({NEW}), on_new_fields="backfill"
    )

    run.run_to_the_end()

    assert all(run.has_field(program_id, "email") for program_id in PROGRAMS)
    assert lacking(run) == {NEW: set(PROGRAMS)}


def test_a_resumed_job_lacks_what_is_wanted_now_and_not_exported() -> None:
    """Its own run may have wanted other fields."""
    run = extracted()
    next_run(run, fields=(*FIELDS, NEW))
    whole_job = InFlight("job-1", slice_of(1001), digest(FIELDS), "client", without=("other",))
    run.work.ledger.created(whole_job)

    assert resume.fits(run.work, whole_job, FIELDS)
    resume.resume_job(run.work, whole_job, None, "", run.now)

    assert run.work.ledger.in_flight["job-1"].without == (NEW,)


def refused_and_killed() -> Simulation:
    """A backfill whose rows left without a refused field, in a run that never said so."""
    run = extracted()
    # Nothing changed, so there is nothing but the backfill.
    run.detection = Detection("members", sweep=timedelta(days=7))
    refused = frozenset({FIELDS[3]})
    next_run(run, fields=(*FIELDS, NEW), refused=refused, on_new_fields="backfill")
    run.wrote = 0
    while not run.wrote:
        run.go_on()
    assert not lacking(run).get(FIELDS[3])
    return run


def lacking_in_truth(run: Simulation) -> set[int]:
    """The programs of which a target holds rows without that field."""
    return {program_id for program_id in PROGRAMS if not run.has_field(program_id, FIELDS[3])}


def test_a_job_that_no_longer_fits_may_have_left_its_rows_already() -> None:
    run = refused_and_killed()
    written = lacking_in_truth(run)
    assert written
    next_run(run, programs=sorted(set(PROGRAMS) - written))
    run.run_to_the_end()
    assert written <= lacking(run)[FIELDS[3]]

    next_run(run, refused=frozenset(), programs=PROGRAMS)
    run.run_to_the_end()

    assert all(run.has_field(program_id, FIELDS[3]) for program_id in PROGRAMS)
    assert not lacking(run)


def test_a_job_that_is_gone_may_have_left_its_rows_already() -> None:
    run = refused_and_killed()
    written = lacking_in_truth(run)
    run.jobs.clear()
    next_run(run, fields=FIELDS, on_new_fields="warn")
    run.run_to_the_end()

    assert written
    assert written <= lacking(run)[FIELDS[3]]


def test_some_members_that_are_exported_without_a_refused_field_make_their_programs_lack_it() -> (
    None
):
    run = extracted()
    some = WantedMembers(MemberFilter(is_exhausted=True))
    refused = frozenset({FIELDS[3]})
    next_run(run, members=some, refused=refused, full_table=True, programs=PROGRAMS[:20])
    run.run_to_the_end()
    assert lacking(run) == {FIELDS[3]: set(PROGRAMS[:20])}

    next_run(
        run,
        members=None,
        refused=frozenset(),
        full_table=False,
        programs=PROGRAMS,
        on_new_fields="backfill",
    )
    run.run_to_the_end()

    assert all(run.has_field(program_id, FIELDS[3]) for program_id in PROGRAMS)
    assert not lacking(run)


# Several at once


def test_the_plan_counts_backfilled_programs_and_says_why() -> None:
    run = extracted()
    next_run(run, fields=(*FIELDS, NEW), on_new_fields="backfill")
    assert new_fields.notes(run.work) == [
        f"35 programs are backfilled: their members were exported without {NEW}"
    ]

    next_run(run, on_new_fields="warn")

    (note,) = new_fields.notes(run.work)
    assert "on_new_fields: backfill would export 35 programs once more" in note


class Fields(RuleBasedStateMachine):
    """Runs between which fields, programs and what Marketo exports change, cut at any point."""

    @initialize(
        most=st.sampled_from([1, 2, 4]),
        quota=st.sampled_from([None, None, 3.0]),
        method=st.sampled_from(["none", "members"]),
        start_date=st.sampled_from([None, None, START - timedelta(days=400)]),
    )
    def begin(
        self, most: int, quota: float | None, method: str, start_date: datetime | None
    ) -> None:
        """A subscription of which nothing is extracted."""
        self.run = Simulation(
            list(range(1001, 1026)),
            settings(max_queued=most, quota_mb=quota),
            detection=Detection(method, sweep=timedelta(days=7)),  # type: ignore[arg-type] # one of its words
            restricted=True,
            start_date=start_date,
        )

    @rule(
        wanted=st.sets(st.sampled_from(["a", "b", "c"])),
        refused=st.frozensets(st.sampled_from(["b", "c"]), max_size=1),
        programs=st.sampled_from([(1001, 1026), (1001, 1026), (1001, 1012), (1008, 1026)]),
        mode=st.sampled_from(["backfill", "backfill", "warn"]),
        full_table=st.sampled_from([False, False, False, True]),
    )
    def kill_and_change(
        self,
        wanted: set[str],
        refused: frozenset[str],
        programs: tuple[int, int],
        mode: str,
        *,
        full_table: bool,
    ) -> None:
        """The process is gone; the next one is to bring something else."""
        self.run.pass_time(3600)
        next_run(
            self.run,
            fields=(*FIELDS[:3], *sorted(wanted)),
            refused=refused,
            programs=list(range(*programs)),
            on_new_fields=mode,
            full_table=full_table,
        )

    @rule()
    def kill(self) -> None:
        """The process is gone; the next one is to bring the same."""
        self.run.pass_time(60)
        self.run.begin()

    @rule(hand=st.sampled_from(HANDS), outcome=st.sampled_from(["", "", "failed", "quota", "1035"]))
    def step(self, hand: tuple[Worker, int], outcome: str) -> None:
        """A worker does one thing."""
        self.run.step(hand[0], outcome, hand[1])

    @rule(rounds=st.integers(1, 40))
    def go_on(self, rounds: int) -> None:
        """All workers do what they find to do for a while."""
        self.run.go_on(rounds)

    @rule(place=st.integers(0, 24))
    def change(self, place: int) -> None:
        """A member changes."""
        self.run.change(1001 + place)

    @precondition(lambda self: hasattr(self, "run"))
    @rule()
    def next_day(self) -> None:
        """The quota is whole again."""
        self.run.pass_time(DAY)
        self.run.begin()

    def teardown(self) -> None:
        """In the end every member has every field that is wanted."""
        if not hasattr(self, "run"):
            return
        self.run.pass_time(DAY)
        next_run(
            self.run,
            fields=(*FIELDS[:3], "a", "b", "c"),
            refused=frozenset(),
            programs=list(range(1001, 1026)),
            on_new_fields="backfill",
            full_table=False,
            settings=settings(),
        )
        self.run.run_to_the_end()
        # A job that was resumed without a refused field has kept it from the whole run.
        self.run.pass_time(DAY)
        self.run.begin()
        self.run.run_to_the_end()
        self.run.assert_complete()
        for program_id in self.run.programs:
            for name in "abc":
                assert self.run.has_field(program_id, name), (program_id, name)
        self.run.begin()
        assert not backfills(self.run)


TestFields = Fields.TestCase
TestFields.settings = hypothesis_settings(stateful_step_count=30)


def test_that_a_new_field_was_told_is_saved_before_anything_else_is_done() -> None:
    """A run that is killed while thousands of programs are asked tells it no second time."""
    run = extracted()

    next_run(run, fields=[*FIELDS, NEW])

    assert run.work.is_dirty
    assert run.work.save_wanted
