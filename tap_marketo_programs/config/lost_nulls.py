"""Whether `null` in stream maps got lost on its way: Meltano leaves it out of the config it writes.

A map that should remove a field then removes nothing, and the field leaves in clear. Meltano
also sets a variable with the whole setting, which shows what was meant. It must not know
what a map does.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

# Without its null, a stream has its usual key: nothing is lost.
_HARMLESS = "__key_properties__"


def lost_nulls(maps: Mapping[str, Any], text: str) -> list[str]:
    """Lines on maps to null that the variable has and the config does not.

    Args:
        maps: The setting `stream_maps`.
        text: The setting's variable, which no setting is read from. Meltano writes the names
            inside an object with dots between them. One that differs from the config in
            anything else is not Meltano's, and says nothing of it.
    """
    try:
        meant = json.loads(text)
    except ValueError:
        return []
    if not isinstance(meant, dict):
        return []
    leaves, arrived = dict(_leaves(meant)), dict(_leaves(maps))
    if {place: value for place, value in leaves.items() if value is not None} != arrived:
        return []
    return [
        f"stream_maps.{place}: Meltano drops null on its way to the tap, so that nothing would "
        'be removed. Write "__NULL__" in its place'
        for place, value in leaves.items()
        if value is None and not place.endswith(_HARMLESS)
    ]


def _leaves(maps: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in maps.items():
        if isinstance(value, dict):
            yield from _leaves(value, f"{before}{name}.")
        else:
            yield f"{before}{name}", value
