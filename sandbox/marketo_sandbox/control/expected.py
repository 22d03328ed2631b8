"""What is true in a world, typed as JSON: what an extractor ought to have found.

Computed from the world's data and never by reading a file or an answer the
sandbox serves, so it can be held against both.
"""

from __future__ import annotations

import json
import math
import re
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from marketo_sandbox.control.member_filter import MemberFilter
    from marketo_sandbox.data.fields import Field, Value
    from marketo_sandbox.data.member_values import Column
    from marketo_sandbox.data.programs import Program
    from marketo_sandbox.data.world import World

# Answers of rows, which come in one form: a line of JSON for each, or an array if asked for.
ROWS = frozenset({"truth", "programs", "programs_by_tag", "tag_types", "channels"})
_NUMBERS = frozenset({"float", "currency", "percent", "score"})
_HALF = re.compile("[\ud800-\udfff]")
_TRUE, _FALSE = frozenset({"1", "true", "yes"}), frozenset({"0", "false", "no"})


def _boolean(value: Value) -> Value:
    if isinstance(value, bool) or value is None:
        return value
    word = str(value).lower()
    return True if word in _TRUE else False if word in _FALSE else None


def _number(value: Value, *, whole: bool) -> Value:
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        return None
    if not number.is_finite():
        return None
    if number == number.to_integral_value():
        return int(number)
    return None if whole else float(number)


def typed(described: Field, value: Value) -> Value:
    """One value as it should leave an extractor.

    A file cannot tell an empty text, or the text `null`, from null; NUL bytes
    are dropped; half a surrogate pair is a question mark, as Java writes it into files;
    a value that does not fit its type is null.
    """
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return None
    if described.data_type == "boolean":
        return _boolean(value)
    if described.data_type == "integer":
        return _number(value, whole=True)
    if described.data_type in _NUMBERS:
        return _number(value, whole=False)
    text = str(value).lower() if isinstance(value, bool) else str(value)
    text = _HALF.sub("?", text.replace("\0", ""))
    return None if text in {"", "null"} else text


def _typed_column(described: Field, column: Column) -> Sequence[Value]:
    """A column's values as they should be; a pool is typed once, not once a row."""
    if column.plain:
        return column.values
    values = [typed(described, value) for value in column.values]
    return values if column.picks is None else [values[pick] for pick in column.picks]


def _described(world: World, names: Sequence[str] | None) -> list[tuple[Field, bool]]:
    """The fields wanted, each with whether it is the lead's; all of the member's by default."""
    if names is None:
        return [(f, False) for f in world.member_fields.values()]
    found = []
    for name in names:
        of_lead = name not in world.member_fields
        fields = world.lead_fields if of_lead else world.member_fields
        if name not in fields:
            message = f"no field {name!r}"
            raise ValueError(message)
        found.append((fields[name], of_lead))
    return found


def member_rows(
    world: World,
    names: Sequence[str] | None = None,
    program_ids: Sequence[int] | None = None,
    *,
    only: MemberFilter | None = None,
    deleted_stay: bool = False,
) -> Iterator[dict[str, Value]]:
    """All members as they are now, or those that a filter selects."""
    wanted = _described(world, names)
    for program in sorted(world.programs.values(), key=lambda p: p.id):
        if program_ids is not None and program.id not in program_ids:
            continue
        for every in world.blocks(program, deleted_stay=deleted_stay):
            block = every if only is None else every.narrowed(list(only.chosen(world, every)))
            columns = [
                _typed_column(f, (block.lead if of_lead else block.member)(f))
                for f, of_lead in wanted
            ]
            keys = [f.name for f, _ in wanted]
            for values in zip(*columns, strict=True):
                yield dict(zip(keys, values, strict=True))


def as_lines(rows: Iterable[dict[str, Value]]) -> Iterator[str]:
    """The same as lines of JSON."""
    for row in rows:
        yield json.dumps(row, ensure_ascii=False) + "\n"


def mended(value: Any) -> Any:  # noqa: ANN401  # JSON of any shape
    """The same with U+FFFD for each half of a surrogate pair: no UTF-8 can hold one.

    Marketo cuts texts at a number of UTF-16 units, and so an emoji in two.
    """
    if isinstance(value, str):
        return _HALF.sub("\ufffd", value)
    if isinstance(value, list):
        return [mended(item) for item in value]
    if isinstance(value, dict):
        return {key: mended(item) for key, item in value.items()}
    return value


def as_array(lines: Iterable[str]) -> Iterator[str]:
    """The pieces of one JSON array of these lines."""
    before = "["
    for line in lines:
        yield before + line.rstrip("\n")
        before = ",\n"
    yield "]\n" if before != "[" else "[]\n"


def program_row(program: Program) -> dict[str, object]:
    """One program with tags, costs and dates; keys it lacks are null."""
    return {
        "id": program.id,
        "name": program.name,
        "description": program.description,
        "createdAt": program.created_at,
        "updatedAt": program.updated_at,
        "url": program.url(),
        "type": program.type,
        "channel": program.channel,
        "folder": {
            "type": program.folder_type,
            "value": program.folder_id,
            "folderName": program.folder_name,
        },
        "status": program.status,
        "workspace": program.workspace,
        "headStart": program.head_start,
        "sfdcId": program.sfdc_id,
        "sfdcName": program.sfdc_name,
        "startDate": program.start_date,
        "endDate": program.end_date,
        "tags": [{"tagType": t, "tagValue": v} for t, v in program.tags.items()],
        "costs": program.shown_costs() or [],
    }


def program_rows(world: World) -> list[dict[str, object]]:
    """All programs by id."""
    return [program_row(world.programs[program_id]) for program_id in sorted(world.programs)]


def tag_rows(world: World) -> list[dict[str, object]]:
    """One row for each program and tag."""
    return [
        {**program_row(program), "tagType": tag_type, "tagValue": value}
        for program in sorted(world.programs.values(), key=lambda p: p.id)
        for tag_type, value in sorted(program.tags.items())
    ]


def tag_type_rows(world: World) -> list[dict[str, object]]:
    """All tag types with their values as lists."""
    return [
        {**t.listed(), "allowableValues": None if t.values is None else list(t.values)}
        for t in world.tag_types
    ]


def channel_rows(world: World, detail: str) -> list[dict[str, object]]:
    """All channels."""
    rows = []
    for channel in world.channels:
        row = channel.shown(detail)
        rows.append(row | {"createdAt": channel.created_at, "updatedAt": channel.updated_at})
    return rows
