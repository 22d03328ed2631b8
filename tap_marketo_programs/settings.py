"""What is wrong with a config, in words that name the setting and never its value.

The JSON Schema of the settings stands in `tap`; here are the words for what it
finds, and the checks it cannot express. It must not send anything.
"""

from __future__ import annotations

import json
import math
from contextlib import suppress
from typing import TYPE_CHECKING, Any, cast

from tap_marketo_programs.client import host_url
from tap_marketo_programs.errors import MarketoConfigError
from tap_marketo_programs.schema import instant

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from jsonschema import ValidationError


def read_numbers(config: dict[str, Any], properties: Mapping[str, Any]) -> None:
    """Turn numbers that came as text into numbers.

    The SDK reads integers from environment variables, but leaves fractions as
    text, and some tools write every setting as text. What is no number that one
    can count with stays or becomes text, for the schema to refuse.
    """
    for name, value in config.items():
        number = value
        kinds = properties.get(name, {}).get("type", [])
        if isinstance(value, str):
            read = int if "integer" in kinds else float if "number" in kinds else str
            with suppress(ValueError):
                number = read(value)
        if isinstance(number, float) and not math.isfinite(number):
            number = str(value)
        config[name] = number


def unreadable(
    environment: Mapping[str, str], prefix: str, properties: Mapping[str, Any]
) -> list[str]:
    """Lines on the environment variables that the SDK cannot turn into settings.

    It raises a bare `ValueError` for them, before the schema is asked.

    Args:
        environment: The environment variables.
        prefix: What stands before the names of settings.
        properties: The schema of the settings.
    """
    return [
        f"{name}: expected {expected(schema)}"
        for name, schema in properties.items()
        if (text := environment.get(prefix + name.upper())) is not None
        and not _is_readable(text, schema)
    ]


def _is_readable(text: str, schema: Mapping[str, Any]) -> bool:
    kinds = schema.get("type", [])
    # Texts may come in a row without being JSON.
    if "array" in kinds and "string" in schema.get("items", {}).get("type", []):
        return True
    try:
        if "integer" in kinds:
            int(text)
        if "array" in kinds:
            return isinstance(json.loads(text), list)
        if "object" in kinds:
            return isinstance(json.loads(text), dict)
    except ValueError:
        return False
    return True


def explain(errors: Iterable[ValidationError], properties: Mapping[str, Any]) -> list[str]:
    """Config errors as lines that name the setting and what it may be, never what it is."""
    return [line for error in errors for line in _lines(error, properties)]


def _lines(error: ValidationError, properties: Mapping[str, Any]) -> list[str]:
    if error.validator == "required" and not error.path:
        required = cast("list[str]", error.validator_value)
        return [
            f"{name}: missing. {properties[name].get('description', '')}".strip()
            for name in required
            if name not in cast("Mapping[str, Any]", error.instance)
        ]
    where = ".".join(map(str, error.path)) or "config"
    return [f"{where}: expected {expected(cast('Mapping[str, Any]', error.schema))}"]


def expected(schema: Mapping[str, Any]) -> str:
    """What a setting's schema asks for, in words."""
    if "enum" in schema:
        return "one of " + ", ".join(map(str, schema["enum"]))
    kinds = schema.get("type", [])
    names = [kinds] if isinstance(kinds, str) else list(kinds)
    words = " or ".join(name for name in names if name != "null") or "another value"
    bounds = [
        text.format(schema[key])
        for key, text in (
            ("minimum", "at least {}"),
            ("exclusiveMinimum", "above {}"),
            ("maximum", "at most {}"),
            ("minLength", "not empty"),
        )
        if key in schema
    ]
    return f"{words}, {' and '.join(bounds)}" if bounds else words


def check(config: Mapping[str, Any]) -> list[str]:
    """What the JSON Schema cannot see in a config that fits it."""
    lines: list[str] = []
    try:
        host_url(config["base_url"])
    except MarketoConfigError as error:
        lines.append(str(error))
    if (start := config.get("start_date")) is not None:
        try:
            instant(start)
        except ValueError:
            lines.append("start_date: expected a date and time such as 2026-01-31T00:00:00Z")
    # An empty list is more likely a template that found nothing than a wish for nothing.
    lines += [
        f"{name}: is empty. Leave the setting out for all of them, or name at least one"
        for name in ("program_ids", "program_tags")
        if config.get(name) == []
    ]
    return lines
