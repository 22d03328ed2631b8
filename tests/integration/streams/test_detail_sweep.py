"""Details that changed without a trace are read within `full_sweep_days`, spread over them."""

from __future__ import annotations

import logging
import random
from typing import TYPE_CHECKING, Any

import pytest
from harness import Output, UpsertingTarget, only
from scenes import DAY, HOUR
from writers import Killed, WatchedWriter

if TYPE_CHECKING:
    from collections.abc import Mapping

    from harness import Tap
    from marketo_sandbox.control import SandboxControl

Row = dict[str, Any]

WEEK = 7 * DAY
REGIONS = ("EMEA", "APJ", "LATAM", "North America")
DETAILS = ("tags", "costs", "startDate", "endDate")


class Days:
    """A tap that runs again and again, and the target that holds what it wrote."""

    def __init__(self, tap: Tap, programs: int, **knobs: str) -> None:
        self.tap = tap
        self.control: SandboxControl = tap.sandbox.control
        self.control.reset(world="sized", programs=programs, members_per_program=0)
        self.control.knob(rate_limit=None, **knobs)
        self.control.advance(HOUR * 2)
        self.target = UpsertingTarget()
        self.state: dict[str, Any] = {}
        self.settings: dict[str, Any] = {}

    def run(self, **settings: Any) -> Output:  # noqa: ANN401 - any setting
        """One run; its error is kept."""
        output = self.tap.run("programs", state=self.state, **self.settings, **settings)
        return self.keep(output)

    def sync(self, **settings: Any) -> list[int]:  # noqa: ANN401 - any setting
        """One run that must succeed; the programs that it wrote."""
        output = self.run(**settings)
        if output.error is not None:
            raise output.error
        return [row["id"] for row in output.records("programs")]

    def killed(self, after: int) -> None:
        """One run whose process is gone after that many records."""
        left = after

        def end(message: Mapping[str, Any]) -> None:
            nonlocal left
            left -= message["type"] == "RECORD"
            if left < 0:
                raise Killed

        output = Output()
        catalog = only(self.tap.catalog(), "programs")
        writer = WatchedWriter(output, end, lambda _: None)
        try:
            self.tap.make(
                state=self.state, catalog=catalog, writer=writer, **self.settings
            ).sync_all()
        except Killed as error:
            output.error = error.with_traceback(None)
        self.keep(output)

    def keep(self, output: Output) -> Output:
        self.target.load(output)
        self.state = output.state or self.state
        return output

    def wait(self, seconds: float) -> None:
        self.control.advance(seconds)
        self.control.clear_requests()

    @property
    def calls(self) -> int:
        """The calls for single programs since the last wait."""
        return len(self.control.requests("program"))

    def truth(self) -> dict[int, Row]:
        return {row["id"]: _full(row) for row in self.control.programs()}

    def held(self) -> dict[int, Row]:
        names = self.control.programs()[0]
        rows = self.target.tables["programs"].values()
        return {row["id"]: _full(dict.fromkeys(names) | row) for row in rows}


def _full(row: Row) -> Row:
    """A row with `[]` where Marketo may say null for none."""
    return row | {name: row[name] or [] for name in ("tags", "costs")}


@pytest.mark.parametrize("bumps", ["no", "yes"])
def test_after_a_period_all_details_are_true_whether_an_edit_moved_updated_at_or_not(
    tap: Tap, bumps: str
) -> None:
    days = Days(tap, 40, U25=bumps)
    days.sync()
    days.wait(2 * HOUR)
    for number, one in enumerate(range(1001, 1041)):
        days.control.tag_program(one, "Region", REGIONS[number % 4])
        days.control.tag_program(one, "Quarter", "Q4")
    edited = days.truth()

    for _ in range(7):
        days.wait(DAY)
        days.sync()

    assert days.held() == days.truth() == edited


def test_in_a_period_every_program_is_read_once_a_share_of_them_a_day(tap: Tap) -> None:
    days = Days(tap, 70)
    days.sync()
    read = []

    for _ in range(7):
        days.wait(DAY)
        read.append(days.sync())
        assert days.calls == len(read[-1])

    assert sorted(one for day in read for one in day) == list(range(1001, 1071))
    assert max(len(day) for day in read) < 35


@pytest.mark.parametrize("seed", range(3))
def test_no_details_are_older_than_the_period_after_runs_of_any_times_that_fail_and_die(
    tap: Tap, seed: int
) -> None:
    chance = random.Random(seed)  # noqa: S311 - the same in every run
    days = Days(tap, 30)
    days.settings = {"full_sweep_days": 3}
    days.sync()
    # What was true when, newest last.
    history = [(0.0, days.truth())]
    now = 0.0
    for _ in range(14):
        seconds = chance.choice([HOUR, 9 * HOUR, DAY, 2 * DAY])
        now += seconds
        days.wait(seconds)
        for one in chance.sample(range(1001, 1031), 4):
            days.control.tag_program(one, "Region", chance.choice(REGIONS))
        history.append((now, days.truth()))
        how = chance.choice(["sync", "sync", "kill", "fail"])
        if how == "kill":
            days.killed(after=chance.randrange(3))
        elif how == "fail":
            days.control.fault("error", "program", after=chance.randrange(3), code="1003")
            days.run()
            days.control.clear_faults()
        else:
            days.sync()
            was = [truth for moment, truth in history if moment > now - 3 * DAY]
            # What was true just before the period began may still be held, if nothing changed.
            was += [truth for moment, truth in history if moment <= now - 3 * DAY][-1:]
            assert all(row in [truth[one] for truth in was] for one, row in days.held().items())


def test_a_run_that_failed_leaves_to_the_next_one_what_was_due(tap: Tap) -> None:
    days = Days(tap, 30)
    days.sync()
    days.wait(WEEK)
    days.control.fault("error", "program", where="/1020.json", code="1003")
    assert days.run().error

    days.wait(60)

    assert sorted(days.sync()) == list(range(1001, 1031))


def test_a_program_that_changed_and_is_due_comes_once(tap: Tap) -> None:
    days = Days(tap, 10)
    days.sync()
    days.wait(WEEK)
    days.control.edit_program(1004, description="edited")
    days.control.advance(60)

    assert sorted(days.sync()) == list(range(1001, 1011))
    assert days.calls == 10
    assert days.held() == days.truth()


def test_changed_programs_come_before_those_that_are_read_again(tap: Tap) -> None:
    days = Days(tap, 10)
    days.sync()
    days.wait(WEEK)
    days.control.edit_program(1007, description="edited")
    days.control.advance(60)

    assert days.sync() == [1007, 1001, 1002, 1003, 1004, 1005, 1006, 1008, 1009, 1010]


def test_a_period_of_0_days_reads_every_program_in_every_run(tap: Tap) -> None:
    days = Days(tap, 10)
    days.settings = {"full_sweep_days": 0}
    days.sync()
    days.wait(2 * HOUR)

    assert len(days.sync()) == 10


def test_without_program_details_nothing_is_read_again(tap: Tap) -> None:
    days = Days(tap, 10)
    days.settings = {"program_details": False}
    days.sync()
    days.wait(WEEK)

    assert not days.sync()
    assert not days.calls
    assert len(days.control.requests("programs")) == 1


def test_without_a_field_of_the_details_nothing_is_read_again(tap: Tap) -> None:
    days = Days(tap, 10)
    catalog = tap.catalog()
    for stream in catalog["streams"]:
        for entry in stream["metadata"]:
            if entry["breadcrumb"] and entry["breadcrumb"][-1] in DETAILS:
                entry["metadata"]["selected"] = False
    days.keep(tap.sync("programs", catalog=catalog))
    days.wait(WEEK)

    again = tap.sync("programs", catalog=catalog, state=days.state)

    assert not again.records("programs")
    assert len(days.control.requests("programs")) == 1


def test_a_program_that_is_gone_when_it_is_due_does_not_come(
    tap: Tap, caplog: pytest.LogCaptureFixture
) -> None:
    days = Days(tap, 10)
    days.sync()
    days.wait(WEEK)
    # Deleted once both listings are read.
    days.control.fault("edit", "programs", after=1, do="delete_program", program_id=1005)

    assert days.sync() == [1001, 1002, 1003, 1004, 1006, 1007, 1008, 1009, 1010]
    assert "did not give every detail" not in caplog.text


def test_details_that_cannot_be_read_again_take_nothing_away_and_are_counted(
    tap: Tap, caplog: pytest.LogCaptureFixture
) -> None:
    days = Days(tap, 10)
    days.sync()
    days.wait(WEEK)
    body = '{"success":true,"result":[{"id":4711,"name":"another"}]}'
    days.control.fault("http", "program", where="/1005.json", count=100, status=200, body=body)

    assert 1005 not in days.sync()
    assert days.held() == days.truth()
    assert "programs without tags, costs and dates: 1" in caplog.text


def test_only_wanted_programs_are_read_again(tap: Tap) -> None:
    days = Days(tap, 10)
    days.settings = {"program_ids": [1003, 1008]}
    days.sync()
    days.wait(WEEK)

    assert days.sync() == [1003, 1008]


def test_a_program_that_slipped_through_the_listing_is_read_again_too(tap: Tap) -> None:
    days = Days(tap, 10)
    days.settings = {"program_ids": [1003]}
    days.sync()
    days.wait(WEEK)
    # Every listing has lost all its rows.
    days.control.fault("no_result", "programs", count=100)

    assert days.sync() == [1003]
    assert days.held()[1003] == days.truth()[1003]


def test_programs_older_than_the_start_date_are_not_read_again(tap: Tap) -> None:
    days = Days(tap, 10)
    days.settings = {"start_date": days.control.now()}
    days.control.advance(60)
    days.control.edit_program(1004, description="edited")
    days.control.advance(60)
    assert days.sync() == [1004]
    days.wait(WEEK)

    assert days.sync() == [1004]


def test_a_person_reads_how_many_changed_and_how_many_are_read_again(
    tap: Tap, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    days = Days(tap, 10)
    days.sync()
    days.wait(WEEK)
    days.control.edit_program(1004, description="edited")
    days.control.advance(60)
    days.sync()

    told = [one.getMessage() for one in caplog.records]
    first, second = (line for line in told if " read next" in line)
    assert first == "programs: 10 in all; their details are read next, a call for each"
    assert second.startswith("programs: 1 changed since 2")
    assert "; the details of 9 others are read again" in second


# Filters


def test_what_was_due_while_a_filter_left_it_out_is_read_once_the_filter_is_lifted(
    tap: Tap,
) -> None:
    days = Days(tap, 40, U25="no")
    days.sync()
    days.wait(2 * HOUR)
    for one in range(1001, 1041):
        days.control.tag_program(one, "Quarter", "Q4")
    wanted = list(range(1001, 1011))
    read = []
    for _ in range(8):
        days.wait(DAY)
        read += days.sync(program_ids=wanted)
    assert set(read) == set(wanted)

    days.wait(HOUR)
    days.sync()

    assert days.calls == 30
    assert days.held() == days.truth()
    assert days.state["bookmarks"]["programs"]["left_out"] == ""


def test_a_filter_that_is_lifted_after_a_day_costs_a_share_of_the_others(tap: Tap) -> None:
    days = Days(tap, 70)
    days.sync()
    for _ in range(2):
        days.wait(DAY)
        days.sync(program_ids=[1001, 1002])

    days.wait(60)
    read = days.sync()

    assert 0 < len(read) < 45
    assert days.calls == len(read)


def test_a_restricted_sweep_reads_the_wanted_programs_only_each_within_the_period(
    tap: Tap,
) -> None:
    days = Days(tap, 40)
    wanted = list(range(1001, 1021))
    days.settings = {"program_ids": wanted}
    days.sync()
    read = []

    for _ in range(7):
        days.wait(DAY)
        read += days.sync()
        assert set(read) <= set(wanted)

    assert sorted(read) == wanted


def test_what_the_start_date_keeps_out_is_not_due_under_a_filter_either(tap: Tap) -> None:
    days = Days(tap, 20)
    days.settings = {"start_date": days.control.now()}
    days.control.advance(HOUR)
    days.sync()
    for _ in range(8):
        days.wait(DAY)
        days.sync(program_ids=[1001])

    assert days.sync() == []


def test_without_details_nothing_is_due_under_a_filter(tap: Tap) -> None:
    days = Days(tap, 20)
    days.settings = {"program_details": False}
    days.sync()
    for _ in range(8):
        days.wait(DAY)
        days.sync(program_ids=[1001])

    assert days.sync() == []
    assert "left_out" not in days.state["bookmarks"]["programs"]
