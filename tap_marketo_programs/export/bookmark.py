"""The form of the ledger as a Singer bookmark.

Pure. The bookmark, version 3:

```json
{
  "replication_key": "updatedAt",
  "replication_key_value": "2026-11-01T03:00:00Z",
  "version": 3,
  "unfinished": "2026-11-03T03:00:00Z",
  "watermarks": {"2026-11-01T03:00:00Z": "1001-1400,1402", "2026-11-02T03:00:00Z": "1401"},
  "asked": {"2026-11-02T03:00:00Z": "1001-1350"},
  "answers": {"asked": 1402, "changed": 51},
  "questions": {"2026-11-01": 1402},
  "known_fields": "0VIG9WzSFbd+",
  "salt_mark": "xQqP",
  "lacking": {"registrationCode": "1001-1400", "webinarUrl": "=registrationCode"},
  "exports": [
    {"until": "2026-11-03T03:00:00Z", "fields": "9f86d081884c", "client": "2c26b46b68ff",
     "jobs": {"b5ca52a9-...": "1001-1010 from 2026-11-01T02:00:00Z",
              "0d35fe5b-...": "1011-1020 from 2026-11-01T02:00:00Z"}}
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
`known_fields`, `salt_mark` and `lacking` say with which fields members were exported, see
`field_notes`.

Version 1 had no `asked`, `answers` and `questions`; version 2 had an entry of its own for each
job, and longer texts. Both are read, and never written.

Sets of programs are texts, see `id_set`, `part_of_set` and `watermark_set`; the jobs are for
`job_notes`. This module never repairs a bookmark it cannot read: a silent start from zero
would pay the whole history again. It must not know what the jobs are doing.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from typing import Any

from tap_marketo_programs.errors import StateRefused
from tap_marketo_programs.export.field_notes import read_fields, write_fields
from tap_marketo_programs.export.id_set import Damaged
from tap_marketo_programs.export.job_notes import read_jobs, write_jobs
from tap_marketo_programs.export.ledger import Answers, Ledger
from tap_marketo_programs.export.watermark_set import (
    read_beside,
    read_time,
    read_watermarks,
    write_beside,
    write_watermarks,
)
from tap_marketo_programs.schemas.timestamps import wire_time

VERSION = 3
READABLE = (1, 2, VERSION)
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
    bookmark["asked"] = write_beside(ledger.asked, ledger.watermarks)
    if ledger.answers:
        bookmark["answers"] = {"asked": ledger.answers.asked, "changed": ledger.answers.changed}
    if ledger.questions:
        day, questions = ledger.questions
        bookmark["questions"] = {day.isoformat(): questions}
    bookmark |= write_fields(ledger.fields, ledger.watermarks)
    bookmark["exports"] = write_jobs(ledger.in_flight.values())
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


def jobs_size(bookmark: Mapping[str, Any]) -> tuple[int, int]:
    """How many jobs a bookmark names, and how many bytes of its line that takes."""
    exports = bookmark["exports"]
    return sum(len(one["jobs"]) for one in exports), len(json.dumps(exports, separators=(",", ":")))


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
        for job in read_jobs(bookmark["exports"]):
            ledger.created(job)
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
        for program_id, asked in read_beside(bookmark.get("asked", {}), ledger.watermarks).items()
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


def _refused(stream: str, reason: str) -> StateRefused:
    return StateRefused(
        f"The state of {stream} cannot be read ({reason}). Nothing was extracted and the "
        "state is unchanged. Use a tap version that can read it, or remove "
        f"bookmarks.{stream} from the state to extract every member again."
    )
