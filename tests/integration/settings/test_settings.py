"""A config error is one line that names the setting and its bounds, never its value."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from singer_sdk.exceptions import ConfigValidationError
from waiting import PATIENCE

from tap_marketo_programs.tap import TapMarketoPrograms

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from harness import Output, Tap

PROPERTIES = TapMarketoPrograms.config_jsonschema["properties"]
PREFIX = "TAP_MARKETO_PROGRAMS_"

NOT_A_NUMBER = ["abc", "", "12 apples", "nan", "inf", "-inf", True, [1], {}, float("nan")]
ABOVE_ZERO = "expected number, above 0"
AT_LEAST_ZERO = "expected number, at least 0"
ONE_TO_TEN = "expected integer, at least 1 and at most 10"
AT_LEAST_ONE = "expected integer, at least 1"
IDS = "such as [1001, 1002]"
TAGS = 'such as [{"tag_type": "Region", "tag_values": ["EMEA"]}]'
LEAD_FIELDS = 'such as ["email", "company"]'


def complaints(tap: Tap, **settings: Any) -> list[str]:  # noqa: ANN401 - any value of any setting
    """The lines that the command prints for a config."""
    with pytest.raises(ConfigValidationError) as caught:
        tap.make(**settings)
    return caught.value.errors


@pytest.mark.parametrize(
    ("name", "expected", "refused"),
    [
        ("max_queued_exports", ONE_TO_TEN, [0, 11, -1, 1.5, "0", "11", "1.5"]),
        ("max_calls_per_20_seconds", AT_LEAST_ONE, [0, -1, 0.5, "0", "0.5"]),
        ("poll_interval_seconds", ABOVE_ZERO, [0, -1, -0.5, "0", "-3"]),
        ("export_timeout_seconds", ABOVE_ZERO, [0, -1, -0.5, "0", "-3"]),
        ("request_timeout_seconds", ABOVE_ZERO, [0, -1, -0.5, "0", "-3"]),
        ("lookback_seconds", AT_LEAST_ZERO, [-1, -0.5, "-3"]),
        ("daily_export_quota_mb", AT_LEAST_ZERO, [-1, -0.5, "-3"]),
    ],
)
def test_a_number_out_of_bounds_is_refused_with_its_bounds(
    tap: Tap, name: str, expected: str, refused: list[object]
) -> None:
    for value in [*refused, *NOT_A_NUMBER]:
        assert complaints(tap, **{name: value}) == [f"{name}: {expected}"], value
    assert tap.sandbox.control.requests() == []


@pytest.mark.parametrize(
    ("name", "accepted"),
    [
        ("max_queued_exports", [1, 10, 4.0, "1", "10", " 7 "]),
        ("max_calls_per_20_seconds", [1, 50, 1_000_000, "100"]),
        ("poll_interval_seconds", [0.001, 1, 3600, "0.5", "1e-3"]),
        ("export_timeout_seconds", [0.001, 1, 10_800_000, "0.5"]),
        ("request_timeout_seconds", [2.5, 10, 86_400, "7.5"]),
        ("lookback_seconds", [0, 0.5, 86_400, "0", "0.5"]),
        ("daily_export_quota_mb", [0, 0.5, 500, 1_000_000, "0", "500"]),
    ],
)
def test_a_number_within_bounds_is_taken_also_as_text(
    tap: Tap, name: str, accepted: list[Any]
) -> None:
    for value in accepted:
        taken = tap.make(**{name: value}).config[name]

        assert not isinstance(taken, str)
        assert taken == float(value)


@pytest.mark.parametrize("name", ["client_id", "client_secret", "hash_salt"])
@pytest.mark.parametrize("value", [987654321, 98765.4321, ["hush"], {"hush": "hush"}, True])
def test_a_secret_of_the_wrong_type_is_not_shown(tap: Tap, name: str, value: object) -> None:
    assert complaints(tap, **{name: value}) == [f"{name}: expected string, not empty"]


@pytest.mark.parametrize("name", ["client_id", "client_secret"])
def test_a_credential_that_is_null_is_refused(tap: Tap, name: str) -> None:
    assert complaints(tap, **{name: None}) == [f"{name}: expected string, not empty"]


@pytest.mark.parametrize(
    ("name", "value", "line"),
    [
        ("client_id", "", "client_id: expected string, not empty"),
        ("client_secret", "", "client_secret: expected string, not empty"),
        ("base_url", "", "base_url: expected string, not empty"),
        ("base_url", 5, "base_url: expected string, not empty"),
        ("on_quota_exhausted", "hush", "on_quota_exhausted: expected one of fail, stop"),
        ("program_details", "hush", "program_details: expected boolean"),
        ("lead_fields", "hush", f"lead_fields: expected array, {LEAD_FIELDS}"),
        ("lead_fields", [5], f"lead_fields.0: expected string, {LEAD_FIELDS}"),
        ("program_ids", 5, f"program_ids: expected array, {IDS}"),
        ("program_ids", "1001,1002", f"program_ids: expected array, {IDS}"),
        ("program_ids", "1001", f"program_ids: expected array, {IDS}"),
        ("program_ids", ["hush"], "program_ids.0: expected integer, at least 1"),
        ("program_ids", [1001, 0], "program_ids.1: expected integer, at least 1"),
        ("program_tags", "Region=hush", f"program_tags: expected array, {TAGS}"),
        ("program_tags", ["hush"], f"program_tags.0: expected object, {TAGS}"),
        ("program_tags", [{"tag_type": 5}], f"program_tags.0.tag_type: expected string, {TAGS}"),
        (
            "program_tags",
            [{"tag_type": "Region", "tag_values": "hush"}],
            f"program_tags.0.tag_values: expected array, {TAGS}",
        ),
        ("program_tags", [{"tag_values": ["hush"]}], f"program_tags.0.tag_type: missing, {TAGS}"),
        (
            "program_tags",
            [{"tag_type": "hush"}, {}, {"tag_values": ["hush"]}],
            f"program_tags.1.tag_type and 1 more: missing, {TAGS}",
        ),
        (
            "program_ids",
            [1001, "hush", 0, "hush", -5],
            "program_ids.1 and 3 more: expected integer, at least 1",
        ),
        (
            "program_folder_ids",
            list(range(-999, 1)),
            "program_folder_ids.0 and 999 more: expected integer, at least 1",
        ),
        (
            "lead_fields",
            [5, "email", 6],
            f"lead_fields.0 and 1 more: expected string, {LEAD_FIELDS}",
        ),
        (
            "program_names",
            ["hush", 5],
            'program_names.1: expected string, such as ["2026-* webinar*"]',
        ),
        (
            "program_types",
            [None],
            'program_types.0: expected string, such as ["Email", "EventWithWebinar"]',
        ),
        ("program_channels", {"hush": 1}, 'program_channels: expected array, such as ["Webinar"]'),
        (
            "program_workspaces",
            [["hush"]],
            'program_workspaces.0: expected string, such as ["Default"]',
        ),
        ("program_statuses", [True], 'program_statuses.0: expected string, such as ["on", ""]'),
        ("program_folder_ids", ["hush"], "program_folder_ids.0: expected integer, at least 1"),
        ("program_folder_ids", [0], "program_folder_ids.0: expected integer, at least 1"),
        (
            "stream_map_config",
            "hush",
            'stream_map_config: expected object, such as {"salt": "..."}',
        ),
        ("faker_config", [], 'faker_config: expected object, such as {"locale": "en_US"}'),
    ],
)
def test_a_value_of_the_wrong_kind_is_refused_with_what_it_may_be(
    tap: Tap, name: str, value: object, line: str
) -> None:
    assert complaints(tap, **{name: value}) == [line]


@pytest.mark.parametrize("start", ["hush", "2026-13-01T00:00:00Z", "yesterday", ""])
def test_a_start_date_that_is_none_is_refused(tap: Tap, start: str) -> None:
    assert complaints(tap, start_date=start) == [
        "start_date: expected a date and time such as 2026-01-31T00:00:00Z"
    ]


FILTERS = [
    "program_ids",
    "program_names",
    "program_types",
    "program_channels",
    "program_workspaces",
    "program_statuses",
    "program_folder_ids",
    "program_tags",
]


@pytest.mark.parametrize(
    ("name", "value", "place"),
    [
        ("program_names", [" "], "program_names.0"),
        ("program_types", ["Email", ""], "program_types.1"),
        ("program_channels", [""], "program_channels.0"),
        ("program_workspaces", ["\t"], "program_workspaces.0"),
        ("program_statuses", ["", " "], "program_statuses.1"),
        ("program_tags", [{"tag_type": ""}], "program_tags.0.tag_type"),
        (
            "program_tags",
            [{"tag_type": "Region", "tag_values": ["EMEA", ""]}],
            "program_tags.0.tag_values.1",
        ),
    ],
)
def test_a_blank_value_of_a_filter_is_refused(
    tap: Tap, name: str, value: object, place: str
) -> None:
    assert complaints(tap, **{name: value}) == [
        f"{place}: is blank, and no program has such a value"
    ]


def test_an_empty_status_is_that_of_programs_without_one(tap: Tap) -> None:
    assert tap.make(program_statuses=[""]).settings.program_statuses == ("",)


@pytest.mark.parametrize("name", FILTERS)
def test_an_empty_list_is_no_wish_for_nothing(tap: Tap, name: str) -> None:
    (line,) = complaints(tap, **{name: []})

    assert line.startswith(f"{name}: is empty.")


def test_a_wrong_base_url_is_refused_before_anything_is_sent(tap: Tap) -> None:
    (line,) = complaints(tap, base_url="https://user:hush@example.com")

    assert line.startswith("base_url: expected the REST endpoint")
    assert "hush" not in line


def test_every_wrong_setting_has_its_line(tap: Tap) -> None:
    lines = complaints(tap, max_queued_exports=0, lookback_seconds=-1, client_secret=987654321)

    assert sorted(lines) == [
        "client_secret: expected string, not empty",
        "lookback_seconds: expected number, at least 0",
        "max_queued_exports: expected integer, at least 1 and at most 10",
    ]


def test_settings_left_out_have_their_defaults(tap: Tap) -> None:
    config = {name: tap.config()[name] for name in ("base_url", "client_id", "client_secret")}

    taken = TapMarketoPrograms(config=config).config

    assert {name: taken[name] for name in taken if name in PROPERTIES} == {
        **taken,
        **config,
        "program_details": True,
        "lead_fields": [],
        "hash_fields": [],
        "poll_interval_seconds": 60,
        "max_queued_exports": 4,
        "export_timeout_seconds": 10_800,
        "request_timeout_seconds": 300,
        "lookback_seconds": 3600,
        "on_quota_exhausted": "fail",
        "max_calls_per_20_seconds": 50,
        "emit_activate_version_messages": False,
    }
    assert not {"start_date", "program_ids", "program_tags", "daily_export_quota_mb"} & set(taken)


def test_the_command_prints_one_line_for_each_wrong_setting(
    command: Callable[..., Output],
) -> None:
    output = command("--discover", client_secret=987654321, max_queued_exports=0)

    assert output.code == 1
    assert output.lines == []
    assert "client_secret: expected string, not empty" in output.logs
    assert "max_queued_exports: expected integer, at least 1 and at most 10" in output.logs
    assert "987654321" not in output.logs
    assert "Traceback" not in output.logs


def test_a_number_of_the_environment_that_is_none_is_one_line(tap: Tap, tmp_path: Path) -> None:
    settings = {**tap.config(), "max_queued_exports": "hush", "program_ids": "hush"}
    environment = {PREFIX + name.upper(): str(value) for name, value in settings.items()}

    done = subprocess.run(
        [sys.executable, "-m", "tap_marketo_programs", "--discover", "--config=ENV"],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
        cwd=tmp_path,
        env={**os.environ, **environment},
    )

    assert done.returncode == 1
    assert done.stdout == ""
    assert f"max_queued_exports: {ONE_TO_TEN}" in done.stderr
    assert "program_ids: expected array" in done.stderr
    assert "hush" not in done.stderr
    assert "Traceback" not in done.stderr
