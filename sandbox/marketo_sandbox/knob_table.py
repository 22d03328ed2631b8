"""The table of knobs: every behaviour that is a choice, by name and by alias.

Marketo's unknowns U1 to U37 have an alias that says what they are; the other
knobs have a plain name. The table does not know the current values, nor who
reads which knob.
"""

from __future__ import annotations

from dataclasses import dataclass

Setting = str | int | float | bool | None


@dataclass(frozen=True)
class Knob:
    """One choice: `variants` names every value it takes, empty where any number will do."""

    name: str
    meaning: str
    default: Setting
    variants: tuple[Setting, ...] = ()
    kind: str = "choice"
    alias: str | None = None


def _unknown(name: str, alias: str, meaning: str, values: str) -> Knob:
    """One of Marketo's unknowns; `values` are words in a text, the likeliest first."""
    variants = tuple(values.split())
    return Knob(name, meaning, variants[0], variants, alias=alias)


def _choice(name: str, meaning: str, *variants: Setting) -> Knob:
    return Knob(name, meaning, variants[0], variants)


def _switch(name: str, meaning: str) -> Knob:
    """A knob that is on unless turned off."""
    return Knob(name, meaning, default=True, variants=(True, False))


def _number(name: str, default: float, meaning: str) -> Knob:
    return Knob(name, meaning, default, kind="number")


def _signed(name: str, meaning: str) -> Knob:
    return Knob(name, meaning, 0, kind="signed number")


def _number_or_none(name: str, default: float | None, meaning: str) -> Knob:
    return Knob(name, meaning, default, kind="number or null")


def _text(name: str, default: str, meaning: str) -> Knob:
    return Knob(name, meaning, default, kind="text")


_UNKNOWNS = (
    _unknown(
        "U1",
        "create_without_programs",
        "create without programId or programIds answers",
        "1003 1002 609",
    ),
    _unknown(
        "U2",
        "create_out_of_bounds",
        "programId and programIds, over ten ids, over 31 days, start not before end answer",
        "1003 1001 1002",
    ),
    _unknown(
        "U3", "unknown_program", "an unknown program id in the filter", "empty 1003 1013 failed"
    ),
    _unknown("U4", "unknown_field", "an unknown export field answers", "1006 1003"),
    _unknown("U5", "filter_milliseconds", "milliseconds in the updatedAt filter", "accepted 1003"),
    _unknown(
        "U6", "unknown_export_id", "an unknown or foreign export id answers", "1013 610 1003 404"
    ),
    _unknown("U7", "missing_file_body", "body of the 404 on file.json", "plain html empty"),
    _unknown("U8", "empty_export_file", "file of an empty export", "header zero_bytes 404"),
    _unknown(
        "U9", "repeated_program_id", "programId asked for beside programIds", "first_only twice"
    ),
    _unknown(
        "U10",
        "boolean_spelling",
        "booleans: members 0/1 and leads true/false",
        "mixed words digits",
    ),
    _unknown(
        "U11", "decimal_spelling", "float, currency, percent in files", "decimal exponent integral"
    ),
    _unknown("U12", "null_spelling", "null and the string null in files", "bare quoted empty_cell"),
    _unknown("U13", "line_ends", "line ends in files", "lf no_final crlf"),
    _unknown("U14", "odd_range", "a range beyond the end, a suffix range", "416 200 206"),
    _unknown("U15", "tsv_content_type", "content type of TSV and SSV files", "csv plain"),
    _unknown("U16", "expired_file", "the file of an expired job", "404 json"),
    _unknown(
        "U17",
        "export_window",
        "what the updatedAt filter of an export means",
        "inclusive exclusive_end lag_5_minutes lag_60_minutes visible_outside lead_edits_count",
    ),
    _unknown("U18", "deleted_lead_memberships", "memberships of a deleted lead", "disappear stay"),
    _unknown(
        "U19",
        "program_date_bounds",
        "bounds of the date filter of programs.json",
        "inclusive exclusive 701",
    ),
    _unknown("U20", "program_order", "order of programs.json", "name id random"),
    _unknown(
        "U21", "bad_page_parameter", "maxReturn 0, 201, abc; negative offset", "1001 701 clamp"
    ),
    _unknown("U22", "unknown_tag", "byTag with an unknown type or value", "warning 702 709 1003"),
    _unknown("U22_tags", "by_tag_tags", "tags in a record of byTag", "queried all"),
    _unknown("U22_case", "by_tag_letter_case", "letter case in byTag", "insensitive sensitive"),
    _unknown("U23", "allowable_values", "allowableValues with commas", "raw"),
    _unknown("U24", "unknown_tag_type", "tagType/byName with an unknown name", "warning 702"),
    _unknown(
        "U25",
        "details_move_updated_at",
        "a change of tags, costs or folder moves updatedAt",
        "no yes",
    ),
    _unknown("U26", "export_quota_charge", "the export quota is charged", "completion create"),
    _unknown("U27", "full_queue_refuses", "a full queue refuses", "enqueue both"),
    _unknown("U28", "rate_limit_headers", "rate limit headers", "none"),
    _unknown("U29", "rate_limit_status", "HTTP status of a 606", "200 429"),
    _unknown(
        "U30",
        "identity_refusal",
        "identity for an unknown client or missing parameters",
        "unauthorized invalid_client 200",
    ),
    _unknown("U31", "more_result", "moreResult on members.json", "present absent"),
    _unknown("U32", "quota_midnight", "the Central midnight that resets quotas", "chicago utc-6"),
    _unknown(
        "U33",
        "program_date_spelling",
        "startDate and endDate of a program",
        "zulu_offset milliseconds offset",
    ),
    _unknown(
        "U34",
        "repeated_enqueue",
        "enqueue of a job that is not Created any more answers",
        "already_queued other_words 1003",
    ),
    _unknown(
        "U35",
        "missing_filter_values",
        "members.json without filterValues beside filterType=updatedAt",
        "answered 1002 1003",
    ),
    _unknown(
        "U36",
        "member_changes_seen",
        "changes that the updatedAt filter of members.json sees; all: those that an export sees",
        "all joins_only",
    ),
    _unknown(
        "U37",
        "program_dates_filtered",
        "what the date filter of programs.json covers",
        "both updated",
    ),
)

_SETTINGS = (
    _number_or_none("rate_limit", 100, "calls a window; null is no limit"),
    _number("rate_window_seconds", 20, "length of the rate window, divided by speed"),
    _number("answer_seconds", 0, "time before a call is worked on, divided by speed"),
    _number("neighbour_calls", 0, "calls of other integrations in every window"),
    _number_or_none("concurrency_limit", 10, "requests at once; null is no limit"),
    _number_or_none("daily_calls", 50000, "calls a day; null is no limit"),
    _number("neighbour_daily_calls", 0, "of the calls a day, made by other integrations"),
    _number_or_none("export_quota_mb", 500, "export quota a day; null is no limit"),
    _number("neighbour_export_mb", 0, "of the export quota, used by others every day"),
    _number("job_seconds_queued", 45, "least time Queued, divided by speed"),
    _number("job_seconds_processing", 45, "time Processing, divided by speed"),
    _number("status_refresh_seconds", 60, "age a status may have, divided by speed"),
    _number("queue_slots", 10, "jobs Queued or Processing, all integrations together"),
    _number("processing_slots", 2, "jobs Processing at once, all integrations together"),
    _number("neighbour_jobs", 0, "invisible jobs of others that hold queue slots"),
    _switch("updated_at_filter", "the subscription has the updatedAt filter; false: 1035"),
    _choice(
        "program_ids_filter",
        "the filter programIds is",
        "accepted",
        "1035",
        "1035_unnamed",
    ),
    _text("refused_filters", "", "filters of create, comma-separated, that answer 1035"),
    _choice(
        "status_names_known_to",
        "programs of the filter that must know each of statusNames, or 1003",
        "any",
        "every",
    ),
    _choice("cadence_words", "the filter nurtureCadence takes words of", "both", "page", "openapi"),
    _text("refused_fields", "", "fields, comma-separated, that describes list and create refuses"),
    _number("file_retention_days", 7, "life of a finished job's file"),
    _number("status_retention_days", 30, "life of a finished job's status"),
    _number("list_days", 7, "how far back the job list reaches"),
    _number("token_seconds", 3600, "life of a fresh token; not divided by speed"),
    _signed("date_skew_seconds", "seconds by which the header Date is ahead, or behind below 0"),
    _text("date_header", "", "in place of a date, this text is the header Date; absent: none"),
    _text("denied", "", "endpoint names, comma-separated, that answer 603"),
    _text(
        "visible_workspaces",
        "",
        "workspaces, comma-separated, whose programs the asset API shows; empty: all",
    ),
    _choice("channel_status_detail", "a progression status carries", "type", "description"),
    _choice("empty_tags", "tags of a program without any", "list", "null"),
    _number("members_cap", 100000, "most members Get Program Members handles"),
    _choice("members_cap_counts", "what the cap counts", "matching", "total"),
    _choice("member_nulls", "nulls in Get Program Members", "null", "absent"),
    _choice("empty_members", "Get Program Members without a match has", "list", "no_result"),
    _text("refused_lookups", "", "filter types, comma-separated, that answer 1011"),
    _choice("empty_job_list", "the list of jobs without any has", "no_result", "no_body"),
    _choice("row_order", "row order of an export file", "lead_id", "reverse"),
    _choice("ssv_separator", "what SSV separates with", "semicolon", "space"),
    _switch("sticky_cookie", "asset answers set a load balancer cookie"),
)

CATALOGUE: dict[str, Knob] = {knob.name: knob for knob in (*_UNKNOWNS, *_SETTINGS)}

BY_ANY_NAME: dict[str, Knob] = {
    **CATALOGUE,
    **{knob.alias: knob for knob in CATALOGUE.values() if knob.alias is not None},
}
