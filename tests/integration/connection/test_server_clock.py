"""Windows and bookmarks never reach into the future, whosever clock is wrong."""

from __future__ import annotations

import json
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from clocks import TODAY, Calendar, WrongClock, clock_warnings, date_header
from harness import UpsertingTarget, by_key
from other_hosts import other_host
from scenes import DAY, HOUR
from states import ledger, moment

from tap_marketo_programs.marketo.client import Connection, MarketoClient

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from harness import Output, Tap
    from marketo_sandbox import Sandbox

CREATE = "/bulk/v1/program/members/export/create.json"
TOKEN = json.dumps({"access_token": "abc", "expires_in": 3600})


@contextmanager
def client_of(headers: Mapping[str, str], clock: Calendar) -> Iterator[MarketoClient]:
    """A client of a host whose answers have these headers."""
    with (
        other_host(body=TOKEN, headers=headers) as host,
        MarketoClient(Connection(host.url, "an-id", "a-secret"), clock) as client,
    ):
        yield client


# Which of two clocks counts


@pytest.mark.parametrize("year", [2031, 9999])
def test_a_date_far_ahead_of_this_machine_is_not_believed(year: int) -> None:
    with client_of(date_header(TODAY.replace(year=year)), Calendar()) as client:
        assert client.now() == TODAY


@pytest.mark.parametrize(
    "spelt", ["Tue, 05 May 2026 09:00:00 GMT", "Tue, 05 May 2026 09:00:00 -0000"]
)
def test_the_date_of_an_answer_is_read_in_every_spelling(spelt: str) -> None:
    with client_of({"Date": spelt}, Calendar()) as client:
        assert client.now() == client.marketo_time() == TODAY - timedelta(hours=1)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Date": ""},
        {"Date": "yesterday"},
        {"Date": "9999-12-31"},
        {"Date": "Fri, 31 Dec 9999 23:59:59 -1200"},
        {"Date": "Sat, 01 Jan 0001 00:00:00 +1200"},
        {"Date": "Tue, 05 May 99999999999999999999 10:00:00 GMT"},
        {"Date": "Tue, 05 May 2026 10:00:00 +999999999999"},
        {"Date": "Tue, 45 May 2026 10:00:00 GMT"},
    ],
    ids=str,
)
def test_without_a_date_that_can_be_read_the_own_clock_has_to_do(headers: dict[str, str]) -> None:
    with client_of(headers, Calendar()) as client:
        assert client.now() == client.marketo_time() == TODAY


def test_caches_are_told_to_keep_out(tap: Tap) -> None:
    tap.sync("programs")

    calls = tap.sandbox.control.requests("programs")
    assert {call["headers"].get("Cache-Control") for call in calls} == {"no-cache"}


@pytest.mark.parametrize("year", [1970, 1980, 2000])
def test_a_clock_that_was_never_set_is_ignored_and_said(
    year: int, caplog: pytest.LogCaptureFixture
) -> None:
    with client_of(date_header(datetime(year, 1, 1, tzinfo=UTC)), Calendar()) as client:
        assert client.now() == client.marketo_time() == TODAY

    (said,) = clock_warnings(caplog)
    assert f"say that it is {year}-01-01" in said


# What is said of it


# Whole runs


@pytest.mark.parametrize("hours", [1, 30])
def test_no_edit_is_lost_when_marketos_date_runs_ahead(
    tap: Tap, hours: int, caplog: pytest.LogCaptureFixture
) -> None:
    # As seen from a machine whose clock is right, and behind that Date.
    control, skew = tap.sandbox.control, timedelta(hours=hours)
    tap.clock = WrongClock(tap.sandbox, -skew)
    target = UpsertingTarget()
    first = tap.sync("programs", "program_members", lookback_seconds=0)
    target.load(first)
    before = moment(control.now())
    member = control.truth()[0]
    control.edit_member(member["programId"], member["leadId"], statusReason="edited")
    control.edit_program(1001, description="edited")
    control.advance(2 * DAY)

    second = tap.sync("programs", "program_members", state=first.state, lookback_seconds=0)

    target.load(second)
    assert target.tables["program_members"] == by_key(control.truth())
    assert target.tables["programs"][1001,]["description"] == "edited"
    assert set(ledger(first.state).watermarks.values()) <= {
        before - skew + timedelta(seconds=late) for late in range(-60, 1)
    }
    assert moment(first.state["bookmarks"]["programs"]["replication_key_value"]) <= before - skew
    assert any(f"{hours % 24} h" in said and "ahead" in said for said in clock_warnings(caplog))


def test_a_clock_of_this_machine_that_runs_ahead_moves_no_bookmark(
    tap: Tap, caplog: pytest.LogCaptureFixture
) -> None:
    tap.clock = WrongClock(tap.sandbox, timedelta(days=1))

    output = tap.sync("programs", "program_members")

    now = moment(tap.sandbox.control.now())
    assert max(ledger(output.state).watermarks.values()) <= now
    assert moment(output.state["bookmarks"]["programs"]["replication_key_value"]) <= now
    assert any("1 d 0 h behind" in said for said in clock_warnings(caplog))


def test_the_command_writes_no_bookmark_of_tomorrow_and_says_why_once(
    command: Callable[..., Output], sandbox: Sandbox
) -> None:
    tomorrow = datetime.now(tz=UTC) + timedelta(days=1, minutes=1)
    sandbox.control.reset(world="tiny", now=tomorrow.isoformat())

    output = command()

    assert output.code == 0
    now = datetime.now(tz=UTC)
    assert max(ledger(output.state).watermarks.values()) <= now
    assert moment(output.state["bookmarks"]["programs"]["replication_key_value"]) <= now
    (said,) = [line for line in output.logs.splitlines() if "| WARNING" in line]
    assert "is 1 d 0 h ahead of this machine's clock" in said


def test_a_lost_create_is_looked_for_by_marketos_own_clock(tap: Tap) -> None:
    control = tap.sandbox.control
    control.reset(world="sized", programs=1, members_per_program=3, knobs={"rate_limit": None})
    body = {"format": "CSV", "fields": ["leadId"], "filter": {"programIds": [1001]}}
    stray = tap.make().client.call("POST", CREATE, body=body)[0]["exportId"]
    control.advance(HOUR)
    tap.clock = WrongClock(tap.sandbox, -timedelta(days=1))
    control.fault("reset", "export_create", after_handling=True)

    output = tap.sync("program_members")

    assert len(output.records()) == 3
    statuses = {job["exportId"]: job["status"] for job in control.jobs()}
    assert statuses.pop(stray) == "Created"
    assert list(statuses.values()) == ["Completed"]
