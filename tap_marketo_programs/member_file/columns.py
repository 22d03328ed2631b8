"""The cells of one column, converted together.

Most columns hold nothing but cells of the usual form and are converted as a
whole; any other is read cell by cell. It must not know rows or files.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from tap_marketo_programs.member_file.cells import BY_FORMAT, BY_TYPE, Value
from tap_marketo_programs.schemas.properties import declared
from tap_marketo_programs.schemas.timestamps import utc_timestamp
from tap_marketo_programs.schemas.values import PLAIN_DIGITS, number, whole_number

_Convert = Callable[[Sequence[str]], Sequence[Value]]


@dataclass(frozen=True, slots=True)
class Column:
    """How one wanted column is read.

    `required` columns have no value for null in their schema: a row that
    leaves one out cannot become a record. `nullable` ones may be missing.
    """

    name: str
    convert: _Convert
    required: bool
    nullable: bool


def column_of(name: str, schema: Mapping[str, Any], nulled: Counter[str]) -> Column:
    """The column for a property, by what its JSON Schema allows.

    Decided by the schema and not by Marketo's data type, because the catalog
    in use, perhaps an old or an edited one, is what the SCHEMA message says
    and every RECORD is held against.
    """
    types, text_format = declared(schema)
    kind = next((known for known in BY_TYPE if known in types), "string")
    parse = BY_FORMAT.get(text_format) if kind == "string" else BY_TYPE[kind]
    nullable = "null" in types
    if parse is None:
        convert = _text if nullable else _text_never_null
        return Column(name, convert, required=False, nullable=nullable)
    return Column(name, _typed(parse, name, nulled), required=not nullable, nullable=nullable)


def _text(cells: Sequence[str]) -> Sequence[Value]:
    nulls = cells.count("null")
    if nulls == len(cells):
        return [None] * nulls
    if not nulls and "" not in cells:
        return cells
    return [cell if cell and cell != "null" else None for cell in cells]


def _text_never_null(cells: Sequence[str]) -> Sequence[Value]:
    # A catalog that forbids null gets the empty text: the two cannot be told apart anyway.
    return ["" if cell == "null" else cell for cell in cells]


# What follows looks at a whole column at once, since most columns hold nothing
# but cells of the usual form; a column that does not is read cell by cell.


def _plain_integers(cells: Sequence[str]) -> Sequence[Value] | None:
    """The numbers, if every cell is what an id looks like."""
    joined = "".join(cells)
    if not (joined.isdecimal() and joined.isascii()):
        return None
    if "" in cells or max(map(len, cells)) > PLAIN_DIGITS:
        return None
    return list(map(int, cells))


def _present(cells: Sequence[str]) -> tuple[Sequence[Value], Sequence[str]]:
    """The texts and nulls of cells, and the texts among them."""
    texts = _text(cells)
    return texts, cells if texts is cells else cast("list[str]", [cell for cell in texts if cell])


def _plain_numbers(cells: Sequence[str]) -> Sequence[Value] | None:
    """The numbers, if every cell is null or digits, and all have a point or none has."""
    texts, present = _present(cells)
    joined = "".join(present)
    points = joined.count(".")
    digits = joined.replace(".", "") if points else joined
    if not (digits.isdecimal() and digits.isascii()) or max(map(len, present)) > PLAIN_DIGITS:
        return None
    if points not in {0, len(present)}:
        return None
    try:
        numbers: list[Value] = list(map(float if points else int, present))
    except ValueError:  # two points in one cell, none in another
        return None
    if texts is cells:
        return numbers
    following = iter(numbers)
    return [None if text is None else next(following) for text in texts]


_MOMENT = b"0000-00-00T00:00:00Z"
_ANY_DIGIT = bytes.maketrans(b"123456789", b"0" * 9)


def _plain_moments(cells: Sequence[str]) -> Sequence[Value] | None:
    """The cells, if each is null or `YYYY-MM-DDThh:mm:ssZ` and of the calendar.

    They leave as they came: what is costly about a moment, writing it again, is
    saved for nearly every cell of such a column.
    """
    texts, present = _present(cells)
    joined = "".join(present)
    if not joined.isascii() or joined.encode().translate(_ANY_DIGIT) != _MOMENT * len(present):
        return None
    # The end of a day, to Python 3.14; no reader of RFC 3339 knows it.
    if "T24" in joined:
        return None
    try:
        deque(map(datetime.fromisoformat, present), maxlen=0)
    except ValueError:
        return None
    return texts


_SAMPLE = 32  # cells that tell whether a column repeats itself
_AT_ONCE: Mapping[Callable[[str], Value], Callable[[Sequence[str]], Sequence[Value] | None]] = {
    whole_number: _plain_integers,
    number: _plain_numbers,
    utc_timestamp: _plain_moments,
}


def _typed(parse: Callable[[str], Value], name: str, nulled: Counter[str]) -> _Convert:
    at_once = _AT_ONCE.get(parse)

    def convert(cells: Sequence[str]) -> Sequence[Value]:
        if at_once is not None and _vary(cells) and (column := at_once(cells)) is not None:
            return column
        values: dict[str, Value] = {}
        for cell in _different(cells):
            if not cell or cell == "null":
                values[cell] = None
                continue
            try:
                values[cell] = parse(cell)
            except ValueError:
                values[cell] = None
                nulled[name] += cells.count(cell)
        if len(values) == 1:
            return [*values.values()] * len(cells)
        return list(map(values.__getitem__, cells))

    return convert


def _different(cells: Sequence[str]) -> Iterable[str]:
    """Each text that is there once."""
    first = cells[:1]
    return first if cells.count(*first) == len(cells) else set(cells)


def _vary(cells: Sequence[str]) -> bool:
    """Whether most cells seem to differ; else each text is best read once.

    Nulls, booleans, the program of a whole file and the dates of one import
    repeat; ids and other dates do not.
    """
    sample = cells[:: len(cells) // _SAMPLE + 1]
    return 2 * len(set(sample)) > len(sample)
