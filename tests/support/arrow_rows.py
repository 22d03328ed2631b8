"""Rows of Arrow's tables as records have them.

It must not know what a test expects of them.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any


def in_text(row: dict[str, Any]) -> dict[str, Any]:
    """A row with moments as records spell them."""
    return {
        name: spelt(value) if isinstance(value, datetime) else value for name, value in row.items()
    }


def spelt(moment: datetime) -> str:
    """A moment in UTC as RFC 3339, without the zeros at the end of a fraction."""
    assert moment.utcoffset() == timedelta(0)
    whole, _, fraction = moment.replace(tzinfo=None).isoformat().partition(".")
    return whole + (f".{fraction.rstrip('0')}" if fraction else "") + "Z"
