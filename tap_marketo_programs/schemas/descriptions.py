"""What a described field is, in a few words for a catalog.

Pure. It must not know the field's type, nor how Marketo is asked.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

# Adobe: Program Members, retold; for fields that are not described, or without a name.
_RETOLD: Mapping[str, str] = {
    "leadId": "Id of the lead (person) that is a member of the program.",
    "programId": "Id of the program that the lead is a member of.",
    "snapshotAt": (
        "When the snapshot began that the membership was last seen in. One that is older than "
        "the newest of its program has ended."
    ),
    "updatedAt": "When the membership was last changed.",
}


def description(name: str, display_name: str = "") -> str:
    """What a field is, in Marketo's own words if there are any.

    Args:
        name: Its REST name.
        display_name: Its name in Marketo's user interface, or "".
    """
    shown = " ".join(display_name.split())
    if shown != name and shown:
        return shown
    return _RETOLD.get(name) or shown or f"The field {name}, which Marketo gives no other name."
