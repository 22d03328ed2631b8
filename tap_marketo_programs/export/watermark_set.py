"""Watermarks of many programs as short texts.

Pure. The programs of each time are a set (see `id_set`): `{"2026-11-01T03:00:00Z":
"1001-1400,1402"}`. Where that would be long, since programs of many times lie between each
other, all of them are one set, and beside it stands which time each has:
`{"packed": {"times": "2026-11-01T03:00:00Z 2026-11-02T03:00:00Z", "programs": "1001-4000",
"order": "z:..."}}`. The order is the base64 of the zlib of one byte a program, ascending by
program: the place of its time among the times. It must not know what the times say.
"""

from __future__ import annotations

import base64
import zlib
from collections import defaultdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from tap_marketo_programs.export.id_set import (
    MAX_IDS,
    Damaged,
    read_programs,
    write_programs,
)
from tap_marketo_programs.schemas.timestamps import wire_time

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

PACKED = "packed"
MAX_PLAIN_LENGTH = 2_000
# As many as one byte can tell apart.
MAX_PACKED_TIMES = 256
# Of all watermarks together; more is a state that no run has written.
MAX_ENTRIES = 3 * MAX_IDS
_DAMAGED = "a list of watermarks is damaged"


def write_watermarks(watermarks: Mapping[int, datetime]) -> dict[str, Any]:
    """Watermarks by program, ready for JSON; fractions of a second do not count."""
    groups: dict[datetime, list[int]] = defaultdict(list)
    for program_id, watermark in watermarks.items():
        groups[watermark.replace(microsecond=0)].append(program_id)
    plain = {wire_time(time): write_programs(ids) for time, ids in sorted(groups.items())}
    length = sum(len(time) + len(ids) for time, ids in plain.items())
    if length <= MAX_PLAIN_LENGTH or not 1 < len(groups) <= MAX_PACKED_TIMES:
        return dict(plain)
    places = {time: place for place, time in enumerate(sorted(groups))}
    order = bytes(places[watermarks[one].replace(microsecond=0)] for one in sorted(watermarks))
    packed = {
        "times": " ".join(plain),
        "programs": write_programs(watermarks),
        "order": "z:" + base64.b64encode(zlib.compress(order, 9)).decode(),
    }
    return {PACKED: packed} if sum(map(len, packed.values())) < length else dict(plain)


def read_watermarks(written: Mapping[str, Any]) -> dict[int, datetime]:
    """The watermarks that `write_watermarks` wrote.

    A tool that merges states key by key (Meltano can) leaves a program in its old group
    and in its new one: the higher watermark is the new one.

    Raises:
        Damaged: Nobody wrote this.
    """
    watermarks: dict[int, datetime] = {}
    for entries, (program_id, watermark) in enumerate(_entries(written)):
        if entries >= MAX_ENTRIES:
            message = "it names too many programs"
            raise Damaged(message)
        before = watermarks.get(program_id)
        watermarks[program_id] = max(before, watermark) if before else watermark
    return watermarks


def _entries(written: Mapping[str, Any]) -> Iterator[tuple[int, datetime]]:
    for time, programs in written.items():
        if time == PACKED:
            yield from _unpacked(programs)
            continue
        watermark = read_time(time)
        for program_id in read_programs(programs):
            yield program_id, watermark


def _unpacked(packed: Mapping[str, str]) -> Iterator[tuple[int, datetime]]:
    times = [read_time(time) for time in packed["times"].split(" ")]
    programs = read_programs(packed["programs"])
    text, order = packed["order"], b""
    unpack = zlib.decompressobj()
    try:
        # No more than there can be: a bomb must not get more.
        order = unpack.decompress(base64.b64decode(text[2:], validate=True), len(programs) + 1)
    except (zlib.error, ValueError):
        raise Damaged(_DAMAGED) from None
    whole = unpack.eof and not unpack.unused_data and len(order) == len(programs)
    if not (text.startswith("z:") and whole) or max(order, default=0) >= len(times):
        raise Damaged(_DAMAGED)
    yield from zip(programs, (times[place] for place in order), strict=True)


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
