"""What meltano.yml says of the tap's settings and of those that the SDK gives every tap.

The part of our own is made from `config.settings`; the SDK's is written by hand.
Both are held against what the tap accepts.
"""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest
import reference
import yaml

from tap_marketo_programs.config.settings import SETTINGS
from tap_marketo_programs.tap import TapMarketoPrograms


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


def test_meltano_knows_every_setting_of_the_tap_and_no_other(
    described: dict[str, dict[str, Any]], accepted: dict[str, dict[str, Any]]
) -> None:
    assert set(described) == set(accepted)


def test_meltano_gives_every_setting_the_kind_of_its_type(
    described: dict[str, dict[str, Any]], accepted: dict[str, dict[str, Any]]
) -> None:
    kinds = {name: setting["kind"] for name, setting in described.items()}

    assert kinds == {name: reference.kind_of(prop) for name, prop in accepted.items()}


def test_meltano_hides_the_settings_that_the_tap_calls_secret(
    described: dict[str, dict[str, Any]], accepted: dict[str, dict[str, Any]]
) -> None:
    hidden = {name for name, setting in described.items() if setting.get("sensitive")}

    assert hidden == {name for name, prop in accepted.items() if prop.get("secret")}
    assert hidden == {"client_id", "client_secret", "hash_salt"}


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
    assert said == {
        name: reference.as_written(one.default)
        for name, one in SETTINGS.items()
        if one.default is not None
    }


def test_meltano_knows_what_the_tap_can_do(extractor: dict[str, Any]) -> None:
    capabilities = {str(capability) for capability in TapMarketoPrograms.capabilities}

    assert set(extractor["capabilities"]) == capabilities
