"""Watermarks and jobs in flight, and their form as a Singer bookmark.

Pure. The bookmark, version 1:

```json
{
  "replication_key": "updatedAt",
  "replication_key_value": "2026-11-01T03:00:00Z",
  "version": 1,
  "unfinished": "2026-11-03T03:00:00Z",
  "watermarks": {"2026-11-01T03:00:00Z": "1001-1400,1402", "2026-11-02T03:00:00Z": "1401"},
  "exports": [
    {"id": "b5ca52a9-...", "programs": "1001-1010", "until": "2026-11-03T03:00:00Z",
     "window": ["2026-11-01T02:00:00Z", "2026-11-03T03:00:00Z"],
     "fields": "9f86d081884c", "client": "2c26b46b68ff"}
  ]
}
```

`replication_key_value` is the lowest watermark, for tools and people that look
there; the tap itself reads `watermarks`. `unfinished` is there while a run's
plan is not done: the time up to which it was made. Fields and client id are
digests: they only have to be compared.

Sets of programs are ranges; a set whose ranges would be long is `z:` and the
base64 of the zlib of its gaps: the first id, then the distance to each next
one, seven bits a byte and the lowest first, the eighth bit set while more
follow. That is about as short as a scattered set can be, and the hundreds of
STATE lines of a run with 3,000 programs have 2 MB to share.

It must not know what the jobs are doing, and it never repairs a bookmark it
cannot read: a silent start from zero would pay the whole history again.
"""

from __future__ import annotations

import base64
import hashlib
import re
import zlib
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from tap_marketo_programs.errors import StateRefused
from tap_marketo_programs.export.job import valid_export_id
from tap_marketo_programs.export.plan import MAX_PROGRAMS, ExportSlice, Window, wire_time
from tap_marketo_programs.schemas.values import MAX_PROGRAM_ID

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

VERSION = 1
LONGEST_RANGES = 1_000
MOST_PROGRAMS = 1_000_000
_SEVEN_BITS, _MORE, _LONGEST_GAP = 0x7F, 0x80, 63
# Of all watermarks together; more is a state that no run has written.
MOST_ENTRIES = 3 * MOST_PROGRAMS

_RANGE = re.compile(r"([0-9]{1,19})(?:-([0-9]{1,19}))?")
# What the SDK itself may put into a bookmark before the first run.
_NOT_OURS = {"starting_replication_value", "replication_key_signpost"}
_DAMAGED_SET = "a set of programs is damaged"


class _Damaged(ValueError):
    """A part of a bookmark that nobody wrote; the text says which."""


@dataclass(frozen=True, slots=True)
class InFlight:
    """A job that was created and whose rows are not out yet.

    Args:
        export_id: Marketo's id of the job.
        slice: What it was asked for.
        fields: `digest()` of the export's fields.
        client: `digest()` of the client id that created it.
        without: Wanted fields that Marketo refused to export; not in `fields`.
    """

    export_id: str
    slice: ExportSlice
    fields: str
    client: str
    without: tuple[str, ...] = ()


@dataclass(slots=True)
class Ledger:
    """How far each program is known, and which jobs are under way.

    Args:
        watermarks: Program id -> everything up to here is out.
        in_flight: Export id -> job.
        unfinished: Up to when the plan of a run that did not end was made.
    """

    watermarks: dict[int, datetime] = field(default_factory=dict)
    in_flight: dict[str, InFlight] = field(default_factory=dict)
    unfinished: datetime | None = None

    def created(self, job: InFlight) -> None:
        """A job exists from now on."""
        self.in_flight[job.export_id] = job

    def dropped(self, export_id: str) -> None:
        """A job will never be read: it failed, or no longer fits."""
        self.in_flight.pop(export_id, None)

    def emitted(self, done: ExportSlice) -> None:
        """All rows of a slice are out; watermarks never go back."""
        for program_id in done.program_ids:
            before = self.watermarks.get(program_id)
            self.watermarks[program_id] = max(before, done.until) if before else done.until

    def forget(self, program_id: int) -> None:
        """A program was deleted in Marketo."""
        self.watermarks.pop(program_id, None)

    def to_bookmark(self) -> dict[str, Any]:
        """The bookmark, ready for JSON."""
        groups: dict[datetime, list[int]] = defaultdict(list)
        for program_id, watermark in self.watermarks.items():
            groups[watermark.replace(microsecond=0)].append(program_id)
        bookmark: dict[str, Any] = {"version": VERSION}
        if groups:
            bookmark["replication_key"] = "updatedAt"
            bookmark["replication_key_value"] = wire_time(min(groups))
        bookmark["unfinished"] = wire_time(self.unfinished) if self.unfinished else None
        bookmark["watermarks"] = {
            wire_time(watermark): write_programs(ids) for watermark, ids in sorted(groups.items())
        }
        bookmark["exports"] = [_write_job(job) for job in self.in_flight.values()]
        return bookmark

    @classmethod
    def from_bookmark(cls, bookmark: object) -> Ledger:
        """Read a bookmark; an empty one is a first run.

        Raises:
            StateRefused: It is not one this version wrote.
        """
        if not isinstance(bookmark, Mapping):
            reason = "it is not an object"
            raise _refused(reason)
        if not bookmark.keys() - _NOT_OURS:
            return cls()
        version = bookmark.get("version")
        if version != VERSION:
            shown = repr(version) if isinstance(version, int | float) else "missing or no number"
            reason = f"its version is {shown}, expected {VERSION}"
            raise _refused(reason)
        ledger = cls()
        try:
            ledger._read_watermarks(bookmark["watermarks"])
            for entry in bookmark["exports"]:
                ledger.created(_read_job(entry))
            unfinished = bookmark.get("unfinished")
            ledger.unfinished = None if unfinished is None else _moment(unfinished)
        except _Damaged as error:
            raise _refused(str(error)) from None
        except (LookupError, TypeError, ValueError, AttributeError):
            reason = "something in it is missing"
            raise _refused(reason) from None
        return ledger

    def _read_watermarks(self, groups: Mapping[str, str]) -> None:
        entries = 0
        for moment, programs in groups.items():
            watermark = _moment(moment)
            ids = read_programs(programs)
            entries += len(ids)
            if entries > MOST_ENTRIES:
                message = "it names too many programs"
                raise _Damaged(message)
            # A tool that merges states key by key (Meltano can) leaves a program
            # in its old group and in its new one: the higher watermark is the new one.
            for program_id in ids:
                before = self.watermarks.get(program_id)
                self.watermarks[program_id] = max(before, watermark) if before else watermark


def digest(parts: Iterable[str]) -> str:
    """Twelve hex digits that tell two lists of words apart."""
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:12]


def write_programs(program_ids: Collection[int]) -> str:
    """A set of program ids as text."""
    ids = sorted(program_ids)
    ranges = ",".join(f"{one}-{last}" if last > one else f"{one}" for one, last in _runs(ids))
    if len(ranges) <= LONGEST_RANGES:
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
        ValueError: The text was not written by `write_programs`.
    """
    ids: list[int] = []
    for first, last in _read_gaps(text[2:]) if text.startswith("z:") else _read_ranges(text):
        in_order = (ids[-1] if ids else 0) < first <= last <= MAX_PROGRAM_ID
        if not in_order or len(ids) + last - first >= MOST_PROGRAMS:
            raise _Damaged(_DAMAGED_SET)
        ids.extend(range(first, last + 1))
    return ids


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
            raise _Damaged(_DAMAGED_SET)
        yield int(match[1]), int(match[2] or match[1])


def _read_gaps(text: str) -> Iterator[tuple[int, int]]:
    unpack = zlib.decompressobj()
    try:
        # The largest set needs no more than this; a bomb must not get more.
        gaps = unpack.decompress(base64.b64decode(text, validate=True), 10 * MOST_PROGRAMS)
    except (zlib.error, ValueError):
        raise _Damaged(_DAMAGED_SET) from None
    if not unpack.eof or unpack.unused_data or gaps[-1:] > bytes([_SEVEN_BITS]):
        # A text that was cut short unpacks without an error, to a part of the set.
        raise _Damaged(_DAMAGED_SET)
    program_id = gap = shift = 0
    for byte in gaps:
        gap |= (byte & _SEVEN_BITS) << shift
        shift += 7
        if byte <= _SEVEN_BITS:
            program_id += gap
            yield program_id, program_id
            gap = shift = 0
        elif shift > _LONGEST_GAP:
            raise _Damaged(_DAMAGED_SET)


def _write_job(job: InFlight) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "id": job.export_id,
        "programs": write_programs(job.slice.program_ids),
        "until": wire_time(job.slice.until),
        "fields": job.fields,
        "client": job.client,
    }
    if job.slice.window:
        entry["window"] = [wire_time(job.slice.window.start), wire_time(job.slice.window.end)]
    if job.slice.floor:
        entry["floor"] = wire_time(job.slice.floor)
    if job.without:
        entry["without"] = list(job.without)
    return entry


def _read_job(entry: Mapping[str, Any]) -> InFlight:
    programs = tuple(read_programs(entry["programs"]))
    if not 1 <= len(programs) <= MAX_PROGRAMS:
        message = "an export has no programs, or more than one job can hold"
        raise _Damaged(message)
    try:
        export_id = valid_export_id(entry["id"])
    except ValueError:
        message = "the id of an export is damaged"
        raise _Damaged(message) from None
    return InFlight(
        export_id=export_id,
        slice=ExportSlice(
            program_ids=programs,
            window=_read_window(entry["window"]) if "window" in entry else None,
            floor=_moment(entry["floor"]) if "floor" in entry else None,
            until=_moment(entry["until"]),
        ),
        fields=str(entry["fields"]),
        client=str(entry["client"]),
        without=tuple(map(str, entry.get("without", ()))),
    )


def _read_window(ends: list[str]) -> Window:
    start, end = ends
    window = Window(_moment(start), _moment(end))
    if window.start >= window.end:
        message = "the window of an export is damaged"
        raise _Damaged(message)
    return window


def _moment(text: str) -> datetime:
    try:
        return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    except ValueError:
        message = "a time is damaged"
        raise _Damaged(message) from None


def _refused(reason: str) -> StateRefused:
    return StateRefused(
        f"The state of program_members cannot be read ({reason}). Nothing was extracted and the "
        "state is unchanged. Use a tap version that can read it, or remove "
        "bookmarks.program_members from the state to extract every member again."
    )
