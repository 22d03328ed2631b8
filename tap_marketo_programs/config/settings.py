"""Every setting of the tap, each in one place.

From the fields of `Settings` follow the JSON Schema that the SDK checks a config
by, and, by `python tests/support/reference.py`, the settings in the README, in
meltano.yml and in tap-marketo-programs.yml. It must not know who uses a setting,
where its value comes from, nor the SDK's own settings (`stream_maps` and so on).
"""

from __future__ import annotations

from collections.abc import Mapping  # noqa: TC003 - the dataclass's types are looked up in tests
from dataclasses import dataclass
from datetime import datetime  # noqa: TC003 - as above
from typing import Any, Literal, Self

import singer_sdk.typing as th

from tap_marketo_programs.config.base_url import host_url
from tap_marketo_programs.config.setting import (
    any_number,
    at_most,
    once_each,
    setting,
    settings_of,
)
from tap_marketo_programs.schemas.timestamps import instant

# Eleven days; the system's own calls, and a thread's waits, cannot count much further.
MAX_WAIT_SECONDS = 1_000_000.0
# A century; more would reach beyond the calendar.
MAX_LOOKBACK_SECONDS = 100 * 365 * 86_400.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The settings of a run, as client and streams work with them.

    A field has its setting's name, and None where that is not set and has no default.
    """

    base_url: str = setting(
        th.StringType(min_length=1),
        required=True,
        title="Base URL",
        description="REST endpoint shown in Admin > Web Services.",
        readme="REST endpoint of Admin > Web Services, with or without `/rest` or `/identity`.",
        examples=["https://123-ABC-456.mktorest.com"],
        read=host_url,
    )
    """Scheme and host, whatever was pasted."""
    client_id: str = setting(
        th.StringType(min_length=1),
        required=True,
        secret=True,
        title="Client ID",
        description="Client id of the LaunchPoint custom service.",
    )
    client_secret: str = setting(
        th.StringType(min_length=1),
        required=True,
        secret=True,
        title="Client secret",
        description="Client secret of the LaunchPoint custom service.",
    )
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
            "each changed program."
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
    poll_interval_seconds: float = setting(
        th.NumberType(exclusive_minimum=0),
        default=60,
        title="Poll interval in seconds",
        description=(
            "Time between two looks at the status of a job; Marketo refreshes it once a minute."
        ),
        read=at_most(MAX_WAIT_SECONDS),
    )
    max_queued_exports: int = setting(
        th.IntegerType(minimum=1, maximum=10),
        default=4,
        title="Most queued exports",
        description=(
            "Jobs of ours queued or processing at once, 1 to 10; the subscription's ten places "
            "are shared with its other tools."
        ),
    )
    export_timeout_seconds: float = setting(
        th.NumberType(exclusive_minimum=0),
        default=10_800,
        title="Export time-out in seconds",
        description=(
            "From enqueue to Completed, and the longest wait for a place in a full queue."
        ),
        read=any_number,
    )
    request_timeout_seconds: float = setting(
        th.NumberType(exclusive_minimum=0),
        default=300,
        title="Request time-out in seconds",
        description=(
            "Longest silence of a request; an answer that is no file must be whole in half as "
            "long again. Connecting is given up after 10 s in any case, the first answer of a "
            "run after 20 s."
        ),
        read=at_most(MAX_WAIT_SECONDS),
    )
    lookback_seconds: float = setting(
        th.NumberType(minimum=0),
        default=3600,
        title="Lookback in seconds",
        description="Overlap of incremental windows, for rows that Marketo commits late.",
        read=at_most(MAX_LOOKBACK_SECONDS),
    )
    daily_export_quota_mb: float | None = setting(
        th.NumberType(minimum=0),
        title="Daily export quota in MB",
        description=(
            "Creates no job once today's own exports (midnight to midnight in Chicago), with what "
            "those under way will probably need, reach this much."
        ),
        read=any_number,
    )
    on_quota_exhausted: Literal["fail", "stop"] = setting(
        th.StringType(),
        default="fail",
        title="On exhausted quota",
        description="`fail`: state saved, exit 1. `stop`: state saved, WARNING, exit 0.",
        options={
            "fail": "End with an error",
            "stop": "End with a warning, successfully",
        },
    )
    max_calls_per_20_seconds: int = setting(
        th.IntegerType(minimum=1),
        default=50,
        title="Most calls in 20 seconds",
        description=(
            "Calls of ours in any 20 seconds, at most: 50 is Adobe's advice for one integration, "
            "and the limit for all together is usually 100."
        ),
    )
    emit_activate_version_messages: bool = setting(
        th.BooleanType(),
        default=False,
        title="Emit ACTIVATE_VERSION",
        description=(
            "Closes each full table with an ACTIVATE_VERSION message, by which a target can drop "
            "the rows that are gone."
        ),
    )
    """The SDK reads it out of the config itself."""

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Self:
        """The settings that a config holds; it is read and left as it is.

        Args:
            config: One in which nothing is wrong (`validation.validated`).

        Raises:
            MarketoConfigError: `base_url` is no URL of a Marketo host.
            ValueError: `start_date` is no date and time.
        """
        return cls(**{name: one.value(config.get(name)) for name, one in SETTINGS.items()})


SETTINGS = settings_of(Settings)
"""Every setting by name, in the order of the README."""
