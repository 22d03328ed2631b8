"""Marketo's export day: midnight to midnight, Central time.

Pure. Daylight saving is taken from the time zone database, since Adobe writes
both "midnight Central" and "12:00AM CST" (the section "Limits" of
https://experienceleague.adobe.com/en/docs/marketo-developer/marketo/rest/bulk-extract/bulk-extract).
"""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tap_marketo_programs.export.job import ExportJob

CENTRAL = ZoneInfo("America/Chicago")
# Marketo's megabyte is not defined; the smaller one is the safer reading.
MEGABYTE = 1_000_000


def day_start(now: datetime) -> datetime:
    """The last midnight in Chicago, in UTC."""
    today = now.astimezone(CENTRAL).date()
    return datetime.combine(today, time(), CENTRAL).astimezone(UTC)


def next_reset(now: datetime) -> datetime:
    """The next midnight in Chicago, in UTC."""
    tomorrow = now.astimezone(CENTRAL).date() + timedelta(days=1)
    return datetime.combine(tomorrow, time(), CENTRAL).astimezone(UTC)


def used_bytes(jobs: Iterable[ExportJob], now: datetime) -> int:
    """Bytes of the jobs that completed today."""
    start = day_start(now)
    return sum(
        job.file_size or 0
        for job in jobs
        if job.finished_at is not None and job.finished_at >= start
    )


def reset_text(now: datetime) -> str:
    """When the quota resets, for a log line: local time and UTC."""
    reset = next_reset(now)
    local = reset.astimezone()
    return f"{local:%Y-%m-%d %H:%M %Z} ({reset:%Y-%m-%d %H:%M} UTC, midnight in Chicago)"
