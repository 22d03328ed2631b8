"""The rows of an export file, typed as the catalog says.

Turns the CSV of a Bulk Program Member Extract into records that validate
against the stream's schema, whatever the file holds. It must not know where
the file came from, what Marketo called its fields' types, or what becomes of
the records: a path and JSON Schema properties go in, dicts come out. No
message of this module holds a cell's value.

What is known of these files, and from where:

* UTF-8, LF after every row, the last one included, no byte order mark: the
  SHA-256 in Adobe's Bulk Custom Object Extract verifies for these bytes only.
* Null is the bare word `null` (Adobe: Bulk Extract). Public clients read the
  empty cell as null, too, and so does this one. Whether a real text "null"
  would come in quotes nobody knows, and a CSV reader cannot see the quotes: a
  surname `null` is lost. `Null` and `NULL` are texts.
* Cells are quoted only where needed, inner quotes doubled (RFC 4180); but
  treasure-data/embulk-input-marketo met files with bare inner quotes,
  `"first"Name1","lastName1"`, and needed an option for them.
* NUL (singer-io/tap-marketo issue 70), lone CR (issue 73), U+2028
  (airbytehq/airbyte, source-marketo 1.6.1) and line breaks occur in cells.
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter, deque
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from itertools import chain, compress
from typing import TYPE_CHECKING, Any, cast

from tap_marketo_programs.errors import FileCorrupt
from tap_marketo_programs.member_file.blanks import BLANK_LINE, line_ends, without_blank_lines
from tap_marketo_programs.member_file.bounds import BOUNDS, MAX_ROW, Bounds
from tap_marketo_programs.member_file.header import Layout, lay_out
from tap_marketo_programs.member_file.keys import KeyCheck
from tap_marketo_programs.member_file.oddities import FileOddities
from tap_marketo_programs.member_file.source import BLANK_LINES, Source
from tap_marketo_programs.quoting import quoted
from tap_marketo_programs.schemas.properties import declared
from tap_marketo_programs.schemas.timestamps import utc_date, utc_timestamp
from tap_marketo_programs.schemas.values import PLAIN_DIGITS, boolean, number, whole_number

if TYPE_CHECKING:
    from pathlib import Path

Value = str | int | float | bool | None

# The csv module's own limit is 128 KiB a cell, and one for the whole process.
csv.field_size_limit(max(csv.field_size_limit(), MAX_ROW))


# --- cells ---------------------------------------------------------------

# Of several types the first of these counts: a text always fits a string.
_BY_TYPE: Mapping[str, Callable[[str], Value] | None] = {
    "string": None,
    "number": number,
    "integer": whole_number,
    "boolean": boolean,
}
_BY_FORMAT: Mapping[str, Callable[[str], Value]] = {"date": utc_date, "date-time": utc_timestamp}


# --- columns -------------------------------------------------------------

_Convert = Callable[[Sequence[str]], Sequence[Value]]


@dataclass(frozen=True, slots=True)
class _Column:
    """How one wanted column is read.

    `required` columns have no value for null in their schema: a row that
    leaves one out cannot become a record. `nullable` ones may be missing.
    """

    name: str
    convert: _Convert
    required: bool
    nullable: bool


def _column(name: str, schema: Mapping[str, Any], nulled: Counter[str]) -> _Column:
    """The column for a property, by what its JSON Schema allows.

    Decided by the schema and not by Marketo's data type, because the catalog
    in use, perhaps an old or an edited one, is what the SCHEMA message says
    and every RECORD is held against.
    """
    types, text_format = declared(schema)
    kind = next((known for known in _BY_TYPE if known in types), "string")
    parse = _BY_FORMAT.get(text_format) if kind == "string" else _BY_TYPE[kind]
    nullable = "null" in types
    if parse is None:
        convert = _text if nullable else _text_never_null
        return _Column(name, convert, required=False, nullable=nullable)
    return _Column(name, _typed(parse, name, nulled), required=not nullable, nullable=nullable)


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
    return texts, cells if texts is cells else cast("list[str]", [one for one in texts if one])


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

    They leave as they came: what is costly about a moment, writing it anew, is
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


# --- bytes ---------------------------------------------------------------


# A quoted cell as RFC 4180 has it, in its place. Where nothing but cells like
# this is taken out and no quote is left, the text can be read in this one way
# only: between two such cells there is no quote, so each begins after a comma
# or a line end that separates, and ends before one. The possessive quantifiers
# make it linear; looking back after the quote lets the search jump to quotes.
_QUOTED_CELL = re.compile(rb'"(?<![^,\n]")[^"]*+(?:""[^"]*+)*+"(?=[,\n]|\r\n)')
# Rows, as long as every quote opens or closes.
_WHOLE_ROWS = re.compile(rb'(?:[^"\n]*+(?:"[^"]*+"[^"\n]*+)*+\n)*+')
_FIRST_ROW = re.compile(rb'[^"\n]*+(?:"[^"]*+"[^"\n]*+)*+\n')
_NO_SHAPE = bytes(set(range(256)) - set(b",\n"))


class _NotClean(Exception):
    """The file is not RFC 4180, or not one table."""


@dataclass(frozen=True, slots=True)
class _Header:
    """The first line: the names, and whether rows end in CRLF.

    One for the whole file: in a file of LFs, a CR before an LF is the last
    cell's own.
    """

    names: tuple[str, ...]
    crlf: bool


def _read_header(source: Source, bounds: Bounds) -> tuple[_Header | None, bytes]:
    """The header, None in a file of no bytes, and what was read beyond it."""
    data = b""
    while (found := _FIRST_ROW.match(data)) is None and len(data) <= bounds.row:
        piece = source.read(max(bounds.block, len(data)))
        if not piece and not data:
            return None, b""
        data += piece or b"\n"
        if not piece:
            found = _FIRST_ROW.match(data)
            break
    if found is None:
        msg = "The header of the export file cannot be read: a quoted name never ends."
        raise FileCorrupt(msg)
    crlf = found[0].endswith(b"\r\n")
    line = found[0][: -2 if crlf else -1].decode("utf-8", "replace") + "\n"
    try:
        names = next(_Records(iter([line]), width=None, crlf=False, bounds=bounds))
    except FileCorrupt:
        msg = "The header of the export file cannot be read: its quotes make no sense."
        raise FileCorrupt(msg) from None
    return _Header(tuple(names), crlf), data[found.end() :]


def _blocks(source: Source, rest: bytes, size: int, max_row: int) -> Iterator[bytes]:
    """The file in pieces of whole rows, each of about the size and ending in LF.

    Raises `_NotClean` for a row beyond all bounds. Where quotes do not come in
    pairs the pieces are no rows; `_verify` notices.
    """
    while True:
        end = rest.rfind(b"\n") + 1
        if b'"' in rest and rest.count(b'"', 0, end) % 2:
            end = _whole_rows(rest)
        if end:
            yield rest[:end]
            rest = rest[end:]
        if len(rest) > max_row:
            raise _NotClean
        # As much again as there is: a long row is looked at a few times only.
        piece = source.read(max(size, len(rest)))
        if not piece:
            break
        rest += piece
    if rest:
        yield rest if rest.endswith(b"\n") else rest + b"\n"


def _whole_rows(data: bytes) -> int:
    found = _WHOLE_ROWS.match(data)
    return found.end() if found else 0


def _verify(block: bytes, width: int) -> tuple[bytes, int]:
    """The block without its quoted cells, and its rows, when it is clean and each has the width.

    Raises `_NotClean` otherwise. No cell is looked at: with everything but
    commas and line ends left out, a good block is one line of commas repeated.
    """
    bare = _QUOTED_CELL.sub(b"", block) if b'"' in block else block
    shape = bare.translate(None, _NO_SHAPE)
    rows = shape.count(b"\n")
    if b'"' in bare or shape != (b"," * (width - 1) + b"\n") * rows:
        raise _NotClean
    return bare, rows


def _verify_all(block: bytes, width: int) -> tuple[bytes, bytes, int, int]:
    """The block without its blank lines, what `_verify` says of it, and how many those were."""
    try:
        return block, *_verify(block, width), 0
    except _NotClean:
        # Under one column, a line of nothing is a row: its cell is empty.
        full = block if width == 1 else without_blank_lines(block)
        if len(full) == len(block):
            raise
        return full, *_verify(full, width), line_ends(block) - line_ends(full)


def has_bare_cr(rows: bytes) -> bool:
    """Whether clean rows hold a CR outside of quoted cells: some readers end a row there."""
    return b"\r" in rows and b"\r" in _QUOTED_CELL.sub(b"", rows)


# With less than so many bytes to a quote, the csv module is the faster reader.
_FEW_QUOTES = 64


def _split(block: bytes, *, crlf: bool) -> list[str]:
    """The cells of a block that `_verify` let pass, row after row."""
    pieces = block.split(b'"')
    # The csv module ends a row at a lone CR, too.
    if len(pieces) * _FEW_QUOTES > len(block) and block.count(b"\r") == (
        block.count(b"\r\n") if crlf else 0
    ):
        text = io.StringIO(_decoded(block), newline="\n")
        try:
            # It reads an empty line as no cell; here it is one empty cell.
            return list(chain.from_iterable(row or [""] for row in csv.reader(text)))
        except csv.Error:
            msg = "The csv module cannot read a row of the export file."
            raise FileCorrupt(msg) from None
    # Decoded one by one: a wide character in one of them makes the others no slower.
    return _joined([_decoded(piece) for piece in pieces], crlf=crlf)


def _decoded(data: bytes) -> str:
    return data.decode("utf-8", "replace")


def _unquoted(text: str, *, crlf: bool) -> list[str]:
    """The cells of a text without quotes, and what follows its last separator."""
    if crlf:
        text = text.replace("\r\n", "\n")
    return text.replace("\n", ",").split(",")


def _joined(pieces: list[str], *, crlf: bool) -> list[str]:
    """The cells of a text cut at its quotes, unquoted and quoted by turns.

    Two quotes with nothing between stand for one: between two quoted cells
    there is a comma or a line end.
    """
    cells = _unquoted(pieces[0], crlf=crlf)
    parts: list[str] = []
    for inside, outside in zip(pieces[1::2], pieces[2::2], strict=True):
        parts.append(inside)
        if outside:
            cells[-1] = '"'.join(parts)
            parts.clear()
            # It begins with the separator behind the quoted cell.
            cells += _unquoted(outside, crlf=crlf)[1:]
    return cells[:-1]


# --- records, one by one ---------------------------------------------------


class _Dialect:
    """One reading of quotes: how a quoted cell looks between its quotes, and an unquoted one.

    `partial` goes as far as this reading does. It gets over a line end in a
    quoted cell only, so where it reaches the end of a text, more text may help.
    """

    def __init__(self, inner: str, bare: str) -> None:
        cell = rf'(?:"{inner}"|{bare})'
        row = rf"{cell}(?:,{cell})*+"
        self.row = re.compile(rf"({row})(?:\n|\r\n)")
        self.partial = re.compile(rf'(?:{cell},)*+(?:"{inner})?+')
        self.cells = re.compile(rf',(?:"({inner})"|({bare}))')


_END = r"(?:[,\n]|\r\n)"
_DIALECTS = (
    # RFC 4180: every inner quote is doubled.
    _Dialect(r'[^"]*+(?:""[^"]*+)*+', r'(?!")[^",\n]*+'),
    # A quote closes a cell only before a comma or a line end. This is embulk's
    # ACCEPT_STRAY_QUOTES_ASSUMING_NO_DELIMITERS_IN_FIELDS.
    _Dialect(rf'[^"]*+(?:"(?!{_END})[^"]*+)*+', r'(?!")[^,\n]*+'),
    # The same, but two quotes are a doubled one even before a comma or a line end.
    _Dialect(rf'[^"]*+(?:""[^"]*+|"(?!"|{_END})[^"]*+)*+', r'(?!")[^,\n]*+'),
)


class _Records(Iterator[list[str]]):
    """Reads row by row, slowly, whatever the quotes.

    Each row is read as RFC 4180 says if it can be; else in the first of two
    more tolerant ways that gives it the right number of cells; else the file
    is corrupt. Costs a small multiple of the file's length at most: bytes read
    in vain are counted, each row that is found pays for four times its length,
    and the debt is bounded.

    Args:
        texts: The text, in pieces that end in LF.
        width: Cells in a row, None when that does not matter.
        crlf: Whether rows end in CRLF, so that a CR before an LF is no cell's.
        bounds: Of a row, and of the bytes read in vain.
    """

    def __init__(
        self, texts: Iterator[str], *, width: int | None, crlf: bool, bounds: Bounds
    ) -> None:
        self._bounds = bounds
        self._texts = texts
        self._width = width
        self._crlf = crlf
        self._text = next(texts, "")
        self._at = 0
        self._row = 0
        self._in_vain = 0
        self.blanks = 0

    def __next__(self) -> list[str]:
        """The next row; FileCorrupt when it cannot be read with the right width."""
        while True:
            if self._at == len(self._text):
                self._text, self._at = next(self._texts, ""), 0
                if not self._text:
                    raise StopIteration
            blank = None if self._width in {None, 1} else BLANK_LINE.match(self._text, self._at)
            if blank is None:
                break
            self.blanks += 1
            self._at = blank.end()
        self._row += 1
        for dialect in _DIALECTS:
            cells = self._read(dialect)
            if cells is not None:
                return cells
        msg = f"Data row {self._row} of the export file has not the columns of its header."
        raise FileCorrupt(msg)

    def _read(self, dialect: _Dialect) -> list[str] | None:
        while True:
            found = dialect.row.match(self._text, self._at)
            if found is not None:
                cells = self._cells(dialect, found[1])
                if self._width in (None, len(cells)):
                    self._in_vain = max(0, self._in_vain - 4 * (found.end() - self._at))
                    self._at = found.end()
                    return cells
                self._waste(found.end() - self._at)
                return None
            partial = dialect.partial.match(self._text, self._at)
            reached = partial.end() if partial else self._at
            self._waste(reached - self._at)
            if reached < len(self._text) or not self._lengthen():
                return None

    def _cells(self, dialect: _Dialect, row: str) -> list[str]:
        if self._crlf and row.endswith("\r"):
            row = row[:-1]
        if '"' not in row:
            return row.split(",")
        return [
            quoted.replace('""', '"') if quoted else bare
            for quoted, bare in dialect.cells.findall(f",{row}\n")
        ]

    def _lengthen(self) -> bool:
        """Double the text from the row's start on; False when no more is there, or allowed."""
        have = len(self._text) - self._at
        if have > self._bounds.row:
            return False
        pieces = [self._text[self._at :]]
        wanted = have
        while wanted >= 0 and (piece := next(self._texts, "")):
            pieces.append(piece)
            wanted -= len(piece)
        self._text, self._at = "".join(pieces), 0
        return len(pieces) > 1

    def _waste(self, length: int) -> None:
        self._in_vain += length
        if self._in_vain > self._bounds.guesses:
            msg = f"The quotes of the export file make no sense up to data row {self._row}."
            raise FileCorrupt(msg)


def _texts(source: Source, rest: bytes, bounds: Bounds) -> Iterator[str]:
    """The text in pieces that end in LF, at whatever line."""
    while piece := source.read(max(bounds.block, len(rest))):
        rest += piece
        end = rest.rfind(b"\n") + 1
        if end:
            yield rest[:end].decode("utf-8", "replace")
            rest = rest[end:]
        elif len(rest) > bounds.row:
            msg = "The export file has a line beyond all bounds."
            raise FileCorrupt(msg)
    if rest:
        yield rest.decode("utf-8", "replace") + ("" if rest.endswith(b"\n") else "\n")


def _records(source: Source, rest: bytes, header: _Header, bounds: Bounds) -> _Records:
    texts = _texts(source, rest, bounds)
    return _Records(texts, width=len(header.names), crlf=header.crlf, bounds=bounds)


def _batches(records: Iterator[list[str]], size: int) -> Iterator[list[list[str]]]:
    """Rows by the block, so that a few huge ones do not add up."""
    batch: list[list[str]] = []
    length = 0
    for record in records:
        batch.append(record)
        length += sum(map(len, record)) + len(record)
        if length >= size:
            yield batch
            batch, length = [], 0
    if batch:
        yield batch


def _flat(rows: list[list[str]]) -> list[str]:
    return list(chain.from_iterable(rows))


# --- the file --------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Block:
    """Some rows of a file.

    Args:
        width: Cells in a row.
        places: Where in a row the wanted columns are; None for one that is not there.
        header: The names of all columns.
        cells: Makes all cells, row after row.
        raw: The rows as the file has them, if they are RFC 4180, without NULs
            and each with its line end.
    """

    width: int
    places: Sequence[int | None]
    header: Sequence[str]
    cells: Callable[[], list[str]]
    raw: bytes | None = None


@dataclass(slots=True)
class _Reading:
    """How a file is to be read, and what a first pass over it counted.

    Args:
        width: Cells in a row.
        clean: Whether it is RFC 4180.
        rows: Its rows, those that are skipped included.
        faults: Rows to skip, by reason.
        blanks: Its blank lines.
    """

    width: int
    clean: bool
    rows: int = 0
    faults: Counter[str] = field(default_factory=Counter)
    blanks: int = 0


_EMPTY = _Reading(1, clean=True)
# What a row's width may differ by from its header's, where all rows do alike.
_WIDTHS = {
    0: "",
    1: "with a comma behind each row",
    -1: "with a comma behind the header",
}
_REPEATED_HEADER = "the header once more"


class MemberFile:
    """An export file as records; iterate after, or without, `check`.

    Guaranteed, whatever the bytes: `check` returns or raises FileCorrupt; when
    it returned, iterating the unchanged file yields as many records as it
    said, each with exactly the wanted properties, in their order, and every
    value of a type its schema allows. A file that is RFC 4180, with LF or
    CRLF after its rows, reads as RFC 4180 says. In one that is not, because
    inner quotes are not doubled, every row is read as RFC 4180 says if that is
    possible, and otherwise so that a quote ends its cell only before a comma
    or a line end and the number of cells is right. That cannot be proved to be
    what was meant when such a cell holds a quote before a comma or a line end;
    comparing the number of rows with `numberOfRecords` tells most such cases,
    so such a file is not `certain`.

    A row whose keys cannot be read is skipped, for no target could load it; a
    column that may be null and is missing is null; blank lines are no rows
    where there are several columns. All of that is counted while iterating.

    Memory is bounded by the longest row, and a row by `bounds`.

    Args:
        path: The file.
        properties: The wanted columns, each with its JSON Schema. Cells that
            do not fit it become null. How columns are found, `layout` says.
        nulled: Counts the cells that became null because they did not fit, by
            property, while iterating.
        keys: Which of the properties a row cannot be without, each with the only
            values there can be; none means any. Where that is one value and the
            column is missing, all rows have it: Marketo adds `programId` to
            jobs with the filter `programIds` only.
        oddities: Counts rows that are skipped, and what is odd about the file,
            while iterating.
        bounds: How much is read at once, and how much at most.
    """

    def __init__(  # noqa: PLR0913 - what a file is read with; the last ones have defaults
        self,
        path: Path,
        properties: Mapping[str, Mapping[str, Any]],
        nulled: Counter[str],
        *,
        keys: Mapping[str, Collection[int]] | None = None,
        oddities: FileOddities | None = None,
        bounds: Bounds = BOUNDS,
    ) -> None:
        self.properties = properties
        self._bounds = bounds
        self._path = path
        self._columns = [_column(name, schema, nulled) for name, schema in properties.items()]
        unseen: Counter[str] = Counter()
        # For `check`, which must not count.
        self._silent = [_column(name, schema, unseen) for name, schema in properties.items()]
        self._keys = {name: known for name, known in (keys or {}).items() if name in properties}
        converts = {column.name: column.convert for column in self._silent}
        self._key_check = KeyCheck({name: converts[name] for name in self._keys}, self._keys)
        self._oddities = oddities or FileOddities()
        self._reading: _Reading | None = None

    @property
    def names(self) -> list[str]:
        """The names of the wanted columns, in the order of the properties."""
        return list(self.properties)

    @property
    def held(self) -> int:
        """The number of a checked file's rows, those that are skipped included."""
        reading = self._checked
        return reading.rows - reading.faults[_REPEATED_HEADER]

    @property
    def is_certain(self) -> bool:
        """Whether a checked file can be read in one way only."""
        return self._checked.clean

    @property
    def skipped(self) -> int:
        """How many lines of a checked file are skipped, blank ones not counted."""
        return self._checked.faults.total()

    def check(self) -> int:
        """Pass over the whole file once, before a row of it is used.

        Returns:
            The number of records, the header not counted; 0 for an empty file,
            which is what an export without members may be.

        Raises:
            FileCorrupt: Wanted columns are missing, a row has another number
                of cells than the header or no value where the schema demands
                one, no row has its keys, or the quotes make no sense.
        """
        # Only when done: a file that failed is checked again, and fails again.
        self._reading = self._check()
        return self._reading.rows - self._reading.faults.total()

    def __iter__(self) -> Iterator[dict[str, Value]]:
        """The records; FileCorrupt as in `check`, which is called first if it was not."""
        names = self.names
        for columns, count in self.columns():
            if not names:
                yield from ({} for _ in range(count))
                continue
            for row in zip(*columns, strict=True):
                yield dict(zip(names, row, strict=True))

    def columns(self) -> Iterator[tuple[list[Sequence[Value]], int]]:
        """The values by column, block by block, for whoever needs no dicts.

        Yields:
            The columns in the order of the properties, and the number of rows.
        """
        for block in self.blocks():
            columns, count = self._values(block)
            if count:
                yield columns, count

    def blocks(self, size: int | None = None) -> Iterator[Block]:
        """The rows as they are, for whoever can read the clean ones faster.

        Args:
            size: About how many bytes to take at once, if more than usual.
        """
        reading = self._checked
        with self._open() as (source, header, rest):
            if header is None:
                return
            layout = self._lay_out(header)
            self._oddities.files.update(self._odd(source, header, layout, reading))
            if not reading.clean:
                records = _records(source, rest, header, self._bounds)
                for rows in _batches(records, self._bounds.block):
                    cells = partial(_flat, rows)
                    yield Block(reading.width, layout.places, header.names, cells)
                return
            for whole in _blocks(source, rest, size or self._bounds.block, self._bounds.row):
                raw = without_blank_lines(whole) if reading.blanks else whole
                if raw:
                    cells = partial(_split, raw, crlf=header.crlf)
                    yield Block(reading.width, layout.places, header.names, cells, raw)

    def values(self, block: Block) -> list[Sequence[Value]]:
        """The wanted columns of a block."""
        return self._values(block)[0]

    def convert(
        self,
        number: int,
        cells: Sequence[str],
        *,
        silent: bool = False,
    ) -> Sequence[Value]:
        """The values of cells of one of the wanted columns; counted as ever unless `silent`."""
        return (self._silent if silent else self._columns)[number].convert(cells)

    def constant(self, number: int) -> Value:
        """What all rows have in a wanted column that the file does not have."""
        expected = self._keys.get(self._columns[number].name, ())
        return self.convert(number, [str(*expected)])[0] if len(expected) == 1 else None

    @property
    def _checked(self) -> _Reading:
        if self._reading is None:
            self.check()
        return cast("_Reading", self._reading)

    @contextmanager
    def _open(self) -> Iterator[tuple[Source, _Header | None, bytes]]:
        with self._path.open("rb") as file:
            source = Source(file)
            yield source, *_read_header(source, self._bounds)

    def _values(self, block: Block) -> tuple[list[Sequence[Value]], int]:
        cells = block.cells()
        count = len(cells) // block.width
        wanted: list[Sequence[str] | None] = [
            None if place is None else cells[place :: block.width] for place in block.places
        ]
        if self.skipped:
            faults = self._faults(cells, block)
            self._oddities.skipped.update(filter(None, faults))
            keep = [not fault for fault in faults]
            wanted = [None if one is None else list(compress(one, keep)) for one in wanted]
            count = sum(keep)
        if not count:
            return [[] for _ in wanted], 0
        return [
            [self.constant(number)] * count if one is None else column.convert(one)
            for number, (column, one) in enumerate(zip(self._columns, wanted, strict=True))
        ], count

    # The first pass

    def _check(self) -> _Reading:
        for change in _WIDTHS:
            try:
                return self._check_clean(change)
            except _NotClean:
                continue
        return self._check_records()

    def _check_clean(self, change: int) -> _Reading:
        with self._open() as (source, header, rest):
            if header is None:
                return _EMPTY
            layout = self._lay_out(header)
            reading = _Reading(len(header.names) + change, clean=True)
            # Without `programId`, rows that have one more cell may have it in front.
            if change and not self._has_all_keys(layout):
                raise _NotClean
            if change < 0 and header.names[-1]:
                raise _NotClean
            usual = self._usual(layout)
            for whole in _blocks(source, rest, self._bounds.block, self._bounds.row):
                raw, bare, rows, blanks = _verify_all(whole, reading.width)
                cells = partial(_split, raw, crlf=header.crlf)
                if change > 0 and any(cells()[reading.width - 1 :: reading.width]):
                    raise _NotClean
                if rows and (usual is None or not usual.fullmatch(bare)):
                    block = Block(reading.width, layout.places, header.names, cells)
                    self._look(block, reading)
                reading.rows += rows
                reading.blanks += blanks
        return self._judged(reading)

    def _check_records(self) -> _Reading:
        with self._open() as (source, header, rest):
            if header is None:
                return _EMPTY
            layout = self._lay_out(header)
            reading = _Reading(len(header.names), clean=False)
            records = _records(source, rest, header, self._bounds)
            for rows in _batches(records, self._bounds.block):
                cells = partial(_flat, rows)
                self._look(Block(reading.width, layout.places, header.names, cells), reading)
                reading.rows += len(rows)
            reading.blanks = records.blanks
        return self._judged(reading)

    def _lay_out(self, header: _Header) -> Layout:
        layout = lay_out(header.names, self.names)
        missing = [
            column.name
            for number, (column, place) in enumerate(zip(self._columns, layout.places, strict=True))
            if place is None and not self._can_miss(number, column)
        ]
        if self.names and set(layout.places) == {None}:
            missing = self.names
        if missing:
            shown = ", ".join(map(quoted, missing))
            msg = f"The export file has no column {shown}."
            raise FileCorrupt(msg)
        return layout

    def _has_all_keys(self, layout: Layout) -> bool:
        return all(
            place is not None
            for name, place in zip(self.names, layout.places, strict=True)
            if name in self._keys
        )

    def _can_miss(self, number: int, column: _Column) -> bool:
        if column.name in self._keys:
            return self.constant(number) is not None
        return column.nullable

    def _odd(
        self, source: Source, header: _Header, layout: Layout, reading: _Reading
    ) -> Iterator[str]:
        """What is odd about the file, though it can be read."""
        yield from source.oddities
        if layout.renamed:
            yield "with column names in other letters"
        if reading.blanks and BLANK_LINES not in source.oddities:
            yield BLANK_LINES
        if change := _WIDTHS[reading.width - len(header.names)]:
            yield change
        for column, place in zip(self._columns, layout.places, strict=True):
            if place is None and column.name not in self._keys:
                yield f"without the column {quoted(column.name)}, which became null"

    def _look(self, block: Block, reading: _Reading) -> None:
        """Count the rows of a block that will be skipped.

        Raises:
            FileCorrupt: Another row has no value where the catalog forbids null.
        """
        cells = block.cells()
        faults = self._faults(cells, block)
        for column, place in zip(self._silent, block.places, strict=True):
            if not column.required or column.name in self._keys or place is None:
                continue
            for row, value in enumerate(column.convert(cells[place :: block.width])):
                if value is None and not faults[row]:
                    msg = (
                        f"Data row {reading.rows + row + 1} of the export file has no fitting "
                        f"value for {quoted(column.name)}, where the catalog forbids null."
                    )
                    raise FileCorrupt(msg)
        reading.faults.update(filter(None, faults))

    def _faults(self, cells: Sequence[str], block: Block) -> list[str]:
        """Why each row of a block is skipped; an empty text for those that are not."""
        width = block.width
        keys = {
            name: cells[place::width]
            for name, place in zip(self.names, block.places, strict=True)
            if place is not None and name in self._keys
        }
        faults = self._key_check.faults(keys, len(cells) // width)
        header = list(block.header[:width])
        for row, fault in enumerate(faults):
            if fault and cells[row * width : row * width + len(header)] == header:
                faults[row] = _REPEATED_HEADER
        return faults

    def _judged(self, reading: _Reading) -> _Reading:
        faults = reading.faults
        if reading.rows and faults.total() == reading.rows and set(faults) != {_REPEATED_HEADER}:
            told = ", ".join(f"{fault}: {count}" for fault, count in sorted(faults.items()))
            msg = f"The export file has no row that can be loaded ({told})."
            raise FileCorrupt(msg)
        return reading

    def _usual(self, layout: Layout) -> re.Pattern[bytes] | None:
        """Rows whose keys are plain digits, and those expected: these need no closer look."""
        patterns: dict[int, bytes] = {}
        for column, place in zip(self._silent, layout.places, strict=True):
            if place is None or not (column.required or column.name in self._keys):
                continue
            if column.convert(["12"]) != [12]:
                return None
            digits = rb"\d{1,%d}" % PLAIN_DIGITS
            if expected := self._keys.get(column.name):
                digits = rb"(?:%b)" % b"|".join(b"%d" % value for value in expected)
            patterns[place] = digits + rb"(?=[,\n]|\r\n)"
        cells = [
            patterns.get(place, rb"[^,\n]*+") for place in range(max(patterns, default=-1) + 1)
        ]
        return re.compile(rb"(?:" + b",".join(cells) + rb"[^\n]*+\n)*+")
