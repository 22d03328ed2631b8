"""The settings of how members are exported. It must not know which members."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import singer_sdk.typing as th

from tap_marketo_programs.config.setting import (
    MAX_WAIT_SECONDS,
    any_number,
    at_most,
    setting,
)

# A century; more would reach beyond the calendar.
MAX_LOOKBACK_SECONDS = 100 * 365 * 86_400.0
MAX_SWEEP_DAYS = 100 * 365.0


def _whole_days(number: float) -> int:
    return int(min(MAX_SWEEP_DAYS, number))


@dataclass(frozen=True, kw_only=True)
class RunSettings:
    """How changes are found, jobs are run, and the quota is kept."""

    change_detection: Literal["auto", "members", "none"] = setting(
        th.StringType(),
        default="auto",
        title="Change detection",
        description=(
            "Whether Marketo is asked first, program by program, if any member changed, so that "
            "only such programs are exported. `auto`: where that is the cheaper way and "
            "`daily_change_calls` allows. `members`: always. `none`: every known program is "
            "exported."
        ),
        options={
            "auto": "Where that is the cheaper way",
            "members": "Always",
            "none": "Never; every known program is exported",
        },
    )
    daily_change_calls: int = setting(
        th.IntegerType(minimum=0),
        default=10_000,
        title="Daily calls for change detection",
        description=(
            "Most calls that `change_detection: auto` spends on asking in one day, midnight to "
            "midnight in Chicago; programs beyond are exported."
        ),
    )
    full_sweep_days: float = setting(
        th.NumberType(minimum=0),
        default=7,
        title="Full sweep in days",
        description=(
            "Every known program is exported, and its details are read, at least this often, "
            "whatever asking says: what leaves no trace there is late, never lost. 0: every run."
        ),
        read=at_most(MAX_SWEEP_DAYS),
    )
    on_new_fields: Literal["warn", "backfill"] = setting(
        th.StringType(),
        default="warn",
        title="On new fields",
        description=(
            "What to do about a field that is wanted now, and that members were exported without "
            "so far. `warn`: one WARNING names it. `backfill`: these members are exported again, "
            "after the increments, within the quota, over several runs if need be."
        ),
        options={
            "warn": "Name them in one warning",
            "backfill": "Export the histories again",
        },
    )
    member_keys_days: int | None = setting(
        th.IntegerType(minimum=0),
        title="Snapshots of member keys in days",
        description=(
            "Adds the stream `program_member_keys`: a snapshot of the keys of all members on each "
            "n-th day, by which members who left can be found. 0: every run."
        ),
        examples=[7],
        read=_whole_days,
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
            "Most export jobs of this tap that are queued or processing at once; the "
            "subscription's ten places are shared with its other tools."
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
    lookback_seconds: float = setting(
        th.NumberType(minimum=0),
        default=3600,
        title="Lookback in seconds",
        description=(
            "How far an increment looks back beyond the end of the last one, for rows that Marketo "
            "commits late; what changed in that time comes again."
        ),
        read=at_most(MAX_LOOKBACK_SECONDS),
    )
    daily_export_quota_mb: float | None = setting(
        th.NumberType(minimum=0),
        title="Daily export quota in MB",
        description=(
            "Creates no more jobs once this API user's exports of the day (midnight to midnight in "
            "Chicago), with what jobs under way will probably need, reach this much."
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
