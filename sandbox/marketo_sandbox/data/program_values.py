"""How an edit names a program's fields: as Marketo does, or as this package does.

It knows no world: whether the program exists, and what an edit moves, is decided there.
"""

from __future__ import annotations

from dataclasses import fields

from marketo_sandbox.data.programs import Cost, Program

# What moves a program's updatedAt only by knob U25.
DETAILS = frozenset({"tags", "costs", "folder_type", "folder_id", "folder_name"})
_PROGRAM_FIELDS = frozenset(f.name for f in fields(Program)) - {"id", "membership"}
_RENAMED = {
    "createdAt": "created_at",
    "updatedAt": "updated_at",
    "headStart": "head_start",
    "sfdcId": "sfdc_id",
    "sfdcName": "sfdc_name",
    "startDate": "start_date",
    "endDate": "end_date",
}


def program_values(values: dict[str, object]) -> dict[str, object]:
    """Take fields as Marketo names them or as this package does."""
    named = {_RENAMED.get(name, name): value for name, value in values.items()}
    folder = named.pop("folder", None)
    if isinstance(folder, dict):
        named |= {
            "folder_type": folder.get("type", "Folder"),
            "folder_id": folder.get("value", 28),
            "folder_name": folder.get("folderName", "Marketing"),
        }
    costs = named.get("costs")
    if isinstance(costs, list):
        named["costs"] = [Cost(c["startDate"], c["cost"], c.get("note")) for c in costs]
    tags = named.get("tags")
    if isinstance(tags, list):
        named["tags"] = {tag["tagType"]: tag["tagValue"] for tag in tags}
    unknown = sorted(set(named) - _PROGRAM_FIELDS)
    if unknown:
        message = f"a program has no field {unknown[0]!r}"
        raise ValueError(message)
    return named
