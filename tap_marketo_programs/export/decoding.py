"""Undoes a compression that nobody asked for, piece by piece.

Adobe says that bulk files are never compressed, whatever is asked for; a proxy
in between may do it nevertheless, with and without saying so. It must not know
where the bytes come from or where they go.

Source: https://experienceleague.adobe.com/en/docs/marketo-developer/marketo/rest/bulk-extract/bulk-extract
"""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_PIECE = 1 << 20  # most bytes that are in memory at once, however well they were compressed
_GZIP = 31  # zlib's word for a gzip header,
_ZLIB = 15  # for its own,
_RAW = -15  # and for none
_FIRST_OF_GZIP = b"\x1f"  # no text begins with it


class Damaged(Exception):
    """The compressed bytes make no sense."""


class Decoder:
    """Decompresses one stream, or several in a row.

    Args:
        window: How zlib is to read it.
    """

    def __init__(self, window: int) -> None:
        self._window = window
        self._stream = zlib.decompressobj(window)

    @property
    def is_whole(self) -> bool:
        """Whether the stream has come to its end."""
        return self._stream.eof

    def feed(self, data: bytes) -> Iterator[bytes]:
        """What the next bytes stand for.

        Raises:
            Damaged: They stand for nothing.
        """
        while True:
            if self._stream.eof:
                # Some writers fill the last block up.
                data = data.lstrip(b"\0")
                if not data:
                    return
                self._stream = zlib.decompressobj(self._window)
            try:
                piece = self._stream.decompress(data, _PIECE)
            except zlib.error:
                raise Damaged from None
            data = self._stream.unused_data if self._stream.eof else self._stream.unconsumed_tail
            if piece:
                yield piece
            # A piece of full length may not be all that is to be had of the bytes.
            if not data and len(piece) < _PIECE:
                return


def decoder_for(coding: str, start: bytes) -> Decoder | None:
    """What reads a body that begins so; None if it can be taken as it is.

    Args:
        coding: The header Content-Encoding. It is not believed against the bytes.
        start: The first bytes, at least one.
    """
    if start[:1] == _FIRST_OF_GZIP:
        return Decoder(_GZIP)
    if coding.strip().lower() != "deflate":
        return None
    # By the RFC it has zlib's header; some servers leave that out.
    is_sum = len(start) == 1 or int.from_bytes(start[:2], "big") % 31 == 0
    has_header = start[0] & 0x0F == zlib.DEFLATED and is_sum
    return Decoder(_ZLIB if has_header else _RAW)
