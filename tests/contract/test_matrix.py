"""Whatever Marketo does, nothing is lost and nothing leaks: every row of the matrix.

For each: the rows are the sandbox's truth, or the run stops with a clear line and
the run after it brings the truth from the state it left.
"""

from __future__ import annotations

import logging
import re
import tempfile
import traceback
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from clocks import SPEED, FastClock, StillClock
from harness import Output, Tap, UpsertingTarget
from matrix import (
    BY_TAG,
    CASES,
    CELL,
    CHANNELS,
    DISCOVERY,
    ELSEWHERE,
    FOR_EVER,
    MEMBERS,
    MENU,
    PROGRAMS,
    TAG_TYPES,
    TELLING,
    TRAPS,
    Before,
    Case,
    Edit,
    Fault,
    Must,
    missing,
)
from matrix_docs import DOCS, PAGES
from scenes import jobs_held_until, wait_for_threads
from states import named

from tap_marketo_programs.errors import MarketoConfigError, MarketoError
from tap_marketo_programs.tap import TapMarketoPrograms

if TYPE_CHECKING:
    from collections.abc import Mapping

    from marketo_sandbox import Sandbox

ROOT = Path(__file__).parents[2]

Row = dict[str, Any]

TOKEN = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}:\w")
KEYS = {
    CHANNELS: ("id",),
    PROGRAMS: ("id",),
    BY_TAG: ("id", "tagType", "tagValue"),
    TAG_TYPES: ("tagType",),
    MEMBERS: ("leadId", "programId"),
    DISCOVERY: ("id",),
}
# Jobs in a second instead of minutes.
BRISK = {"job_seconds_queued": 5, "job_seconds_processing": 5, "status_refresh_seconds": 5}
CATALOGS: dict[str, dict[str, Any]] = {}


class Bench:
    """A sandbox set up for one case, and a tap aimed at it."""

    def __init__(self, sandbox: Sandbox, case: Case) -> None:
        self.case = case
        self.control = sandbox.control
        self.control.reset(
            **{"world": "tiny", **case.world, "knobs": {"rate_limit": None, **BRISK}}
        )
        still = case.stream != MEMBERS and not case.real_time
        self.tap = Tap(sandbox, StillClock() if still else FastClock())
        if case.times == "for ever" and not still:
            self.tap.clock.speed *= 10
        self.settings: dict[str, Any] = {"poll_interval_seconds": 5}
        # Whom a job belongs to is part of the state, so only some settings come and go.
        self.settings |= {n: v for n, v in case.settings.items() if n not in PASSING}
        self.target = UpsertingTarget()
        self.state: dict[str, Any] = {}
        self.plant()

    def plant(self) -> None:
        """Put values where they are read and must not be logged."""
        if not self.case.world:
            self.control.edit_member(1001, 1, touch=False, customText=CELL)
            self.control.edit_program(1001, description=CELL)

    def run(self, **settings: Any) -> Output:  # noqa: ANN401 - any setting
        """One run; its rows go to the target, its STATE to the next one."""
        settings = self.settings | settings
        if self.case.stream == DISCOVERY:
            return self.discover(settings)
        key = str(settings.get("lead_fields"))
        if key not in CATALOGS:
            CATALOGS[key] = self.tap.catalog(**self.settings)
        catalog = CATALOGS[key]
        if "member_filter" in settings:
            whole = {"replication_method": "FULL_TABLE"}
            catalog = {"streams": [stream | whole for stream in catalog["streams"]]}
        output = self.tap.run(self.case.stream, state=self.state, catalog=catalog, **settings)
        wait_for_threads()
        self.target.load(output)
        self.state = output.state or self.state
        return output

    def discover(self, settings: Mapping[str, Any]) -> Output:
        """Make a catalog, then read the channels with it."""
        # As the command makes it: otherwise the SDK makes one before it is asked for.
        maker = type("Maker", (TapMarketoPrograms,), {"clock": self.tap.clock})
        config = self.tap.config(**settings)
        try:
            catalog = maker(config=config, setup_mapper=False).catalog_dict
        except Exception as error:  # noqa: BLE001 - the test looks at it
            return Output(error=error)
        output = self.tap.run(CHANNELS, catalog=catalog, **settings)
        self.target.load(output)
        return output

    # What comes before the run

    def begin(self) -> None:
        """Bring about what the case begins with."""
        if self.case.before is Before.JOB_LEFT:
            self.control.fault("http", "export_file", count=100_000, status=502)
            self.tap.clock.speed *= 10
            assert self.run().error is not None
            assert named(self.state)
            self.tap.clock.speed /= 10
            self.control.clear_faults()
        elif self.case.before is not Before.NOTHING:
            assert self.run().error is None
        if self.case.before is Before.INTERRUPTED:
            bookmark = self.state["bookmarks"][MEMBERS]
            bookmark["unfinished"] = bookmark["replication_key_value"]
        self.control.knob(**self.case.knobs)
        for edit in self.case.edits:
            self.do(edit)
        for fault in self.case.faults:
            self.plan(fault)

    def do(self, edit: Edit) -> None:
        """Somebody does something."""
        if edit.verb == "forget_jobs":
            for job in self.control.jobs():
                self.control.forget(job["exportId"])
        elif edit.verb == "sicken_jobs":
            for job in self.control.jobs():
                sick = Fault("error", "export_status", FOR_EVER, where=job["exportId"])
                self.plan(replace(sick, args={"code": "611"}))
        elif edit.verb == "undisturbed":
            self.undisturbed()
        else:
            getattr(self.control, edit.verb)(**edit.keys)

    def plan(self, fault: Fault) -> None:
        """Something will go wrong."""
        self.control.fault(
            fault.kind, fault.endpoint, fault.count, fault.after, fault.where, **fault.args
        )

    def undisturbed(self) -> None:
        """Nothing is wrong any more; what would never end has ended."""
        self.tap.clock.speed = SPEED
        self.control.clear_faults()
        if any(fault.kind == "job_stuck" for fault in self.case.faults):
            for job in self.control.jobs():
                self.control.fail(job["exportId"])
        defaults = {knob["name"]: knob["default"] for knob in self.control.knobs()}
        self.control.knob(**{name: defaults[name] for name in self.case.knobs})
        self.control.knob(rate_limit=None)

    def goes_on(self, edits: tuple[Edit, ...]) -> None:
        """People go on working; another run leaves the truth."""
        for edit in edits:
            self.do(edit)
        after = self.run()
        assert after.error is None, after.error
        self.assert_truth()

    # What must be so afterwards

    def assert_truth(self, lacking: tuple[str, ...] = ()) -> None:
        """The target holds what the sandbox holds, but for the columns that may be wrong.

        `*` allows rows to be missing, `+` rows that are gone.
        """
        stream = CHANNELS if self.case.stream == DISCOVERY else self.case.stream
        truth = {_key(row, stream): row for row in self.truth(stream)}
        held = {key: _full(row, stream) for key, row in self.target.tables[stream].items()}
        held = {_key(row, stream): row for row in held.values()}
        if "+" not in lacking:
            assert held.keys() <= truth.keys()
        if "*" not in lacking:
            assert truth.keys() <= held.keys()
        for key in truth.keys() & held.keys():
            compared = truth[key].keys() - set(lacking)
            if stream == BY_TAG:
                compared = {"id", "name", "tagType", "tagValue"}
            assert {n: held[key].get(n) for n in compared} == {n: truth[key][n] for n in compared}

    def assert_out(self) -> None:
        """The members of the programs that the run had to bring are held as they are."""
        held = self.target.tables[MEMBERS].values()
        wanted = set(self.case.brings)
        rows = {_key(r, MEMBERS): r for r in self.truth(MEMBERS) if r["programId"] in wanted}
        assert rows == {_key(r, MEMBERS): r for r in held if r["programId"] in wanted}

    def truth(self, stream: str) -> list[Row]:
        """What the sandbox holds."""
        if stream == MEMBERS:
            fields = [*self.control.truth()[0], *self.settings.get("lead_fields", ())]
            return self.control.truth(fields, member_filter=self.settings.get("member_filter"))
        rows = [_full(row, stream) for row in getattr(self.control, stream)()]
        for row in rows if stream == TAG_TYPES else ():
            # Held as Marketo's text `[program,event]`, of which the tap makes a list.
            row["applicableProgramTypes"] = row["applicableProgramTypes"].strip("[]").split(",")
        return rows

    def assert_nothing_left(self, temporary: Path) -> None:
        """No file stays, and no job of ours holds a place that the state does not name."""
        assert not list(temporary.glob("tap-marketo-programs-*"))
        if self.case.endpoint == "export_status" and self.case.what in TELLING:
            # See test_a_job_whose_status_is_refused_gives_its_place_back.
            return
        running = {
            job["exportId"]
            for job in self.control.jobs()
            if job["status"] in {"Queued", "Processing"}
        }
        assert running <= (named(self.state) if self.case.stream == MEMBERS else set())

    def assert_nothing_leaked(self, said: str) -> None:
        """No secret, token or cell stands in what was said."""
        config = self.tap.config(**self.case.settings)
        for secret in (config["client_id"], config["client_secret"], CELL):
            assert secret not in said
        assert not TOKEN.search(said)


# Settings that belong to the trouble, not to the user's wishes.
PASSING = {
    "client_id",
    "client_secret",
    "export_timeout_seconds",
    "request_timeout_seconds",
    "on_quota_exhausted",
}


def _key(row: Mapping[str, Any], stream: str) -> tuple[Any, ...]:
    return tuple(row[name] for name in KEYS[stream])


def _full(row: Row, stream: str) -> Row:
    """A row as both sides would write it: `[]` for null lists, values with commas in pieces."""
    full = dict(row)
    for name in ("tags", "costs") if stream == PROGRAMS else ():
        full[name] = full.get(name) or []
    if stream == TAG_TYPES:
        values = full["allowableValues"] or []
        full["allowableValues"] = [part for value in values for part in value.split(", ")]
    return full


def said(output: Output, caplog: pytest.LogCaptureFixture) -> str:
    """Everything that a user or a log could see of a run."""
    error = traceback.format_exception(output.error) if output.error else []
    return "\n".join([caplog.text, *error])


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where temporary files go."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_when_marketo_answers(
    shared_sandbox: Sandbox, case: Case, temporary: Path, caplog: pytest.LogCaptureFixture
) -> None:
    bench = Bench(shared_sandbox, case)
    bench.begin()
    caplog.clear()
    caplog.set_level(logging.DEBUG)
    # A line for each field that a catalog does not speak of, and of nothing else.
    caplog.set_level(logging.INFO, "singer_sdk.singerlib.catalog")

    output = bench.run(**{name: case.settings[name] for name in PASSING & case.settings.keys()})

    bench.assert_nothing_leaked(said(output, caplog))
    bench.assert_nothing_left(temporary)
    if case.must is Must.SUCCEED:
        assert output.error is None, output.error
        bench.assert_truth(case.lacking)
        assert case.jobs in {0, len(bench.control.jobs())}
        warnings = [one.getMessage() for one in caplog.records if one.levelname == "WARNING"]
        for words in case.words:
            assert re.search(words, "\n".join(warnings))
        if case.then is not None:
            bench.goes_on(case.then)
            bench.assert_nothing_left(temporary)
        return
    assert isinstance(output.error, MarketoError), repr(output.error)
    assert isinstance(output.error, MarketoConfigError) == (case.must is Must.CONFIG)
    for words in case.words:
        assert re.search(words, str(output.error)), output.error
    bench.assert_out()
    bench.undisturbed()
    after = bench.run()
    assert after.error is None, after.error
    bench.assert_truth()
    bench.assert_nothing_left(temporary)


def test_every_code_fault_trap_and_unknown_has_a_row_or_a_reason() -> None:
    assert missing() == []


def test_no_reason_is_given_for_what_has_a_row() -> None:
    met = {reference for case in CASES for reference in case.references}

    assert not met & ELSEWHERE.keys()
    assert ELSEWHERE.keys() <= {*TRAPS, *MENU}


def test_what_has_no_row_is_held_by_tests_that_exist() -> None:
    named = {path for elsewhere in ELSEWHERE.values() for path in elsewhere.tests}

    assert named
    assert {path for path in named if not (ROOT / path).is_file()} == set()


def test_every_variant_of_every_choice_that_the_sandbox_has_is_a_row(sandbox: Sandbox) -> None:
    met = {reference for case in CASES for reference in case.references}

    for knob in sandbox.control.knobs():
        assert {f"{knob['name']} {variant}" for variant in knob["variants"]} <= met


def test_no_two_rows_are_called_the_same() -> None:
    names = [case.name for case in CASES]

    assert len(names) == len(set(names))


@pytest.mark.parametrize("name", PAGES)
def test_the_pages_for_users_are_those_that_the_matrix_makes(name: str) -> None:
    assert (DOCS / name).read_text(encoding="utf-8") == PAGES[name]()


def test_a_job_whose_status_is_refused_gives_its_place_back(tap: Tap) -> None:
    control = tap.sandbox.control
    control.fault("error", "export_status", code="1003")

    with jobs_held_until(control, lambda jobs: any(job["status"] == "Cancelled" for job in jobs)):
        tap.sync(MEMBERS)

    assert [job["status"] for job in control.jobs()] == ["Cancelled", "Completed"]
