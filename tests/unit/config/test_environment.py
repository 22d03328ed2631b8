"""Variables under the tap's prefix are settings, or it is said that they set nothing."""

from __future__ import annotations

import pytest

from tap_marketo_programs.config.environment import Environment
from tap_marketo_programs.config.setting import json_schema
from tap_marketo_programs.config.settings import SETTINGS

PREFIX = "TAP_MARKETO_PROGRAMS_"
PROPERTIES = json_schema(SETTINGS)["properties"]


def environment(variables: dict[str, str], *, is_read: bool = True) -> Environment:
    return Environment(
        {PREFIX + name: value for name, value in variables.items()}, PREFIX, is_read=is_read
    )


@pytest.mark.parametrize("name", SETTINGS)
def test_every_setting_has_its_variable(name: str) -> None:
    assert list(environment({name.upper(): "x"}).settings(PROPERTIES)) == [name]


@pytest.mark.parametrize("text", ["", " ", "\n"])
def test_an_empty_variable_is_not_set(text: str) -> None:
    given = environment({"PROGRAM_IDS": text, "PROGRAMIDS": text})

    assert given.settings(PROPERTIES) == {}
    assert given.strangers(PROPERTIES, {}) == ([], [])


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("lead_fields", "email,company", ["email", "company"]),
        ("lead_fields", '["email"]', '["email"]'),
        ("lead_fields", ' {"a": 1}', ' {"a": 1}'),
        ("program_ids", "1001,1002", "1001,1002"),
        ("client_secret", "a,b", "a,b"),
    ],
)
def test_only_a_list_of_texts_may_have_commas_for_brackets(
    name: str, text: str, expected: object
) -> None:
    assert environment({name.upper(): text}).settings(PROPERTIES) == {name: expected}


def test_a_name_that_is_like_a_settings_is_refused_where_settings_are_read() -> None:
    line = f"{PREFIX}PROGRAMIDS: is not a setting. Did you mean {PREFIX}PROGRAM_IDS?"

    assert environment({"PROGRAMIDS": "1"}).strangers(PROPERTIES, {}) == ([line], [])
    assert environment({"PROGRAMIDS": "1"}, is_read=False).strangers(PROPERTIES, {}) == ([], [line])


@pytest.mark.parametrize("name", ["LOGLEVEL", "_SELECT", "_CATALOG"])
def test_what_the_sdk_and_meltano_read_is_not_mentioned(name: str) -> None:
    assert environment({name: "x"}).strangers(PROPERTIES, {}) == ([], [])


def test_a_variable_that_is_not_read_is_mentioned_unless_the_config_has_it() -> None:
    given = environment({"PROGRAM_IDS": "[1]", "CLIENT_ID": "x"}, is_read=False)

    assert given.strangers(PROPERTIES, {"client_id": "x"}) == (
        [],
        [f"{PREFIX}PROGRAM_IDS: is set and not read. Add --config=ENV to have it read"],
    )


def test_the_variables_of_others_are_nobodys_concern_here() -> None:
    given = Environment({"TAP_OTHER_PROGRAM_ID": "1", "PATH": "/bin"}, PREFIX)

    assert given.settings(PROPERTIES) == {}
    assert given.strangers(PROPERTIES, {}) == ([], [])
