"""Watermarks of many programs as short texts.

Pure. The programs of each time are a set (see `id_set`): `{"2026-11-01T03:00:00Z":
"1001-1400,1402"}`. Where that would be long, since programs of many times lie between each
other, all of them are one set, and beside it stands which time each has:
`{"packed": {"times": "2026-11-01T03:00:00Z 2026-11-02T03:00:00Z", "programs": "1001-4000",
"order": "z:..."}}`. The order is the base64 of the zlib of one byte a program, ascending by
program: the place of its time among the times. Where these are more than a byte can tell
apart, the higher bytes of all places come first and the lower ones behind them. More than a
few times are `z:`, as the gaps between seconds since 1970, in the form of `id_set`.

Beside watermarks, later ones of a part of the same programs are shorter: each set is a part of
all programs (see `part_of_set`), and in place of `programs` stands `among`, the CRC of them
all. The order then has a place for every program, and the first place means no time. It must
not know what the times say.
"""

from __future__ import annotations

import base64
import zlib
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from tap_marketo_programs.export.id_set import (
    MAX_IDS,
    Damaged,
    read_gaps,
    read_programs,
    write_gaps,
    write_programs,
)
from tap_marketo_programs.export.part_of_set import (
    OtherSet,
    crc,
    read_part,
    unpacked,
    write_part,
)
from tap_marketo_programs.schemas.timestamps import wire_time

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

PACKED = "packed"
MAX_PLAIN_LENGTH = 2_000
# Of which people can read each.
MAX_PLAIN_TIMES = 10
# As many as two bytes can tell apart, and the place of no time.
MAX_PACKED_TIMES = 0xFFFF
# Of all watermarks together; more is a state that no run has written.
MAX_ENTRIES = 3 * MAX_IDS
_BYTE = 0x100
_1970 = datetime(1970, 1, 1, tzinfo=UTC)
_SECOND = timedelta(seconds=1)
_DAMAGED = "a list of watermarks is damaged"


def write_watermarks(watermarks: Mapping[int, datetime]) -> dict[str, Any]:
    """Watermarks by program, ready for JSON; fractions of a second do not count."""
    groups = _by_time(watermarks)
    plain = {wire_time(time): write_programs(ids) for time, ids in groups.items()}
    if not _is_long(plain):
        return dict(plain)
    places = _places(groups)
    order = [places[one] for one in sorted(watermarks)]
    packed = {
        "times": _write_times(groups),
        "programs": write_programs(watermarks),
        "order": _write_order(order, len(groups)),
    }
    return _shorter(plain, packed)


def write_beside(later: Mapping[int, datetime], among: Collection[int]) -> dict[str, Any]:
    """Watermarks of a part of the programs of others.

    Args:
        later: Them; fractions of a second do not count.
        among: The programs of the others.
    """
    groups = _by_time(later)
    plain = {wire_time(time): write_part(ids, among) for time, ids in groups.items()}
    if not _is_long(plain):
        return dict(plain)
    places = _places(groups)
    order = [places[one] + 1 if one in later else 0 for one in sorted(among)]
    packed = {
        "times": _write_times(groups),
        "among": f"{crc(among):08x}",
        "order": _write_order(order, len(groups) + 1),
    }
    return _shorter(plain, packed)


def _by_time(watermarks: Mapping[int, datetime]) -> dict[datetime, list[int]]:
    groups: dict[datetime, list[int]] = defaultdict(list)
    for program_id, watermark in watermarks.items():
        groups[watermark.replace(microsecond=0)].append(program_id)
    return dict(sorted(groups.items()))


def _places(groups: Mapping[datetime, Iterable[int]]) -> dict[int, int]:
    """For each program the place of its time."""
    return {one: place for place, ids in enumerate(groups.values()) for one in ids}


def _is_long(plain: Mapping[str, str]) -> bool:
    return _length(plain) > MAX_PLAIN_LENGTH and 1 < len(plain) < MAX_PACKED_TIMES


def _length(plain: Mapping[str, str]) -> int:
    return sum(len(time) + len(ids) for time, ids in plain.items())


def _shorter(plain: dict[str, str], packed: dict[str, str]) -> dict[str, Any]:
    return {PACKED: packed} if sum(map(len, packed.values())) < _length(plain) else dict(plain)


def _write_times(times: Collection[datetime]) -> str:
    seconds = [(time - _1970) // _SECOND for time in times]
    if len(times) <= MAX_PLAIN_TIMES or seconds[0] <= 0:
        return " ".join(map(wire_time, times))
    return write_gaps(seconds)


def _write_order(order: Sequence[int], places: int) -> str:
    high = bytes(place // _BYTE for place in order) if places > _BYTE else b""
    data = high + bytes(place % _BYTE for place in order)
    return "z:" + base64.b64encode(zlib.compress(data, 9)).decode()


def read_watermarks(written: Mapping[str, Any]) -> dict[int, datetime]:
    """The watermarks that `write_watermarks` wrote.

    A tool that merges states key by key (Meltano can) leaves a program in its old group
    and in its new one: the higher watermark is the new one.

    Raises:
        Damaged: Nobody wrote this.
    """
    return _highest(_entries(written, read_programs, _read_packed))


def read_beside(written: Mapping[str, Any], among: Collection[int]) -> dict[int, datetime]:
    """The watermarks that `write_beside` wrote, or `write_watermarks` in an earlier version.

    Those that are written beside other programs than these, as a merge may leave them, are
    passed over: who is not asked is asked again, or exported.

    Raises:
        Damaged: Nobody wrote this.
    """
    ordered = sorted(among)

    def ids_of(text: str) -> Collection[int]:
        try:
            return read_part(text, ordered)
        except OtherSet:
            return ()

    def pairs_of(packed: Mapping[str, str]) -> Iterable[tuple[int, datetime]]:
        return _read_packed_beside(packed, ordered)

    return _highest(_entries(written, ids_of, pairs_of))


def _highest(entries: Iterable[tuple[int, datetime]]) -> dict[int, datetime]:
    watermarks: dict[int, datetime] = {}
    for count, (program_id, watermark) in enumerate(entries):
        if count >= MAX_ENTRIES:
            message = "it names too many programs"
            raise Damaged(message)
        before = watermarks.get(program_id)
        watermarks[program_id] = max(before, watermark) if before else watermark
    return watermarks


def _entries(
    written: Mapping[str, Any],
    ids_of: Callable[[str], Collection[int]],
    pairs_of: Callable[[Mapping[str, str]], Iterable[tuple[int, datetime]]],
) -> Iterator[tuple[int, datetime]]:
    for time, programs in written.items():
        if time == PACKED:
            yield from pairs_of(programs)
            continue
        watermark = read_time(time)
        for program_id in ids_of(programs):
            yield program_id, watermark


def _read_packed(packed: Mapping[str, str]) -> Iterator[tuple[int, datetime]]:
    times, programs = _read_times(packed["times"]), read_programs(packed["programs"])
    order = _read_order(packed["order"], len(programs), len(times))
    return zip(programs, (times[place] for place in order), strict=True)


def _read_packed_beside(
    packed: Mapping[str, str], ordered: Sequence[int]
) -> Iterable[tuple[int, datetime]]:
    if "among" not in packed:
        return _read_packed(packed)
    if packed["among"] != f"{crc(ordered):08x}":
        return ()
    times = _read_times(packed["times"])
    order = _read_order(packed["order"], len(ordered), len(times) + 1)
    return [(one, times[place - 1]) for one, place in zip(ordered, order, strict=True) if place]


def _read_times(text: str) -> list[datetime]:
    if not text.startswith("z:"):
        return [read_time(time) for time in text.split(" ")]
    try:
        return [_1970 + one * _SECOND for one in read_gaps(text)]
    except OverflowError:
        raise Damaged(_DAMAGED) from None


def _read_order(text: str, count: int, places: int) -> list[int]:
    """For each program, the place of its time."""
    if not text.startswith("z:"):
        raise Damaged(_DAMAGED)
    planes = 2 if places > _BYTE else 1
    try:
        data = unpacked(base64.b64decode(text[2:], validate=True), planes * count)
    except ValueError:
        raise Damaged(_DAMAGED) from None
    low = data[-count:] if count else b""
    order = list(low)
    if planes > 1:
        order = [high * _BYTE + one for high, one in zip(data, low, strict=False)]
    if max(order, default=0) >= places:
        raise Damaged(_DAMAGED)
    return order


def read_time(text: str) -> datetime:
    """A time as it stands in a bookmark.

    Raises:
        Damaged: It is none.
    """
    try:
        return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    except ValueError:
        message = "a time is damaged"
        raise Damaged(message) from None
