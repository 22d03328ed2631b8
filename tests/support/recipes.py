"""The recipes of the justfile, read as far as this project uses its language.

`just` itself is not needed to hold them against the documents. It must not know what the
commands do.
"""

from __future__ import annotations

import re

_RECIPE = re.compile(r"([a-z][a-z0-9-]*):")


def recipes(text: str) -> dict[str, list[str]]:
    """The commands of each recipe.

    Args:
        text: A justfile of plain recipes: no parameters, no variables, no dependencies.

    Raises:
        ValueError: A line is something else.
    """
    found: dict[str, list[str]] = {}
    name = ""
    for line in text.splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        if head := _RECIPE.fullmatch(line):
            name = head[1]
            if name in found:
                message = f"the recipe {name} stands there twice"
                raise ValueError(message)
            found[name] = []
        elif line.startswith("    ") and name:
            found[name].append(line.strip())
        else:
            message = f"not a plain recipe: {line!r}"
            raise ValueError(message)
    return found
