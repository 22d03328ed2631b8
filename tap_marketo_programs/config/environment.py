"""The settings that environment variables hold, and variables that set nothing.

It must not know what a setting means; how a text becomes a value is for `values`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tap_marketo_programs.suggestions import meant

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

# What else may follow the prefix: the SDK's log level, and Meltano's extras (`__SELECT`).
_NO_SETTINGS = ("LOGLEVEL", "_")


@dataclass(frozen=True, slots=True)
class Environment:
    """The variables under the tap's prefix.

    Args:
        variables: All variables.
        prefix: What stands before the names of settings.
        is_read: Whether settings are read from here.
    """

    variables: Mapping[str, str]
    prefix: str
    is_read: bool = True

    def settings(self, properties: Mapping[str, Any]) -> dict[str, Any]:
        """The settings that are set here, still as text.

        An empty variable is one that is not set. Texts may stand in a row, with
        commas between them, where a list of texts is wanted: the SDK allows that.

        Args:
            properties: The schema of the settings.
        """
        found: dict[str, Any] = {}
        for name, schema in properties.items():
            text = self.variables.get(self.prefix + name.upper(), "")
            if not text.strip():
                continue
            is_list = text.lstrip().startswith(("[", "{"))
            if _wants_texts(schema) and not is_list:
                found[name] = text.split(",")
            else:
                found[name] = text
        return found

    def strangers(
        self, properties: Mapping[str, Any], config: Mapping[str, Any]
    ) -> tuple[list[str], list[str]]:
        """What stands here under the prefix and sets nothing.

        Args:
            properties: The schema of the settings.
            config: The settings of the run, wherever they come from.

        Returns:
            Lines to refuse, and lines to warn with. A name that is like a setting's
            is refused where settings are read from here; any other may be of use to
            somebody else.
        """
        known = {name.upper(): name for name in properties}
        # Meltano sets one for each key inside an object, which its config file holds as well.
        parts = set(_parts(config))
        refused: list[str] = []
        warned: list[str] = []
        for variable, value in self.variables.items():
            rest = variable.upper().removeprefix(self.prefix)
            is_ours = variable.upper().startswith(self.prefix) and not rest.startswith(_NO_SETTINGS)
            if not is_ours or not value.strip():
                continue
            if variable == self.prefix + rest and rest in known:
                if not self.is_read and known[rest] not in config:
                    warned.append(
                        f"{variable}: is set and not read. Add --config=ENV to have it read"
                    )
                continue
            if not self.is_read and rest in parts:
                continue
            like = meant(rest, known)
            question = f" Did you mean {self.prefix}{like}?" if like else ""
            line = f"{variable}: is not a setting.{question}"
            (refused if like and self.is_read else warned).append(line)
        return refused, warned


def _parts(config: Mapping[str, Any], before: str = "") -> Iterator[str]:
    """What Meltano calls the variable of each key inside an object, without the prefix."""
    for name, value in config.items():
        full = before + re.sub(r"[^A-Za-z0-9]", "_", name).upper()
        if before:
            yield full
        if isinstance(value, dict):
            yield from _parts(value, f"{full}_")


def _wants_texts(schema: Mapping[str, Any]) -> bool:
    items = schema.get("items", {})
    return "array" in schema.get("type", []) and "string" in items.get("type", [])
