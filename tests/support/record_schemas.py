"""Whether the records of a run are what its SCHEMA messages promise."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jsonschema import Draft202012Validator

if TYPE_CHECKING:
    from harness import Output


def validator(schema: dict[str, Any]) -> Draft202012Validator:
    """A validator that takes `date` and `date-time` at their word."""
    return Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER)


def assert_valid(output: Output) -> None:
    """Every record fits the SCHEMA message before it, has its key, and all names in one order."""
    validators: dict[str, Draft202012Validator] = {}
    keys: dict[str, list[str]] = {}
    properties: dict[str, list[str]] = {}
    for message in output.messages:
        if message["type"] == "SCHEMA":
            validators[message["stream"]] = validator(message["schema"])
            keys[message["stream"]] = message["key_properties"]
            properties[message["stream"]] = list(message["schema"]["properties"])
            # Nothing here needs more than Draft 4, and some targets take no other.
            assert "$schema" not in message["schema"]
        elif message["type"] == "RECORD":
            stream, record = message["stream"], message["record"]
            validators[stream].validate(record)
            assert all(record[name] is not None for name in keys[stream])
            names = properties[stream]
            if stream == "program_members":
                # An export lacks what Marketo no longer knows.
                names = [name for name in names if name in record]
            assert list(record) == names
