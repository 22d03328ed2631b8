"""A request is repeated within its budget, unless that may do harm."""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from clocks import StillClock

from tap_marketo_programs.errors import (
    BadCredentials,
    ConnectionFailed,
    RateLimited,
    RequestRefused,
    ServiceUnavailable,
    TokenRejected,
)
from tap_marketo_programs.marketo.limits import WINDOW_SECONDS, CallLimits
from tap_marketo_programs.marketo.retry import Retries
from tap_marketo_programs.retry_policy import Budget, RequestPolicy, Waits

if TYPE_CHECKING:
    from collections.abc import Callable

    from tap_marketo_programs.errors import AnswerError

POLICY = RequestPolicy(
    usual=Budget(tries=4, seconds=100, waits=Waits(1, 60)),
    rate_limited=Budget(tries=6, seconds=1000, waits=Waits(20, 20)),
    first_contact=Budget(tries=2, seconds=100, waits=Waits(1, 1)),
)


class Line:
    """Somebody who answers as a test says, one attempt after the other."""

    def __init__(
        self,
        *answers: Exception | str,
        has_answered: bool = True,
        policy: RequestPolicy = POLICY,
    ) -> None:
        self.clock = StillClock()
        self.limits = CallLimits(100, self.clock)
        self.retries = Retries(self.clock, self.limits, lambda: has_answered, policy)
        self.asked = 0
        self._answers = list(answers)

    def ask(self, *, repeatable: bool = True) -> str:
        return self.retries.run(self._attempt, repeatable=repeatable)

    def _attempt(self) -> str:
        answer = self._answers[min(self.asked, len(self._answers) - 1)]
        self.asked += 1
        if isinstance(answer, Exception):
            raise answer
        return answer


def lost() -> ConnectionFailed:
    return ConnectionFailed("lost", in_doubt=True)


def test_an_attempt_that_succeeds_is_the_only_one() -> None:
    line = Line("rows")

    assert line.ask() == "rows"
    assert (line.asked, line.retries.made, line.clock.slept) == (1, 0, [])


def test_what_passes_is_outlasted_with_growing_waits() -> None:
    line = Line(lost(), lost(), lost(), "rows")

    assert line.ask() == "rows"
    assert line.retries.made == 3
    for number, wait in enumerate(line.clock.slept):
        assert 2**number / 2 <= wait <= 2**number


def test_the_budget_of_tries_ends_it_with_the_last_error() -> None:
    last = lost()
    line = Line(lost(), lost(), lost(), last)

    with pytest.raises(ConnectionFailed) as caught:
        line.ask()

    assert caught.value is last
    assert (line.asked, line.retries.made) == (4, 3)


def test_the_budget_of_seconds_ends_it_before_a_wait_that_leads_beyond() -> None:
    line = Line(lost())

    def slow() -> str:
        line.clock.sleep(99.6)
        return line._attempt()

    with pytest.raises(ConnectionFailed):
        line.retries.run(slow)

    assert line.asked <= 2
    assert line.clock.monotonic() <= 2 * 99.6 + 1


def test_before_anybody_has_answered_silence_is_given_up_sooner() -> None:
    line = Line(lost(), has_answered=False)

    with pytest.raises(ConnectionFailed):
        line.ask()

    assert line.asked == 2


def test_a_gateway_s_error_at_first_contact_is_an_answer() -> None:
    line = Line(ServiceUnavailable("text", code="HTTP 502"), has_answered=False)

    with pytest.raises(ServiceUnavailable):
        line.ask()

    assert line.asked == 4


def test_a_rate_limit_is_waited_out_for_a_window() -> None:
    line = Line(RateLimited("606"), "rows")

    assert line.ask() == "rows"

    (wait,) = line.clock.slept
    assert WINDOW_SECONDS <= wait <= WINDOW_SECONDS + 1


def test_a_rate_limit_holds_all_others_back_for_a_window() -> None:
    # Here the one that met it does not wait itself.
    at_once = replace(POLICY.rate_limited, waits=Waits(0, 0))
    line = Line(RateLimited("606"), "rows", policy=replace(POLICY, rate_limited=at_once))
    line.ask()
    assert line.clock.monotonic() <= 1

    with line.limits.call():
        assert line.clock.monotonic() == WINDOW_SECONDS


@pytest.mark.parametrize("error", [RequestRefused("no"), BadCredentials("no"), ValueError("no")])
def test_what_would_fail_again_is_tried_once(error: Exception) -> None:
    line = Line(error)

    with pytest.raises(type(error)):
        line.ask()

    assert line.asked == 1


# Calls that must not happen twice


def test_what_may_have_been_done_is_not_repeated_if_it_must_not_happen_twice() -> None:
    line = Line(lost(), "rows")

    with pytest.raises(ConnectionFailed):
        line.ask(repeatable=False)

    assert line.asked == 1


@pytest.mark.parametrize(
    "make", [ConnectionFailed, ServiceUnavailable, RateLimited, TokenRejected], ids=str
)
def test_what_was_surely_not_done_is_repeated_in_any_case(
    make: Callable[[str], AnswerError],
) -> None:
    line = Line(make("surely not done"), "rows")

    assert line.ask(repeatable=False) == "rows"


def test_what_was_retried_elsewhere_is_not_retried_here() -> None:
    error = lost()
    error.is_final = True
    line = Line(error, "rows")

    with pytest.raises(ConnectionFailed):
        line.ask()

    assert line.asked == 1


# The token


def test_a_new_token_is_a_new_start_once_and_at_once() -> None:
    line = Line(TokenRejected("601"), "rows")

    assert line.ask() == "rows"
    assert line.clock.slept == []


def test_a_second_refusal_of_the_token_is_an_answer() -> None:
    line = Line(TokenRejected("601"), lost(), TokenRejected("602"))

    with pytest.raises(TokenRejected, match="602"):
        line.ask()

    assert line.asked == 3


def test_each_retry_is_logged_with_its_wait(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    line = Line(RateLimited("GET /x: Marketo says 606"), "rows")

    line.ask()

    (said,) = caplog.messages
    assert said.startswith("GET /x: Marketo says 606; trying again in 2")
