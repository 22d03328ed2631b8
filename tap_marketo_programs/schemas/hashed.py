"""The JSON Schema of fields whose values leave as hashes.

Pure. It must not know how a value is hashed, nor who wants it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping


def with_hashes(schema: Mapping[str, Any], names: Collection[str]) -> dict[str, Any]:
    """An object schema in which these properties are texts that may be null.

    Whatever else was said of their values, as a format or bounds, does not hold for a
    hash; their descriptions stay. Names that are no properties change nothing.
    """
    properties: Mapping[str, Mapping[str, Any]] = schema.get("properties") or {}
    return {
        **schema,
        "properties": {
            name: _hashed(spec) if name in names else spec for name, spec in properties.items()
        },
    }


def _hashed(spec: Mapping[str, Any]) -> dict[str, Any]:
    kept = {"description": spec["description"]} if "description" in spec else {}
    return {"type": ["string", "null"], **kept}
