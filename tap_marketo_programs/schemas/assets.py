"""What the records of the asset streams look like, as JSON Schema.

It must not know where records come from or go to.
"""

from __future__ import annotations

from typing import Any

import singer_sdk.typing as th

# Adobe: Programs. Browsing leaves `startDate`, `endDate`, `tags` and `costs`
# out; they come with a program by id. `folder` is what the samples and every
# recording show, not the `{id, type}` of Adobe's OpenAPI document.
_PROGRAM = (
    th.Property("id", th.IntegerType, required=True),
    th.Property("name", th.StringType),
    th.Property("description", th.StringType),
    th.Property("createdAt", th.DateTimeType),
    th.Property("updatedAt", th.DateTimeType),
    th.Property("url", th.StringType),
    th.Property("type", th.StringType),
    th.Property("channel", th.StringType),
    th.Property(
        "folder",
        th.ObjectType(
            th.Property("type", th.StringType),
            th.Property("value", th.IntegerType),
            th.Property("folderName", th.StringType),
        ),
    ),
    th.Property("status", th.StringType),
    th.Property("workspace", th.StringType),
    th.Property("headStart", th.BooleanType),
    th.Property("sfdcId", th.StringType),
    th.Property("sfdcName", th.StringType),
    th.Property("startDate", th.DateTimeType),
    th.Property("endDate", th.DateTimeType),
    th.Property(
        "tags",
        th.ArrayType(
            th.ObjectType(
                th.Property("tagType", th.StringType),
                th.Property("tagValue", th.StringType),
            ),
        ),
    ),
    th.Property(
        "costs",
        th.ArrayType(
            th.ObjectType(
                th.Property("startDate", th.DateType),
                th.Property("cost", th.NumberType),
                th.Property("note", th.StringType),
            ),
        ),
    ),
)

PROGRAMS: dict[str, Any] = th.PropertiesList(*_PROGRAM).to_dict()
"""A program; key `id`."""

PROGRAMS_BY_TAG: dict[str, Any] = th.PropertiesList(
    *_PROGRAM,
    # The pair that was asked for. The record's own `tags` may show that pair
    # alone or all of them: Adobe's sample does not tell.
    th.Property("tagType", th.StringType, required=True),
    th.Property("tagValue", th.StringType, required=True),
).to_dict()
"""A program once more for each tag it carries; key `id`, `tagType`, `tagValue`."""

TAG_TYPES: dict[str, Any] = th.PropertiesList(
    th.Property("tagType", th.StringType, required=True),
    # Marketo's own text, `[program,email_batch]`: a constant vocabulary.
    th.Property("applicableProgramTypes", th.StringType),
    th.Property("required", th.BooleanType),
    th.Property("allowableValues", th.ArrayType(th.StringType)),
).to_dict()
"""A tag type with its values; key `tagType`. Adobe: Tags."""

CHANNELS: dict[str, Any] = th.PropertiesList(
    th.Property("id", th.IntegerType, required=True),
    th.Property("name", th.StringType),
    th.Property("applicableProgramType", th.StringType),
    th.Property(
        "progressionStatuses",
        th.ArrayType(
            th.ObjectType(
                th.Property("name", th.StringType),
                th.Property("step", th.IntegerType),
                # Adobe's sample has `description`, its OpenAPI document both, a
                # recorded answer of 2025 (amp-labs/connectors) `type` alone.
                th.Property("description", th.StringType),
                th.Property("type", th.StringType),
                th.Property("hidden", th.BooleanType),
                th.Property("success", th.BooleanType),
            ),
        ),
    ),
    th.Property("createdAt", th.DateTimeType),
    th.Property("updatedAt", th.DateTimeType),
).to_dict()
"""A channel with its progression statuses; key `id`. Adobe: Channels."""
