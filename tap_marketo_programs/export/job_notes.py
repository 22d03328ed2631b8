"""The form of the jobs in flight in a bookmark.

Pure. Jobs that follow each other and were asked for in the same way share an entry:
`{"until": "2026-11-03T03:00:00Z", "fields": "9f86d081884c", "client": "2c26b46b68ff",
"jobs": {"b5ca52a9-...": "1001-1010 from 2026-11-01T02:00:00Z"}}`. For each export id there are
its programs (see `id_set`), and, where it has a window, from when on; the window ends at
`until`, up to which the programs are known once its rows are written. `min_updated_at` is the
lowest that is wanted of its rows, `without` are wanted fields that Marketo refused, and
`"backfill": true` brings programs once more for the sake of new fields. Fields and client id
are digests: they only have to be compared.

Up to version 2 of the bookmark each job had an entry: with `id`, `programs` and `window` in
place of `jobs`, and with another name for `min_updated_at`. It must not know what the jobs are
doing.
"""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any

from tap_marketo_programs.export.id_set import Damaged, read_programs, write_programs
from tap_marketo_programs.export.job import valid_export_id
from tap_marketo_programs.export.ledger import InFlight
from tap_marketo_programs.export.plan import MAX_PROGRAMS
from tap_marketo_programs.export.slices import ExportSlice, Window
from tap_marketo_programs.export.watermark_set import read_time
from tap_marketo_programs.schemas.timestamps import wire_time

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

_FROM = " from "
_EARLIER_NAME = "floor"


def write_jobs(jobs: Iterable[InFlight]) -> list[dict[str, Any]]:
    """Jobs in the order in which they were created, ready for JSON."""
    return [
        {**shared, "jobs": {job.export_id: _programs_text(job) for job in alike}}
        for shared, alike in groupby(jobs, _shared)
    ]


def _shared(job: InFlight) -> dict[str, Any]:
    """What a job may have in common with the one before it."""
    entry: dict[str, Any] = {
        "until": wire_time(job.slice.new_watermark),
        "fields": job.fields,
        "client": job.client,
    }
    window = job.slice.window
    if window and not _ends_as_known(job):
        entry["window"] = [wire_time(window.start), wire_time(window.end)]
    if job.slice.min_updated_at:
        entry["min_updated_at"] = wire_time(job.slice.min_updated_at)
    if job.without:
        entry["without"] = list(job.without)
    if job.is_backfill:
        entry["backfill"] = True
    return entry


def _ends_as_known(job: InFlight) -> bool:
    """Whether a window ends where the programs are known then, as every planned one does."""
    return job.slice.window is not None and job.slice.window.end == job.slice.new_watermark


def _programs_text(job: InFlight) -> str:
    programs = write_programs(job.slice.program_ids)
    if job.slice.window is None or not _ends_as_known(job):
        return programs
    return f"{programs}{_FROM}{wire_time(job.slice.window.start)}"


def read_jobs(entries: Iterable[Mapping[str, Any]]) -> Iterator[InFlight]:
    """The jobs that entries name, in order.

    Raises:
        Damaged: Nobody wrote this.
    """
    for entry in entries:
        if "jobs" in entry:
            for export_id, text in entry["jobs"].items():
                programs, window, start = text.partition(_FROM)
                ends = {"window": [start, entry["until"]]} if window else {}
                yield _read_job({**entry, **ends, "id": export_id, "programs": programs})
        else:
            yield _read_job(entry)


def _read_job(entry: Mapping[str, Any]) -> InFlight:
    lowest = entry.get("min_updated_at", entry.get(_EARLIER_NAME))
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
            min_updated_at=None if lowest is None else read_time(lowest),
            new_watermark=read_time(entry["until"]),
        ),
        fields=str(entry["fields"]),
        client=str(entry["client"]),
        without=tuple(map(str, entry.get("without", ()))),
        is_backfill=_yes_or_no(entry.get("backfill", False)),
    )


def _yes_or_no(value: object) -> bool:
    if not isinstance(value, bool):
        message = "the kind of an export is damaged"
        raise Damaged(message)
    return value


def _read_window(ends: list[str]) -> Window:
    start, end = ends
    window = Window(read_time(start), read_time(end))
    if window.start >= window.end:
        message = "the window of an export is damaged"
        raise Damaged(message)
    return window
