"""How often a request and a job are tried, and how long is waited between."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from tap_marketo_programs.errors import BrokenAnswer, ConnectionFailed, RateLimited
from tap_marketo_programs.marketo.limits import WINDOW_SECONDS
from tap_marketo_programs.retry_policy import JOB_POLICY, REQUEST_POLICY, Budget, Waits

if TYPE_CHECKING:
    from tap_marketo_programs.errors import MarketoTransientError

PASSING = ConnectionFailed("text")
LIMITED = RateLimited("text")


def test_waits_double_up_to_the_longest() -> None:
    waits = Waits(first=1, longest=60)

    assert [waits.number(count) for count in range(1, 9)] == [1, 2, 4, 8, 16, 32, 60, 60]


def test_waits_follow_each_other_as_they_are_counted() -> None:
    waits, last, found = Waits(first=15, longest=300), 0.0, []
    for _ in range(7):
        last = waits.after(last)
        found.append(last)

    assert found == [waits.number(count) for count in range(1, 8)]
    assert found == [15, 30, 60, 120, 240, 300, 300]


@pytest.mark.parametrize(
    ("tries", "seconds", "expected"),
    [(1, 0, True), (2, 10, True), (3, 0, False), (2, 10.1, False), (4, 0, False)],
)
def test_a_budget_ends_with_its_tries_or_its_seconds(
    tries: int, seconds: float, *, expected: bool
) -> None:
    budget = Budget(tries=3, seconds=10, waits=Waits(1, 1))

    assert budget.allows(tries, seconds) is expected


# Requests


@pytest.mark.parametrize(
    ("error", "has_answered", "tries", "minutes"),
    [
        (PASSING, True, 8, 10),
        (BrokenAnswer("text"), True, 8, 10),
        (PASSING, False, 3, 0.25),
        (LIMITED, True, 30, 15),
        # Whoever counts calls is Marketo, whatever has answered before.
        (LIMITED, False, 30, 15),
    ],
)
def test_a_request_has_the_budget_of_its_error(
    error: MarketoTransientError, tries: int, minutes: float, *, has_answered: bool
) -> None:
    budget = REQUEST_POLICY.budget(error, has_answered=has_answered)

    assert (budget.tries, budget.seconds) == (tries, minutes * 60)


@pytest.mark.parametrize("tries", range(1, 8))
def test_a_request_waits_for_half_of_its_time_at_least(tries: int) -> None:
    longest = min(2 ** (tries - 1), 60)

    waits = [
        REQUEST_POLICY.wait(PASSING, tries, jitter, has_answered=True) for jitter in (0, 0.5, 1)
    ]

    assert waits == [longest / 2, longest * 3 / 4, longest]


@pytest.mark.parametrize("tries", [1, 2, 7])
def test_first_contact_waits_for_a_second_at_most(tries: int) -> None:
    assert REQUEST_POLICY.wait(PASSING, tries, 1, has_answered=False) == 1


@pytest.mark.parametrize("tries", [1, 2, 29])
@pytest.mark.parametrize("jitter", [0, 1])
def test_a_rate_limit_is_waited_out_a_whole_window_at_a_time(tries: int, jitter: float) -> None:
    wait = REQUEST_POLICY.wait(LIMITED, tries, jitter, has_answered=True)

    assert wait == WINDOW_SECONDS + jitter


# Jobs


def test_a_slice_that_is_split_has_one_try_left_for_each_part() -> None:
    assert JOB_POLICY.creates > 1


def test_ten_programs_that_are_all_at_fault_end_no_run() -> None:
    """Each half is tried once, and so each program: 1 + 2 + 4 + 8 + 4 creates."""
    assert JOB_POLICY.refusals > 19


def test_one_sick_job_ends_no_run() -> None:
    """Its enqueues are refused and its creates repeated before its programs are tried apart."""
    assert JOB_POLICY.unanswered > JOB_POLICY.creates * JOB_POLICY.refused_enqueues


def test_a_paid_job_is_kept_for_a_day_and_a_place_in_the_queue_asked_for_within_minutes() -> None:
    assert JOB_POLICY.unreachable == timedelta(days=1)
    assert [JOB_POLICY.queue_waits.number(count) for count in (1, 2, 99)] == [15, 30, 300]
