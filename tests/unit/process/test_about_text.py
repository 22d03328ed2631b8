"""`--about` tells of every setting and stream all there is to know, in every format."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from singer_sdk.about import AboutInfo
from singer_sdk.helpers.capabilities import TapCapabilities

from tap_marketo_programs.process.about_text import AboutStream, about_text, values_text

SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["secret_word"],
    "properties": {
        "secret_word": {"type": ["string"], "minLength": 1, "secret": True, "description": "S."},
        "places": {
            "type": ["integer", "null"],
            "minimum": 1,
            "maximum": 10,
            "default": 4,
            "description": "Places, one | many.",
        },
        "way": {"type": ["string", "null"], "enum": ["a", "b"], "default": "a"},
        "tags": {
            "type": ["array", "null"],
            "items": {"type": "object", "properties": {"kind": {"type": ["string"]}}},
        },
        "box": {"type": ["object"], "properties": {"depth": {"type": "number", "minimum": 0}}},
    },
}
INFO = AboutInfo(
    name="tap-x",
    description="A tap.",
    version="1.2.3",
    sdk_version="0.54",
    supported_python_versions=["3.11"],
    capabilities=[TapCapabilities.CATALOG],
    settings=SCHEMA,
    env_var_prefix="TAP_X_",
)
STREAMS = (
    AboutStream("rows", ("id", "part"), "updatedAt", "Rows of parts."),
    AboutStream("kinds", ("kind",), None, "All kinds."),
)


@pytest.mark.parametrize("form", ["text", "markdown"])
def test_a_person_reads_all_of_each_setting_and_stream(form: str) -> None:
    told = about_text(INFO, STREAMS, form)

    for text in (
        *("tap-x", "A tap.", "catalog", "3.11"),
        *("secret_word", "string, not empty", "TAP_X_SECRET_WORD"),
        *("places", "integer, at least 1 and at most 10", "4", "TAP_X_PLACES"),
        *("one of a, b", '"a"', "array of object", "tags[].kind", "box.depth"),
        *("rows", "id, part", "INCREMENTAL by updatedAt", "Rows of parts."),
        *("kinds", "FULL_TABLE", "All kinds."),
    ):
        assert text in told, text
    assert told.endswith("\n")


def test_the_text_has_the_facts_of_a_setting_one_below_the_other() -> None:
    lines = about_text(INFO, STREAMS, "text").splitlines()

    start = lines.index("  - Name: secret_word")
    assert lines[start : start + 7] == [
        "  - Name: secret_word",
        "    Type: string, not empty",
        "    Required: yes",
        "    Default: none",
        "    Secret: yes",
        "    Environment Variable: TAP_X_SECRET_WORD",
        "    Description: S.",
    ]


def test_the_markdown_has_tables_whose_cells_stay_cells() -> None:
    lines = about_text(INFO, STREAMS, "markdown").splitlines()

    (row,) = [line for line in lines if line.startswith("| `places`")]
    assert row == (
        "| `places` | integer, at least 1 and at most 10 |  | `4` |  | `TAP_X_PLACES` | Places, "
        r"one \| many. |"
    )
    assert "| `kinds` | kind | FULL_TABLE | All kinds. |" in lines


def test_the_json_keeps_what_the_sdk_says_and_adds_streams_and_variables() -> None:
    told = json.loads(about_text(INFO, STREAMS, "json"))

    assert told["settings"] == SCHEMA
    assert told["capabilities"] == ["catalog"]
    assert told["environment_variables"]["places"] == "TAP_X_PLACES"
    assert told["streams"] == [
        {
            "name": "rows",
            "key_properties": ["id", "part"],
            "replication_key": "updatedAt",
            "description": "Rows of parts.",
            "replication_method": "INCREMENTAL",
        },
        {
            "name": "kinds",
            "key_properties": ["kind"],
            "replication_key": None,
            "description": "All kinds.",
            "replication_method": "FULL_TABLE",
        },
    ]


@pytest.mark.parametrize(
    ("schema", "text"),
    [
        ({"type": ["number", "null"], "exclusiveMinimum": 0}, "number, above 0"),
        (
            {"type": "array", "items": {"type": "integer", "minimum": 1}},
            "array of integer, at least 1",
        ),
        (
            {"oneOf": [{"type": "string"}, {"type": "null"}, {"type": "boolean"}]},
            "string or boolean",
        ),
        ({"anyOf": [{"const": "__NULL__"}, {"type": "null"}, "null"]}, '"__NULL__"'),
        (
            {"type": ["string"], "format": "date-time"},
            "string, a date or a date and time (RFC 3339)",
        ),
    ],
)
def test_the_values_of_a_setting_are_said_in_words(schema: dict[str, Any], text: str) -> None:
    assert values_text(schema) == text


def test_long_descriptions_are_wrapped() -> None:
    long = replace(STREAMS[0], description="many words " * 40)

    assert max(map(len, about_text(INFO, (long,), "text").splitlines())) <= 100
