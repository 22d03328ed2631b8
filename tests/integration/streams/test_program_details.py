"""The details of programs are read side by side, and come in the order of the listing."""

from __future__ import annotations

import logging
import re
import threading
from typing import TYPE_CHECKING

import pytest
from waiting import wait_until

from tap_marketo_programs.errors import MarketoTransientError, RequestRefused
from tap_marketo_programs.marketo.side_by_side import MAX_AHEAD, MAX_AT_ONCE

if TYPE_CHECKING:
    from harness import Output, Tap
    from marketo_sandbox.control import SandboxControl

FOR_EVER = 100_000


def fill(tap: Tap, programs: int) -> SandboxControl:
    control = tap.sandbox.control
    control.reset(world="sized", programs=programs, members_per_program=0)
    control.knob(rate_limit=None)
    return control


def ids(output: Output) -> list[int]:
    return [row["id"] for row in output.records("programs")]


def infos(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [one.getMessage() for one in caplog.records if one.levelno == logging.INFO]


def test_details_are_read_three_at_once(tap: Tap) -> None:
    control = fill(tap, 9)
    control.fault("slow", "program", count=MAX_AT_ONCE, seconds=2)

    output = tap.sync("programs")

    assert len(ids(output)) == 9
    assert control.stats()["max_concurrent"] == MAX_AT_ONCE


def test_programs_come_in_the_order_of_the_listing_however_long_one_takes(tap: Tap) -> None:
    control = fill(tap, 60)
    for late in (1001, 1020, 1021, 1060):
        control.fault("slow", "program", where=f"/{late}.json", seconds=0.2)
        control.fault("error", "program", where=f"/{late}.json", code="611", count=2)
    listed = [row["id"] for row in sorted(control.programs(), key=lambda row: row["name"].lower())]

    assert ids(tap.sync("programs")) == listed


def test_an_error_comes_at_its_place_and_ends_the_threads(tap: Tap) -> None:
    control = fill(tap, 200)
    control.fault("error", "program", where="/1050.json", code="1003")

    output = tap.run("programs")

    assert isinstance(output.error, RequestRefused)
    assert ids(output) == list(range(1001, 1050))
    wait_until(lambda: not threads())
    assert len(control.requests("program")) <= 50 + MAX_AHEAD


def threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name.startswith("program_details")]


@pytest.mark.parametrize("sick", [(1002, 1003), (1001, 1003, 1005), (1004, 1005, 1007, 1008)])
def test_which_programs_are_untold_does_not_depend_on_which_answer_comes_first(
    tap: Tap, sick: tuple[int, ...]
) -> None:
    control = fill(tap, 9)
    for one in sick:
        control.fault("error", "program", where=f"/{one}.json", code="611", count=FOR_EVER)

    output = tap.run("programs")

    assert ids(output) == [each for each in range(1001, 1010) if each not in sick]
    assert isinstance(output.error, MarketoTransientError)
    assert f"of program {', '.join(map(str, sick))} (" in str(output.error)
    assert "replication_key_value" not in output.state.get("bookmarks", {}).get("programs", {})


def test_three_untold_in_the_order_of_the_listing_are_an_outage(tap: Tap) -> None:
    control = fill(tap, 9)
    for one in (1004, 1005, 1006):
        control.fault("error", "program", where=f"/{one}.json", code="611", count=FOR_EVER)

    output = tap.run("programs")

    assert ids(output) == [1001, 1002, 1003]
    assert "611" in str(output.error)
    assert "tell the details" not in str(output.error)


def test_a_listing_that_fails_costs_no_call_for_a_program(tap: Tap) -> None:
    control = fill(tap, 450)
    control.fault("error", "programs", where="offset=199", code="1003")

    output = tap.run("programs")

    assert isinstance(output.error, RequestRefused)
    assert not control.requests("program")


def test_a_person_sees_about_once_a_minute_how_far_it_is(
    tap: Tap, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    fill(tap, 500)

    began = tap.clock.monotonic()
    tap.sync("programs", max_calls_per_20_seconds=50)
    minutes = (tap.clock.monotonic() - began) / 60

    lines = [line for line in infos(caplog) if "details of" in line]
    assert lines
    assert minutes / 2 - 1 <= len(lines) <= minutes
    told = [
        re.search(r"details of (\d+) of 500 programs read; about \d+ (min|s)", x) for x in lines
    ]
    counts = [int(one[1]) for one in told if one]
    assert len(counts) == len(lines)
    assert counts == sorted(counts)


def test_a_short_run_says_nothing_of_how_far_it_is(
    tap: Tap, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    fill(tap, 60)

    tap.sync("programs")

    assert not [line for line in infos(caplog) if "details of" in line]
