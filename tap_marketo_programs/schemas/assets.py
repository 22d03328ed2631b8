"""What the streams' records look like: Marketo's fields and types as JSON Schema.

Holds the static schemas of the asset streams, makes the schema of program
members from what the describe endpoints say, and brings the asset API's own
spellings (its dates, its lists inside a string) into the form the schemas
promise. It must not know where records come from or go to: no HTTP, no
streams, no clock. No message of this module holds a value of a record.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import singer_sdk.typing as th

from tap_marketo_programs.schemas.values import INTEGER_BOUND, text_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

MAX_PROGRAM_ID = INTEGER_BOUND - 1
"""The largest program id; a larger one fits no target's BIGINT, and no state."""

DEFAULT_DEDUPE_FIELDS = ("leadId", "programId")
"""The key of a membership; Adobe: Program Members, "Describe", `dedupeFields`."""

FIXED_TYPES: Mapping[str, str] = {
    "leadId": "integer",
    "programId": "integer",
    "updatedAt": "datetime",
}
"""What the key and the bookmark are of, whatever one answer of describe says: the type of
a table's key must not change because a field of an answer was missing once."""


@dataclass(frozen=True, slots=True)
class MemberField:
    """One field that Marketo describes.

    Attributes:
        name: The REST name, which is the name in exports, too.
        data_type: Marketo's `dataType`, lower-case; `string` where none is given.
        display_name: The name in Marketo's user interface, or "".
    """

    name: str
    data_type: str
    display_name: str = ""


def described_fields(result: object) -> tuple[MemberField, ...]:
    """The fields in a describe endpoint's `result`, in its order.

    Reads both forms in use: `[{"fields": [{"name", "dataType", ...}]}]` of
    `programs/members/describe.json` and `leads/describe2.json`, and
    `[{"rest": {"name"}, "dataType", ...}]` of `leads/describe.json`, where a
    field without `rest` can be reached by SOAP only and is left out (Adobe:
    Leads, "Describe"). Of two fields with one name the first counts; one whose
    name cannot be a column is left out: see `description_oddities`.

    Args:
        result: The `result` of the answer, as it came; anything may be missing.

    Returns:
        The fields, `formula` fields included: see `exportable`.
    """
    found: dict[str, MemberField] = {}
    for name, item in _described_items(result):
        if isinstance(name, str) and _can_be_column(name):
            found.setdefault(name, _member_field(name, item))
    return tuple(found.values())


def _described_items(result: object) -> Iterator[tuple[object, Mapping[str, object]]]:
    for entry in _mappings(result):
        if "fields" in entry:
            for item in _objects(entry["fields"]):
                yield item.get("name"), item
        elif isinstance(rest := entry.get("rest"), Mapping):
            yield rest.get("name"), entry


# Longer than any database's names, and than what a request of many could carry.
LONGEST_NAME = 1_000
LONGEST_SHOWN_NAME = 40
# Controls, halves of surrogate pairs, line and paragraph separators, what is no character.
_NO_COLUMN = {"Cc", "Cs", "Zl", "Zp", "Cn"}


def _can_be_column(name: str) -> bool:
    """Whether a field of this name can be asked for, and found again in a file's header."""
    return (
        0 < len(name.strip()) <= len(name) <= LONGEST_NAME
        and "\ufffd" not in name
        and _NO_COLUMN.isdisjoint(map(unicodedata.category, name))
    )


def description_oddities(result: object) -> list[str]:
    """What of a describe's `result` cannot be used as it stands, a phrase each.

    Args:
        result: The `result` of the answer, as it came.
    """
    names = [name for name, _ in _described_items(result)]
    for entry in _mappings(result):
        fields = entry.get("fields")
        if isinstance(fields, list):
            names += [None for one in fields if not isinstance(one, Mapping)]
    nameless = sum(not (isinstance(name, str) and name.strip()) for name in names)
    unfit = [
        name
        for name in names
        if isinstance(name, str) and name.strip() and not _can_be_column(name)
    ]
    found = [f"{nameless} fields without a name are left out"] if nameless else []
    if unfit:
        # `ascii`: what is wrong with such a name would be wrong with a log line too.
        shown = ", ".join(ascii(name[:LONGEST_SHOWN_NAME]) for name in unfit)
        found.append(f"fields whose names cannot be columns are left out ({shown})")
    return found


def key_oddities(result: object) -> list[str]:
    """What Describe Program Member says of keys that is not taken, a phrase each."""
    keys = list(dedupe_fields(result))
    told = [entry["dedupeFields"] for entry in _mappings(result) if "dedupeFields" in entry]
    found = [] if told in ([], [keys]) else [f"its key is taken for {', '.join(keys)}"]
    fixed = [(field, FIXED_TYPES.get(field.name)) for field in described_fields(result)]
    return found + [
        f"{field.name} is taken for {known}"
        for field, known in fixed
        if known not in {None, field.data_type}
    ]


def _objects(items: object) -> Iterator[Mapping[str, Any]]:
    """The same, where a single object may stand for the array of it."""
    return _mappings([items] if isinstance(items, Mapping) else items)


def _mappings(items: object) -> Iterator[Mapping[str, Any]]:
    """The JSON objects of what should be an array of them."""
    if isinstance(items, list):
        yield from (item for item in items if isinstance(item, Mapping))


def _member_field(name: str, item: Mapping[str, object]) -> MemberField:
    data_type, display_name = item.get("dataType"), item.get("displayName")
    return MemberField(
        name=name,
        data_type=(data_type.strip().lower() if isinstance(data_type, str) else "") or "string",
        display_name=display_name if isinstance(display_name, str) else "",
    )


def exportable(field: MemberField) -> bool:
    """Whether an export may ask for it: formula fields "are not exported" (Adobe: Field Types)."""
    return field.data_type != "formula"


def dedupe_fields(result: object) -> tuple[str, ...]:
    """The key of a program member, from the `result` of its describe endpoint.

    Args:
        result: The `result` of the answer, as it came.

    Returns:
        `dedupeFields`, or what Adobe documents them to be where they are missing
        or cannot be right: with less than these, a target would take members of two
        programs for one, and a key that is no field is in no file.
    """
    names = {*DEFAULT_DEDUPE_FIELDS, *(field.name for field in described_fields(result))}
    for entry in _mappings(result):
        told = entry.get("dedupeFields")
        if isinstance(told, list):
            keys = dict.fromkeys(one for one in told if isinstance(one, str) and one in names)
            return (
                tuple(keys) if keys.keys() >= set(DEFAULT_DEDUPE_FIELDS) else DEFAULT_DEDUPE_FIELDS
            )
    return DEFAULT_DEDUPE_FIELDS


# Adobe: Field Types. `percent` is documented as an integer, but decimals arrive
# in exports (singer-io/tap-marketo issue 42). `score` shares its fate.
_JSON_TYPES: Mapping[str, tuple[str, str | None]] = {
    "boolean": ("boolean", None),
    "integer": ("integer", None),
    "score": ("number", None),
    "percent": ("number", None),
    "float": ("number", None),
    "currency": ("number", None),
    "date": ("string", "date"),
    "datetime": ("string", "date-time"),
}


def property_schema(data_type: str, *, key: bool = False) -> dict[str, Any]:
    """The JSON Schema of one member or lead field.

    No enums: Marketo adds values, and whole data types, without notice.

    Args:
        data_type: Marketo's `dataType`; one that nobody has described is a string.
        key: Whether the field is part of the key, and so never null.

    Returns:
        `{"type": [...]}`, for dates with a `format`.
    """
    json_type, json_format = _JSON_TYPES.get(data_type.strip().lower(), ("string", None))
    schema: dict[str, Any] = {"type": [json_type] if key else [json_type, "null"]}
    if json_format is not None:
        schema["format"] = json_format
    return schema


def member_schema(
    member_fields: Sequence[MemberField],
    lead_fields: Sequence[MemberField],
    keys: Sequence[str],
) -> dict[str, Any]:
    """The JSON Schema of a program member with the lead fields joined to it.

    Args:
        member_fields: Fields of the membership.
        lead_fields: Fields of the lead. Where both have a name, as with
            `createdAt` and `updatedAt`, an export holds the member's value (seen
            in the real extract among the fixtures of treasure-data/embulk-input-marketo),
            so the member's field counts.
        keys: Names of the key; one that is not described is an integer id.

    Returns:
        An object schema; fields that cannot be exported are not in it.
    """
    properties: dict[str, dict[str, Any]] = {}
    for field in (*member_fields, *lead_fields):
        if (exportable(field) or field.name in FIXED_TYPES) and field.name not in properties:
            data_type = FIXED_TYPES.get(field.name, field.data_type)
            schema = property_schema(data_type, key=field.name in keys)
            if field.display_name not in ("", field.name):
                schema["description"] = field.display_name
            properties[field.name] = schema
    for key in keys:
        properties.setdefault(key, property_schema("integer", key=True))
    # Every export has it, for the bookmark.
    properties.setdefault("updatedAt", property_schema(FIXED_TYPES["updatedAt"]))
    return {"type": "object", "properties": properties, "required": list(keys)}


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


def declared(schema: Mapping[str, Any]) -> tuple[set[str], str]:
    """The types a property may have and its format, told once or in an `anyOf`.

    Catalogs of older taps are full of `anyOf`; a property without any type takes all.
    """
    options = [schema] if "type" in schema else schema.get("anyOf") or schema.get("oneOf") or ()
    types: set[str] = set()
    for option in options:
        told = option.get("type", "null")
        types.update([told] if isinstance(told, str) else told)
    formats = (str(option["format"]) for option in options if "format" in option)
    return types or {"string", "null"}, next(formats, "")


_SPELLINGS = re.compile(
    r"(?P<date>\d{4}-\d\d-\d\d)"
    r"(?:[T ](?P<time>\d\d:\d\d:\d\d)(?:\.(?P<fraction>\d+))?"
    r" ?(?:Z(?:[+-]00:?00)?|(?P<zone>[+-]\d\d:?\d\d))?)?",
    re.ASCII,
)
_NO_DATETIME = "Not a date and time in any spelling Marketo uses."
_NO_DATE = "Not a date in any spelling Marketo uses."


def utc_timestamp(text: str) -> str:
    """A date and time of Marketo's as RFC 3339 in UTC.

    The asset API writes `2015-11-18T15:25:35Z+0000` (Adobe: Field Types warns
    of it), bulk files `2019-04-12T05:58:10Z`, programs are written with
    `.000Z`, and offsets occur with and without a colon. Where no zone or no
    time is given, UTC and midnight are meant, as everywhere in the bulk API
    (Adobe: Bulk Extract).

    Args:
        text: The text as Marketo sent it.

    Returns:
        `2015-05-21T22:45:13Z`; a fraction of a second stays unless it is zero.

    Raises:
        ValueError: It is no date and time, or not one of the calendar's.
    """
    # Nearly every cell of an export is in this form already. Slicing checks
    # the separators, `fromisoformat` all the rest, but for 24:00, which newer
    # Pythons take for the next day's midnight and RFC 3339 does not know.
    if len(text) == 20 and text[4::3] == "--T::Z" and text[11:13] != "24":  # noqa: PLR2004 -- the length of the form shown above
        try:
            datetime.fromisoformat(text)
        except ValueError:
            raise ValueError(_NO_DATETIME) from None
        return text
    return _respelt(text)


def instant(text: object) -> datetime:
    """The moment that any of those spellings names, aware, in UTC.

    Raises:
        ValueError: It is no text, or names no moment.
    """
    if not isinstance(text, str):
        raise ValueError(_NO_DATETIME)  # noqa: TRY004 -- one error for whatever is no moment
    return datetime.fromisoformat(utc_timestamp(text))


def _respelt(text: str) -> str:
    match = _SPELLINGS.fullmatch(text.strip())
    if match is None or (match["time"] or "").startswith("24"):
        raise ValueError(_NO_DATETIME)
    try:
        local = datetime.fromisoformat(f"{match['date']}T{match['time'] or '00:00:00'}")
        when = local.replace(tzinfo=_zone(match["zone"] or "+0000")).astimezone(UTC)
    except (ValueError, OverflowError):  # year 0 or 10000, only after the zone's shift
        raise ValueError(_NO_DATETIME) from None
    fraction = (match["fraction"] or "").rstrip("0")
    return when.replace(tzinfo=None).isoformat() + (f".{fraction}" if fraction else "") + "Z"


def _zone(offset: str) -> timezone:
    """`-0700` or `-07:00`; ValueError when there is no such offset."""
    shift = timedelta(hours=int(offset[1:3]), minutes=int(offset[-2:]))
    if int(offset[-2:]) >= 60:  # noqa: PLR2004 -- minutes of an hour
        raise ValueError(_NO_DATETIME)
    return timezone(-shift if offset[0] == "-" else shift)


def utc_date(text: str) -> str:
    """A date of Marketo's as `YYYY-MM-DD`.

    Args:
        text: A date, or a date and time (Adobe's OpenAPI document types a
            cost's `startDate` so), of which the date is kept as it is written.

    Returns:
        The date.

    Raises:
        ValueError: It is no date, or not one of the calendar's.
    """
    if len(text) == 10 and text[4::3] == "--":  # noqa: PLR2004 -- the length of YYYY-MM-DD
        try:
            date.fromisoformat(text)
        except ValueError:
            raise ValueError(_NO_DATE) from None
        return text
    try:
        _respelt(text)
    except ValueError:
        raise ValueError(_NO_DATE) from None
    return text.strip()[:10]


def allowable_values(told: object) -> tuple[str, ...]:
    """The values of a tag type, out of what Get Tag by Name holds them in.

    That is a string, a Java list's own, `[AAA1 RT1, AAA1 RT2]` (Adobe: Tags), and
    nothing in it is escaped: a value that itself contains a comma and a blank
    comes out as two. Nothing in the string tells; `value_candidates` names what
    could be asked for instead. An array of texts leaves no such doubt.

    Args:
        told: `allowableValues` as it came; a tag type without values has `[]` or none.

    Returns:
        The values, in Marketo's order, blank ones left out; brackets inside them are theirs.
    """
    if isinstance(told, list):
        return tuple(one for one in map(_text_or_blank, told) if one.strip())
    inner = _inside(told)
    if ", " in inner:
        return tuple(one for one in inner.split(", ") if one.strip())
    # The other list of a tag type, `applicableProgramTypes`, has commas alone, so this
    # one may some day; between them, blanks are nobody's. If it is one value with
    # commas inside, `value_candidates` has it.
    return tuple(one.strip() for one in inner.split(",") if one.strip())


def _inside(told: object) -> str:
    inner = told if isinstance(told, str) else ""
    return inner[1:-1] if inner.startswith("[") and inner.endswith("]") else inner


def _text_or_blank(value: object) -> str:
    try:
        return text_of(value)
    except ValueError:
        return ""


_COMMA = re.compile(r"(,\s*)")


def pieces(text: str) -> list[str]:
    """What stands between the commas of a text."""
    return [one.strip() for one in text.split(",") if one.strip()]


def value_candidates(told: object, longest: int) -> Iterator[str]:
    """The values that `allowable_values` may have cut into pieces, or not have cut.

    Args:
        told: `allowableValues` as it came; in an array nothing is in doubt.
        longest: How many neighbours at most to take for one value.

    Yields:
        Every 1 to `longest` neighbours between commas, as they stand there, short
        ones first, none twice, and none that `allowable_values` has.
    """
    parts = _COMMA.split(_inside(told))
    seen = {"", *allowable_values(told)}
    for width in range(1, longest + 1):
        for start in range(0, len(parts) - 2 * (width - 1), 2):
            candidate = "".join(parts[start : start + 2 * width - 1]).strip()
            if candidate not in seen:
                seen.add(candidate)
                yield candidate
