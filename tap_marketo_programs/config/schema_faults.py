"""What the JSON Schema of the settings finds wrong with a config, in words for the user.

They name the setting and what it may be, never what it is. It must not know what a setting
means, nor where a config comes from.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from jsonschema import ValidationError

# Of the SDK's own settings, whose schemas bring none.
_EXAMPLES: Mapping[str, object] = {
    "stream_maps": {"programs": {"url": "__NULL__"}},
    "stream_map_config": {"salt": "..."},
    "faker_config": {"locale": "en_US"},
    "batch_config": {
        "encoding": {"format": "jsonl", "compression": "gzip"},
        "storage": {"root": "file:///batches"},
    },
}


def explain(errors: Iterable[ValidationError], properties: Mapping[str, Any]) -> list[str]:
    """Config errors as lines that name the setting and what it may be, never what it is.

    A list of which several entries have the same fault is one line.
    """
    # What is required is found once for each that is missing, so places may come twice.
    places: dict[tuple[str, str], dict[str, None]] = defaultdict(dict)
    for error in errors:
        for where, fault in _faults(error, properties):
            places[re.sub(r"\.\d+", ".", where), fault][where] = None
    return [f"{_shown(list(where))}: {fault}" for (_, fault), where in places.items()]


def _shown(places: Sequence[str]) -> str:
    """The first of some places with the same fault, and how many more there are."""
    return f"{places[0]} and {len(places) - 1} more" if len(places) > 1 else places[0]


def _faults(error: ValidationError, properties: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Where something is wrong, and what."""
    where = ".".join(map(str, error.path))
    example = _example(list(error.path), properties)
    if error.validator == "required":
        for name in cast("list[str]", error.validator_value):
            if name not in cast("Mapping[str, Any]", error.instance):
                described = "" if where else ". " + properties[name].get("description", "")
                yield ".".join(filter(None, (where, name))), f"missing{example}{described}"
        return
    wanted = expected(cast("Mapping[str, Any]", error.schema))
    yield where or "config", f"expected {wanted}{example}"


def expected(schema: Mapping[str, Any]) -> str:
    """What a setting's schema asks for, in words."""
    if "enum" in schema:
        return "one of " + ", ".join(str(one) for one in schema["enum"] if one is not None)
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


def _example(path: list[str | int], properties: Mapping[str, Any]) -> str:
    """How a list or an object is written, for whoever wrote something else."""
    name = str(path[0]) if path else ""
    schema = properties.get(name, {})
    if not {"array", "object"} & set(schema.get("type", [])):
        return ""
    shown = next(iter(schema.get("examples", [])), _EXAMPLES.get(name))
    is_number = len(path) > 1 and "integer" in schema.get("items", {}).get("type", [])
    return "" if shown is None or is_number else f", such as {json.dumps(shown)}"
