"""Texts that a server sent, as a log line or an error may quote them.

Whatever is not ours may hold anything: colours and cursor moves of a terminal,
line ends that forge a log line, marks that turn the writing direction round, or
megabytes. Pure. It must not know where a text comes from.
"""

from __future__ import annotations

MAX_CHARACTERS = 300
_CUT = "…"


def quoted(text: object, limit: int = MAX_CHARACTERS) -> str:
    r"""One line of printable characters.

    Args:
        text: What to quote; anything but a text as Python writes it.
        limit: Characters at most; a longer text is cut and ends in an ellipsis.

    Returns:
        Runs of blanks and line ends as one blank, and every other character that
        does not print (controls, marks of direction, half a surrogate) in
        Python's escaped spelling, such as `\\x1b` or `\\u202e`.
    """
    # Long texts are not looked at as a whole; escaping only makes them longer.
    given = str(text)[: 4 * limit]
    line = " ".join(given.split())
    shown = "".join(one if one.isprintable() else _escaped(one) for one in line)
    return shown if len(shown) <= limit else shown[: limit - 1] + _CUT


def _escaped(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")
