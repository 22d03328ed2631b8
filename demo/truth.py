"""What Marketo's answers tell of the sandbox's truth: what a target ought to hold.

Where an answer tells less than is true, no extractor can bring it. Each such
place stands here with its reason, and there is no other.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from marketo_sandbox.control import SandboxControl

    from demo.comparison import Row


def told(control: SandboxControl) -> dict[str, list[Row]]:
    """The rows of every table."""
    return {
        "programs": [_program(row) for row in control.programs()],
        "programs_by_tag": [_tagged(row) for row in control.programs_by_tag()],
        "program_members": control.truth(),
        "tag_types": [_tag_type(row) for row in control.tag_types()],
        "channels": control.channels(),
    }


def funnel(control: SandboxControl) -> list[Row]:
    """Members by program, status and step; a status that the channel lists no more has no step."""
    channels = {one["name"]: one["progressionStatuses"] for one in control.channels()}
    steps = {
        (program["id"], status["name"]): status["step"]
        for program in control.programs()
        for status in channels.get(program["channel"]) or ()
    }
    counts = Counter(
        (row["programId"], row["statusName"] or "")
        for row in control.truth(fields=["leadId", "programId", "statusName"])
    )
    return [
        {
            "program_id": program_id,
            "status_name": status,
            "step": steps.get((program_id, status)),
            "members": count,
        }
        for (program_id, status), count in counts.items()
    ]


def _program(row: Row) -> Row:
    """Get Program by Id answers null where there are no costs."""
    return {**row, "costs": row["costs"] or None}


def _tagged(row: Row) -> Row:
    """Get Programs by Tag tells the tag that was asked for and no other, and no costs."""
    tag = {"tagType": row["tagType"], "tagValue": row["tagValue"]}
    return {**row, "tags": [tag], "costs": None}


def _tag_type(row: Row) -> Row:
    """Get Tag by Name escapes no comma: `North America, Canada` arrives as two values.

    What the sandbox holds as Marketo's text `[program,event]` is a list.
    """
    values: list[Any] | None = row["allowableValues"]
    if values is not None:
        values = [part for value in values for part in value.split(", ")]
    kinds = row["applicableProgramTypes"].strip("[]").split(",")
    return {**row, "allowableValues": values, "applicableProgramTypes": kinds}
