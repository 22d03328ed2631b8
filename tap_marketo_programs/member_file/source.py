"""The bytes of an export file as its readers want them: UTF-8, rows that end in LF or CRLF.

Marketo's files are that already (see `file`), and such a file passes as it is.
What a server or proxy in between may have made of one, and what can be undone
with certainty, is undone here. It must not know rows, columns or cells.
"""

from __future__ import annotations

import codecs
import re
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
BLANK_LINES = "with blank lines"
"""The oddity of a file that has them, wherever they are."""

_LOOK = 1 << 16  # bytes at the start that tell what kind of file it is
# The longer ones first: the mark of UTF-16 begins that of UTF-32.
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# A header begins with the ASCII letters of a REST name: each second byte is NUL.
_UNMARKED = (
    (re.compile(rb"[\x01-\x7f]\0[\x01-\x7f]\0"), "utf-16-le"),
    (re.compile(rb"\0[\x01-\x7f]\0[\x01-\x7f]"), "utf-16-be"),
)
# The first line, and how it ends (group 1): in CR, CRLF or LF. Possessive, for a
# file of one line alone, as long as what is looked at, has no end to go back to.
_FIRST_LINE = re.compile(rb'[^"\r\n]*+(?:"[^"]*+"[^"\r\n]*+)*+(\r\n?|\n)')


class Source:
    """A file's bytes without its NULs and its byte order mark.

    Args:
        file: Open for reading, at its start.

    `oddities` names what had to be undone.
    """

    def __init__(self, file: IO[bytes]) -> None:
        self.oddities: list[str] = []
        start = file.read(_LOOK)
        file.seek(0)
        self._read: Callable[[int], bytes] = file.read
        self._started = False
        if encoding := _encoding(start):
            self.oddities.append(f"in {encoding[:6].upper()} instead of UTF-8")
            self._read = _Transcoded(file, encoding).read
            start = start.decode(encoding, "replace").encode()
        self._line_ends: _LineEnds | None = None
        found = _FIRST_LINE.match(start.replace(b"\0", b"")) if b"\r" in start else None
        if found and found[1] == b"\r":
            self.oddities.append("with rows that end in CR")
            self._line_ends = _LineEnds()

    def read(self, size: int) -> bytes:
        """About `size` bytes, none at the end of the file only."""
        while data := self._read(size):
            if not self._started:
                data = self._begin(data)
            # To look is many times faster than to replace nothing.
            if b"\0" in data:
                data = data.replace(b"\0", b"")
            if self._line_ends is not None:
                data = self._line_ends.feed(data)
            if data:
                return data
        return b""

    def _begin(self, data: bytes) -> bytes:
        """The first bytes without a mark, and without blank lines before the header."""
        data = data.removeprefix(_BYTE_ORDER_MARK)
        begun = data.lstrip(b"\0\r\n")
        self._started = bool(begun)
        blank = data[: len(data) - len(begun)].strip(b"\0")
        if blank and BLANK_LINES not in self.oddities:
            self.oddities.append(BLANK_LINES)
        return begun


def _encoding(start: bytes) -> str | None:
    """The encoding of a file that is not in UTF-8, as far as that is certain."""
    marked = (name for mark, name in _MARKS if start.startswith(mark))
    unmarked = (name for pattern, name in _UNMARKED if pattern.match(start))
    return next(marked, None) or next(unmarked, None)


class _Transcoded:
    """Another encoding's text as UTF-8."""

    def __init__(self, file: IO[bytes], encoding: str) -> None:
        self._file = file
        self._decoder = codecs.getincrementaldecoder(encoding)("replace")

    def read(self, size: int) -> bytes:
        """About `size` bytes, none at the end of the file only."""
        while data := self._file.read(size):
            if text := self._decoder.decode(data):
                return text.encode("utf-8", "replace")
        return self._decoder.decode(b"", final=True).encode("utf-8", "replace")


class _LineEnds:
    """Makes an LF of each CR outside of quotes."""

    def __init__(self) -> None:
        self._inside = False

    def feed(self, data: bytes) -> bytes:
        """The next bytes."""
        pieces = data.split(b'"')
        for number, piece in enumerate(pieces):
            if not (number % 2) ^ self._inside:
                pieces[number] = piece.replace(b"\r", b"\n")
        self._inside ^= len(pieces) % 2 == 0
        return b'"'.join(pieces)
