"""A field that is wanted later: members extracted before get its values, if the user says so."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest
from scenes import DAY, FOR_EVER, HOUR, Scene
from states import ledger, named
from writers import Killed

from tap_marketo_programs.errors import DailyQuotaExceeded

if TYPE_CHECKING:
    from collections.abc import Callable

    from harness import Tap

NEW = "tshirtSize"
PROGRAMS = 40
# Of the days before the field: histories of forty programs, and increments.
HISTORIES = 4


@pytest.fixture
def scene(tap: Tap) -> Scene:
    """Two days are over; on the third, Marketo has a field that was not there before."""
    scene = Scene(tap, settings={"change_detection": "none"})
    scene.begin(programs=PROGRAMS, members=3)
    scene.sync()
    next_day(scene)
    scene.sync()
    next_day(scene)
    scene.control.add_member_field(NEW, values=["S", "M", "L", None])
    return scene


def next_day(scene: Scene) -> None:
    """A day goes by, on which some members change."""
    scene.control.advance(DAY)
    scene.control.edit_many(program_ids=[1003, 1017, 1040])
    scene.control.advance(1)


def whole_exports(scene: Scene, since: int) -> Counter[int]:
    """How often each program was exported whole by jobs that completed, from a job on."""
    return Counter(
        program_id
        for job in scene.control.jobs()[since:]
        if job["status"] == "Completed" and "updatedAt" not in job["request"]["filter"]
        for program_id in job["request"]["filter"]["programIds"]
    )


def refuse(scene: Scene, name: str) -> None:
    """Refuse every create with a field."""
    words = f"Invalid fields [{name}]"
    scene.control.fault(
        "error", "export_create", where=f'"{name}"', code="1003", message=words, count=FOR_EVER
    )


def assert_values(scene: Scene, *names: str) -> None:
    """Each member at the far end has its value of each field."""
    fields = ["leadId", "programId", *names]
    truth = {(row["leadId"], row["programId"]): row for row in scene.control.truth(fields)}
    held = scene.held()
    assert {key: {name: held[key].get(name) for name in fields} for key in truth} == truth


def told(caplog: pytest.LogCaptureFixture, *levels: str, of: str = NEW) -> list[str]:
    """The lines that name the field."""
    lines = [(line.levelname, line.getMessage()) for line in caplog.records]
    return [text for level, text in lines if level in levels and of in text]


def lacking(scene: Scene) -> dict[str, set[int]]:
    """What the last STATE says."""
    found = ledger(scene.state).fields.lacking
    return {name: programs for name, programs in found.items() if programs}


ALL_PROGRAMS = set(range(1001, 1001 + PROGRAMS))


# By default


def test_one_warning_names_the_field_and_later_runs_only_note_it(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    scene.sync()
    for _ in range(2):
        scene.control.advance(DAY)
        scene.sync()

    (line,) = told(caplog, "WARNING", "ERROR")
    assert f"{PROGRAMS} programs" in line
    assert "on_new_fields: backfill" in line
    assert "meltano run --refresh-catalog" in line
    assert len(told(caplog, "INFO")) == 2
    assert not whole_exports(scene, since=HISTORIES)
    assert lacking(scene) == {NEW: ALL_PROGRAMS}


def test_a_field_that_is_not_selected_is_not_new(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    scene.catalog = scene.tap.catalog()
    for stream in scene.catalog["streams"]:
        for entry in stream["metadata"]:
            if entry["breadcrumb"] == ["properties", NEW]:
                entry["metadata"]["selected"] = False

    scene.sync()
    assert not told(caplog, "WARNING")
    scene.catalog = None
    scene.control.advance(DAY)
    scene.sync()

    assert len(told(caplog, "WARNING")) == 1


def test_a_first_sync_a_full_table_and_a_test_say_nothing_of_new_fields(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    before, state = scene.creates, scene.state
    tap = scene.tap.make(state=state, on_new_fields="backfill", **scene.settings)
    tap.run_connection_test()
    scene.catalog = scene.tap.catalog()
    for stream in scene.catalog["streams"]:
        stream["replication_method"] = "FULL_TABLE"
    scene.sync(on_new_fields="backfill")
    assert not lacking(scene)
    scene.catalog, scene.state = None, {}
    scene.sync(on_new_fields="backfill")

    assert not told(caplog, "WARNING", "INFO")
    assert whole_exports(scene, since=before)[1040] <= 3
    assert_values(scene, NEW)


# Backfilled


@pytest.mark.parametrize("detection", ["none", "members"])
def test_after_a_backfill_every_member_has_the_new_field(
    scene: Scene, caplog: pytest.LogCaptureFixture, detection: str
) -> None:
    caplog.set_level("INFO")
    before = scene.creates

    scene.sync(on_new_fields="backfill", change_detection=detection)

    scene.assert_complete()
    assert_values(scene, NEW)
    assert whole_exports(scene, since=before) == Counter(ALL_PROGRAMS)
    assert not told(caplog, "WARNING")
    assert f"of {PROGRAMS} programs in 4 jobs, for fields that" in caplog.text
    assert not lacking(scene)
    scene.control.advance(DAY)
    scene.sync(on_new_fields="backfill", change_detection=detection)
    assert whole_exports(scene, since=before) == Counter(ALL_PROGRAMS)


@pytest.mark.parametrize(("detection", "increments"), [("none", 4), ("members", 1)])
def test_increments_have_their_jobs_before_the_first_backfill(
    scene: Scene, detection: str, increments: int
) -> None:
    before = scene.creates

    scene.sync(on_new_fields="backfill", change_detection=detection)

    made = ["updatedAt" in chosen for chosen in scene.filters()[before:]]
    assert made == [True] * increments + [False] * 4


def test_rows_of_increments_leave_before_those_of_their_backfill(scene: Scene) -> None:
    output = scene.sync(on_new_fields="backfill", max_queued_exports=10)

    programs = [row["programId"] for row in output.records()]
    # What changed, and then every member: the last three rows of a program are its history.
    for program_id in (1003, 1017, 1040):
        assert programs.count(program_id) > 3
    scene.assert_complete()


def test_lead_fields_that_are_added_later_are_backfilled(scene: Scene) -> None:
    scene.sync(on_new_fields="backfill", lead_fields=["email", "company"])

    assert_values(scene, NEW, "email", "company")


def test_a_field_that_is_selected_again_is_backfilled(scene: Scene) -> None:
    """Increments in between were exported without it."""
    scene.sync(on_new_fields="backfill")
    catalog = scene.tap.catalog()
    for stream in catalog["streams"]:
        for entry in stream["metadata"]:
            if entry["breadcrumb"] == ["properties", "webinarUrl"]:
                entry["metadata"]["selected"] = False
    scene.catalog = catalog
    next_day(scene)
    scene.control.edit_many(program_ids=[1001], webinarUrl="https://example.com/new")
    scene.control.advance(1)
    scene.sync(on_new_fields="backfill")
    scene.catalog = None
    scene.control.advance(DAY)

    scene.sync(on_new_fields="backfill")

    scene.assert_complete()


def test_the_start_date_bounds_a_backfill_as_it_does_a_history(scene: Scene) -> None:
    """Rows that were not wanted at first are not wanted now."""
    before = scene.creates
    since = scene.control.now()[:10]
    scene.control.edit_many(program_ids=[1005])
    scene.control.advance(1)

    output = scene.sync(on_new_fields="backfill", start_date=f"{since}T00:00:00Z")

    starts = {chosen["updatedAt"]["startAt"] for chosen in scene.filters()[before + 4 :]}
    assert starts == {f"{since}T00:00:00Z"}
    assert 1005 in {row["programId"] for row in output.records()}


@pytest.mark.parametrize("detection", ["none", "members"])
def test_without_the_filter_of_exports_an_increment_is_the_backfill_of_its_programs(
    scene: Scene, detection: str
) -> None:
    before = scene.creates
    scene.control.knob(updated_at_filter=False)

    scene.sync(on_new_fields="backfill", change_detection=detection)

    assert whole_exports(scene, since=before) == Counter(ALL_PROGRAMS)
    assert not lacking(scene)
    scene.assert_complete()
    assert_values(scene, NEW)


@pytest.mark.parametrize("rows", [0, 5, 20, 40, 70, 100, 122])
def test_a_backfill_that_is_killed_pays_for_nothing_twice(scene: Scene, rows: int) -> None:
    before, seen = scene.creates, iter(range(1000))

    def is_time(message: dict[str, Any]) -> bool:
        return message["type"] == "RECORD" and next(seen) == rows

    scene.cut(is_time, on_new_fields="backfill", max_queued_exports=2)
    scene.control.advance(HOUR)
    scene.sync(on_new_fields="backfill")

    assert whole_exports(scene, since=before) == Counter(ALL_PROGRAMS)
    assert not named(scene.state)
    assert not lacking(scene)
    scene.assert_complete()
    assert_values(scene, NEW)


def test_a_backfill_that_is_killed_at_each_state_is_done_at_last(scene: Scene) -> None:
    before = scene.creates
    for cut_at in range(3, 24, 4):
        scene.run(before=killed_at(cut_at), on_new_fields="backfill", max_queued_exports=1)
        next_day(scene)

    scene.sync(on_new_fields="backfill")

    assert whole_exports(scene, since=before) == Counter(ALL_PROGRAMS)
    scene.assert_complete()
    assert_values(scene, NEW)


def killed_at(cut_at: int) -> Callable[[dict[str, Any]], None]:
    """For `run`: the process is gone at a STATE."""
    states = iter(range(1000))

    def look(message: dict[str, Any]) -> None:
        if message["type"] == "STATE" and next(states) == cut_at:
            raise Killed

    return look


# With the quota


@pytest.mark.parametrize("way", ["fail", "stop"])
def test_a_backfill_beyond_the_quota_goes_on_the_next_day(scene: Scene, way: str) -> None:
    before = scene.creates
    # Marketo refuses when the second backfill is to be created.
    scene.control.fault(
        "error", "export_create", code="1029", message="daily quota exceeded", after=5, count=1
    )

    output = scene.run(on_new_fields="backfill", on_quota_exhausted=way, max_queued_exports=1)

    assert isinstance(output.error, DailyQuotaExceeded) == (way == "fail")
    assert way == "fail" or output.error is None
    assert len(lacking(scene)[NEW]) == 30
    next_day(scene)
    scene.sync(on_new_fields="backfill", on_quota_exhausted=way)
    assert whole_exports(scene, since=before) == Counter(ALL_PROGRAMS)
    scene.assert_complete()
    assert_values(scene, NEW)


# With filters, and with what Marketo refuses


def test_programs_that_a_filter_leaves_out_are_backfilled_once_it_is_lifted(scene: Scene) -> None:
    before = scene.creates
    scene.sync(on_new_fields="backfill", program_ids=list(range(1001, 1016)))
    assert lacking(scene) == {NEW: set(range(1016, 1041))}
    scene.control.advance(DAY)

    scene.sync(on_new_fields="backfill")

    assert whole_exports(scene, since=before) == Counter(ALL_PROGRAMS)
    scene.assert_complete()


def test_a_field_that_marketo_refuses_is_backfilled_once_it_is_served(scene: Scene) -> None:
    before = scene.creates
    refuse(scene, NEW)
    for _ in range(2):
        scene.sync(on_new_fields="backfill")
        scene.control.advance(DAY)
    assert not whole_exports(scene, since=before)
    scene.control.clear_faults()

    scene.sync(on_new_fields="backfill")

    assert whole_exports(scene, since=before) == Counter(ALL_PROGRAMS)
    scene.assert_complete()


def test_a_known_field_that_was_refused_for_a_day_is_backfilled(scene: Scene) -> None:
    scene.sync(on_new_fields="backfill")
    next_day(scene)
    refuse(scene, "statusReason")
    scene.control.edit_many(program_ids=[1009], statusReason="while it was refused")
    scene.control.advance(1)
    output = scene.sync(on_new_fields="backfill")
    assert "statusReason" not in output.records()[0]
    scene.control.clear_faults()
    scene.control.advance(DAY)

    scene.sync(on_new_fields="backfill")

    scene.assert_complete()
    assert not lacking(scene)


def test_a_day_without_rows_leaves_a_refused_field_known(scene: Scene) -> None:
    for _ in range(2):
        scene.sync(on_new_fields="backfill")
        scene.control.advance(DAY)
    refuse(scene, "statusReason")
    assert not scene.sync(on_new_fields="backfill").records()
    scene.control.clear_faults()
    scene.control.advance(DAY)
    before = scene.creates

    scene.sync(on_new_fields="backfill")

    assert not whole_exports(scene, since=before)


# With a full table of some members


def test_a_field_that_comes_while_some_members_are_exported_whole_is_told_afterwards(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    status = next(iter(scene.truth().values()))["statusName"]
    scene.catalog = scene.tap.catalog()
    for stream in scene.catalog["streams"]:
        stream["replication_method"] = "FULL_TABLE"
    scene.sync(member_filter={"statusNames": [status]})
    assert not told(caplog, "WARNING")
    scene.catalog = None
    scene.control.advance(DAY)

    for _ in range(2):
        scene.sync()

    assert len(told(caplog, "WARNING")) == 1
    assert lacking(scene) == {NEW: ALL_PROGRAMS}


# Hashed from some day on


SALT = {"hash_salt": "a salt of the tests"}


def test_a_field_that_is_hashed_later_is_told_once_and_backfilled_as_hashes(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    """A target that holds clear values would hold them for ever, without a word."""
    clear = {"lead_fields": ["email"], "on_new_fields": "backfill"}
    hashed = {**clear, **SALT, "hash_fields": ["email"]}
    scene.sync(**clear)
    scene.control.advance(DAY)
    for _ in range(2):
        scene.sync(**{**hashed, "on_new_fields": "warn"})
        scene.control.advance(DAY)
    (line,) = told(caplog, "WARNING", of="email")
    assert line.startswith("program_members: hash_fields: values of email leave hashed from now on")
    assert f"{PROGRAMS} programs" in line
    assert "in clear" in line
    before = scene.creates

    scene.sync(**hashed)

    assert whole_exports(scene, since=before) == Counter(ALL_PROGRAMS)
    assert not lacking(scene)
    emails = {row["email"] for row in scene.held().values()}
    assert all(re.fullmatch("[0-9a-f]{64}", email) for email in emails - {None})
    scene.control.advance(DAY)
    scene.sync(**clear, **SALT)
    assert whole_exports(scene, since=before) == Counter(dict.fromkeys(ALL_PROGRAMS, 2))
    assert "@" in next(iter(scene.held().values()))["email"]


def test_a_field_that_is_hashed_from_its_first_day_on_is_simply_new(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    scene.sync(**SALT, hash_fields=[NEW])

    (line,) = told(caplog, "WARNING")
    assert line.startswith(f"program_members: newly wanted: {NEW}.")
    scene.control.advance(DAY)
    scene.sync(**SALT, hash_fields=[NEW], on_new_fields="backfill")
    values = {row[NEW] for row in scene.held().values()}
    assert None in values
    assert {len(value) for value in values - {None}} == {64}


def test_another_salt_is_told_once_and_backfilled(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    """Else a target would hold two hashes of one address, and nobody would know why."""
    first = {"lead_fields": ["email"], "hash_fields": ["email", NEW], **SALT}
    other = {**first, "hash_salt": "another salt of the tests"}
    scene.sync(**first, on_new_fields="backfill")
    hashes = {row["email"] for row in scene.held().values()} - {None}
    scene.control.advance(DAY)
    scene.sync(**first)
    assert not told(caplog, "WARNING")
    for _ in range(2):
        scene.control.advance(DAY)
        scene.sync(**other)
    (line,) = told(caplog, "WARNING")
    said = f"program_members: hash_fields: values of email, {NEW} are hashed with another hash_salt"
    assert line.startswith(f"{said}. The members of {PROGRAMS} programs")

    before = scene.creates
    scene.control.advance(DAY)
    scene.sync(**other, on_new_fields="backfill")

    assert whole_exports(scene, since=before) == Counter(ALL_PROGRAMS)
    assert not lacking(scene)
    assert hashes.isdisjoint(row["email"] for row in scene.held().values())
    assert "salt of the tests" not in caplog.text
