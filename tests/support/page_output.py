"""What a command printed, as a page shows it, and when two such texts say the same.

Times, ids and the like differ from run to run; a page keeps those of the run that was
captured. It must not know which page it is for.
"""

from __future__ import annotations

import re

_ANSI = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
_TIMES = re.compile(
    r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d([.,]\d+)?)?(Z|[+-]\d\d:?\d\d)?)?|\d\d:\d\d:\d\d"
)
_IDS = re.compile(r"\b[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}\b|\b[0-9a-f]{4,}#[0-9a-f]{9,}\b")
_SECONDS = re.compile(r"\b\d+(\.\d+)? ?(s|ms|min|minutes|seconds|hours|h)\b")
# A dash in a table stands for a figure that is none.
_NUMBER = re.compile(r"~?\d[\d,.]*(?<![.,])|(?<=\s)-(?=\s|$)")


def shown(text: str, words: dict[str, str]) -> str:
    """An output as a page shows it.

    Args:
        text: What was printed.
        words: What stands for places and addresses of the test, by these.
    """
    text = _ANSI.sub("", text).replace("\r\n", "\n")
    for said, meant in words.items():
        text = text.replace(said, meant)
    return "".join(f"{line.rstrip()}\n" for line in text.strip("\n").split("\n"))


def same(one: str, other: str, *, alike: bool = False) -> bool:
    """Whether two outputs say the same.

    Args:
        one: An output.
        other: Another.
        alike: Whether figures may differ, and how often lines come that differ by figures only.
    """
    return _compared(one, alike=alike) == _compared(other, alike=alike)


def without_figures(text: str) -> str:
    """A text with a word in place of each time, id and figure, and one blank between words."""
    for pattern, word in ((_TIMES, "TIME"), (_IDS, "ID"), (_SECONDS, "LONG"), (_NUMBER, "N")):
        text = pattern.sub(word, text)
    return " ".join(text.split())


def _compared(text: str, *, alike: bool) -> list[str]:
    for pattern, word in ((_TIMES, "TIME"), (_IDS, "ID"), (_SECONDS, "LONG")):
        text = pattern.sub(word, text)
    if not alike:
        return text.splitlines()
    # Blanks that align figures go with these.
    lines = [" ".join(_NUMBER.sub("N", line).split()) for line in text.splitlines()]
    return list(dict.fromkeys(lines))
