"""The form of the ledger as a Singer bookmark.

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

Sets of programs are texts: see `id_set`. This module must not know what the jobs are
doing, and it never repairs a bookmark it cannot read: a silent start from zero would
pay the whole history again.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from tap_marketo_programs.errors import StateRefused
from tap_marketo_programs.export.id_set import (
    MAX_IDS,
    Damaged,
    read_programs,
    write_programs,
)
from tap_marketo_programs.export.job import valid_export_id
from tap_marketo_programs.export.ledger import InFlight, Ledger
from tap_marketo_programs.export.plan import MAX_PROGRAMS, ExportSlice, Window
from tap_marketo_programs.schemas.timestamps import wire_time

VERSION = 1
# Of all watermarks together; more is a state that no run has written.
MAX_ENTRIES = 3 * MAX_IDS
# What the SDK itself may put into a bookmark before the first run.
_NOT_OURS = {"starting_replication_value", "replication_key_signpost"}


def write_bookmark(ledger: Ledger) -> dict[str, Any]:
    """The bookmark that says what a ledger knows, ready for JSON."""
    groups: dict[datetime, list[int]] = defaultdict(list)
    for program_id, watermark in ledger.watermarks.items():
        groups[watermark.replace(microsecond=0)].append(program_id)
    bookmark: dict[str, Any] = {"version": VERSION}
    if groups:
        bookmark["replication_key"] = "updatedAt"
        bookmark["replication_key_value"] = wire_time(min(groups))
    bookmark["unfinished"] = wire_time(ledger.unfinished) if ledger.unfinished else None
    bookmark["watermarks"] = {
        wire_time(watermark): write_programs(ids) for watermark, ids in sorted(groups.items())
    }
    bookmark["exports"] = [_write_job(job) for job in ledger.in_flight.values()]
    return bookmark


def read_bookmark(bookmark: object) -> Ledger:
    """Read a bookmark; an empty one is a first run.

    Raises:
        StateRefused: It is not one this version wrote.
    """
    if not isinstance(bookmark, Mapping):
        reason = "it is not an object"
        raise _refused(reason)
    if not bookmark.keys() - _NOT_OURS:
        return Ledger()
    version = bookmark.get("version")
    if version != VERSION:
        shown = repr(version) if isinstance(version, int | float) else "missing or no number"
        reason = f"its version is {shown}, expected {VERSION}"
        raise _refused(reason)
    ledger = Ledger()
    try:
        _read_watermarks(ledger, bookmark["watermarks"])
        for entry in bookmark["exports"]:
            ledger.created(_read_job(entry))
        unfinished = bookmark.get("unfinished")
        ledger.unfinished = None if unfinished is None else _moment(unfinished)
    except Damaged as error:
        raise _refused(str(error)) from None
    except (LookupError, TypeError, ValueError, AttributeError):
        reason = "something in it is missing"
        raise _refused(reason) from None
    return ledger


def _read_watermarks(ledger: Ledger, groups: Mapping[str, str]) -> None:
    entries = 0
    for moment, programs in groups.items():
        watermark = _moment(moment)
        ids = read_programs(programs)
        entries += len(ids)
        if entries > MAX_ENTRIES:
            message = "it names too many programs"
            raise Damaged(message)
        # A tool that merges states key by key (Meltano can) leaves a program
        # in its old group and in its new one: the higher watermark is the new one.
        for program_id in ids:
            before = ledger.watermarks.get(program_id)
            ledger.watermarks[program_id] = max(before, watermark) if before else watermark


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
    if job.slice.min_updated_at:
        entry["floor"] = wire_time(job.slice.min_updated_at)
    if job.without:
        entry["without"] = list(job.without)
    return entry


def _read_job(entry: Mapping[str, Any]) -> InFlight:
    programs = tuple(read_programs(entry["programs"]))
    if not 1 <= len(programs) <= MAX_PROGRAMS:
        message = "an export has no programs, or more than one job can hold"
        raise Damaged(message)
    try:
        export_id = valid_export_id(entry["id"])
    except ValueError:
        message = "the id of an export is damaged"
        raise Damaged(message) from None
    return InFlight(
        export_id=export_id,
        slice=ExportSlice(
            program_ids=programs,
            window=_read_window(entry["window"]) if "window" in entry else None,
            min_updated_at=_moment(entry["floor"]) if "floor" in entry else None,
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
        raise Damaged(message)
    return window


def _moment(text: str) -> datetime:
    try:
        return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    except ValueError:
        message = "a time is damaged"
        raise Damaged(message) from None


def _refused(reason: str) -> StateRefused:
    return StateRefused(
        f"The state of program_members cannot be read ({reason}). Nothing was extracted and the "
        "state is unchanged. Use a tap version that can read it, or remove "
        "bookmarks.program_members from the state to extract every member again."
    )
