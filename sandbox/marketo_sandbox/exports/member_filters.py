"""The filters of a create call that look at members' values: checked, or refused.

Adobe: Bulk Program Member Extract, "Filters". It knows no dates and no fields of the
file; who is selected is decided in `selection`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from marketo_sandbox.errors import refuse, refuse_wrong_type

if TYPE_CHECKING:
    from collections.abc import Sequence

    from marketo_sandbox.data.programs import Program
    from marketo_sandbox.data.world import World
    from marketo_sandbox.knobs import Knobs

# Adobe's page says pause and norm, Adobe's OpenAPI document paused and normal; a member's
# own field has four letters.
_CADENCES = {
    "page": {"pause": "paus", "norm": "norm"},
    "openapi": {"paused": "paus", "normal": "norm"},
}


def status_names(
    chosen: dict[str, object], programs: Sequence[Program | None], world: World, knobs: Knobs
) -> frozenset[str] | None:
    """Names of progression statuses, of which any may be a member's.

    Adobe: "if a status name is not found in any of the programs", 1003 Invalid Data; None
    among the programs is one that does not exist.
    """
    names = chosen.get("statusNames")
    if names is None:
        return None
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        refuse_wrong_type(names, "Array")
    found = [program for program in programs if program is not None]
    enough = all if knobs.choice("status_names_known_to") == "every" else any
    known = all(enough(world.known_status(p, name) for p in found) for name in names)
    if not names or not found or not known:
        refuse("1003", "Invalid Data")
    return frozenset(names)


def is_exhausted(chosen: dict[str, object]) -> bool | None:
    """Whether members have exhausted the content."""
    value = chosen.get("isExhausted")
    if value is not None and not isinstance(value, bool):
        refuse_wrong_type(value, "Boolean")
    return value


def nurture_cadence(chosen: dict[str, object], knobs: Knobs) -> str | None:
    """The cadence as a member's field spells it, in the words of one document or both."""
    value = chosen.get("nurtureCadence")
    if value is None:
        return None
    if not isinstance(value, str):
        refuse_wrong_type(value, "String")
    words = knobs.choice("cadence_words")
    taken = _CADENCES["page"] | _CADENCES["openapi"] if words == "both" else _CADENCES[words]
    if value not in taken:
        refuse("1003", f"Invalid value for 'nurtureCadence': {value}")
    return taken[value]
