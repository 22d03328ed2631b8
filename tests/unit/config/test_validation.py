"""A config becomes one that can be used, or all that is wrong with it is said at once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tap_marketo_programs.config.environment import Environment
from tap_marketo_programs.config.setting import json_schema
from tap_marketo_programs.config.settings import SETTINGS
from tap_marketo_programs.config.state import CLOCK_TOLERANCE
from tap_marketo_programs.config.validation import Findings, validated

PREFIX = "TAP_MARKETO_PROGRAMS_"
NOW = datetime(2026, 1, 31, 12, tzinfo=UTC)
SCHEMA: dict[str, Any] = json_schema(SETTINGS)
SCHEMA["properties"]["stream_maps"] = {"type": ["object", "null"]}
SCHEMA["properties"]["stream_map_config"] = {"type": ["object", "null"]}


def config(**settings: object) -> dict[str, Any]:
    return {"base_url": "localhost", "client_id": "an id", "client_secret": "hush", **settings}


def findings(given: dict[str, Any], **variables: str) -> Findings:
    environment = Environment({PREFIX + name: value for name, value in variables.items()}, PREFIX)
    return validated(given, SCHEMA, environment, ["channels", "programs"], NOW)


def test_every_missing_setting_is_named_with_where_to_find_it() -> None:
    found = findings({})

    assert found.errors == [
        "base_url: missing. REST endpoint shown in Admin > Web Services.",
        "client_id: missing. Client id of the LaunchPoint custom service.",
        "client_secret: missing. Client secret of the LaunchPoint custom service.",
    ]
    assert found.warnings == []


def test_a_config_with_nothing_wrong_has_its_defaults_and_typed_values() -> None:
    given = config(lookback_seconds="0.5", program_ids="[1001]")

    assert findings(given) == Findings()
    assert given["lookback_seconds"] == 0.5
    assert given["program_ids"] == [1001]
    assert given["max_queued_exports"] == 4


def test_all_that_is_wrong_is_said_at_once_and_never_a_value() -> None:
    found = findings(
        config(
            base_url="http://hush.example.com",
            start_date="hush",
            max_queued_exports="hush",
            program_ids=[],
            hush=1,
            stream_maps={"program": None},
        ),
        PROGRAMIDS="hush",
    )

    assert [line.partition(":")[0] for line in found.errors] == [
        "max_queued_exports",
        "hush",
        "stream_maps.program",
        f"{PREFIX}PROGRAMIDS",
        "base_url",
        "start_date",
        "program_ids",
    ]
    assert not [line for line in found.errors if "hush" in line.partition(":")[2]]


def test_what_the_user_should_know_is_no_error() -> None:
    found = findings(
        config(client_id=" an id", _why="ours", stream_map_config={"a": 1}), BANANA="x"
    )

    assert found.errors == []
    assert found.warnings == [
        "client_id: blanks or line ends around it were removed",
        "_why: is taken for a remark and sets nothing",
        f"{PREFIX}BANANA: is not a setting.",
        "stream_map_config: sets nothing without stream_maps",
    ]


def test_a_setting_of_the_wrong_type_is_told_once() -> None:
    assert findings(config(program_tags="hush")).errors == [
        'program_tags: expected array, such as [{"tag_type": "Region", "tag_values": ["EMEA"]}]'
    ]


@pytest.mark.parametrize("maps", [{"programs": {"x": "id"}}, {"programs": None}, None])
def test_stream_maps_stay_as_they_came(maps: object) -> None:
    given = config(stream_maps=maps)

    assert findings(given).errors == []
    assert given.get("stream_maps") == maps


def test_stream_maps_that_are_no_object_are_refused() -> None:
    (line,) = findings(config(stream_maps="hush")).errors

    assert line.startswith("stream_maps: expected object")


@pytest.mark.parametrize(
    ("ahead", "errors"),
    [
        (timedelta(0), []),
        (CLOCK_TOLERANCE, []),
        (
            CLOCK_TOLERANCE + timedelta(seconds=1),
            ["start_date: lies in the future; nothing would be extracted"],
        ),
    ],
)
def test_a_start_in_the_future_is_refused_as_far_as_no_clock_is_wrong(
    ahead: timedelta, errors: list[str]
) -> None:
    assert findings(config(start_date=(NOW + ahead).isoformat())).errors == errors
