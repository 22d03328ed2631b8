"""What meltano.yml says of the tap is what the tap says of itself."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest
import yaml

from tap_marketo_programs.tap import TapMarketoPrograms

# The interface: every setting and its default, `None` where there is none.
SETTINGS: dict[str, object] = {
    "base_url": None,
    "client_id": None,
    "client_secret": None,
    "start_date": None,
    "program_ids": None,
    "program_tags": None,
    "program_details": True,
    "lead_fields": [],
    "poll_interval_seconds": 60,
    "max_queued_exports": 4,
    "export_timeout_seconds": 10800,
    "request_timeout_seconds": 300,
    "lookback_seconds": 3600,
    "daily_export_quota_mb": None,
    "on_quota_exhausted": "fail",
    "max_calls_per_20_seconds": 50,
    "emit_activate_version_messages": False,
}

# A number is `integer` to Meltano: a `decimal` from the environment crashes Meltano 4.4,
# which cannot write a Decimal to the tap's config file.
KINDS = {
    "array": "array",
    "boolean": "boolean",
    "integer": "integer",
    # Meltano's `integer` refuses 0.5 and its `decimal` cannot be handed to a
    # plugin; the tap reads numbers out of strings itself.
    "number": "string",
    "object": "object",
    "string": "string",
}


@pytest.fixture(scope="module")
def extractor() -> dict[str, Any]:
    """The tap, as meltano.yml describes it."""
    path = Path(__file__).parents[2] / "meltano.yml"
    project = yaml.safe_load(path.read_text(encoding="utf-8"))
    found = [p for p in project["plugins"]["extractors"] if p["name"] == "tap-marketo-programs"]
    assert len(found) == 1
    plugin: dict[str, Any] = found[0]
    return plugin


@pytest.fixture(scope="module")
def described(extractor: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The settings of meltano.yml, by name."""
    settings = {setting["name"]: setting for setting in extractor["settings"]}
    assert len(settings) == len(extractor["settings"]), "a setting stands there twice"
    return settings


def with_builtins(schema: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The settings of a schema and those that the SDK gives every tap, by name."""
    schema = copy.deepcopy(schema)
    TapMarketoPrograms.append_builtin_config(schema)
    properties: dict[str, dict[str, Any]] = schema["properties"]
    return properties


@pytest.fixture(scope="module")
def accepted() -> dict[str, dict[str, Any]]:
    """The settings of the tap, those of the SDK included, by name."""
    return with_builtins(TapMarketoPrograms.config_jsonschema)


def type_of(prop: dict[str, Any]) -> str:
    types = [prop["type"]] if isinstance(prop["type"], str) else prop["type"]
    (only,) = set(types) - {"null"}
    return str(only)


def kind_of(prop: dict[str, Any]) -> str:
    if "enum" in prop:
        return "options"
    if prop.get("format") in {"date", "date-time"}:
        return "date_iso8601"
    return KINDS[type_of(prop)]


def spelled(default: object) -> str:
    """A default as a user writes it: JSON, without the quotes of a string."""
    if isinstance(default, bool):
        return str(default).lower()
    return str(default)


def test_the_tap_has_the_settings_of_its_interface_with_their_defaults(
    accepted: dict[str, dict[str, Any]],
) -> None:
    builtin = with_builtins({"properties": {}})
    own = {name: prop.get("default") for name, prop in accepted.items() if name not in builtin}

    assert own == SETTINGS


def test_meltano_knows_every_setting_of_the_tap_and_no_other(
    described: dict[str, dict[str, Any]], accepted: dict[str, dict[str, Any]]
) -> None:
    assert set(described) == set(accepted)


def test_meltano_gives_every_setting_the_kind_of_its_type(
    described: dict[str, dict[str, Any]], accepted: dict[str, dict[str, Any]]
) -> None:
    kinds = {name: setting["kind"] for name, setting in described.items()}

    assert kinds == {name: kind_of(prop) for name, prop in accepted.items()}


def test_meltano_hides_the_settings_that_the_tap_calls_secret(
    described: dict[str, dict[str, Any]], accepted: dict[str, dict[str, Any]]
) -> None:
    hidden = {name for name, setting in described.items() if setting.get("sensitive")}

    assert hidden == {name for name, prop in accepted.items() if prop.get("secret")}
    assert hidden == {"client_id", "client_secret"}


def test_meltano_offers_the_values_that_the_tap_allows(
    described: dict[str, dict[str, Any]], accepted: dict[str, dict[str, Any]]
) -> None:
    offered = {
        name: {option["value"] for option in setting["options"]}
        for name, setting in described.items()
        if "options" in setting
    }

    assert offered == {
        name: set(prop["enum"]) - {None} for name, prop in accepted.items() if "enum" in prop
    }


def test_meltano_asks_for_the_settings_that_the_tap_requires(extractor: dict[str, Any]) -> None:
    (group,) = extractor["settings_group_validation"]

    assert set(group) == set(TapMarketoPrograms.config_jsonschema["required"])


def test_meltano_overrides_no_default_of_the_tap_and_its_descriptions_name_each(
    extractor: dict[str, Any], described: dict[str, dict[str, Any]]
) -> None:
    assert "config" not in extractor
    assert not [name for name, setting in described.items() if "value" in setting]
    said = {
        name: setting["description"].rpartition("Default: ")[2].removesuffix(".")
        for name, setting in described.items()
        if "Default: " in setting["description"]
    }
    assert said == {n: spelled(value) for n, value in SETTINGS.items() if value is not None}


def test_meltano_knows_what_the_tap_can_do(extractor: dict[str, Any]) -> None:
    capabilities = {str(capability) for capability in TapMarketoPrograms.capabilities}

    assert set(extractor["capabilities"]) == capabilities
