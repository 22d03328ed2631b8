"""An increment costs what changed: programs are asked first, and lose nothing by it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from scenes import DAY, FOR_EVER, HOUR, Scene
from states import bookmark, ledger, named
from writers import Killed

from tap_marketo_programs.export.bookmark import VERSION

if TYPE_CHECKING:
    from harness import Tap


@pytest.fixture
def scene(tap: Tap) -> Scene:
    """Sixty programs that were exported a day ago."""
    scene = Scene(tap, settings={"change_detection": "members"})
    scene.begin(programs=60, members=3)
    scene.sync()
    scene.control.advance(DAY)
    return scene


def change(scene: Scene, *programs: int, **how: Any) -> None:  # noqa: ANN401 - arguments of the verb
    """A member of each program changes, and a second passes."""
    scene.control.edit_many(program_ids=list(programs), **how)
    scene.control.advance(1)


def exported(scene: Scene, since: int) -> list[int]:
    """The programs that jobs were created for, from the given job on."""
    return sorted(one for chosen in scene.filters()[since:] for one in chosen["programIds"])


def asked(scene: Scene) -> int:
    return len(scene.control.requests("members"))


def warnings(caplog: pytest.LogCaptureFixture) -> list[str]:
    """The WARNINGs about asking."""
    lines = [line.getMessage() for line in caplog.records if line.levelname == "WARNING"]
    return [line for line in lines if "asked for changes" in line]


@pytest.mark.parametrize("detection", ["members", "auto"])
def test_a_day_without_changes_costs_a_call_for_each_program_and_no_job(
    scene: Scene, detection: str
) -> None:
    scene.sync(change_detection=detection)

    assert scene.creates == 6
    assert asked(scene) == 60
    scene.assert_complete()


@pytest.mark.parametrize("detection", ["members", "auto"])
@pytest.mark.parametrize("kind", ["edit", "add"])
def test_programs_with_changes_are_exported_together(
    scene: Scene, detection: str, kind: str
) -> None:
    change(scene, 1003, 1030, 1059, change=kind)

    output = scene.sync(change_detection=detection)

    assert exported(scene, since=6) == [1003, 1030, 1059]
    assert scene.creates == 7
    assert {row["programId"] for row in output.records()} == {1003, 1030, 1059}
    scene.assert_complete()


def test_without_detection_every_known_program_is_exported(scene: Scene) -> None:
    change(scene, 1003)

    scene.sync(change_detection="none")

    assert asked(scene) == 0
    assert len(exported(scene, since=6)) == 60
    scene.assert_complete()


def test_an_export_begins_where_the_last_export_ended_and_not_where_the_last_question_did(
    scene: Scene,
) -> None:
    """So it brings what asking has missed."""
    before = min(ledger(scene.state).watermarks.values())
    change(scene, 1003, touch=True)
    scene.control.knob(U36="joins_only")
    scene.sync()
    assert exported(scene, since=6) == []
    scene.control.advance(DAY)
    change(scene, 1003, change="add")

    output = scene.sync(lookback_seconds=0)

    (window,) = [chosen["updatedAt"]["startAt"] for chosen in scene.filters()[6:]]
    assert window == before.strftime("%Y-%m-%dT%H:%M:%SZ")
    assert len(output.records()) == 2
    scene.assert_complete()


def test_changes_that_asking_never_shows_have_come_after_full_sweep_days(scene: Scene) -> None:
    scene.control.knob(U36="joins_only")
    change(scene, *range(1001, 1061))

    days = []
    for _ in range(7):
        before = scene.creates
        scene.control.advance(DAY)
        scene.sync()
        days.append(len(exported(scene, since=before)))

    scene.assert_complete()
    assert sum(days) >= 60
    assert max(days) < 60 / 2


def test_a_program_that_lies_more_than_a_week_back_is_exported_unasked(scene: Scene) -> None:
    change(scene, 1003)
    scene.control.advance(8 * DAY)

    scene.sync(full_sweep_days=365)

    assert asked(scene) == 0
    assert len(exported(scene, since=6)) == 60
    scene.assert_complete()


@pytest.mark.parametrize("counts", ["total", "matching"])
def test_a_program_with_too_many_members_is_exported_and_the_others_are_asked(
    scene: Scene, counts: str
) -> None:
    """In both wordings of the refusal."""
    scene.control.add_program(name="Large", member_count=9)
    scene.sync()
    scene.control.knob(members_cap=8, members_cap_counts=counts)
    scene.control.advance(DAY)
    change(scene, 1005)
    change(scene, 1061, each=9)
    before = scene.creates

    scene.sync()

    assert exported(scene, since=before) == [1005, 1061]
    scene.assert_complete()


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("603", "Access denied"),
        ("1011", "Lookup field 'updatedAt' not supported"),
        ("1002", "Missing value for required parameter 'filterValues'"),
        ("1003", "Invalid value for filterValues"),
    ],
)
def test_what_a_subscription_refuses_is_asked_once_and_all_is_exported(
    scene: Scene, caplog: pytest.LogCaptureFixture, code: str, message: str
) -> None:
    change(scene, 1003)
    scene.control.fault("error", "members", code=code, message=message, count=FOR_EVER)

    scene.sync()

    assert asked(scene) == 1
    assert len(exported(scene, since=6)) == 60
    (line,) = warnings(caplog)
    assert f"{code}" in line
    scene.assert_complete()


@pytest.mark.parametrize("variant", ["1002", "1003"])
def test_a_subscription_that_demands_filter_values_is_asked_once(
    scene: Scene, variant: str
) -> None:
    scene.control.knob(U35=variant)
    change(scene, 1003)

    scene.sync()

    assert asked(scene) == 1
    scene.assert_complete()


@pytest.mark.parametrize("knobs", [{"U31": "absent"}, {"empty_members": "no_result"}])
def test_no_answer_without_rows_counts_as_a_change(scene: Scene, knobs: dict[str, str]) -> None:
    scene.control.knob(**knobs)
    change(scene, 1003)

    scene.sync()

    assert exported(scene, since=6) == [1003]
    scene.assert_complete()


def test_a_program_whose_answer_is_lost_is_exported(scene: Scene) -> None:
    for program in (1007, 1033):
        scene.control.fault(
            "error", "members", code="611", message="", where=f"/{program}/", count=FOR_EVER
        )
    change(scene, 1003, 1007)

    scene.sync()

    assert exported(scene, since=6) == [1003, 1007, 1033]
    scene.assert_complete()


def test_a_subscription_without_the_filter_of_exports_exports_whole_what_changed(
    scene: Scene,
) -> None:
    scene.control.knob(updated_at_filter=False)
    change(scene, 1003)

    scene.sync()

    assert scene.control.stats()["errors"] == {"1035": 1}
    assert scene.filters()[6:] == [{"programIds": [1003]}]
    scene.assert_complete()


@pytest.mark.parametrize("cut_at", [0, 3, 8, 20, 45])
def test_a_run_that_is_killed_loses_nothing_of_what_it_was_told(scene: Scene, cut_at: int) -> None:
    change(scene, *range(1001, 1061, 3))
    left = iter(range(cut_at, -1, -1))
    scene.run(before=lambda _: _die(next(left, 0)))
    scene.control.advance(HOUR)

    scene.sync()

    scene.assert_complete()
    assert not named(scene.state)


def _die(left: int) -> None:
    if left == 0:
        raise Killed


def test_a_state_of_the_version_before_is_gone_on_from(scene: Scene) -> None:
    first = bookmark(scene.state)
    for name in ("asked", "answers", "questions"):
        first.pop(name, None)
    first["version"] = 1
    change(scene, 1003)

    scene.sync()

    assert exported(scene, since=6) == [1003]
    assert bookmark(scene.state)["version"] == VERSION
    scene.assert_complete()


def test_in_one_day_no_more_programs_are_asked_than_the_user_allows(scene: Scene) -> None:
    limits = {"change_detection": "auto", "daily_change_calls": 100, "full_sweep_days": 365}
    scene.control.pass_midnights()
    for _ in range(2):
        scene.sync(**limits)
        scene.control.advance(HOUR)

    assert asked(scene) == 100
    scene.control.pass_midnights()
    scene.sync(**limits)
    assert asked(scene) == 160


def test_the_way_that_is_taken_is_said_with_its_reason(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")

    scene.sync(change_detection="auto", max_calls_per_20_seconds=50)

    lines = [line.getMessage() for line in caplog.records]
    (line,) = [line for line in lines if "change detection: " in line]
    assert "60 programs asked first" in line
    assert re.search(r"exporting all of them would take .* and \d+ calls\)$", line)
    assert not re.search(r"\b0\b", line.split("(")[0])
