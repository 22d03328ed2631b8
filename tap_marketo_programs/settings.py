"""What is wrong with a config, in words that name the setting and never its value.

The JSON Schema of the settings stands in `tap`; here are the words for what it
finds, and the checks it cannot express. It must not send anything.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any, cast

from tap_marketo_programs.client import host_url
from tap_marketo_programs.errors import MarketoConfigError
from tap_marketo_programs.schema import instant

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from jsonschema import ValidationError


def read_numbers(config: dict[str, Any], properties: Mapping[str, Any]) -> None:
    """Turn numbers that came as text, as from the environment, into numbers.

    The SDK reads integers and booleans from environment variables, but leaves
    fractions as text. What is no number stays, for the schema to refuse.
    """
    for name, value in config.items():
        kinds = properties.get(name, {}).get("type", [])
        if isinstance(value, str) and "number" in kinds:
            with suppress(ValueError):
                config[name] = float(value)


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
