"""What the jobs of seven days tell of the jobs to come."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tap_marketo_programs.export.job import ExportJob, ExportStatus
from tap_marketo_programs.export.learned import Learned, learn, runs

START = datetime(2026, 3, 9, 6, tzinfo=UTC)
HEADER = 100


def at(seconds: float, day: int = 0) -> datetime:
    return START + timedelta(days=day, seconds=seconds)


def job(  # noqa: PLR0913 - the figures of a job
    name: str,
    *,
    created: float = 0,
    day: int = 0,
    queued: float | None = None,
    started: float | None = None,
    finished: float | None = None,
    rows: int | None = None,
    size: int | None = None,
    status: ExportStatus = ExportStatus.COMPLETED,
) -> ExportJob:
    return ExportJob(
        export_id=name,
        status=status,
        created_at=at(created, day),
        queued_at=None if queued is None else at(queued, day),
        started_at=None if started is None else at(started, day),
        finished_at=None if finished is None else at(finished, day),
        number_of_records=rows,
        file_size=size,
    )


def of_a_day(day: int, rows: list[int], width: int = 50) -> list[ExportJob]:
    return [
        job(
            f"{day}-{number}", created=60 * number, day=day, rows=count, size=HEADER + width * count
        )
        for number, count in enumerate(rows)
    ]


def test_no_jobs_tell_nothing() -> None:
    assert learn([]) == Learned()


@pytest.mark.parametrize("status", sorted(set(ExportStatus) - {ExportStatus.COMPLETED}))
def test_only_completed_jobs_tell_anything(status: ExportStatus) -> None:
    assert learn([job("a", rows=3, size=300, started=0, finished=50, status=status)]) == Learned()


def test_what_is_missing_is_passed_over() -> None:
    found = learn([ExportJob("a", ExportStatus.COMPLETED)])

    assert found == Learned(jobs=1)


def test_the_header_of_a_file_belongs_to_no_row() -> None:
    assert learn(of_a_day(0, [1, 10, 100]), HEADER).bytes_a_row == 50


def test_one_odd_job_counts_for_little() -> None:
    jobs = of_a_day(0, [100] * 9)
    jobs.append(job("odd", rows=1, size=10_000_000, queued=0, started=9_000, finished=90_000))
    jobs += [
        job(str(n), created=600 + n, queued=100 * n, started=100 * n, finished=100 * n + 45)
        for n in range(5)
    ]

    found = learn(jobs, HEADER)

    assert found.bytes_a_row == 50
    assert found.history_rows == 100
    assert found.seconds_a_job == pytest.approx(45, abs=1)
    assert found.seconds_waited == pytest.approx(0, abs=1)


def test_times_that_are_known_to_the_second_are_told_apart_finer() -> None:
    seconds = [0, 1, 1, 1]
    jobs = [job(str(n), started=0, finished=took) for n, took in enumerate(seconds)]

    assert learn(jobs).seconds_a_job == pytest.approx(0.75, abs=0.1)


def test_a_pause_separates_two_runs() -> None:
    jobs = [job("b", created=3_000), job("a"), job("c", created=10_000), ExportJob("d", "Created")]  # type: ignore[arg-type] # one without a time

    assert [[one.export_id for one in run] for run in runs(jobs)] == [["a", "b"], ["c"]]


def test_a_single_run_is_taken_for_histories() -> None:
    found = learn(of_a_day(0, [200, 220, 180]))

    assert found.history_rows == 200
    assert found.increment_rows is None
    assert found.increment_bytes is None


def test_the_run_of_the_largest_jobs_is_taken_for_the_histories() -> None:
    days = [of_a_day(2, [0, 4]), of_a_day(0, [200, 220, 180]), of_a_day(1, [2, 0])]

    found = learn([one for jobs in days for one in jobs], HEADER)

    assert found.runs == 3
    assert found.history_rows == 200
    assert found.increment_rows == 1.5
    assert found.increment_empty == 0.5
    assert found.history_bytes == HEADER + 220 * 50
    assert found.increment_bytes == HEADER + 4 * 50


def test_waiting_for_jobs_of_ours_is_no_wait_of_the_queue() -> None:
    """Two at once: the third starts when one of the first two is finished, and 5 s later."""
    jobs = [
        job("a", queued=0, started=5, finished=50),
        job("b", queued=0, started=5, finished=60),
        job("c", queued=0, started=55, finished=100),
        job("d", queued=0, started=65, finished=110),
    ]

    assert learn(jobs).seconds_waited == pytest.approx(5)
    assert learn(jobs[::-1]).seconds_waited == pytest.approx(5)


@given(
    st.lists(
        st.builds(
            job,
            st.text("ab", min_size=1, max_size=3),
            created=st.integers(-100_000, 100_000),
            queued=st.none() | st.integers(-100_000, 100_000),
            started=st.none() | st.integers(-100_000, 100_000),
            finished=st.none() | st.integers(-100_000, 100_000),
            rows=st.none() | st.integers(0, 10_000),
            size=st.none() | st.integers(0, 10_000),
            status=st.sampled_from(list(ExportStatus)),
        )
    )
)
def test_no_figures_are_so_odd_that_nothing_can_be_told(jobs: list[ExportJob]) -> None:
    found = learn(jobs, HEADER)

    for name in Learned.__slots__:
        value = getattr(found, name)
        assert value is None or value >= 0
