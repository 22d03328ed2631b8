"""Moments as Arrow has them: how they are read, and which of them are old.

Only `arrow` and the sink of Parquet batches import this, for it needs pyarrow. It must not
know which column a moment comes from, and no message of it repeats a value.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from tap_marketo_programs.schemas.timestamps import instant

if TYPE_CHECKING:
    from datetime import datetime

MOMENT = pa.timestamp("us", "UTC")
"""Every year from 1 to 9999 fits into it; nanoseconds would reach from 1677 to 2262."""

_LENGTH = len("2026-01-31T00:00:00Z")
_YEAR_ONE = -62_135_596_800_000_000  # microseconds since 1970


def to_moment(value: object) -> datetime | None:
    """A moment as records spell it; a stream map may have spelt it in another way of Marketo's.

    Raises:
        pyarrow.ArrowInvalid: It is no date and time.
    """
    if value is None:
        return None
    try:
        return instant(value)
    except ValueError:
        message = "no date and time"
        raise pa.ArrowInvalid(message) from None


def read_moments(texts: pa.StringArray) -> pa.TimestampArray | None:
    """The moments, if all are `YYYY-MM-DDThh:mm:ssZ` and of the calendar."""
    lengths = set(pc.min_max(pc.binary_length(texts)).as_py().values())
    # Of this length Arrow knows one other form, with a space for the T.
    if lengths != {_LENGTH} or b" " in texts.buffers()[2].to_pybytes():
        return None
    try:
        moments = texts.cast(MOMENT)
    except pa.ArrowInvalid:
        return None
    return moments if pc.min(moments.cast(pa.int64())).as_py() >= _YEAR_ONE else None


def not_before(moments: pa.TimestampArray, first: datetime) -> pa.BooleanArray:
    """Which moments are not in a second before that of another one; null counts as not before."""
    second = pa.scalar(first.replace(microsecond=0), MOMENT)
    return pc.fill_null(pc.greater_equal(moments, second), fill_value=True)
