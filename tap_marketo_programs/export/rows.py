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
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from itertools import chain
from typing import IO, TYPE_CHECKING, Any, cast

from tap_marketo_programs.errors import FileCorrupt
from tap_marketo_programs.schema import declared, utc_date, utc_timestamp
from tap_marketo_programs.values import PLAIN_DIGITS, boolean, number, whole_number

if TYPE_CHECKING:
    from pathlib import Path

Value = str | int | float | bool | None

ROW_LIMIT = 64 * 1024 * 1024
"""Bytes of one row, and so of one cell, beyond which a file is no table."""

_BLOCK = 128 * 1024  # what is read, split and converted at once
_GUESSES = 4 * ROW_LIMIT  # bytes that may be read in vain to make sense of stray quotes

# The csv module's own limit is 128 KiB a cell, and one for the whole process.
csv.field_size_limit(max(csv.field_size_limit(), ROW_LIMIT))


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
    leaves one out cannot become a record.
    """

    name: str
    convert: _Convert
    required: bool


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
        return _Column(name, _text if nullable else _text_never_null, required=False)
    return _Column(name, _typed(parse, name, nulled), required=not nullable)


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


class _Bytes:
    """A file's bytes without its NULs and its byte order mark."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._started = False

    def read(self, size: int) -> bytes:
        """About `size` bytes, none at the end of the file only."""
        while data := self._file.read(size):
            if not self._started:
                self._started = True
                data = data.removeprefix(b"\xef\xbb\xbf")
            # To look is many times faster than to replace nothing.
            if b"\0" in data:
                data = data.replace(b"\0", b"")
            if data:
                return data
        return b""


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


def _read_header(source: _Bytes) -> tuple[_Header | None, bytes]:
    """The header, None in a file of no bytes, and what was read beyond it."""
    data = b""
    while (found := _FIRST_ROW.match(data)) is None and len(data) <= ROW_LIMIT:
        piece = source.read(max(_BLOCK, len(data)))
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
        names = next(_Records(iter([line]), width=None, crlf=False))
    except FileCorrupt:
        msg = "The header of the export file cannot be read: its quotes make no sense."
        raise FileCorrupt(msg) from None
    return _Header(tuple(names), crlf), data[found.end() :]


def _blocks(source: _Bytes, rest: bytes, size: int) -> Iterator[bytes]:
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
        if len(rest) > ROW_LIMIT:
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
    """

    def __init__(self, texts: Iterator[str], *, width: int | None, crlf: bool) -> None:
        self._texts = texts
        self._width = width
        self._crlf = crlf
        self._text = next(texts, "")
        self._at = 0
        self._row = 0
        self._in_vain = 0

    def __next__(self) -> list[str]:
        """The next row; FileCorrupt when it cannot be read with the right width."""
        if self._at == len(self._text):
            self._text, self._at = next(self._texts, ""), 0
            if not self._text:
                raise StopIteration
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
        if have > ROW_LIMIT:
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
        if self._in_vain > _GUESSES:
            msg = f"The quotes of the export file make no sense up to data row {self._row}."
            raise FileCorrupt(msg)


def _texts(source: _Bytes, rest: bytes) -> Iterator[str]:
    """The text in pieces that end in LF, at whatever line."""
    while piece := source.read(max(_BLOCK, len(rest))):
        rest += piece
        end = rest.rfind(b"\n") + 1
        if end:
            yield rest[:end].decode("utf-8", "replace")
            rest = rest[end:]
        elif len(rest) > ROW_LIMIT:
            msg = "The export file has a line beyond all bounds."
            raise FileCorrupt(msg)
    if rest:
        yield rest.decode("utf-8", "replace") + ("" if rest.endswith(b"\n") else "\n")


def _records(source: _Bytes, rest: bytes, header: _Header) -> _Records:
    return _Records(_texts(source, rest), width=len(header.names), crlf=header.crlf)


def _batches(records: Iterator[list[str]]) -> Iterator[list[list[str]]]:
    """Rows by the block, so that a few huge ones do not add up."""
    batch: list[list[str]] = []
    size = 0
    for record in records:
        batch.append(record)
        size += sum(map(len, record)) + len(record)
        if size >= _BLOCK:
            yield batch
            batch, size = [], 0
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
        places: Where in a row the wanted columns are.
        cells: Makes all cells, row after row.
        raw: The rows as the file has them, if they are RFC 4180, without NULs
            and each with its line end.
    """

    width: int
    places: list[int]
    cells: Callable[[], list[str]]
    raw: bytes | None = None


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
    comparing the number of rows with `numberOfRecords` tells most such cases.

    Memory is bounded by the longest row, and a row by `ROW_LIMIT`.

    Args:
        path: The file.
        properties: The wanted columns, each with its JSON Schema. Cells that
            do not fit it become null. Columns are found by their name, not by
            their place, since Marketo prepends `programId` to what was asked
            for (Adobe: Bulk Program Member Extract); of two columns with one
            name the first counts.
        nulled: Counts the cells that became null because they did not fit, by
            property, while iterating.
    """

    def __init__(
        self,
        path: Path,
        properties: Mapping[str, Mapping[str, Any]],
        nulled: Counter[str],
    ) -> None:
        self.properties = properties
        self._path = path
        self._columns = [_column(name, schema, nulled) for name, schema in properties.items()]
        unseen: Counter[str] = Counter()
        self._silent = [_column(name, schema, unseen) for name, schema in properties.items()]
        # For `check`, which must not count.
        self._required = [column for column in self._silent if column.required]
        self._clean: bool | None = None

    @property
    def names(self) -> list[str]:
        """The names of the wanted columns, in the order of the properties."""
        return list(self.properties)

    def check(self) -> int:
        """Pass over the whole file once, before a row of it is used.

        Returns:
            The number of rows, the header not counted; 0 for an empty file,
            which is what an export without members may be.

        Raises:
            FileCorrupt: Wanted columns are missing, a row has another number
                of cells than the header or no value where the schema demands
                one, or the quotes make no sense.
        """
        try:
            count, clean = self._check_clean(), True
        except _NotClean:
            count, clean = self._check_records(), False
        self._clean = clean  # only now: a file that failed is checked again, and fails again
        return count

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
            cells = block.cells()
            yield self._values(cells, block), len(cells) // block.width

    def blocks(self, size: int | None = None) -> Iterator[Block]:
        """The rows as they are, for whoever can read the clean ones faster.

        Args:
            size: About how many bytes to take at once, if more than usual.
        """
        if self._clean is None:
            self.check()
        with self._path.open("rb") as file:
            source = _Bytes(file)
            header, rest = _read_header(source)
            if header is None:
                return
            width = len(header.names)
            places = [header.names.index(name) for name in self.names]
            if self._clean:
                for raw in _blocks(source, rest, size or _BLOCK):
                    yield Block(width, places, partial(_split, raw, crlf=header.crlf), raw)
            else:
                for rows in _batches(_records(source, rest, header)):
                    yield Block(width, places, partial(_flat, rows))

    def values(self, block: Block) -> list[Sequence[Value]]:
        """The wanted columns of a block."""
        return self._values(block.cells(), block)

    def convert(
        self,
        number: int,
        cells: Sequence[str],
        *,
        silent: bool = False,
    ) -> Sequence[Value]:
        """The values of cells of one of the wanted columns; counted as ever unless `silent`."""
        return (self._silent if silent else self._columns)[number].convert(cells)

    def _values(self, cells: list[str], block: Block) -> list[Sequence[Value]]:
        return [
            column.convert(cells[place :: block.width])
            for column, place in zip(self._columns, block.places, strict=True)
        ]

    def _check_header(self, header: _Header) -> None:
        missing = [column.name for column in self._columns if column.name not in header.names]
        if missing:
            msg = f"The export file has no column {', '.join(missing)}."
            raise FileCorrupt(msg)

    def _check_clean(self) -> int:
        count = 0
        with self._path.open("rb") as file:
            source = _Bytes(file)
            header, rest = _read_header(source)
            if header is None:
                return 0
            self._check_header(header)
            digits = self._digits(header)
            for block in _blocks(source, rest, _BLOCK):
                bare, rows = _verify(block, len(header.names))
                if self._required and not (digits and digits.fullmatch(bare)):
                    self._check_required(_split(block, crlf=header.crlf), header, count)
                count += rows
        return count

    def _check_records(self) -> int:
        count = 0
        with self._path.open("rb") as file:
            source = _Bytes(file)
            header, rest = _read_header(source)
            if header is not None:
                for rows in _batches(_records(source, rest, header)):
                    self._check_required(_flat(rows), header, count)
                    count += len(rows)
        return count

    def _check_required(self, cells: Sequence[str], header: _Header, before: int) -> None:
        for column in self._required:
            place = header.names.index(column.name)
            values = column.convert(cells[place :: len(header.names)])
            if None in values:
                row = before + values.index(None) + 1
                msg = f"Data row {row} of the export file has no fitting value for {column.name}."
                raise FileCorrupt(msg)

    def _digits(self, header: _Header) -> re.Pattern[bytes] | None:
        """Rows whose required cells are plain digits, as ids are: these need no closer look."""
        if any(column.convert(["12"]) != [12] for column in self._required):
            return None
        places = {header.names.index(column.name) for column in self._required}
        cells = [
            rb"\d{1,%d}(?=[,\n]|\r\n)" % PLAIN_DIGITS if place in places else rb"[^,\n]*+"
            for place in range(max(places, default=-1) + 1)
        ]
        return re.compile(rb"(?:" + b",".join(cells) + rb"[^\n]*+\n)*+")
