"""The columns of an export file as Arrow has them, for batches that are to be Parquet.

No cell becomes a Python object here as long as cells have their usual form:
Arrow's own reader splits what `strict` has found to be RFC 4180, and columns are
compared and cast as a whole. What is not of that form, be it a block or a
column of one, is left to `file`, so that the values are those of RECORD
messages always. Only moments have a type that JSON lacks: what is text there is a timestamp
in UTC here, to the microsecond.

Only batches import this, for it needs pyarrow. It must not know where the file
came from or where the columns go.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv

from tap_marketo_programs.member_file.moments import MOMENT, read_moments, to_moment
from tap_marketo_programs.member_file.strict import has_bare_cr
from tap_marketo_programs.schemas.properties import declared
from tap_marketo_programs.schemas.values import PLAIN_DIGITS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from tap_marketo_programs.member_file.blocks import Block
    from tap_marketo_programs.member_file.file import MemberFile

_BLOCK = 1 << 22  # bytes; a call of Arrow's costs as much as a hundred rows do
_PIECE = 1 << 20  # bytes that Arrow splits at once, to stay within the caches
_NULLS = ("", "null")
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"

_TYPES = {
    "string": pa.string(),
    "number": pa.float64(),
    "integer": pa.int64(),
    "boolean": pa.bool_(),
}


def arrow_type(spec: Mapping[str, Any]) -> pa.DataType:
    """The Arrow type of a property; of several JSON types a text comes first, as in `cells`."""
    types, text_format = declared(spec)
    if text_format == "date-time" and types <= {"string", "null"}:
        return MOMENT
    for name, arrow in _TYPES.items():
        if name in types:
            return arrow
    if "array" in types:
        return pa.list_(arrow_type(spec.get("items", {})))
    fields = spec.get("properties", {})
    return pa.struct([(name, arrow_type(field)) for name, field in fields.items()])


def to_array(values: Sequence[Any], wanted: pa.DataType) -> pa.Array:
    """Python's values as Arrow's.

    Raises:
        pyarrow.ArrowException: One is not of the type; the words repeat it.
    """
    if convert := _conversion(wanted):
        values = [convert(value) for value in values]
    return pa.array(values, wanted)


def _conversion(wanted: pa.DataType) -> Callable[[Any], Any] | None:
    """What makes of a value one that Arrow takes; None for types that it takes as they are."""
    if wanted == pa.float64():
        # Arrow refuses an int that a double cannot hold to the last digit; JSON readers do not.
        return lambda value: float(value) if isinstance(value, int) else value
    if wanted == MOMENT:
        return to_moment
    if pa.types.is_list(wanted) and (of_item := _conversion(wanted.value_type)):
        return lambda value: list(map(of_item, value)) if isinstance(value, list) else value
    if pa.types.is_struct(wanted):
        of_field = {field.name: found for field in wanted if (found := _conversion(field.type))}
        return (lambda value: _with_fields(value, of_field)) if of_field else None
    return None


def _with_fields(value: object, of_field: Mapping[str, Callable[[Any], Any]]) -> object:
    if not isinstance(value, dict):
        return value
    return {name: of_field[name](one) if name in of_field else one for name, one in value.items()}


def read_tables(file: MemberFile, size: int = _BLOCK) -> Iterator[pa.RecordBatch]:
    """The wanted columns of a file, block by block.

    Args:
        file: A file that was checked.
        size: About how many bytes of it make a table.
    """
    schema = pa.schema([(name, arrow_type(spec)) for name, spec in file.properties.items()])
    columns = [_Column(file, number) for number in range(len(file.names))]
    for block in file.blocks(size):
        texts = None if file.skipped else _split(block)
        if texts is None:
            values = file.values(block)
            arrays = [to_array(one, field.type) for one, field in zip(values, schema, strict=True)]
        else:
            count = next((len(text) for text in texts if text is not None), 0)
            arrays = [
                column.repeat(count) if text is None else column.read(text)
                for column, text in zip(columns, texts, strict=True)
            ]
        yield pa.record_batch(arrays, schema=schema)


def _split(block: Block) -> Sequence[pa.StringArray | None] | None:
    """The wanted columns as texts and nulls, unless Arrow would read them otherwise than `strict`.

    A column that is not in the file is None. Arrow ends a row at a CR that is not
    quoted, has its own thoughts about CRLF, leaves out a mark at the start and
    refuses what is not UTF-8.
    """
    raw = block.raw
    if has_bare_cr(raw) or raw.startswith(_BYTE_ORDER_MARK):
        return None
    names = [str(place) for place in range(block.width)]
    wanted = [names[place] for place in block.places if place is not None]
    try:
        table = csv.read_csv(
            pa.BufferReader(raw),
            csv.ReadOptions(column_names=names, use_threads=False, block_size=_PIECE),
            csv.ParseOptions(newlines_in_values=b'"' in raw, ignore_empty_lines=False),
            csv.ConvertOptions(
                include_columns=wanted,
                column_types=dict.fromkeys(wanted, pa.string()),
                null_values=_NULLS,
                strings_can_be_null=True,
                quoted_strings_can_be_null=True,
            ),
        )
    except pa.ArrowInvalid:
        return None
    found = iter(table.columns)
    return [None if place is None else next(found).combine_chunks() for place in block.places]


class _Column:
    """Makes the values of one column from its texts.

    Args:
        file: Knows how to read what is not of the usual form.
        number: Which of its columns.
    """

    def __init__(self, file: MemberFile, number: int) -> None:
        name = file.names[number]
        spec = file.properties[name]
        self._file = file
        self._number = number
        self._type = arrow_type(spec)
        types, text_format = declared(spec)
        self._nullable = "null" in types
        self._at_once: Callable[[pa.StringArray], pa.Array | None] | None = None
        self._is_hashed = name in file.hashing
        self._is_text = False
        if self._type == pa.string():
            self._is_text = text_format not in {"date", "date-time"} and not self._is_hashed
        elif self._type == MOMENT:
            self._at_once = read_moments
        elif self._type == pa.int64():
            self._at_once = _integers
        elif self._type == pa.float64():
            self._at_once = _numbers

    def repeat(self, count: int) -> pa.Array:
        """The values of a column that the file does not have."""
        value = self._file.constant(self._number)
        return (
            pa.nulls(count, self._type)
            if value is None
            else pa.repeat(to_array([value], self._type)[0], count)
        )

    def read(self, texts: pa.StringArray) -> pa.Array:
        """The values, of the column's type."""
        if self._is_text:
            return texts if self._nullable else texts.fill_null("")
        if texts.null_count == len(texts):
            return pa.nulls(len(texts), self._type)
        if self._at_once and (values := self._at_once(texts)) is not None:
            return values
        if self._is_hashed:
            # Hashes of values that repeat are remembered where they are made.
            cells = texts.fill_null(_NULLS[0]).to_pylist()
            return to_array(self._file.convert(self._number, cells), self._type)
        # Booleans, the dates of one import: each text is read once.
        repeated = texts.dictionary_encode()
        different = repeated.dictionary.to_pylist()
        values = self._file.convert(self._number, different, silent=True)
        if None not in values:
            return to_array(values, self._type).take(repeated.indices)
        # What does not fit is counted cell by cell.
        cells = [_NULLS[0] if text is None else text for text in texts.to_pylist()]
        return to_array(self._file.convert(self._number, cells), self._type)


def _longest(texts: pa.StringArray) -> int:
    return int(pc.max(pc.binary_length(texts)).as_py())


def _integers(texts: pa.StringArray) -> pa.Array | None:
    """The numbers, if all are what an id looks like."""
    plain = pc.all(pc.ascii_is_decimal(texts)).as_py() and _longest(texts) <= PLAIN_DIGITS
    return texts.cast(pa.int64()) if plain else None


def _numbers(texts: pa.StringArray) -> pa.Array | None:
    """The numbers, if all are digits, with a point or without."""
    digits = pc.replace_substring(texts, ".", "", max_replacements=1)
    plain = pc.all(pc.ascii_is_decimal(digits)).as_py() and _longest(texts) <= PLAIN_DIGITS
    return texts.cast(pa.float64()) if plain else None
