"""What a property of a JSON Schema says of its values.

Pure. It must not know Marketo.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


def declared(schema: Mapping[str, Any]) -> tuple[set[str], str]:
    """The types a property may have and its format, told once or in an `anyOf`.

    Catalogs of older taps are full of `anyOf`; a property without any type takes all.
    """
    options = [schema] if "type" in schema else schema.get("anyOf") or schema.get("oneOf") or ()
    types: set[str] = set()
    for option in options:
        told = option.get("type", "null")
        types.update([told] if isinstance(told, str) else told)
    formats = (str(option["format"]) for option in options if "format" in option)
    return types or {"string", "null"}, next(formats, "")
