"""Fields of program members and of leads, as Marketo describes them, and their JSON Schema.

Pure. It must not know how Marketo is asked. No message of this module holds a value of a record.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tap_marketo_programs.schemas.descriptions import description
from tap_marketo_programs.schemas.properties import INTEGER_BOUNDS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


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
MAX_NAME_LENGTH = 1_000
MAX_SHOWN_NAME_LENGTH = 40
# Controls, halves of surrogate pairs, line and paragraph separators, what is no character.
_NO_COLUMN = {"Cc", "Cs", "Zl", "Zp", "Cn"}


def _can_be_column(name: str) -> bool:
    """Whether a field of this name can be asked for, and found again in a file's header."""
    return (
        0 < len(name.strip()) <= len(name) <= MAX_NAME_LENGTH
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
        shown = ", ".join(ascii(name[:MAX_SHOWN_NAME_LENGTH]) for name in unfit)
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
            keys = dict.fromkeys(name for name in told if isinstance(name, str) and name in names)
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
    if json_type == "integer":
        schema |= INTEGER_BOUNDS
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
            schema["description"] = description(field.name, field.display_name)
            properties[field.name] = schema
    # Every export has the last one, for the bookmark.
    for name in (*keys, "updatedAt"):
        data_type = FIXED_TYPES.get(name, "integer")
        schema = property_schema(data_type, key=name in keys)
        properties.setdefault(name, {**schema, "description": description(name)})
    return {"type": "object", "properties": properties, "required": list(keys)}
