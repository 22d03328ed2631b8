"""What a setting is: its type, its words, and what the tap makes of its value.

It must not know any one setting; these stand in `settings`.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any

import singer_sdk.typing as th

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

_KEY = "setting"
# Eleven days; the system's own calls, and a thread's waits, cannot count much further.
MAX_WAIT_SECONDS = 1_000_000.0


def _as_given(value: Any) -> Any:  # noqa: ANN401 - whatever a setting holds
    return value


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """One setting, as data.

    Args:
        json_type: Its type, with the bounds of its values.
        title: A few words, for forms.
        description: A sentence or two in Markdown, for `--about`, Meltano, Meltano
            Hub and whoever left out a required setting. It names no default.
        page: The same for the page of settings, where there is more to say; the
            description if empty.
        default: The value of a setting that is left out; None if there is none.
        without: What the README says in place of a default where there is none.
        required: No run without it.
        secret: Its value is shown nowhere.
        examples: Values, to show how one is written.
        options: All values it can have, with a few words on each; empty if any will do.
        read: Makes of a value of that type what the tap works with.
    """

    json_type: th.JSONTypeHelper[Any]
    title: str
    description: str
    page: str = ""
    default: Any = None
    without: str = "none"
    required: bool = False
    secret: bool = False
    examples: Sequence[Any] = ()
    options: Mapping[str, str]
    read: Callable[[Any], Any] = _as_given

    def json_property(self, name: str) -> th.Property[Any]:
        """The setting as a property of the JSON Schema that the SDK checks a config by."""
        return th.Property(
            name,
            self.json_type,
            required=self.required,
            default=self.default,
            title=self.title,
            description=self.description,
            secret=self.secret,
            allowed_values=list(self.options),
            examples=list(self.examples),
        )

    def value(self, given: Any) -> Any:  # noqa: ANN401 - whatever a setting holds
        """What the tap works with; of a setting that is not set, its default, or None."""
        if given is None:
            given = self.default
        return None if given is None else self.read(given)


def setting(
    json_type: th.JSONTypeHelper[Any],
    *,
    options: Mapping[str, str] | None = None,
    **facts: Any,  # noqa: ANN401 - of a Setting
) -> Any:  # noqa: ANN401 - a field of whatever type it is declared as
    """A field of a dataclass of settings; its arguments are those of `Setting`."""
    one = Setting(json_type=json_type, options=options or {}, **facts)
    return field(metadata={_KEY: one}, repr=not one.secret)


def settings_of(kind: type) -> dict[str, Setting]:
    """The settings that are the fields of a dataclass, by name and in its order."""
    return {one.name: one.metadata[_KEY] for one in fields(kind)}


def json_schema(settings: Mapping[str, Setting]) -> dict[str, Any]:
    """The JSON Schema of a config that holds these settings."""
    return th.PropertiesList(*(one.json_property(name) for name, one in settings.items())).to_dict()


# How values are read.


def at_most(bound: float) -> Callable[[float], float]:
    """Read a number as a float; one beyond the bound means the same as the bound."""
    # Compared before it is turned: an integer can be larger than any float.
    return lambda number: float(min(bound, number))


any_number = at_most(sys.float_info.max)


def once_each(names: Iterable[str]) -> tuple[str, ...]:
    """Names in their order, each once."""
    return tuple(dict.fromkeys(names))
