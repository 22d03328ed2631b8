"""The values of a tag type, out of the unescaped text that Marketo lists them in.

Pure. It must not know how Marketo is asked.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tap_marketo_programs.schemas.values import text_of

if TYPE_CHECKING:
    from collections.abc import Iterator


def allowable_values(told: object) -> tuple[str, ...]:
    """The values of a tag type, out of what Get Tag by Name holds them in.

    That is a string, a Java list's own, `[AAA1 RT1, AAA1 RT2]` (Adobe: Tags), and
    nothing in it is escaped: a value that itself contains a comma and a blank
    comes out as two. Nothing in the string tells; `value_candidates` names what
    could be asked for instead. An array of texts leaves no such doubt.

    Args:
        told: `allowableValues` as it came; a tag type without values has `[]` or none.

    Returns:
        The values, in Marketo's order, blank ones left out; brackets inside a value belong to it.
    """
    if isinstance(told, list):
        return tuple(value for value in map(_text_or_blank, told) if value.strip())
    inner = _inside(told)
    if ", " in inner:
        return tuple(value for value in inner.split(", ") if value.strip())
    # The other list of a tag type, `applicableProgramTypes`, has commas alone, so this
    # one may some day; blanks between them belong to no value. If it is one value with
    # commas inside, `value_candidates` has it.
    return tuple(value.strip() for value in inner.split(",") if value.strip())


def _inside(told: object) -> str:
    inner = told if isinstance(told, str) else ""
    return inner[1:-1] if inner.startswith("[") and inner.endswith("]") else inner


def _text_or_blank(value: object) -> str:
    try:
        return text_of(value)
    except ValueError:
        return ""


_COMMA = re.compile(r"(,\s*)")


def pieces(text: str) -> list[str]:
    """What stands between the commas of a text."""
    return [piece.strip() for piece in text.split(",") if piece.strip()]


def value_candidates(told: object, longest: int) -> Iterator[str]:
    """The values that `allowable_values` may have cut into pieces, or not have cut.

    Args:
        told: `allowableValues` as it came; in an array nothing is in doubt.
        longest: How many neighbours at most to take for one value.

    Yields:
        Every 1 to `longest` neighbours between commas, as they stand there, short
        ones first, none twice, and none that `allowable_values` has.
    """
    parts = _COMMA.split(_inside(told))
    seen = {"", *allowable_values(told)}
    for width in range(1, longest + 1):
        for start in range(0, len(parts) - 2 * (width - 1), 2):
            candidate = "".join(parts[start : start + 2 * width - 1]).strip()
            if candidate not in seen:
                seen.add(candidate)
                yield candidate
