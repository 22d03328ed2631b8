"""How long jobs take one beside the other, and how often they are looked at."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tap_marketo_programs.export.learned import PROCESSING_SLOTS
from tap_marketo_programs.export.makespan import Course, Pace, course
from tap_marketo_programs.export.request import ExportSettings

AT_ONCE = Pace(1_000_000, 0.0)


def test_nothing_takes_no_time() -> None:
    assert course([], 45, 45, ExportSettings(), Pace()) == Course(0.0, 0)


def test_a_job_is_found_done_at_the_first_look_after_it_is() -> None:
    assert course([0.0], 45, 30, ExportSettings(), AT_ONCE) == Course(120, 2)
    assert course([0.0], 30, 30, ExportSettings(), AT_ONCE) == Course(60, 1)
    assert course([0.0], 0, 0, ExportSettings(), AT_ONCE) == Course(60, 1)


def test_one_place_is_one_job_after_the_other() -> None:
    assert course([0.0] * 5, 45, 0, ExportSettings(max_queued=1), AT_ONCE) == Course(300, 5)


def test_more_places_than_slots_keep_the_slots_busy() -> None:
    went = course([0.0] * 40, 45, 0, ExportSettings(max_queued=4), AT_ONCE)

    assert 900 <= went.seconds <= 1.05 * 900


def test_a_job_begins_no_sooner_than_it_is_known() -> None:
    went = course([0.0, 1_000.0], 30, 0, ExportSettings(), AT_ONCE)

    assert went == Course(1_060, 2)


@pytest.mark.parametrize(("calls", "seconds"), [(0, 0), (10, 3), (50, 15), (100, 30), (1000, 380)])
def test_calls_are_held_up_by_their_length_or_by_the_limit(calls: int, seconds: float) -> None:
    assert Pace(50, 0.3).seconds(calls) == pytest.approx(seconds)


@given(
    jobs=st.integers(0, 60),
    worked=st.floats(0, 500),
    waited=st.floats(0, 100),
    most=st.integers(1, 10),
    poll=st.floats(1, 120),
)
def test_no_course_is_shorter_than_the_slots_allow(
    jobs: int, worked: float, waited: float, most: int, poll: float
) -> None:
    settings = ExportSettings(poll_interval=poll, max_queued=most)

    went = course([0.0] * jobs, worked, waited, settings, Pace())

    assert went.looks >= jobs
    assert went.seconds >= jobs * worked / PROCESSING_SLOTS - 0.001
    # A look a poll interval at most for each place.
    assert went.looks <= most * (went.seconds / poll + 1)
