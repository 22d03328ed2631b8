"""A deadline counts down, until it is lifted."""

from __future__ import annotations

from tap_marketo_programs.marketo.deadline import Deadline


def test_a_deadline_can_be_lifted() -> None:
    now = [5.0]
    deadline = Deadline(10, lambda: now[0])
    assert deadline.left == 10
    now[0] = 16
    assert deadline.left == -1

    deadline.lift()

    assert deadline.left == float("inf")
