"""What `--plan` says of a snapshot of keys is what the run then does."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from harness import only
from key_scenes import KEYS, KeyScene
from scenes import DAY, MEMBERS

from tap_marketo_programs.export.quota import MEGABYTE
from tap_marketo_programs.streams.make_plan import plan_run
from tap_marketo_programs.streams.plan_text import as_json, as_text

if TYPE_CHECKING:
    from harness import Tap

# A job is done when it is looked at first, so that no figure hangs on the machine's speed.
AT_ONCE = {"job_seconds_queued": 0, "job_seconds_processing": 0, "status_refresh_seconds": 0}

Figures = dict[str, Any]


@pytest.fixture
def scene(tap: Tap) -> KeyScene:
    found = KeyScene(tap)
    found.begin(60, 20, knobs=AT_ONCE)
    found.catalog = tap.catalog(**found.settings)
    return found


def plan(scene: KeyScene, *streams: str, **settings: Any) -> dict[str, Figures]:  # noqa: ANN401 - any setting
    """What `--plan=json` says of each stream."""
    assert scene.catalog is not None
    tap = scene.tap.make(
        state=scene.state, catalog=only(scene.catalog, *streams), **scene.settings | settings
    )
    jobs = len(scene.control.jobs())
    made = plan_run(tap.streams.values(), tap.client, has_state=bool(scene.state), asks=False)
    assert len(scene.control.jobs()) == jobs
    assert as_text(made)
    return {found["stream"]: found for found in json.loads(as_json(made))["streams"]}


def did(scene: KeyScene, **settings: Any) -> Figures:  # noqa: ANN401 - any setting
    """What a run does."""

    def figures() -> tuple[int, int, float]:
        stats = scene.control.stats()
        calls = int(stats["total"]) - int(stats["calls"].get("identity", 0))
        return len(scene.control.jobs()), calls, stats["quota_bytes_used"] / MEGABYTE

    before = figures()
    scene.sync(**settings)
    jobs, calls, megabytes = (b - a for a, b in zip(before, figures(), strict=True))
    return {"jobs": jobs, "api_calls": calls, "megabytes": megabytes}


def assert_close(said: Figures, done: Figures) -> None:
    assert said["jobs"] == done["jobs"]
    assert said["api_calls"] == pytest.approx(done["api_calls"], rel=0.2, abs=1)
    assert said["megabytes"] == pytest.approx(done["megabytes"], rel=0.2, abs=0.0005)


def test_the_first_snapshot_is_foreseen_by_what_the_members_brought(scene: KeyScene) -> None:
    scene.streams = (MEMBERS,)
    scene.sync()
    scene.streams = (KEYS,)
    said = plan(scene, KEYS)[KEYS]

    assert (said["programs"], said["programs_to_ask"], said["windows"]) == (60, 0, 0)
    assert "megabytes" in said["guesses"]
    assert any("a guess" in note for note in said["notes"])
    done = did(scene)
    assert_close(said, {**done, "megabytes": said["megabytes"]})
    # The ids of this world are shorter than Marketo's.
    assert done["megabytes"] < said["megabytes"] < 2 * done["megabytes"]


def test_a_later_one_is_foreseen_by_the_one_before(scene: KeyScene) -> None:
    scene.sync()
    scene.control.advance(DAY)
    said = plan(scene, KEYS, member_keys_days=1)[KEYS]

    assert "megabytes" not in said["guesses"]
    assert_close(said, did(scene, member_keys_days=1))


def test_none_is_foreseen_while_none_is_due(scene: KeyScene) -> None:
    scene.sync()
    said = plan(scene, KEYS)[KEYS]

    assert (said["jobs"], said["megabytes"]) == (0, 0)
    assert any("not due before" in note for note in said["notes"])
    assert_close(said, did(scene))


def test_nothing_is_known_without_any_job(scene: KeyScene) -> None:
    said = plan(scene, KEYS)[KEYS]

    assert said["jobs"] == 6
    assert said["megabytes"] is None


def test_keys_do_not_change_what_is_foreseen_of_members(scene: KeyScene) -> None:
    scene.streams = (MEMBERS,)
    scene.sync()
    scene.control.advance(DAY)
    settings = {"change_detection": "none"}
    before = plan(scene, MEMBERS, **settings)[MEMBERS]
    scene.streams = (KEYS,)
    scene.sync()
    scene.control.advance(60)
    after = plan(scene, MEMBERS, **settings)[MEMBERS]

    assert after == before


@pytest.mark.parametrize("restricted", [{}, {"program_types": ["Default", "Event", "Email"]}])
def test_both_streams_and_the_list_of_jobs_are_counted_once(
    scene: KeyScene, restricted: dict[str, Any]
) -> None:
    scene.settings |= {**restricted, "member_keys_days": 1}
    scene.streams = (MEMBERS, KEYS, "export_jobs")
    scene.sync()
    scene.control.advance(DAY)
    said = plan(scene, *scene.streams, change_detection="none")
    done = did(scene, change_detection="none")

    assert list(said) == [MEMBERS, KEYS, "export_jobs"]
    assert sum(one["jobs"] for one in said.values()) == done["jobs"]
    assert sum(one["api_calls"] for one in said.values()) == pytest.approx(
        done["api_calls"], rel=0.2
    )
