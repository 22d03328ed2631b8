"""How long an answer is waited for: soon given up at first, then as the user says."""

from __future__ import annotations

import pytest

from tap_marketo_programs.marketo.connection import Connection
from tap_marketo_programs.retry_policy import REQUEST_POLICY

HOST = "https://123-abc-456.mktorest.com"


def patient(timeout: float = 300.0) -> Connection:
    return Connection(HOST, "an-id", "a-secret", timeout)


def test_neither_id_nor_secret_is_shown() -> None:
    assert "an-id" not in repr(patient())
    assert "a-secret" not in repr(patient())


@pytest.mark.parametrize(("timeout", "first"), [(300, 20), (77, 20), (5, 5)])
def test_the_first_answer_is_waited_for_20_seconds_at_most(timeout: float, first: float) -> None:
    connection = patient(timeout)

    assert connection.seconds_to_next_byte(has_answered=False) == first
    assert connection.seconds_to_last_byte(has_answered=False) == first


@pytest.mark.parametrize("timeout", [300, 77, 5])
def test_later_answers_are_waited_for_as_the_user_says_and_half_as_long_again(
    timeout: float,
) -> None:
    connection = patient(timeout)

    assert connection.seconds_to_next_byte(has_answered=True) == timeout
    assert connection.seconds_to_last_byte(has_answered=True) == timeout * 1.5


@pytest.mark.parametrize("has_answered", [False, True])
@pytest.mark.parametrize(("timeout", "expected"), [(300, 10), (5, 5)])
def test_a_connection_is_waited_for_ten_seconds_at_most(
    timeout: float, expected: float, *, has_answered: bool
) -> None:
    assert patient(timeout).seconds_to_connect(has_answered=has_answered) == expected


def test_first_contact_is_over_within_a_minute() -> None:
    # The last try begins when its budget ends, connects, greets and waits.
    connecting = 2 * patient().seconds_to_connect(has_answered=False)
    waiting = patient().seconds_to_next_byte(has_answered=False)

    assert REQUEST_POLICY.first_contact.seconds + connecting + waiting < 60
