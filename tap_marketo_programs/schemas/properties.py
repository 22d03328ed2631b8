"""What a property of a JSON Schema says of its values.

Pure. It must not know Marketo.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import singer_sdk.typing as th

from tap_marketo_programs.schemas.values import INTEGER_BOUND

if TYPE_CHECKING:
    from collections.abc import Mapping

INTEGER_BOUNDS: Mapping[str, int] = {"minimum": -INTEGER_BOUND, "maximum": INTEGER_BOUND - 1}
"""The bounds of every integer, which no value of a record exceeds. Without them some targets
make HUGEINT or NUMERIC of the column. With just these it is BIGINT: target-duckdb 0.8.0 compares
`maximum` alone, meltanolabs-target-postgres 0.8.1 both.
"""
INTEGER = th.IntegerType(**INTEGER_BOUNDS)
"""An integer of an asset or a job."""


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
