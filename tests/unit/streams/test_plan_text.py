"""A plan as a table that a person reads, and as JSON that a program does."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from tap_marketo_programs.export.forecast import Forecast
from tap_marketo_programs.export.learned import Learned
from tap_marketo_programs.streams import plan_text
from tap_marketo_programs.streams.asset_forecasts import pages
from tap_marketo_programs.streams.plan_text import as_json, as_text
from tap_marketo_programs.streams.run_plan import QuotaLeft, RunPlan

MEMBERS = Forecast(
    stream="program_members",
    programs=23_456,
    programs_to_ask=23_456,
    jobs=2_346,
    windows=13,
    api_calls=123_456,
    megabytes=1_234.5,
    seconds=98_765.0,
    guesses=frozenset({"megabytes", "minutes", "jobs"}),
    notes=("a note for a person",),
)
TAGS = Forecast(stream="programs_by_tag", programs=None, api_calls=24, seconds=7.2)
PLAN = RunPlan(
    made_at=datetime(2026, 3, 10, 18, tzinfo=UTC),
    has_state=True,
    streams=(MEMBERS, TAGS),
    quota=QuotaLeft(
        daily_mb=500,
        setting_mb=None,
        used_mb=12.5,
        resets_at=datetime(2026, 3, 11, 5, tzinfo=UTC),
    ),
    calls_today=3_214,
    learned=Learned(jobs=42, runs=2, bytes_a_row=150.0, seconds_a_job=45.0, seconds_waited=3.0),
    calls_made=9,
)


def with_members(plan: RunPlan = PLAN, **changes: object) -> RunPlan:
    return replace(plan, streams=(replace(MEMBERS, **changes), TAGS))  # type: ignore[arg-type] # whatever a test changes


def shape(value: object) -> object:
    """The names and kinds of a JSON value."""
    if isinstance(value, dict):
        return {name: shape(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [shape(value[0])] if value else []
    return type(value).__name__ if isinstance(value, str | bool) else "number"


def test_the_json_has_the_shape_that_is_documented() -> None:
    documented = re.search(r"```json\n(.*?)```", plan_text.__doc__ or "", re.DOTALL)
    assert documented

    told = json.loads(as_json(with_members()))
    told["learned"].update(rows_a_history=1.0, rows_an_increment=1.0)

    assert shape(told) == shape(json.loads(documented[1]))


def test_the_json_has_the_figures() -> None:
    told = json.loads(as_json(PLAN))

    members, tags = told["streams"]
    assert members["megabytes"] == 1_234.5
    assert members["minutes"] == pytest.approx(98_765 / 60, abs=0.001)
    assert members["days_of_quota"] == pytest.approx(1_234.5 / 500)
    assert members["guesses"] == ["jobs", "megabytes", "minutes"]
    assert tags["programs"] is None
    assert told["total"]["api_calls"] == 123_480
    assert told["quota"]["left_mb"] == 487.5
    assert told["fits"] is False


def test_what_is_not_known_is_null_in_the_json_and_said_in_the_table() -> None:
    plan = replace(with_members(megabytes=None), calls_today=None)

    told, text = json.loads(as_json(plan)), as_text(plan)

    assert told["streams"][0]["megabytes"] is told["total"]["megabytes"] is None
    assert told["streams"][0]["days_of_quota"] is None
    assert told["calls_today"] is None
    assert "unknown until the first export" in text
    assert "everybody today: not known" in text


def test_the_table_has_a_line_for_each_stream_and_one_for_all() -> None:
    lines = as_text(PLAN).splitlines()

    head, members, tags, total = lines[:4]
    assert head.split()[0] == "stream"
    assert members.split() == [
        *("program_members", "23,456", "23,456", "~2,346", "13", "123,456"),
        *("~1,234.5", "MB", "~1,646.1", "~2.469"),
    ]
    assert tags.split()[0] == "programs_by_tag"
    assert total.split()[0] == "all"
    assert lines[4] == ""


@pytest.mark.parametrize(
    "plan",
    [
        PLAN,
        replace(PLAN, has_state=False),
        replace(PLAN, quota=None),
        replace(PLAN, learned=Learned(), calls_today=None),
        with_members(megabytes=None),
        with_members(notes=("a long note " * 40,)),
    ],
)
def test_the_table_and_the_remarks_fit_into_100_columns(plan: RunPlan) -> None:
    assert max(map(len, as_text(plan).splitlines())) <= 100


def test_a_first_sync_says_that_no_state_was_given() -> None:
    assert "No state was given" in as_text(replace(PLAN, has_state=False))
    assert "No state was given" not in as_text(PLAN)


@pytest.mark.parametrize(
    ("megabytes", "jobs", "used", "fits"),
    [
        (487.5, 1, 12.5, True),
        (487.6, 1, 12.5, False),
        # Nobody knows: then the run is not held up, unless nothing is left at all.
        (None, 1, 12.5, True),
        (None, 1, 500.0, False),
        # Nothing to export fits on any day.
        (0.0, 0, 600.0, True),
        # And without any quota no job is created, however small.
        (0.0, 1, 500.0, False),
        (0.0, 1, 499.0, True),
    ],
)
def test_a_plan_fits_if_what_is_left_today_is_enough(
    megabytes: float | None,
    jobs: int,
    used: float,
    fits: bool,  # noqa: FBT001 - what is expected
) -> None:
    assert PLAN.quota is not None
    plan = replace(PLAN, quota=replace(PLAN.quota, used_mb=used))

    assert with_members(plan, megabytes=megabytes, jobs=jobs).fits is fits


@pytest.mark.parametrize(
    ("rows", "calls"), [(0, 1), (199, 1), (200, 2), (398, 2), (399, 3), (3_000, 16)]
)
def test_pages_overlap_by_a_row(rows: int, calls: int) -> None:
    assert pages(rows) == calls
