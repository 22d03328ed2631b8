"""What the records of the stream `program_member_keys` look like, as JSON Schema.

It must not know where records come from or go to.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tap_marketo_programs.schemas.descriptions import description
from tap_marketo_programs.schemas.members import DEFAULT_DEDUPE_FIELDS, property_schema

if TYPE_CHECKING:
    from collections.abc import Mapping

KEYS = DEFAULT_DEDUPE_FIELDS
"""The key of a member, which is all that is exported."""

MEMBER_KEYS: Mapping[str, Any] = {
    "type": "object",
    "properties": {
        **{
            name: {**property_schema("integer", key=True), "description": description(name)}
            for name in KEYS
        },
        "snapshotAt": {
            **property_schema("datetime", key=True),
            "description": description("snapshotAt"),
        },
    },
    "required": [*KEYS, "snapshotAt"],
}
"""A member, and when it was last seen. `snapshotAt` is one value for a program and snapshot."""
