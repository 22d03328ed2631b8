"""How Marketo writes single values: booleans and numbers as texts, texts as numbers.

Pure, and the same for the cells of an export file and for JSON. It must not
know schemas, nor what becomes of a value that cannot be read: each function
raises a bare ValueError, which repeats nothing.
"""

from __future__ import annotations

import math
import re
from decimal import Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

PLAIN_DIGITS = 18  # that many digits always fit in 64 bits

_BOOLEANS: Mapping[str, bool] = {
    "0": False,
    "1": True,
    "false": False,
    "true": True,
    "no": False,
    "yes": True,
}
_NUMBER = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?0*\d{1,3})?", re.ASCII)
_NUMBER_LENGTH = 400  # no double needs more; bounds the work on a hostile cell
INTEGER_BOUND = 2**63  # beyond it targets, and many JSON readers, lose digits
MAX_PROGRAM_ID = INTEGER_BOUND - 1
"""The largest program id; a larger one fits no target's BIGINT, and no state."""


def boolean(text: str) -> bool:
    """`1`, `true` and `yes`, `0`, `false` and `no`, in any case."""
    value = _BOOLEANS.get(text)
    if value is None:
        value = _BOOLEANS.get(text.strip().lower())
    if value is None:
        raise ValueError
    return value


def whole_number(text: str) -> int:
    """`12`, and `12.0` or `1E3` where they are whole (singer-io/tap-marketo issue 42)."""
    if len(text) <= PLAIN_DIGITS and text.isdecimal() and text.isascii():
        return int(text)
    text = text.strip()
    if len(text) > _NUMBER_LENGTH or not _NUMBER.fullmatch(text):
        raise ValueError
    exact = Decimal(text)
    # Asked before `int`, which would write out every digit of 1e999.
    if exact.adjusted() > PLAIN_DIGITS:
        raise ValueError
    whole = int(exact)
    if whole != exact or not -INTEGER_BOUND <= whole < INTEGER_BOUND:
        raise ValueError
    return whole


def number(text: str) -> int | float:
    """An int where digits alone are written, else a float that JSON can hold."""
    if len(text) <= PLAIN_DIGITS and text.replace(".", "", 1).isdecimal() and text.isascii():
        return float(text) if "." in text else int(text)
    text = text.strip()
    if len(text) > _NUMBER_LENGTH or not _NUMBER.fullmatch(text):
        raise ValueError
    if text.lstrip("+-").isdecimal() and -INTEGER_BOUND <= int(text) < INTEGER_BOUND:
        return int(text)
    value = float(text)
    if not math.isfinite(value):
        raise ValueError
    return value


def text_of(value: object) -> str:
    """A JSON value as a text: itself, or a boolean or number as JSON writes it."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return whole_text(value)
    if isinstance(value, float) and math.isfinite(value):
        return repr(value)
    raise ValueError


def whole_text(value: int) -> str:
    """An integer's digits; beyond 64 bits it is none that Marketo could mean."""
    if not -INTEGER_BOUND <= value < INTEGER_BOUND:
        raise ValueError
    return str(value)
