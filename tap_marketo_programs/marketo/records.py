"""Records of the asset streams, made of what Marketo answers, whatever that is.

The asset API gives JSON, whose values may be of another type than they should
be. What is meant beyond doubt is converted, all else becomes null, so that
every record fits the schema of its stream. Pure: it must not know where rows
come from or where records go, and no message of it holds a value.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tap_marketo_programs.marketo.envelope import skip_reason
from tap_marketo_programs.marketo.tag_values import allowable_values
from tap_marketo_programs.schemas.assets import CHANNELS, PROGRAMS, TAG_TYPES
from tap_marketo_programs.schemas.oddities import Oddities
from tap_marketo_programs.schemas.properties import declared
from tap_marketo_programs.schemas.timestamps import utc_date, utc_timestamp
from tap_marketo_programs.schemas.values import boolean, number, text_of, whole_number

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence


def usable_id(value: object) -> int | None:
    """An id of Marketo's, a whole number above 0, or None."""
    try:
        found = None if isinstance(value, bool) else whole_number(text_of(value))
    except ValueError:
        return None
    return found if found and found > 0 else None


def usable_name(value: object) -> str | None:
    """A name that tells one thing from another, or None."""
    try:
        found = None if isinstance(value, bool) else text_of(value)
    except ValueError:
        return None
    return found if found and found.strip() else None


def key_reader(key: str) -> Callable[[object], Any]:
    """What reads the values of a key of the asset API."""
    return usable_id if key == "id" else usable_name


def unreadable(row: object, key: str) -> str | None:
    """Why a row of a listing cannot be read; None for one that can."""
    if not isinstance(row, dict):
        return "no object"
    if reason := skip_reason(row):
        return reason
    return f"no usable {key}" if key_reader(key)(row.get(key)) is None else None


def row_of(
    rows: Sequence[object], key: str, wanted: object, schema: Mapping[str, Any]
) -> dict[str, Any] | None:
    """The row that an answer about one thing has of it.

    Args:
        rows: The answer's.
        key: What tells things apart.
        wanted: Its value; of two texts, letter case is not what matters.
        schema: Of the rows, to know one that has lost its key.

    Returns:
        The row that names it; or the only row, if what it names cannot be read,
        since it was asked for by name; or None.
    """
    readable = [row for row in rows if isinstance(row, dict) and not skip_reason(row)]
    read = key_reader(key)
    for row in readable:
        if str(read(row.get(key))).casefold() == str(wanted).casefold():
            return row
    known = schema["properties"].keys() - {key}
    nameless = [row for row in readable if read(row.get(key)) is None and known & row.keys()]
    return nameless[0] if len(nameless) == len(rows) == 1 else None


# --- values ----------------------------------------------------------------


def fit(raw: Mapping[str, Any], schema: Mapping[str, Any], odd: Oddities) -> dict[str, Any]:
    """An object that fits a schema.

    Args:
        raw: As Marketo sent it; what is missing stays missing, null stays null.
        schema: Of an object; properties that it does not have are kept as they are.
        odd: Counts what did not fit.
    """
    return _Fitter(odd).fields(raw, schema, "")


_NOTHING = object()


class _Fitter:
    def __init__(self, odd: Oddities) -> None:
        self._odd = odd

    def fields(
        self, raw: Mapping[str, Any], schema: Mapping[str, Any], path: str
    ) -> dict[str, Any]:
        properties = schema["properties"]
        return {
            name: self._value(value, properties[name], path + name) if name in properties else value
            for name, value in raw.items()
        }

    def _value(self, value: object, schema: Mapping[str, Any], path: str) -> Any:  # noqa: ANN401 - JSON
        """The value, converted, or None."""
        found = self._found(value, schema, path)
        return None if found is _NOTHING else found

    def _found(self, value: object, schema: Mapping[str, Any], path: str) -> object:
        """The value as its schema wants it, or `_NOTHING`; counted if it did not fit."""
        if value is None:
            return None
        types, text_format = declared(schema)
        if "array" in types:
            return self._items(value, schema["items"], path)
        if "object" in types:
            if isinstance(value, dict) and value.keys() & schema["properties"].keys():
                return self.fields(value, schema, f"{path}.")
            return self._unfit(path)
        try:
            fitted = _scalar(value, types, text_format)
        except ValueError:
            return self._unfit(path)
        # Dates are always written in our own spelling; that is no oddity.
        if type(fitted) is not type(value):
            self._odd.converted[path] += 1
        return fitted

    def _items(self, value: object, schema: Mapping[str, Any], path: str) -> object:
        """What can be read of an array; an object in place of one is its only element."""
        if isinstance(value, dict) and value.keys() & schema.get("properties", {}).keys():
            self._odd.converted[path] += 1
            value = [value]
        if not isinstance(value, list):
            return self._unfit(path)
        if nulls := sum(item is None for item in value):
            self._odd.nulled[path] += nulls
        found = (self._found(item, schema, path) for item in value if item is not None)
        return [item for item in found if item is not _NOTHING]

    def _unfit(self, path: str) -> object:
        self._odd.nulled[path] += 1
        return _NOTHING


def _scalar(value: object, types: set[str], text_format: str) -> Any:  # noqa: ANN401 - JSON
    """A boolean, number or text of the first type that is declared; ValueError if it is none."""
    if "string" in types:
        if text_format:
            if not isinstance(value, str):
                raise ValueError
            return utc_date(value) if text_format == "date" else utc_timestamp(value)
        return text_of(value)
    text = text_of(value)
    if "boolean" in types:
        return boolean(text)
    if isinstance(value, bool):
        raise ValueError  # noqa: TRY004 - one error for whatever does not fit
    return number(text) if "number" in types else whole_number(text)


# --- records ---------------------------------------------------------------


def program_record(raw: Mapping[str, Any], odd: Oddities | None = None) -> dict[str, Any]:
    """A program of the asset API, fit for `PROGRAMS`.

    Args:
        raw: One item of a `result`, browsed, by id or by tag.
        odd: Counts what did not fit.

    Returns:
        A copy whose dates are RFC 3339; unknown keys are kept.
    """
    return fit(raw, PROGRAMS, odd or Oddities())


def channel_record(raw: Mapping[str, Any], odd: Oddities | None = None) -> dict[str, Any]:
    """A channel of the asset API, fit for `CHANNELS`; see `program_record`."""
    return fit(raw, CHANNELS, odd or Oddities())


def tag_type_record(raw: Mapping[str, Any], odd: Oddities | None = None) -> dict[str, Any]:
    """A tag type, as Get Tag by Name shows it, fit for `TAG_TYPES`.

    Args:
        raw: One item of a `result`; its lists are a string, an array or missing.
        odd: Counts what did not fit.

    Returns:
        A copy whose `allowableValues` is a list, see `allowable_values`, or null where they
        cannot be read; `applicableProgramTypes`, which Marketo writes in the same way, too,
        but it stays missing or null where it is.
    """
    odd = odd or Oddities()
    lists = {"allowableValues": _listed(raw, "allowableValues", odd)}
    if raw.get(_PROGRAM_TYPES) is not None:
        lists[_PROGRAM_TYPES] = _listed(raw, _PROGRAM_TYPES, odd)
    return {**fit({**raw, **dict.fromkeys(lists)}, TAG_TYPES, odd), **lists}


_PROGRAM_TYPES = "applicableProgramTypes"


def _listed(raw: Mapping[str, Any], name: str, odd: Oddities) -> list[str] | None:
    """The texts of a list that comes as a text or an array; None for what is neither."""
    told = raw.get(name)
    if not isinstance(told, str | list | None):
        odd.nulled[name] += 1
        return None
    if isinstance(told, list):
        # Blank ones are left out without a word; others that are no text, with one.
        texts = sum(isinstance(value, str | int | float) for value in told)
        odd.nulled.update({name: len(told) - texts} if texts < len(told) else {})
    return list(allowable_values(told))


def whole(
    records: Iterable[Mapping[str, Any]], schema: Mapping[str, Any]
) -> Iterator[dict[str, Any]]:
    """Records with every property of the schema, in its order; what Marketo leaves out is null.

    Some targets that write CSV take the first record's names for the header of a file: with
    fewer names in a later record, its values would stand under others' names. And expressions
    of stream maps find every field.
    """
    for record in records:
        yield {**dict.fromkeys(schema["properties"]), **record}


def detailed(row: Mapping[str, Any], details: Mapping[str, Any]) -> dict[str, Any]:
    """A row of a listing with what only its details tell; null details take nothing away."""
    told = {name: value for name, value in details.items() if value is not None or name not in row}
    return {**row, **told}
