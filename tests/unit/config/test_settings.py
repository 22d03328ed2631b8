"""Every setting has its type, bounds and default, and reaches the tap as a typed value."""

from __future__ import annotations

import sys
from dataclasses import FrozenInstanceError, fields, replace
from datetime import UTC, datetime
from types import UnionType
from typing import Any, Literal, get_args, get_origin, get_type_hints

import pytest

from tap_marketo_programs.config.run_settings import MAX_LOOKBACK_SECONDS
from tap_marketo_programs.config.setting import MAX_WAIT_SECONDS, json_schema
from tap_marketo_programs.config.settings import SETTINGS, Settings
from tap_marketo_programs.errors import MarketoConfigError

REQUIRED = {
    "base_url": "https://123-ABC-456.mktorest.com/rest",
    "client_id": "an id",
    "client_secret": "hush",
}
PROPERTIES = json_schema(SETTINGS)["properties"]

# The interface: the type of each setting, its bounds, and its default (None: there is none).
INTERFACE: dict[str, tuple[str, dict[str, object], object]] = {
    "base_url": ("string", {"minLength": 1}, None),
    "client_id": ("string", {"minLength": 1}, None),
    "client_secret": ("string", {"minLength": 1}, None),
    "request_timeout_seconds": ("number", {"exclusiveMinimum": 0}, 300),
    "max_calls_per_20_seconds": ("integer", {"minimum": 1}, 50),
    "start_date": ("string", {"format": "date-time"}, None),
    "program_ids": ("array", {}, None),
    "program_names": ("array", {}, None),
    "program_types": ("array", {}, None),
    "program_channels": ("array", {}, None),
    "program_workspaces": ("array", {}, None),
    "program_statuses": ("array", {}, None),
    "program_folder_ids": ("array", {}, None),
    "program_tags": ("array", {}, None),
    "member_filter": ("object", {}, None),
    "program_details": ("boolean", {}, True),
    "lead_fields": ("array", {}, []),
    "hash_fields": ("array", {}, []),
    "hash_salt": ("string", {"minLength": 1}, None),
    "change_detection": ("string", {"enum": ["auto", "members", "none"]}, "auto"),
    "daily_change_calls": ("integer", {"minimum": 0}, 10_000),
    "full_sweep_days": ("number", {"minimum": 0}, 7),
    "on_new_fields": ("string", {"enum": ["warn", "backfill"]}, "warn"),
    "member_keys_days": ("integer", {"minimum": 0}, None),
    "poll_interval_seconds": ("number", {"exclusiveMinimum": 0}, 60),
    "max_queued_exports": ("integer", {"minimum": 1, "maximum": 10}, 4),
    "export_timeout_seconds": ("number", {"exclusiveMinimum": 0}, 10_800),
    "lookback_seconds": ("number", {"minimum": 0}, 3600),
    "daily_export_quota_mb": ("number", {"minimum": 0}, None),
    "on_quota_exhausted": ("string", {"enum": ["fail", "stop"]}, "fail"),
    "emit_activate_version_messages": ("boolean", {}, False),
}
BOUNDS = {"minimum", "maximum", "exclusiveMinimum", "minLength", "enum", "format"}

# A value of each setting, and what the tap makes of it.
VALUES: dict[str, tuple[object, object]] = {
    "base_url": ("123-ABC-456.mktorest.com/rest", "https://123-abc-456.mktorest.com"),
    "client_id": ("an id", "an id"),
    "client_secret": ("hush", "hush"),
    "start_date": ("2026-01-31", datetime(2026, 1, 31, tzinfo=UTC)),
    "program_ids": ([1001, 1002], (1001, 1002)),
    "program_names": (["2026-*"], ("2026-*",)),
    "program_types": (["Email"], ("Email",)),
    "program_channels": (["Webinar"], ("Webinar",)),
    "program_workspaces": (["Default"], ("Default",)),
    "program_statuses": (["on", ""], ("on", "")),
    "program_folder_ids": ([28], (28,)),
    "program_tags": ([{"tag_type": "Region"}], ({"tag_type": "Region"},)),
    "member_filter": ({"isExhausted": False}, {"isExhausted": False}),
    "program_details": (False, False),
    "lead_fields": (["email", "company", "email"], ("email", "company")),
    "hash_fields": (["email", "phone", "email"], ("email", "phone")),
    "hash_salt": ("hush", "hush"),
    "change_detection": ("members", "members"),
    "daily_change_calls": (0, 0),
    "full_sweep_days": (0.5, 0.5),
    "on_new_fields": ("backfill", "backfill"),
    "member_keys_days": (7.0, 7),
    "poll_interval_seconds": (5, 5.0),
    "max_queued_exports": (7, 7),
    "export_timeout_seconds": (5, 5.0),
    "request_timeout_seconds": (5, 5.0),
    "lookback_seconds": (0, 0.0),
    "daily_export_quota_mb": (0, 0.0),
    "on_quota_exhausted": ("stop", "stop"),
    "max_calls_per_20_seconds": (100, 100),
    "emit_activate_version_messages": (True, True),
}


def settings(**given: Any) -> Settings:  # noqa: ANN401 - any value of any setting
    return Settings.from_config({**REQUIRED, **given})


def fits(value: object, hint: object) -> bool:
    """Whether a value is of the type that a field says."""
    if isinstance(hint, UnionType):
        return any(fits(value, one) for one in get_args(hint))
    if get_origin(hint) is Literal:
        return value in get_args(hint)
    return type(value) is (get_origin(hint) or hint)


# What there is


def test_the_settings_are_those_of_the_interface() -> None:
    assert list(SETTINGS) == list(INTERFACE)


@pytest.mark.parametrize("name", INTERFACE)
def test_a_setting_has_the_type_the_bounds_and_the_default_of_the_interface(name: str) -> None:
    kind, bounds, default = INTERFACE[name]
    found = PROPERTIES[name]

    assert found["type"][0] == kind
    assert {key: found[key] for key in found.keys() & BOUNDS} == bounds
    assert found.get("default") == default


@pytest.mark.parametrize("name", INTERFACE)
def test_only_a_required_setting_cannot_be_null(name: str) -> None:
    assert ("null" in PROPERTIES[name]["type"]) == (name not in REQUIRED)


def test_the_required_settings_are_those_without_which_nobody_can_be_asked() -> None:
    assert set(json_schema(SETTINGS)["required"]) == set(REQUIRED)


def test_the_credentials_and_the_salt_are_secret_and_nothing_else_is() -> None:
    assert [name for name, one in SETTINGS.items() if one.secret] == [
        "client_id",
        "client_secret",
        "hash_salt",
    ]


@pytest.mark.parametrize("name", INTERFACE)
def test_a_setting_is_described_in_whole_sentences(name: str) -> None:
    one = SETTINGS[name]

    assert one.title
    for text in filter(None, (one.description, one.page)):
        assert text.endswith(".")
        assert "\n" not in text
        assert "|" not in text
        assert "Default" not in text


# What becomes of a value


@pytest.mark.parametrize("name", INTERFACE)
def test_a_value_becomes_what_the_tap_works_with(name: str) -> None:
    given, expected = VALUES[name]

    taken = getattr(settings(**{name: given}), name)

    assert taken == expected
    assert type(taken) is type(expected)


@pytest.mark.parametrize("name", INTERFACE)
def test_every_value_is_of_the_type_that_its_field_says(name: str) -> None:
    hint = get_type_hints(Settings)[name]

    assert fits(getattr(settings(), name), hint)
    assert fits(getattr(settings(**{name: VALUES[name][0]}), name), hint)


@pytest.mark.parametrize("given", [{}, dict.fromkeys(INTERFACE.keys() - REQUIRED.keys())])
def test_a_setting_left_out_or_null_has_its_default(given: dict[str, object]) -> None:
    taken = settings(**given)

    for name, (_, _, default) in INTERFACE.items():
        if name not in REQUIRED:
            expected = tuple(default) if isinstance(default, list) else default
            assert getattr(taken, name) == expected


@pytest.mark.parametrize(
    ("name", "bound"),
    [
        ("poll_interval_seconds", MAX_WAIT_SECONDS),
        ("request_timeout_seconds", MAX_WAIT_SECONDS),
        ("lookback_seconds", MAX_LOOKBACK_SECONDS),
        ("export_timeout_seconds", sys.float_info.max),
        ("daily_export_quota_mb", sys.float_info.max),
    ],
)
@pytest.mark.parametrize("given", [1e308, 10**30, 10**400])
def test_a_number_beyond_all_measure_is_as_good_as_the_largest_that_works(
    name: str, bound: float, given: float
) -> None:
    taken = getattr(settings(**{name: given}), name)

    assert isinstance(taken, float)
    assert taken == pytest.approx(min(bound, given))


@pytest.mark.parametrize(
    ("name", "bound"),
    [
        ("poll_interval_seconds", MAX_WAIT_SECONDS),
        ("request_timeout_seconds", MAX_WAIT_SECONDS),
        ("lookback_seconds", MAX_LOOKBACK_SECONDS),
    ],
)
def test_a_number_up_to_its_bound_stays_as_it_is(name: str, bound: float) -> None:
    assert getattr(settings(**{name: bound}), name) == bound
    assert getattr(settings(**{name: bound - 0.5}), name) == bound - 0.5


def test_the_longest_lookback_stays_within_the_calendar() -> None:
    start = datetime(2026, 1, 31, tzinfo=UTC).timestamp()

    assert datetime.fromtimestamp(start - MAX_LOOKBACK_SECONDS, UTC).year == 1926


def test_an_address_that_is_none_is_refused() -> None:
    with pytest.raises(MarketoConfigError, match="base_url: expected the REST endpoint"):
        settings(base_url="https://example.com/api")


# What a run can rely on


def test_a_config_is_read_and_not_changed() -> None:
    config = {**REQUIRED, "lead_fields": ["email"], "stream_maps": {"programs": None}}
    before = dict(config)

    Settings.from_config(config)

    assert config == before


@pytest.mark.parametrize("name", INTERFACE)
def test_no_setting_changes_during_a_run(name: str) -> None:
    taken = settings()

    with pytest.raises(FrozenInstanceError):
        setattr(taken, name, None)


def test_what_a_list_held_when_it_was_read_is_what_counts() -> None:
    ids = [1001]
    taken = settings(program_ids=ids)

    ids.append(1002)

    assert taken.program_ids == (1001,)


def test_no_secret_stands_in_what_is_shown_of_settings() -> None:
    shown = repr(settings(hash_salt="sesame"))

    assert "hush" not in shown
    assert "sesame" not in shown
    assert "an id" not in shown
    assert "mktorest" in shown


def test_settings_can_be_had_with_one_changed() -> None:
    assert replace(settings(), max_queued_exports=1).max_queued_exports == 1
    assert len(fields(Settings)) == len(INTERFACE)
