"""What one cell of an export file becomes, by the JSON Schema of its property.

It must not know columns, rows or files.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tap_marketo_programs.schemas.timestamps import utc_date, utc_timestamp
from tap_marketo_programs.schemas.values import boolean, number, whole_number

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Value = str | int | float | bool | None

# Of several types the first of these counts: a text always fits a string.
BY_TYPE: Mapping[str, Callable[[str], Value] | None] = {
    "string": None,
    "number": number,
    "integer": whole_number,
    "boolean": boolean,
}
BY_FORMAT: Mapping[str, Callable[[str], Value]] = {"date": utc_date, "date-time": utc_timestamp}
