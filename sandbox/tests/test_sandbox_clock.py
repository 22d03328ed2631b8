"""The calendar, and when a quota's day begins."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import pytest
from marketo_sandbox.clock import Clock, day_start, iso, parse_instant

if TYPE_CHECKING:
    from marketo_sandbox.raw_client import RawClient


def test_a_frozen_calendar_moves_by_advance_only(client: RawClient) -> None:
    assert client.control.now() == "2026-03-01T12:00:00Z"
    assert client.control.advance(90)["now"] == "2026-03-01T12:01:30Z"
    assert client.control.now() == "2026-03-01T12:01:30Z"


def test_a_calendar_that_is_not_frozen_goes_on_by_itself() -> None:
    clock = Clock(now=1000.0)
    first = clock.now()
    assert 1000 <= first <= clock.now() < 1001
    clock.advance(3600)
    assert 4600 <= clock.now() < 4601
    assert Clock(speed=60).wait(60) == 1
    with pytest.raises(ValueError, match="above 0"):
        Clock(speed=0)


def test_a_quota_day_begins_at_central_midnight() -> None:
    noon = parse_instant("2026-07-01T12:00:00Z")
    assert iso(day_start(noon)) == "2026-07-01T05:00:00Z"
    assert iso(day_start(noon, observe_dst=False)) == "2026-07-01T06:00:00Z"
    assert iso(day_start(parse_instant("2026-03-08T12:00:00Z"))) == "2026-03-08T06:00:00Z"
    assert iso(day_start(parse_instant("2026-03-09T12:00:00Z"))) == "2026-03-09T05:00:00Z"
    assert parse_instant("2026-07-01") == datetime.fromisoformat("2026-07-01T00:00Z").timestamp()
