"""A set of program ids as a short text.

Pure. It is ranges, `1001-1400,1402`; a set whose ranges would be long is `z:` and the
base64 of the zlib of its gaps: the first id, then the distance to each next
one, seven bits a byte and the lowest first, the eighth bit set while more
follow. That is about as short as a scattered set can be, and the hundreds of
STATE lines of a run with 3,000 programs have 2 MB to share.

It must not know what the programs are in the set for.
"""

from __future__ import annotations

import base64
import re
import zlib
from bisect import bisect_left, bisect_right
from itertools import pairwise
from typing import TYPE_CHECKING

from tap_marketo_programs.schemas.values import MAX_PROGRAM_ID

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator


MAX_RANGES_LENGTH = 1_000
MAX_IDS = 1_000_000
_SEVEN_BITS = 0x7F
_MORE = 0x80
_MAX_SHIFT = 63

_RANGE = re.compile(r"([0-9]{1,19})(?:-([0-9]{1,19}))?")
_DAMAGED_SET = "a set of programs is damaged"


class Damaged(ValueError):
    """A part of a bookmark that nobody wrote; the text says which."""


def write_programs(program_ids: Collection[int]) -> str:
    """A set of program ids as text."""
    ids = sorted(program_ids)
    ranges = ",".join(f"{one}-{last}" if last > one else f"{one}" for one, last in _runs(ids))
    if len(ranges) <= MAX_RANGES_LENGTH:
        return ranges
    gaps = bytearray()
    for before, program_id in pairwise([0, *ids]):
        gap = program_id - before
        while gap > _SEVEN_BITS:
            gaps.append(gap & _SEVEN_BITS | _MORE)
            gap >>= 7
        gaps.append(gap)
    return "z:" + base64.b64encode(zlib.compress(gaps, 9)).decode()


def read_programs(text: str) -> list[int]:
    """The set of program ids that a text stands for, ascending.

    Raises:
        Damaged: The text was not written by `write_programs`.
    """
    ids: list[int] = []
    for first, last in _read_gaps(text[2:]) if text.startswith("z:") else _read_ranges(text):
        in_order = (ids[-1] if ids else 0) < first <= last <= MAX_PROGRAM_ID
        if not in_order or len(ids) + last - first >= MAX_IDS:
            raise Damaged(_DAMAGED_SET)
        ids.extend(range(first, last + 1))
    return ids


def write_spans(program_ids: Collection[int], among: Collection[int]) -> str:
    """A set of program ids as text that stands beside a larger set of which it is a part.

    `1001-3920` is every program of the larger set from 1001 to 3920, so a part that
    is nearly all of it, or begins in its middle, is short however scattered both are.
    """
    ordered, wanted = sorted(among), set(program_ids)
    places = [place for place, one in enumerate(ordered) if one in wanted]
    spans = ",".join(
        f"{ordered[first]}-{ordered[last]}" if last > first else f"{ordered[first]}"
        for first, last in _runs(places)
    )
    return spans if len(spans) <= MAX_RANGES_LENGTH else write_programs(program_ids)


def read_spans(text: str, among: Collection[int]) -> set[int]:
    """The part of a set of program ids that a text stands for; what is not in it is left out.

    Raises:
        Damaged: The text was not written by `write_spans`.
    """
    if text.startswith("z:"):
        return set(read_programs(text)).intersection(among)
    ordered, found, before = sorted(among), set[int](), 0
    for first, last in _read_ranges(text):
        if not before < first <= last <= MAX_PROGRAM_ID:
            raise Damaged(_DAMAGED_SET)
        found.update(ordered[bisect_left(ordered, first) : bisect_right(ordered, last)])
        before = last
    return found


def _runs(ids: list[int]) -> list[tuple[int, int]]:
    """Neighbouring ids as (first, last)."""
    runs: list[tuple[int, int]] = []
    for program_id in ids:
        if runs and runs[-1][1] == program_id - 1:
            runs[-1] = (runs[-1][0], program_id)
        else:
            runs.append((program_id, program_id))
    return runs


def _read_ranges(text: str) -> Iterator[tuple[int, int]]:
    for part in text.split(",") if text else ():
        match = _RANGE.fullmatch(part)
        if match is None:
            raise Damaged(_DAMAGED_SET)
        yield int(match[1]), int(match[2] or match[1])


def _read_gaps(text: str) -> Iterator[tuple[int, int]]:
    unpack = zlib.decompressobj()
    try:
        # The largest set needs no more than this; a bomb must not get more.
        gaps = unpack.decompress(base64.b64decode(text, validate=True), 10 * MAX_IDS)
    except (zlib.error, ValueError):
        raise Damaged(_DAMAGED_SET) from None
    if not unpack.eof or unpack.unused_data or gaps[-1:] > bytes([_SEVEN_BITS]):
        # A text that was cut short unpacks without an error, to a part of the set.
        raise Damaged(_DAMAGED_SET)
    program_id = gap = shift = 0
    for byte in gaps:
        gap |= (byte & _SEVEN_BITS) << shift
        shift += 7
        if byte <= _SEVEN_BITS:
            program_id += gap
            yield program_id, program_id
            gap = shift = 0
        elif shift > _MAX_SHIFT:
            raise Damaged(_DAMAGED_SET)
