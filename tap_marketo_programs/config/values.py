"""The values of settings, turned from how they arrive into what their types say.

Config files bring numbers, which the SDK reads as `Decimal` where they have a
fraction, as `float` or as text; the environment brings texts only. Everything
is turned here, once, so that nothing behind it meets two spellings of a value.
What cannot be turned stays as it is, for the JSON Schema to refuse. It must not
know what a setting means.
"""

from __future__ import annotations

import json
import math
import re
from decimal import Decimal
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

TRUE = frozenset({"true", "t", "1", "yes", "y", "on"})
FALSE = frozenset({"false", "f", "0", "no", "n", "off"})

# Blanks around these can only come from pasting; elsewhere, as in the value of a
# tag or a separator, they may be meant.
PASTED = frozenset(
    {
        "base_url",
        "client_id",
        "client_secret",
        "start_date",
        "on_quota_exhausted",
        "lead_fields",
        "hash_fields",
    }
)
# Not white space to Python, and as invisible.
_INVISIBLE = "\u200b\u2060\ufeff"

_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?", re.ASCII)


def read_values(
    config: dict[str, Any], properties: Mapping[str, Any], required: frozenset[str]
) -> list[str]:
    """Turn the values of a config, in place, into what their schemas ask for.

    A setting that is null is one that is not set.

    Args:
        config: The settings as they came.
        properties: Their schema.
        required: Settings that stay, even as null, to be refused.

    Returns:
        The settings around which blanks were removed, except for `base_url`,
        which may come with blanks.
    """
    stripped = []
    for name, value in list(config.items()):
        if value is None and name in properties and name not in required:
            del config[name]
            continue
        bare = _without_blanks(value) if name in PASTED else value
        if bare != value and name != "base_url":
            stripped.append(name)
        config[name] = _typed(bare, properties.get(name, {}))
    return stripped


def _without_blanks(value: Any) -> Any:  # noqa: ANN401 - whatever a config holds
    if isinstance(value, str):
        return value.strip().strip(_INVISIBLE).strip()
    if isinstance(value, list):
        return [_without_blanks(one) for one in value]
    return value


def _typed(value: Any, schema: Mapping[str, Any]) -> Any:  # noqa: ANN401 - whatever a config holds
    if isinstance(value, str):
        value = _read(value, schema.get("type", []))
    if isinstance(value, (float, Decimal)):
        return _number(float(value), schema.get("type", []))
    if isinstance(value, list):
        items = schema.get("items", {})
        return [_typed(one, items) for one in value]
    if isinstance(value, dict):
        known = schema.get("properties", {})
        return {key: _typed(one, known.get(key, {})) for key, one in value.items()}
    return value


def _number(value: float, kinds: str | list[str]) -> object:
    """A number one can count with; what is none becomes text, which is refused."""
    if not math.isfinite(value):
        return str(value)
    return int(value) if "integer" in kinds and value.is_integer() else value


def _read(text: str, kinds: str | list[str]) -> object:
    """What a text stands for where something else is wanted; itself if that is not clear."""
    for kind, read in _READERS.items():
        if kind in kinds:
            found = read(text.strip())
            return text if found is None else found
    return text


def _read_integer(text: str) -> float | int | None:
    # Not by way of a float, which has no room for all digits of an id.
    return int(text) if re.fullmatch(r"[+-]?\d+", text, re.ASCII) else _read_number(text)


def _read_number(text: str) -> float | None:
    return float(text) if _NUMBER.fullmatch(text) else None


def _read_boolean(text: str) -> bool | None:
    word = text.lower()
    return True if word in TRUE else False if word in FALSE else None


def _read_json(kind: type) -> Callable[[str], Any]:
    def read(text: str) -> object:
        try:
            found = json.loads(text)
        except ValueError:
            return None
        return found if isinstance(found, kind) else None

    return read


_READERS: dict[str, Callable[[str], Any]] = {
    "integer": _read_integer,
    "number": _read_number,
    "boolean": _read_boolean,
    "array": _read_json(list),
    "object": _read_json(dict),
}
