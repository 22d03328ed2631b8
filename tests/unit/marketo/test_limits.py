"""The window of calls, on a clock that passes by sleeping only."""

from __future__ import annotations

from clocks import StillClock

from tap_marketo_programs.marketo.limits import WINDOW_SECONDS, CallLimits


def test_a_pause_never_shortens_a_longer_one() -> None:
    clock = StillClock()
    limits = CallLimits(100, clock)
    limits.pause(20)
    limits.pause(1)

    with limits.call():
        assert clock.monotonic() == 20


def test_calls_of_one_thread_come_without_waiting_until_the_window_is_full() -> None:
    clock = StillClock()
    limits = CallLimits(3, clock)
    times = []
    for _ in range(7):
        with limits.call():
            times.append(clock.monotonic())

    window = WINDOW_SECONDS
    assert times == [0, 0, 0, window, window, window, 2 * window]
    assert limits.made == 7
