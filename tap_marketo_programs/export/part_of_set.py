"""A part of a set of programs as a text that stands beside the whole set.

Pure. `1001-3920` is every program of the set from 1001 to 3920, so a part that is nearly all
of it, or begins in its middle, is short however scattered both are. A part that would be long
is `m:` and the base64 of the CRC of the set (`crc`, 4 bytes, the highest first) and of the zlib
of one bit a program, ascending, the highest bit of a byte first: an eighth of a byte for each
program, at most.

Bits say nothing beside another set than their own, as a merge of two states may leave them.
What that means is for others to say. This must not know what the programs are in the part for.
"""

from __future__ import annotations

import base64
import zlib
from bisect import bisect_left, bisect_right
from itertools import compress
from typing import TYPE_CHECKING

from tap_marketo_programs.export.id_set import (
    Damaged,
    read_programs,
    read_ranges,
    runs_of,
)
from tap_marketo_programs.schemas.values import MAX_PROGRAM_ID

if TYPE_CHECKING:
    from collections.abc import Collection

# Dozens of fields may each be lacked by a part of its own.
MAX_SPANS_LENGTH = 300
_BITS = "m:"
_DAMAGED_SET = "a set of programs is damaged"


class OtherSet(Exception):
    """A part is written beside another set than it stands beside now."""


def crc(program_ids: Collection[int]) -> int:
    """What tells a set from others, in 32 bits."""
    return zlib.crc32(",".join(map(str, sorted(program_ids))).encode())


def write_part(program_ids: Collection[int], among: Collection[int]) -> str:
    """A part of a set as text."""
    ordered, wanted = sorted(among), set(program_ids)
    places = [place for place, one in enumerate(ordered) if one in wanted]
    spans = ",".join(
        f"{ordered[first]}-{ordered[last]}" if last > first else f"{ordered[first]}"
        for first, last in runs_of(places)
    )
    if len(spans) <= MAX_SPANS_LENGTH:
        return spans
    bits = bytearray(-(-len(ordered) // 8))
    for place in places:
        bits[place // 8] |= 0x80 >> place % 8
    text = crc(ordered).to_bytes(4) + zlib.compress(bits, 9)
    packed = _BITS + base64.b64encode(text).decode()
    return min(spans, packed, key=len)


def read_part(text: str, among: Collection[int]) -> set[int]:
    """The part of a set that a text stands for; what is not in the set is left out.

    Raises:
        Damaged: The text was not written by `write_part`, nor, by an earlier version, by
            `id_set.write_programs`.
        OtherSet: It is bits, and not of this set.
    """
    if text.startswith("z:"):
        return set(read_programs(text)).intersection(among)
    ordered, found, before = sorted(among), set[int](), 0
    if text.startswith(_BITS):
        return _read_bits(text.removeprefix(_BITS), ordered)
    for first, last in read_ranges(text):
        if not before < first <= last <= MAX_PROGRAM_ID:
            raise Damaged(_DAMAGED_SET)
        found.update(ordered[bisect_left(ordered, first) : bisect_right(ordered, last)])
        before = last
    return found


def _read_bits(text: str, ordered: list[int]) -> set[int]:
    try:
        data = base64.b64decode(text, validate=True)
    except ValueError:
        raise Damaged(_DAMAGED_SET) from None
    if int.from_bytes(data[:4]) != crc(ordered):
        raise OtherSet
    bits = unpacked(data[4:], -(-len(ordered) // 8))
    digits = "".join(f"{byte:08b}" for byte in bits)
    if "1" in digits[len(ordered) :]:
        raise Damaged(_DAMAGED_SET)
    return set(compress(ordered, map(int, digits)))


def unpacked(data: bytes, size: int) -> bytes:
    """Bytes that zlib packed, if they are as many as they should be.

    Raises:
        Damaged: They are not.
    """
    unpack = zlib.decompressobj()
    try:
        # No more than there can be: a bomb must not get more.
        found = unpack.decompress(data, size + 1)
    except zlib.error:
        raise Damaged(_DAMAGED_SET) from None
    # A text that was cut short unpacks without an error.
    if not unpack.eof or unpack.unused_data or len(found) != size:
        raise Damaged(_DAMAGED_SET)
    return found
