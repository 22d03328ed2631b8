"""Marketo's spellings of dates and times, as RFC 3339 in UTC.

Pure. It must not know which field a text comes from, and no message of it repeats the text.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta, timezone

_SPELLINGS = re.compile(
    r"(?P<date>\d{4}-\d\d-\d\d)"
    r"(?:[T ](?P<time>\d\d:\d\d:\d\d)(?:\.(?P<fraction>\d+))?"
    r" ?(?:Z(?:[+-]00:?00)?|(?P<zone>[+-]\d\d:?\d\d))?)?",
    re.ASCII,
)
_NO_DATETIME = "Not a date and time in any spelling Marketo uses."
_NO_DATE = "Not a date in any spelling Marketo uses."


def utc_timestamp(text: str) -> str:
    """A date and time of Marketo's as RFC 3339 in UTC.

    The asset API writes `2015-11-18T15:25:35Z+0000` (Adobe: Field Types warns
    of it), bulk files `2019-04-12T05:58:10Z`, programs are written with
    `.000Z`, and offsets occur with and without a colon. Where no zone or no
    time is given, UTC and midnight are meant, as everywhere in the bulk API
    (Adobe: Bulk Extract).

    Args:
        text: The text as Marketo sent it.

    Returns:
        `2015-05-21T22:45:13Z`; a fraction of a second stays unless it is zero.

    Raises:
        ValueError: It is no date and time, or not one of the calendar's.
    """
    # Nearly every cell of an export is in this form already. Slicing checks
    # the separators, `fromisoformat` all the rest, but for 24:00, which newer
    # Pythons take for the next day's midnight and RFC 3339 does not know.
    if len(text) == 20 and text[4::3] == "--T::Z" and text[11:13] != "24":  # noqa: PLR2004 -- the length of the form shown above
        try:
            datetime.fromisoformat(text)
        except ValueError:
            raise ValueError(_NO_DATETIME) from None
        return text
    return _respelt(text)


def instant(text: object) -> datetime:
    """The moment that any of those spellings names, aware, in UTC.

    Raises:
        ValueError: It is no text, or names no moment.
    """
    if not isinstance(text, str):
        raise ValueError(_NO_DATETIME)  # noqa: TRY004 -- one error for whatever is no moment
    return datetime.fromisoformat(utc_timestamp(text))


def _respelt(text: str) -> str:
    match = _SPELLINGS.fullmatch(text.strip())
    if match is None or (match["time"] or "").startswith("24"):
        raise ValueError(_NO_DATETIME)
    try:
        local = datetime.fromisoformat(f"{match['date']}T{match['time'] or '00:00:00'}")
        when = local.replace(tzinfo=_zone(match["zone"] or "+0000")).astimezone(UTC)
    except (ValueError, OverflowError):  # year 0 or 10000, only after the zone's shift
        raise ValueError(_NO_DATETIME) from None
    fraction = (match["fraction"] or "").rstrip("0")
    return when.replace(tzinfo=None).isoformat() + (f".{fraction}" if fraction else "") + "Z"


def _zone(offset: str) -> timezone:
    """`-0700` or `-07:00`; ValueError when there is no such offset."""
    shift = timedelta(hours=int(offset[1:3]), minutes=int(offset[-2:]))
    if int(offset[-2:]) >= 60:  # noqa: PLR2004 -- minutes of an hour
        raise ValueError(_NO_DATETIME)
    return timezone(-shift if offset[0] == "-" else shift)


def utc_date(text: str) -> str:
    """A date of Marketo's as `YYYY-MM-DD`.

    Args:
        text: A date, or a date and time (Adobe's OpenAPI document types a
            cost's `startDate` so), of which the date is kept as it is written.

    Returns:
        The date.

    Raises:
        ValueError: It is no date, or not one of the calendar's.
    """
    if len(text) == 10 and text[4::3] == "--":  # noqa: PLR2004 -- the length of YYYY-MM-DD
        try:
            date.fromisoformat(text)
        except ValueError:
            raise ValueError(_NO_DATE) from None
        return text
    try:
        _respelt(text)
    except ValueError:
        raise ValueError(_NO_DATE) from None
    return text.strip()[:10]


def wire_time(moment: datetime) -> str:
    """ISO 8601 without milliseconds, as Adobe's page demands."""
    # Not strftime: its %Y writes the year 999 with three digits on some systems.
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="seconds") + "Z"
