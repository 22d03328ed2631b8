"""Every behaviour that is a choice: Marketo's unknowns U1 to U37 and the named settings.

A table and its current values; it does not know who reads which knob.
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
    _choice("U1", "create without programId or programIds answers", "1003", "1002", "609"),
    _choice(
        "U2",
        "programId and programIds, over ten ids, over 31 days, start not before end answer",
        "1003",
        "1001",
        "1002",
    ),
    _choice("U3", "an unknown program id in the filter", "empty", "1003", "1013", "failed"),
    _choice("U4", "an unknown export field answers", "1006", "1003"),
    _choice("U5", "milliseconds in the updatedAt filter", "accepted", "1003"),
    _choice("U6", "an unknown or foreign export id answers", "1013", "610", "1003", "404"),
    _choice("U7", "body of the 404 on file.json", "plain", "html", "empty"),
    _choice("U8", "file of an empty export", "header", "zero_bytes", "404"),
    _choice("U9", "programId asked for beside programIds", "first_only", "twice"),
    _choice("U10", "booleans: members 0/1 and leads true/false", "mixed", "words", "digits"),
    _choice("U11", "float, currency, percent in files", "decimal", "exponent", "integral"),
    _choice("U12", "null and the string null in files", "bare", "quoted", "empty_cell"),
    _choice("U13", "line ends in files", "lf", "no_final", "crlf"),
    _choice("U14", "a range beyond the end, a suffix range", "416", "200", "206"),
    _choice("U15", "content type of TSV and SSV files", "csv", "plain"),
    _choice("U16", "the file of an expired job", "404", "json"),
    _choice(
        "U17",
        "what the updatedAt filter of an export means",
        "inclusive",
        "exclusive_end",
        "lag_5_minutes",
        "lag_60_minutes",
        "visible_outside",
        "lead_edits_count",
    ),
    _choice("U18", "memberships of a deleted lead", "disappear", "stay"),
    _choice("U19", "bounds of the date filter of programs.json", "inclusive", "exclusive", "701"),
    _choice("U20", "order of programs.json", "name", "id", "random"),
    _choice("U21", "maxReturn 0, 201, abc; negative offset", "1001", "701", "clamp"),
    _choice("U22", "byTag with an unknown type or value", "warning", "702", "709", "1003"),
    _choice("U22_tags", "tags in a record of byTag", "queried", "all"),
    _choice("U22_case", "letter case in byTag", "insensitive", "sensitive"),
    _choice("U23", "allowableValues with commas", "raw"),
    _choice("U24", "tagType/byName with an unknown name", "warning", "702"),
    _choice("U25", "a change of tags, costs or folder moves updatedAt", "no", "yes"),
    _choice("U26", "the export quota is charged", "completion", "create"),
    _choice("U27", "a full queue refuses", "enqueue", "both"),
    _choice("U28", "rate limit headers", "none"),
    _choice("U29", "HTTP status of a 606", "200", "429"),
    _choice(
        "U30",
        "identity for an unknown client or missing parameters",
        "unauthorized",
        "invalid_client",
        "200",
    ),
    _choice("U31", "moreResult on members.json", "present", "absent"),
    _choice("U32", "the Central midnight that resets quotas", "chicago", "utc-6"),
    _choice("U33", "startDate and endDate of a program", "zulu_offset", "milliseconds", "offset"),
    _choice(
        "U34",
        "enqueue of a job that is not Created any more answers",
        "already_queued",
        "other_words",
        "1003",
    ),
    _choice(
        "U35",
        "members.json without filterValues beside filterType=updatedAt",
        "answered",
        "1002",
        "1003",
    ),
    _choice("U36", "changes that the updatedAt filter of members.json sees", "all", "joins_only"),
    _choice("U37", "what the date filter of programs.json covers", "both", "updated"),
)

_SETTINGS = (
    _number_or_none("rate_limit", 100, "calls a window; null is no limit"),
    _number("rate_window_seconds", 20, "length of the rate window, divided by speed"),
    _number("neighbour_calls", 0, "calls of other integrations in every window"),
    _number_or_none("concurrency_limit", 10, "requests at once; null is no limit"),
    _number_or_none("daily_calls", 50000, "calls a day; null is no limit"),
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
    _text("refused_fields", "", "fields, comma-separated, that describes list and create refuses"),
    _number("file_retention_days", 7, "life of a finished job's file"),
    _number("status_retention_days", 30, "life of a finished job's status"),
    _number("list_days", 7, "how far back the job list reaches"),
    _number("token_seconds", 3600, "life of a fresh token; not divided by speed"),
    _signed("date_skew_seconds", "seconds by which the header Date is ahead, or behind below 0"),
    _text("date_header", "", "in place of a date, this text is the header Date; absent: none"),
    _text("denied", "", "endpoint names, comma-separated, that answer 603"),
    _choice("channel_status_detail", "a progression status carries", "type", "description"),
    _choice("empty_tags", "tags of a program without any", "list", "null"),
    _number("members_cap", 100000, "most members Get Program Members handles"),
    _choice("members_cap_counts", "what the cap counts", "matching", "total"),
    _choice("member_nulls", "nulls in Get Program Members", "null", "absent"),
    _choice("empty_job_list", "the list of jobs without any has", "no_result", "no_body"),
    _choice("row_order", "row order of an export file", "lead_id", "reverse"),
    _choice("ssv_separator", "what SSV separates with", "semicolon", "space"),
    _switch("sticky_cookie", "asset answers set a load balancer cookie"),
)

CATALOGUE: dict[str, Knob] = {knob.name: knob for knob in (*_UNKNOWNS, *_SETTINGS)}


def _checked(knob: Knob, value: Setting) -> Setting:
    if knob.variants:
        if value in knob.variants and isinstance(value, type(knob.default)):
            return value
        message = f"{knob.name} takes one of {list(knob.variants)}, not {value!r}"
        raise ValueError(message)
    if knob.kind == "text":
        if isinstance(value, str):
            return value
        message = f"{knob.name} takes a text, not {value!r}"
        raise ValueError(message)
    if value is None and knob.kind == "number or null":
        return None
    least = float("-inf") if knob.kind == "signed number" else 0
    if isinstance(value, int | float) and not isinstance(value, bool) and value >= least:
        return value
    message = f"{knob.name} takes a {knob.kind}, not {value!r}"
    raise ValueError(message)


def parse_setting(name: str, text: str) -> Setting:
    """Read a knob's value from a command line."""
    knob = CATALOGUE.get(name)
    if knob is None:
        message = f"no knob {name!r}"
        raise ValueError(message)
    words: dict[str, Setting] = {"true": True, "false": False, "null": None, "none": None}
    if isinstance(knob.default, bool) or knob.kind == "number or null":
        lowered = text.lower()
        if lowered in words:
            return words[lowered]
    if "number" in knob.kind:
        return float(text) if "." in text else int(text)
    return text


class Knobs:
    """The current value of every knob."""

    def __init__(self, values: dict[str, Setting] | None = None) -> None:
        self._values = {name: knob.default for name, knob in CATALOGUE.items()}
        self.set(values or {})

    def set(self, values: dict[str, Setting]) -> None:
        """Turn several knobs, or none when one value is wrong."""
        unknown = sorted(set(values) - set(CATALOGUE))
        if unknown:
            message = f"no knob {unknown[0]!r}"
            raise ValueError(message)
        self._values.update({n: _checked(CATALOGUE[n], v) for n, v in values.items()})

    def choice(self, name: str) -> str:
        """A knob whose values are words."""
        return str(self._values[name])

    def names(self, name: str) -> list[str]:
        """A knob that is a text of names, separated by commas."""
        return [part.strip() for part in self.choice(name).split(",") if part.strip()]

    def on(self, name: str) -> bool:
        """A knob that is true or false."""
        return bool(self._values[name])

    def number(self, name: str) -> float:
        """A knob that is a number."""
        value = self._values[name]
        if value is None or isinstance(value, str):
            message = f"{name} is not a number"
            raise TypeError(message)
        return value

    def limit(self, name: str) -> float | None:
        """A knob that is a number, or None for no limit."""
        return None if self._values[name] is None else self.number(name)

    def listed(self) -> list[dict[str, object]]:
        """Every knob with meaning, value, default and variants."""
        return [
            {
                "name": knob.name,
                "meaning": knob.meaning,
                "value": self._values[knob.name],
                "default": knob.default,
                "variants": list(knob.variants),
                "kind": knob.kind,
            }
            for knob in CATALOGUE.values()
        ]
