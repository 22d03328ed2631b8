"""What the records of the asset streams look like, as JSON Schema.

It must not know where records come from or go to.
"""

from __future__ import annotations

from typing import Any

import singer_sdk.typing as th

from tap_marketo_programs.schemas.properties import INTEGER

# Adobe: Programs. Browsing leaves `startDate`, `endDate`, `tags` and `costs`
# out; they come with a program by id. `folder` is what the samples and every
# recording show, not the `{id, type}` of Adobe's OpenAPI document.
_PROGRAM = (
    th.Property(
        "id", INTEGER, required=True, description="Id of the program, one of a kind in Marketo."
    ),
    th.Property("name", th.StringType, description="Name of the program."),
    th.Property(
        "description",
        th.StringType,
        description="What its makers say of the program; empty where they say nothing.",
    ),
    th.Property("createdAt", th.DateTimeType, description="When the program was created."),
    th.Property(
        "updatedAt",
        th.DateTimeType,
        description="When the program was last changed; changes of tags and costs may not count.",
    ),
    th.Property("url", th.StringType, description="Address of the program in Marketo."),
    th.Property(
        "type",
        th.StringType,
        description="Kind of program, such as Default, Email, Engagement or EventWithWebinar.",
    ),
    th.Property(
        "channel",
        th.StringType,
        description="Channel of the program; it says which statuses members can have.",
    ),
    th.Property(
        "folder",
        th.ObjectType(
            th.Property("type", th.StringType, description="Folder, or Program."),
            th.Property("value", INTEGER, description="Id of the folder or program."),
            th.Property("folderName", th.StringType, description="Name of the folder or program."),
        ),
        description="What the program is in: a folder, or another program.",
    ),
    th.Property(
        "status",
        th.StringType,
        description=(
            "on or off for engagement programs; unlocked, locked or completed for email "
            "programs; empty for types of programs that have no status."
        ),
    ),
    th.Property("workspace", th.StringType, description="Name of the program's workspace."),
    th.Property(
        "headStart",
        th.BooleanType,
        description="Whether an email program is prepared before the time it starts at.",
    ),
    th.Property(
        "sfdcId",
        th.StringType,
        description="Id of the Salesforce campaign that the program is linked to.",
    ),
    th.Property(
        "sfdcName",
        th.StringType,
        description="Name of the Salesforce campaign that the program is linked to.",
    ),
    th.Property(
        "startDate",
        th.DateTimeType,
        description="When an event or an email program starts.",
    ),
    th.Property(
        "endDate",
        th.DateTimeType,
        description="When an event or an email program ends.",
    ),
    th.Property(
        "tags",
        th.ArrayType(
            th.ObjectType(
                th.Property("tagType", th.StringType, description="Type of the tag."),
                th.Property("tagValue", th.StringType, description="Value of the tag."),
            ),
        ),
        description="Tags that the program carries.",
    ),
    th.Property(
        "costs",
        th.ArrayType(
            th.ObjectType(
                th.Property(
                    "startDate", th.DateType, description="First day of the month of the cost."
                ),
                th.Property(
                    "cost", th.NumberType, description="Amount, in the subscription's currency."
                ),
                th.Property("note", th.StringType, description="Note on the cost."),
            ),
        ),
        description="What the program cost, by month.",
    ),
)

PROGRAMS: dict[str, Any] = th.PropertiesList(*_PROGRAM).to_dict()
"""A program; key `id`."""

PROGRAMS_BY_TAG: dict[str, Any] = th.PropertiesList(
    *_PROGRAM,
    # The pair that was asked for. The record's own `tags` may show that pair
    # alone or all of them: Adobe's sample does not tell.
    th.Property(
        "tagType",
        th.StringType,
        required=True,
        description="Type of the tag that this row is about.",
    ),
    th.Property(
        "tagValue",
        th.StringType,
        required=True,
        description="Value of the tag that this row is about.",
    ),
).to_dict()
"""A program once more for each tag it carries; key `id`, `tagType`, `tagValue`."""

TAG_TYPES: dict[str, Any] = th.PropertiesList(
    th.Property("tagType", th.StringType, required=True, description="Name of the tag type."),
    th.Property(
        "applicableProgramTypes",
        th.ArrayType(th.StringType),
        description="Kinds of programs that can carry a tag of the type.",
    ),
    th.Property(
        "required", th.BooleanType, description="Whether new programs must carry a tag of the type."
    ),
    th.Property(
        "allowableValues",
        th.ArrayType(th.StringType),
        description="Values that a tag of the type can have.",
    ),
).to_dict()
"""A tag type with its values; key `tagType`. Adobe: Tags."""

CHANNELS: dict[str, Any] = th.PropertiesList(
    th.Property("id", INTEGER, required=True, description="Id of the channel."),
    th.Property("name", th.StringType, description="Name of the channel."),
    th.Property(
        "applicableProgramType",
        th.StringType,
        description="Kind of programs that the channel is for.",
    ),
    th.Property(
        "progressionStatuses",
        th.ArrayType(
            th.ObjectType(
                th.Property(
                    "name",
                    th.StringType,
                    description="The status, as a member's statusName has it.",
                ),
                th.Property(
                    "step",
                    INTEGER,
                    description="Place in the order of statuses; members move to higher ones only.",
                ),
                # Adobe's sample has `description`, its OpenAPI document both, a
                # recorded answer of 2025 (amp-labs/connectors) `type` alone.
                th.Property("description", th.StringType, description="Note on the status."),
                th.Property("type", th.StringType, description="Kind of the status."),
                th.Property(
                    "hidden", th.BooleanType, description="Whether Marketo's pages hide the status."
                ),
                th.Property(
                    "success",
                    th.BooleanType,
                    description="Whether a member of this status counts as a success.",
                ),
            ),
        ),
        description="Statuses that members of a program of the channel can have.",
    ),
    th.Property("createdAt", th.DateTimeType, description="When the channel was created."),
    th.Property("updatedAt", th.DateTimeType, description="When the channel was last changed."),
).to_dict()
"""A channel with its progression statuses; key `id`. Adobe: Channels."""
