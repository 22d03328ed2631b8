"""The sums of `export_jobs` by day are the figures of Marketo's quota, whatever was exported."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest
from harness import UpsertingTarget
from scenes import DAY, HOUR, MEMBERS, Scene

if TYPE_CHECKING:
    from collections.abc import Mapping

    from harness import Tap

JOBS = "export_jobs"
KEYS = "program_member_keys"
CENTRAL = ZoneInfo("America/Chicago")
# Without these, jobs of one day may be finished on the next.
AT_ONCE = {"job_seconds_queued": 0, "job_seconds_processing": 0, "status_refresh_seconds": 0}
OF_KEYS: dict[str, Any] = {"member_keys_days": 0}


@pytest.fixture
def scene(tap: Tap) -> Scene:
    found = Scene(tap)
    found.begin(30, 12, knobs=AT_ONCE, now="2026-05-06T15:00:00Z")
    return found


def full_table(catalog: dict[str, Any]) -> dict[str, Any]:
    """The catalog with members that are extracted as a whole."""
    for stream in catalog["streams"]:
        if stream["tap_stream_id"] == MEMBERS:
            root = next(item for item in stream["metadata"] if not item["breadcrumb"])
            root["metadata"]["replication-method"] = "FULL_TABLE"
    return catalog


def by_day(rows: Mapping[Any, dict[str, Any]]) -> dict[str, int]:
    """What a chart of the quota shows: bytes by the day of Chicago on which jobs were done."""
    found: Counter[str] = Counter()
    for job in rows.values():
        if job.get("fileSize"):
            finished = datetime.fromisoformat(job["finishedAt"])
            found[finished.astimezone(CENTRAL).date().isoformat()] += job["fileSize"]
    return dict(found)


def charged(scene: Scene) -> dict[str, int]:
    """The figures of the quota by the same days."""
    return {day: used for day, used in scene.control.stats()["quota_bytes_by_day"].items() if used}


@pytest.mark.parametrize(
    ("settings", "is_full"),
    [
        ({}, False),
        (OF_KEYS, False),
        ({"program_types": ["Email", "Engagement"]}, False),
        ({"member_filter": {"statusNames": ["Member", "Viewed"]}}, True),
        ({"member_filter": {"statusNames": ["Member", "none such"]}, **OF_KEYS}, True),
        ({"lead_fields": ["email"], **OF_KEYS, "program_ids": [1001, 1002, 1030]}, False),
    ],
    ids=str,
)
def test_sums_by_day_are_those_of_the_quota(
    scene: Scene, settings: dict[str, Any], *, is_full: bool
) -> None:
    target = UpsertingTarget()
    catalog = scene.tap.catalog(**settings)
    if is_full:
        catalog = full_table(catalog)
    state: dict[str, Any] = {}
    for _ in range(4):
        output = scene.tap.sync(
            MEMBERS,
            JOBS,
            *([KEYS] if "member_keys_days" in settings else []),
            catalog=catalog,
            state=state,
            change_detection="none",
            **settings,
        )
        target.load(output)
        state = output.state
        scene.control.edit_many(10, each=2)
        scene.control.advance(DAY - HOUR)

    jobs = target.tables[JOBS]
    assert len(jobs) == len(scene.control.jobs())
    assert len(by_day(jobs)) == 4
    assert by_day(jobs) == charged(scene)
    cancelled = [job for job in jobs.values() if job["status"] == "Cancelled"]
    assert "member_filter" in settings or not cancelled
    assert not any(job.get("fileSize") or job.get("finishedAt") for job in cancelled)


def test_what_was_done_before_and_after_a_midnight_counts_for_its_own_day(scene: Scene) -> None:
    scene.tap.sync(MEMBERS)
    scene.control.pass_midnights(1, seconds=-60)
    scene.tap.sync(MEMBERS, program_ids=[1001])
    scene.control.advance(120)
    target = UpsertingTarget()

    target.load(scene.tap.sync(MEMBERS, JOBS, program_ids=[1002]))

    found = by_day(target.tables[JOBS])
    assert found == charged(scene)
    assert list(found) == ["2026-05-06", "2026-05-07"]


def test_jobs_that_failed_or_were_never_run_add_nothing(scene: Scene) -> None:
    scene.control.fault("job_failed", "any", errorMsg="Timeout exceeded")
    target = UpsertingTarget()

    target.load(scene.tap.sync(MEMBERS, JOBS))

    assert by_day(target.tables[JOBS]) == charged(scene)
