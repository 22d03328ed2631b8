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


# As Meltano calls them after `meltano config set tap-marketo-programs stream_maps '{...}'`.
PARTS = {
    "STREAM_MAPS_PROGRAMS_NAME": {"stream_maps": {"programs": {"name": "name.upper()"}}},
    "STREAM_MAPS_PROGRAMS___FILTER__": {"stream_maps": {"programs": {"__filter__": "id > 1"}}},
    "STREAM_MAP_CONFIG_A_B": {"stream_map_config": {"a-b": "x"}},
    "BATCH_CONFIG_ENCODING_FORMAT": {"batch_config": {"encoding": {"format": "jsonl"}}},
    "BATCH_CONFIG_ENCODING": {"batch_config": {"encoding": {"format": "jsonl"}}},
    "MEMBER_FILTER_STATUSNAMES": {"member_filter": {"statusNames": ["Attended"]}},
    "FAKER_CONFIG_SEED": {"faker_config": {"seed": 1}},
}


@pytest.mark.parametrize(("name", "config"), PARTS.items())
def test_a_part_of_an_object_that_meltano_sets_beside_its_file_is_not_mentioned(
    name: str, config: dict[str, object]
) -> None:
    assert environment({name: "x"}, is_read=False).strangers(PROPERTIES, config) == ([], [])


@pytest.mark.parametrize("name", PARTS)
def test_a_part_of_an_object_that_the_config_does_not_have_sets_nothing(name: str) -> None:
    refused, warned = environment({name: "x"}, is_read=False).strangers(PROPERTIES, {})

    assert not refused
    assert len(warned) == 1
    assert f"{PREFIX}{name}: is not a setting." in warned[0]


@pytest.mark.parametrize(("name", "config"), PARTS.items())
def test_a_part_of_an_object_is_no_setting_where_settings_are_read_from_here(
    name: str, config: dict[str, object]
) -> None:
    assert environment({name: "x"}).strangers(PROPERTIES, config) != ([], [])


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
