"""Who copies .env.example and fills it in has a configuration that the tap takes."""

from __future__ import annotations

import re
import shlex
from datetime import UTC, datetime
from io import StringIO
from typing import Any

import definition
import reference
from dotenv import dotenv_values

from tap_marketo_programs.config.environment import Environment
from tap_marketo_programs.config.settings import SETTINGS
from tap_marketo_programs.config.validation import validated
from tap_marketo_programs.tap import TapMarketoPrograms

PREFIX = TapMarketoPrograms._env_var_prefix
TEXT = (definition.ROOT / reference.ENVIRONMENT).read_text(encoding="utf-8")
# Every variable, as if somebody had taken its `#` away.
ALL_SET = re.sub(rf"^# (?={PREFIX})", "", TEXT, flags=re.MULTILINE)


def names(text: str) -> list[str]:
    return [name.removeprefix(PREFIX).lower() for name in dotenv_values(stream=StringIO(text))]


def read(text: str) -> dict[str, Any]:
    """The settings of a tap that a `.env` of this text configures; it refuses none."""
    variables = {name: value or "" for name, value in dotenv_values(stream=StringIO(text)).items()}
    environment = Environment(variables, PREFIX)
    schema = TapMarketoPrograms.config_jsonschema
    config = environment.settings(schema["properties"])
    found = validated(config, schema, environment, [], datetime(2026, 1, 31, 12, tzinfo=UTC))

    assert (found.errors, found.warnings) == ([], [])
    return config


def test_every_setting_has_one_variable_in_the_order_of_the_readme() -> None:
    assert re.findall(rf"^(?:# )?{PREFIX}([A-Z0-9_]+)=", TEXT, re.MULTILINE) == [
        name.upper() for name in SETTINGS
    ]
    assert names(ALL_SET) == list(SETTINGS)


def test_only_what_no_run_goes_without_is_set() -> None:
    assert names(TEXT) == [name for name, one in SETTINGS.items() if one.required]


def test_a_secret_is_a_placeholder_that_says_so() -> None:
    shown = dotenv_values(stream=StringIO(ALL_SET))
    secrets = [name for name, one in SETTINGS.items() if one.secret]

    assert secrets
    for name in secrets:
        assert shown[PREFIX + name.upper()] == "your-" + name.replace("_", "-")


def test_the_copy_as_it_is_leaves_every_other_setting_at_its_default() -> None:
    config = read(TEXT)

    for name, one in SETTINGS.items():
        if not one.required:
            assert config.get(name) == one.default


def test_the_tap_takes_every_value_that_is_shown() -> None:
    config = read(ALL_SET)

    for name, one in SETTINGS.items():
        if one.default not in (None, []):
            assert config[name] == one.default
        elif one.examples:
            assert config[name] == one.examples[0]


def test_a_shell_that_reads_the_file_sees_the_same_values() -> None:
    variables = dotenv_values(stream=StringIO(ALL_SET))
    words = [shlex.split(line) for line in ALL_SET.splitlines() if line.startswith(PREFIX)]

    assert [len(one) for one in words] == [1] * len(variables)
    assert dict(one[0].split("=", 1) for one in words) == variables
