"""`daily_export_quota_mb` is passed by one job at most, however many are under way."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scenes import Scene

from tap_marketo_programs.errors import DailyQuotaExceeded
from tap_marketo_programs.export.job import ExportJob, ExportStatus
from tap_marketo_programs.export.quota import MEGABYTE, ExportQuota, Room

if TYPE_CHECKING:
    from harness import Tap

NOON = datetime(2026, 3, 10, 18, tzinfo=UTC)


@pytest.fixture
def scene(tap: Tap) -> Scene:
    """Eighty programs: eight jobs."""
    scene = Scene(tap)
    scene.begin(programs=80, members=40)
    return scene


@pytest.mark.parametrize("share", [0.05, 0.3, 0.5, 0.8])
@pytest.mark.parametrize("most", [1, 4, 10])
def test_jobs_under_way_are_reserved_so_that_one_at_most_is_over(
    scene: Scene, share: float, most: int
) -> None:
    scene.sync(max_queued_exports=10)
    sizes = [job["fileSize"] for job in scene.control.jobs()]
    scene.begin(programs=80, members=40)
    limit = share * sum(sizes) / MEGABYTE

    output = scene.run(daily_export_quota_mb=limit, max_queued_exports=most)

    used = scene.control.stats()["quota_bytes_used"]
    assert isinstance(output.error, DailyQuotaExceeded)
    assert limit * MEGABYTE <= used <= limit * MEGABYTE + max(sizes)


def test_a_quota_that_is_never_reached_is_not_felt(scene: Scene) -> None:
    scene.control.knob(job_seconds_processing=300)

    scene.sync(daily_export_quota_mb=500, max_queued_exports=4)

    assert scene.control.stats()["max_jobs_at_once"] == 4
    scene.assert_complete()


def test_a_job_of_an_earlier_run_is_reserved_too(scene: Scene) -> None:
    scene.sync(max_queued_exports=1)
    sizes = [job["fileSize"] for job in scene.control.jobs()]
    scene.begin(programs=80, members=40)
    scene.cut(lambda message: message["type"] == "RECORD", max_queued_exports=4)
    # However many were created before a row was written: all of them, and half a job.
    limit = (len(scene.control.jobs()) + 0.5) * max(sizes) / MEGABYTE

    scene.run(daily_export_quota_mb=limit, max_queued_exports=4)

    used = scene.control.stats()["quota_bytes_used"]
    assert used <= limit * MEGABYTE + max(sizes)


def job(number: int, size: int | None) -> ExportJob:
    return ExportJob(str(number), ExportStatus.COMPLETED, finished_at=NOON, file_size=size)


@given(
    limit=st.integers(0, 50),
    sizes=st.lists(st.integers(0, 20), max_size=60),
    most=st.integers(1, 10),
)
def test_sizes_that_at_most_double_are_never_over_by_more_than_one_job(
    limit: int, sizes: list[int], most: int
) -> None:
    """Whatever the order in which jobs are created and done, oldest first."""
    quota = ExportQuota(limit)
    largest = 0
    under_way: list[int] = []
    used: list[int] = []
    for number, wanted in enumerate(sizes):
        size = min(wanted, 2 * largest) if used else wanted
        while len(under_way) >= most or quota.room(NOON, [True] * len(under_way)) is Room.RESERVED:
            used.append(under_way.pop(0))
            quota.completed(job(number * 100 + len(used), used[-1] * MEGABYTE), is_increment=True)
            largest = max(largest, used[-1])
        if quota.room(NOON, [True] * len(under_way)) is Room.USED:
            break
        under_way.append(size)

    total = sum(used) + sum(under_way)
    assert total <= limit + max([*used, *under_way], default=0)


def test_the_first_job_of_all_runs_alone() -> None:
    quota = ExportQuota(10)

    assert quota.room(NOON, []) is Room.FREE
    assert quota.room(NOON, [True]) is Room.RESERVED


def test_jobs_of_earlier_days_tell_what_to_expect() -> None:
    quota = ExportQuota(10)
    quota.used_before([ExportJob("a", ExportStatus.COMPLETED, file_size=MEGABYTE)])

    assert quota.room(NOON, [True] * 4) is Room.FREE
    assert quota.room(NOON, [True] * 5) is Room.RESERVED


def test_histories_and_increments_are_expected_by_their_like() -> None:
    quota = ExportQuota(10)
    quota.completed(job(1, MEGABYTE), is_increment=False)
    quota.completed(job(2, MEGABYTE // 10), is_increment=True)

    assert quota.room(NOON, [True] * 30) is Room.FREE
    assert quota.room(NOON, [False] * 5) is Room.RESERVED


def test_without_a_limit_there_is_always_room() -> None:
    assert ExportQuota(None).room(NOON, [False] * 10) is Room.FREE
