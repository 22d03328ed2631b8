"""A set of program ids as a short text.

Pure. It is ranges, `1001-1400,1402`; a set whose ranges would be long is `z:` and the
base64 of the zlib of its gaps: the first id, then the distance to each next
one, seven bits a byte and the lowest first, the eighth bit set while more
follow. That is about as short as a scattered set can be. A part of a set that
stands beside it is shorter still, see `part_of_set`.

It must not know what the programs are in the set for.
"""

from __future__ import annotations

import base64
import re
import zlib
from itertools import pairwise
from typing import TYPE_CHECKING

from tap_marketo_programs.schemas.values import MAX_PROGRAM_ID

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence


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
    ranges = ",".join(f"{one}-{last}" if last > one else f"{one}" for one, last in runs_of(ids))
    if len(ranges) <= MAX_RANGES_LENGTH:
        return ranges
    return write_gaps(ids)


def write_gaps(numbers: Sequence[int]) -> str:
    """Ascending numbers from 1 on as text, without any form for people."""
    gaps = bytearray()
    for before, number in pairwise([0, *numbers]):
        gap = number - before
        while gap > _SEVEN_BITS:
            gaps.append(gap & _SEVEN_BITS | _MORE)
            gap >>= 7
        gaps.append(gap)
    return "z:" + base64.b64encode(zlib.compress(gaps, 9)).decode()


def read_gaps(text: str) -> list[int]:
    """What `write_gaps` wrote.

    Raises:
        Damaged: The text was not written by it.
    """
    numbers: list[int] = []
    for number, _ in _read_gaps(text[2:]):
        if number <= (numbers[-1] if numbers else 0) or len(numbers) >= MAX_IDS:
            raise Damaged(_DAMAGED_SET)
        numbers.append(number)
    return numbers


def read_programs(text: str) -> list[int]:
    """The set of program ids that a text stands for, ascending.

    Raises:
        Damaged: The text was not written by `write_programs`.
    """
    ids: list[int] = []
    for first, last in _read_gaps(text[2:]) if text.startswith("z:") else read_ranges(text):
        in_order = (ids[-1] if ids else 0) < first <= last <= MAX_PROGRAM_ID
        if not in_order or len(ids) + last - first >= MAX_IDS:
            raise Damaged(_DAMAGED_SET)
        ids.extend(range(first, last + 1))
    return ids


def runs_of(ids: Iterable[int]) -> list[tuple[int, int]]:
    """Neighbours among ascending numbers as (first, last)."""
    runs: list[tuple[int, int]] = []
    for program_id in ids:
        if runs and runs[-1][1] == program_id - 1:
            runs[-1] = (runs[-1][0], program_id)
        else:
            runs.append((program_id, program_id))
    return runs


def read_ranges(text: str) -> Iterator[tuple[int, int]]:
    """First and last of each range; whether they are in order is not looked at.

    Raises:
        Damaged: The text has another form.
    """
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
