"""Whether a model of `dbt/` holds what is true. What is said names keys and columns, no values.

It must not know how either side was computed.
"""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    from demo.comparison import Row

KEYS = {
    "program": "program_id",
    "program_tag": "program_tag_key",
    "program_cost": "program_cost_key",
    "channel_status": "channel_status_key",
    "member": "member_key",
    "program_funnel": "program_funnel_key",
}
"""Every model with its key."""


def differences(model: str, wanted: Iterable[Row], held: Iterable[Row]) -> list[str]:
    """What a model holds that is not true, or does not hold; keys and columns, no values."""
    key = KEYS[model]
    true = {row[key]: row for row in wanted}
    found: dict[Any, Row] = {}
    said = []
    for row in held:
        if row[key] in found:
            said.append(f"{model} {row[key]}: twice")
        found[row[key]] = row
    said += [f"{model} {one}: missing" for one in true if one not in found]
    said += [f"{model} {one}: not true" for one in found if one not in true]
    for one in true.keys() & found.keys():
        names = dict.fromkeys([*true[one], *found[one]])
        wrong = [
            name
            for name in names
            if name not in true[one]
            or name not in found[one]
            or not _same(true[one][name], found[one][name])
        ]
        if wrong:
            said.append(f"{model} {one}: {', '.join(wrong)}")
    return said


def _same(true: Any, held: Any) -> bool:  # noqa: ANN401 - JSON
    """Whether two values are the same; an empty text is null, an instant has many spellings."""
    if isinstance(true, bool) or isinstance(held, bool):
        return true is held
    if isinstance(true, int | float) and isinstance(held, int | float):
        return math.isclose(true, held, rel_tol=1e-12)
    return bool(_plain(true) == _plain(held))


def _plain(value: Any) -> Any:  # noqa: ANN401 - JSON
    if isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\dZ?", value):
        return value.rstrip("Z").replace("T", " ")
    return None if value == "" else value
