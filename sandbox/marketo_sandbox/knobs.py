"""The current value of every knob, and how a name and a value are read.

It does not know who reads which knob. A knob's alias stands for its name
everywhere.
"""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

from marketo_sandbox.knob_table import BY_ANY_NAME, CATALOGUE, Knob

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from marketo_sandbox.knob_table import Setting


def _refuse_unknown(names: Iterable[str]) -> None:
    """A ValueError that says of each name that no knob has, which ones are near to it."""
    unknown = sorted(name for name in names if name not in BY_ANY_NAME)
    if unknown:
        raise ValueError("; ".join(map(_unknown_name, unknown)))


def _unknown_name(name: str) -> str:
    lowered = {known.lower(): known for known in BY_ANY_NAME}
    near = [lowered[found] for found in get_close_matches(name.lower(), lowered)]
    if not near:
        return f"no knob {name!r}; GET /__sandbox/knobs lists all"
    return f"no knob {name!r}, did you mean {' or '.join(near)}?"


def find_knob(name: str) -> Knob:
    """The knob of a name or an alias; a ValueError names those that are near."""
    _refuse_unknown([name])
    return BY_ANY_NAME[name]


def by_name(values: Mapping[str, Setting]) -> dict[str, Setting]:
    """The same values with each alias replaced by the knob's name.

    A ValueError if a name is unknown, or one knob stands there under both its names.
    """
    _refuse_unknown(values)
    named: dict[str, Setting] = {}
    for given, value in values.items():
        knob = BY_ANY_NAME[given]
        if knob.name in named:
            message = f"{knob.name} and {knob.alias} are one knob: give it once"
            raise ValueError(message)
        named[knob.name] = value
    return named


def _checked(knob: Knob, value: Setting) -> Setting:
    if knob.variants:
        if value in knob.variants and isinstance(value, type(knob.default)):
            return value
        message = f"{knob.name} takes one of {list(knob.variants)}, not {value!r}"
        raise ValueError(message)
    if knob.kind == "text":
        if isinstance(value, str):
            return value
        message = f"{knob.name} takes a text, not {value!r}"
        raise ValueError(message)
    if value is None and knob.kind == "number or null":
        return None
    minimum = float("-inf") if knob.kind == "signed number" else 0
    if isinstance(value, int | float) and not isinstance(value, bool) and value >= minimum:
        return value
    message = f"{knob.name} takes a {knob.kind}, not {value!r}"
    raise ValueError(message)


def parse_setting(name: str, text: str) -> Setting:
    """Read a knob's value from a command line."""
    knob = find_knob(name)
    words: dict[str, Setting] = {"true": True, "false": False, "null": None, "none": None}
    if isinstance(knob.default, bool) or knob.kind == "number or null":
        lowered = text.lower()
        if lowered in words:
            return words[lowered]
    if "number" in knob.kind:
        return float(text) if "." in text else int(text)
    return text


class Knobs:
    """The current value of every knob."""

    def __init__(self, values: dict[str, Setting] | None = None) -> None:
        self._values = {name: knob.default for name, knob in CATALOGUE.items()}
        self.set(values or {})

    def set(self, values: dict[str, Setting]) -> None:
        """Turn several knobs, or none when one value is wrong."""
        named = by_name(values)
        self._values.update({n: _checked(CATALOGUE[n], v) for n, v in named.items()})

    def _value(self, name: str) -> Setting:
        return self._values[BY_ANY_NAME[name].name]

    def choice(self, name: str) -> str:
        """A knob whose values are words."""
        return str(self._value(name))

    def names(self, name: str) -> list[str]:
        """A knob that is a text of names, separated by commas."""
        return [part.strip() for part in self.choice(name).split(",") if part.strip()]

    def on(self, name: str) -> bool:
        """A knob that is true or false."""
        return bool(self._value(name))

    def number(self, name: str) -> float:
        """A knob that is a number."""
        value = self._value(name)
        if value is None or isinstance(value, str):
            message = f"{name} is not a number"
            raise TypeError(message)
        return value

    def limit(self, name: str) -> float | None:
        """A knob that is a number, or None for no limit."""
        return None if self._value(name) is None else self.number(name)

    def listed(self) -> list[dict[str, object]]:
        """Every knob with alias, meaning, value, default and variants."""
        return [
            {
                "name": knob.name,
                "alias": knob.alias,
                "meaning": knob.meaning,
                "value": self._values[knob.name],
                "default": knob.default,
                "variants": list(knob.variants),
                "kind": knob.kind,
            }
            for knob in CATALOGUE.values()
        ]
