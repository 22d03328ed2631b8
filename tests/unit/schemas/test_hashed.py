"""A hashed field is a text that may be null, and all others are what they were."""

from __future__ import annotations

from typing import Any

import pytest

from tap_marketo_programs.schemas.hashed import with_hashes

SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "leadId": {"type": ["integer"]},
        "born": {"type": ["string", "null"], "format": "date", "description": "Birthday"},
        "score": {"anyOf": [{"type": "number"}, {"type": "null"}]},
        "age": {"type": "integer", "minimum": 0},
    },
    "required": ["leadId"],
}


@pytest.mark.parametrize("name", ["born", "score", "age"])
def test_a_hashed_field_is_a_nullable_text_with_its_description(name: str) -> None:
    before = dict(SCHEMA["properties"])

    found = with_hashes(SCHEMA, [name])

    words = {"description": "Birthday"} if name == "born" else {}
    assert found["properties"] == {**before, name: {"type": ["string", "null"], **words}}
    assert list(found["properties"]) == list(before)
    assert {**found, "properties": None} == {**SCHEMA, "properties": None}
    assert SCHEMA["properties"] == before


@pytest.mark.parametrize("names", [[], ["nothing"]])
def test_other_names_change_nothing(names: list[str]) -> None:
    assert with_hashes(SCHEMA, names) == SCHEMA


def test_a_schema_without_properties_has_none_to_hash() -> None:
    assert with_hashes({"type": "object"}, ["born"]) == {"type": "object", "properties": {}}
