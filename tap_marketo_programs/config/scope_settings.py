"""The settings of what is extracted. It must not know how."""

from __future__ import annotations

from collections.abc import Mapping  # noqa: TC003 - the dataclass's types are looked up in tests
from dataclasses import dataclass
from datetime import datetime  # noqa: TC003 - as above
from typing import Any

import singer_sdk.typing as th

from tap_marketo_programs.config.setting import once_each, setting
from tap_marketo_programs.schemas.timestamps import instant


@dataclass(frozen=True, kw_only=True)
class ScopeSettings:
    """Which programs, since when, and which of their fields."""

    start_date: datetime | None = setting(  # noqa: RUF009 - as all others, it makes a field
        th.DateTimeType(),
        title="Start date",
        description="Earliest `updatedAt` wanted on a first sync; without it, everything.",
        read=instant,
    )
    program_ids: tuple[int, ...] | None = setting(
        th.ArrayType(th.IntegerType(minimum=1)),
        title="Program ids",
        description="Restricts every stream to these programs; without it, all of them.",
        readme="Restricts every stream to these programs.",
        without="all",
        examples=[[1001, 1002]],
        read=tuple,
    )
    program_tags: tuple[Mapping[str, Any], ...] | None = setting(
        th.ArrayType(
            th.ObjectType(
                th.Property("tag_type", th.StringType, required=True),
                th.Property("tag_values", th.ArrayType(th.StringType)),
            ),
        ),
        title="Program tags",
        description=(
            "Restricts `programs_by_tag` to these tag types and values; without `tag_values`, to "
            "all values of the type."
        ),
        readme=(
            'Restricts `programs_by_tag`: `[{"tag_type": "Region", "tag_values": ["EMEA"]}]`; '
            "without `tag_values`, all values of the type."
        ),
        without="all",
        examples=[[{"tag_type": "Region", "tag_values": ["EMEA"]}]],
        read=tuple,
    )
    program_details: bool = setting(
        th.BooleanType(),
        default=True,
        title="Program details",
        description=(
            "Reads tags, costs, `startDate` and `endDate` of programs, with one more call for "
            "each changed program, and for every program at least each `full_sweep_days`."
        ),
    )
    lead_fields: tuple[str, ...] = setting(
        th.ArrayType(th.StringType),
        default=[],
        title="Lead fields",
        description=(
            "Lead fields (REST names of Describe Lead2) joined to each row of `program_members`."
        ),
        examples=[["email", "company"]],
        read=once_each,
    )
