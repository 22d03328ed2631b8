"""The form of the ledger as a Singer bookmark.

Pure. The bookmark, version 2:

```json
{
  "replication_key": "updatedAt",
  "replication_key_value": "2026-11-01T03:00:00Z",
  "version": 2,
  "unfinished": "2026-11-03T03:00:00Z",
  "watermarks": {"2026-11-01T03:00:00Z": "1001-1400,1402", "2026-11-02T03:00:00Z": "1401"},
  "asked": {"2026-11-02T03:00:00Z": "1001-1350"},
  "answers": {"asked": 1402, "changed": 51},
  "questions": {"2026-11-01": 1402},
  "known_fields": "0VIG9WzSFbd+",
  "salt_mark": "xQqP",
  "lacking": {"registrationCode": "1001-1400", "webinarUrl": "=registrationCode"},
  "exports": [
    {"id": "b5ca52a9-...", "programs": "1001-1010", "until": "2026-11-03T03:00:00Z",
     "window": ["2026-11-01T02:00:00Z", "2026-11-03T03:00:00Z"],
     "fields": "9f86d081884c", "client": "2c26b46b68ff"}
  ]
}
```

The bookmark of `program_member_keys` is the same without the first two: `watermarks` say of
which snapshot the keys of each program are, `unfinished` which one the next run goes on with.

`watermarks` say up to when each program is exported, `asked` up to when Marketo said that
nothing changed since, for those programs where that is later. `replication_key_value` is
the lowest of `watermarks`, for tools and people that look there. `unfinished` is there
while a run's plan is not done: the time up to which it was made. `answers` is what the last
run that asked was told, `questions` how many programs were asked on a day in Chicago.
Fields and client id of an export are digests: they only have to be compared. `known_fields`,
`salt_mark` and `lacking` say with which fields members were exported, see `field_notes`. An
export that has `"backfill": true` brings programs once more for the sake of new fields.

Version 1 had no `asked`, `answers` and `questions`; it is read, and never written.

Sets of programs are texts, see `id_set` and `watermark_set`. This module must not know
what the jobs are doing, and it never repairs a bookmark it cannot read: a silent start from
zero would pay the whole history again.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from tap_marketo_programs.errors import StateRefused
from tap_marketo_programs.export.field_notes import read_fields, write_fields
from tap_marketo_programs.export.id_set import Damaged, read_programs, write_programs
from tap_marketo_programs.export.job import valid_export_id
from tap_marketo_programs.export.ledger import Answers, InFlight, Ledger
from tap_marketo_programs.export.plan import MAX_PROGRAMS
from tap_marketo_programs.export.slices import ExportSlice, Window
from tap_marketo_programs.export.watermark_set import (
    read_time,
    read_watermarks,
    write_watermarks,
)
from tap_marketo_programs.schemas.timestamps import wire_time

VERSION = 2
READABLE = (1, VERSION)
# What the SDK itself may put into a bookmark before the first run.
_NOT_OURS = {"starting_replication_value", "replication_key_signpost"}


def write_bookmark(ledger: Ledger, replication_key: str | None = "updatedAt") -> dict[str, Any]:
    """The bookmark that says what a ledger knows, ready for JSON.

    Args:
        ledger: What is known.
        replication_key: The stream's; None for one that has none.
    """
    bookmark: dict[str, Any] = {"version": VERSION}
    if ledger.watermarks and replication_key:
        bookmark["replication_key"] = replication_key
        bookmark["replication_key_value"] = wire_time(min(ledger.watermarks.values()))
    bookmark["unfinished"] = wire_time(ledger.unfinished) if ledger.unfinished else None
    bookmark["watermarks"] = write_watermarks(ledger.watermarks)
    bookmark["asked"] = write_watermarks(ledger.asked)
    if ledger.answers:
        bookmark["answers"] = {"asked": ledger.answers.asked, "changed": ledger.answers.changed}
    if ledger.questions:
        day, questions = ledger.questions
        bookmark["questions"] = {day.isoformat(): questions}
    bookmark |= write_fields(ledger.fields, ledger.watermarks)
    bookmark["exports"] = [_write_job(job) for job in ledger.in_flight.values()]
    return bookmark


def read_bookmark(bookmark: object, stream: str = "program_members") -> Ledger:
    """Read a bookmark; an empty one is a first run.

    Args:
        bookmark: What the state holds.
        stream: Whose it is.

    Raises:
        StateRefused: It is not one this version wrote.
    """
    try:
        return _read(bookmark)
    except _Unreadable as error:
        raise _refused(stream, str(error)) from None


def job_ids(bookmark: object) -> frozenset[str]:
    """The jobs that a bookmark names, as far as it can be read; for whoever must not take them."""
    try:
        return frozenset(_read(bookmark).in_flight)
    except _Unreadable:
        return frozenset()


class _Unreadable(Exception):
    """A bookmark cannot be read; the text says why."""


def _read(bookmark: object) -> Ledger:
    if not isinstance(bookmark, Mapping):
        reason = "it is not an object"
        raise _Unreadable(reason)
    if not bookmark.keys() - _NOT_OURS:
        return Ledger()
    version = bookmark.get("version")
    # True == 1, and is no version.
    if isinstance(version, bool) or version not in READABLE:
        shown = repr(version) if isinstance(version, int | float) else "missing or no number"
        reason = f"its version is {shown}, expected {VERSION}"
        raise _Unreadable(reason)
    ledger = Ledger()
    try:
        ledger.watermarks = read_watermarks(bookmark["watermarks"])
        _read_what_was_asked(ledger, bookmark)
        ledger.fields = read_fields(bookmark, ledger.watermarks)
        for entry in bookmark["exports"]:
            ledger.created(_read_job(entry))
        unfinished = bookmark.get("unfinished")
        ledger.unfinished = None if unfinished is None else read_time(unfinished)
    except Damaged as error:
        raise _Unreadable(str(error)) from None
    except (LookupError, TypeError, ValueError, AttributeError):
        reason = "something in it is missing"
        raise _Unreadable(reason) from None
    return ledger


def _read_what_was_asked(ledger: Ledger, bookmark: Mapping[str, Any]) -> None:
    """What version 1 does not have; with it, every program counts as not asked."""
    # What a merge has left of a program that was exported since, or forgotten, says nothing.
    ledger.asked = {
        program_id: asked
        for program_id, asked in read_watermarks(bookmark.get("asked", {})).items()
        if program_id in ledger.watermarks and asked > ledger.watermarks[program_id]
    }
    if answers := bookmark.get("answers"):
        ledger.answers = Answers(_count(answers["asked"]), _count(answers["changed"]))
    # Of several days, as a merge may leave them, the last one counts.
    for day, questions in sorted(bookmark.get("questions", {}).items()):
        ledger.questions = (date.fromisoformat(day), _count(questions))


def _count(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        message = "a number is damaged"
        raise Damaged(message)
    return value


def _yes_or_no(value: object) -> bool:
    if not isinstance(value, bool):
        message = "the kind of an export is damaged"
        raise Damaged(message)
    return value


def _write_job(job: InFlight) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "id": job.export_id,
        "programs": write_programs(job.slice.program_ids),
        "until": wire_time(job.slice.new_watermark),
        "fields": job.fields,
        "client": job.client,
    }
    if job.slice.window:
        entry["window"] = [wire_time(job.slice.window.start), wire_time(job.slice.window.end)]
    if job.slice.min_updated_at:
        entry["floor"] = wire_time(job.slice.min_updated_at)
    if job.without:
        entry["without"] = list(job.without)
    if job.is_backfill:
        entry["backfill"] = True
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
            min_updated_at=read_time(entry["floor"]) if "floor" in entry else None,
            new_watermark=read_time(entry["until"]),
        ),
        fields=str(entry["fields"]),
        client=str(entry["client"]),
        without=tuple(map(str, entry.get("without", ()))),
        is_backfill=_yes_or_no(entry.get("backfill", False)),
    )


def _read_window(ends: list[str]) -> Window:
    start, end = ends
    window = Window(read_time(start), read_time(end))
    if window.start >= window.end:
        message = "the window of an export is damaged"
        raise Damaged(message)
    return window


def _refused(stream: str, reason: str) -> StateRefused:
    return StateRefused(
        f"The state of {stream} cannot be read ({reason}). Nothing was extracted and the "
        "state is unchanged. Use a tap version that can read it, or remove "
        f"bookmarks.{stream} from the state to extract every member again."
    )
