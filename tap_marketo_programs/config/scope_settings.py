"""The settings of what is extracted. It must not know how."""

from __future__ import annotations

from collections.abc import Mapping  # noqa: TC003 - the dataclass's types are looked up in tests
from dataclasses import dataclass
from datetime import datetime  # noqa: TC003 - as above
from typing import Any

import singer_sdk.typing as th

from tap_marketo_programs.config.setting import once_each, setting
from tap_marketo_programs.schemas.timestamps import instant


def _texts(**facts: Any) -> Any:  # noqa: ANN401 - see setting
    """A filter of programs that is a list of texts."""
    return setting(th.ArrayType(th.StringType), without="all", read=tuple, **facts)


@dataclass(frozen=True, kw_only=True)
class ScopeSettings:
    """Which programs, since when, and which of their fields."""

    start_date: datetime | None = setting(  # noqa: RUF009 - as all others, it makes a field
        th.DateTimeType(),
        title="Start date",
        description=(
            "Earliest `updatedAt` wanted on a first sync, in UTC if it names no other time zone; "
            "without it, everything."
        ),
        read=instant,
    )
    program_ids: tuple[int, ...] | None = setting(
        th.ArrayType(th.IntegerType(minimum=1)),
        title="Program ids",
        description="Restricts every stream to these programs; without it, all of them.",
        page="Restricts every stream to these programs.",
        without="all",
        examples=[[1001, 1002]],
        read=tuple,
    )
    program_names: tuple[str, ...] | None = _texts(
        title="Program names",
        description=(
            "Restricts every stream to programs whose name matches one of these globs: `*` stands "
            "for anything, `?` for one character, every other character for itself, brackets "
            "included. Case does not matter."
        ),
        examples=[["2026-* webinar*"]],
    )
    program_types: tuple[str, ...] | None = _texts(
        title="Program types",
        description=(
            "Restricts every stream to programs of these types, such as `Email`, `Engagement` and "
            "`EventWithWebinar`; case does not matter."
        ),
        examples=[["Email", "EventWithWebinar"]],
    )
    program_channels: tuple[str, ...] | None = _texts(
        title="Program channels",
        description="Restricts every stream to programs of these channels; case does not matter.",
        examples=[["Webinar"]],
    )
    program_workspaces: tuple[str, ...] | None = _texts(
        title="Program workspaces",
        description=(
            "Restricts every stream to programs of these workspaces, among those that the API "
            "user may see; case does not matter."
        ),
        examples=[["Default"]],
    )
    program_statuses: tuple[str, ...] | None = _texts(
        title="Program statuses",
        description=(
            "Restricts every stream to programs of these statuses, such as `on`; case does not "
            'matter. Most types of programs have no status: `""` stands for none.'
        ),
        examples=[["on", ""]],
    )
    program_folder_ids: tuple[int, ...] | None = setting(
        th.ArrayType(th.IntegerType(minimum=1)),
        title="Program folder ids",
        description=(
            "Restricts every stream to programs in these folders, and to programs inside such "
            "programs. Folders inside a folder are named themselves."
        ),
        without="all",
        examples=[[28]],
        read=tuple,
    )
    program_tags: tuple[Mapping[str, Any], ...] | None = setting(
        th.ArrayType(
            th.ObjectType(
                th.Property(
                    "tag_type", th.StringType, required=True, description="Name of a tag type."
                ),
                th.Property(
                    "tag_values",
                    th.ArrayType(th.StringType),
                    description="Values of that tag type; without it, all of them.",
                ),
            ),
        ),
        title="Program tags",
        description=(
            "Restricts every stream to programs that carry one of these tags, and "
            "`programs_by_tag` to these tags; without `tag_values`, to all values of the type. The "
            "only filter that costs calls: one or a few for each tag value."
        ),
        page=(
            'Restricts every stream: `[{"tag_type": "Region", "tag_values": ["EMEA"]}]`; without '
            "`tag_values`, all values of the type. `programs_by_tag` has rows of these tags only. "
            "The only filter that costs calls: one or a few for each tag value."
        ),
        without="all",
        examples=[[{"tag_type": "Region", "tag_values": ["EMEA"]}]],
        read=tuple,
    )
    member_filter: dict[str, Any] | None = setting(  # noqa: RUF009 - as above
        th.ObjectType(
            th.Property(
                "statusNames",
                th.ArrayType(th.StringType),
                description="Statuses, of which a member has one; case does not matter.",
            ),
            th.Property(
                "isExhausted",
                th.BooleanType,
                description="Whether a member of an engagement program has got all its content.",
            ),
            th.Property(
                "nurtureCadence",
                th.StringType,
                description="Cadence in an engagement program: `norm`, or `pause` if paused.",
            ),
        ),
        title="Member filter",
        description=(
            "Exports only members with one of `statusNames`, with this `isExhausted` and with "
            "this `nurtureCadence` (`norm` or `pause`). For FULL_TABLE only: with INCREMENTAL, a "
            "member who leaves the status would never be exported again and go stale."
        ),
        page=(
            "Exports only members with one of `statusNames`, with this `isExhausted` and with "
            'this `nurtureCadence`: `{"statusNames": ["Attended"], "isExhausted": false, '
            '"nurtureCadence": "norm"}`, or some of these. For `program_members` by FULL_TABLE '
            "only: with INCREMENTAL, a member who leaves the status would never be exported again "
            "and go stale."
        ),
        examples=[{"statusNames": ["Attended"], "isExhausted": False, "nurtureCadence": "norm"}],
        read=dict,
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
    hash_fields: tuple[str, ...] = setting(
        th.ArrayType(th.StringType),
        default=[],
        title="Hashed fields",
        description=(
            "Member and lead fields (REST names) of `program_members` whose values leave as their "
            "HMAC-SHA256 by `hash_salt`, in lower-case hex, in records and batch files alike; null "
            "stays null. Keys and `updatedAt` cannot be hashed."
        ),
        examples=[["email", "lastName"]],
        read=once_each,
    )
    hash_salt: str | None = setting(
        th.StringType(min_length=1),
        secret=True,
        title="Hash salt",
        description=(
            "Secret that `hash_fields` are hashed with. Whoever has it can tell whose hash a value "
            "is; another one makes other hashes of all values."
        ),
    )
