"""Names and values as a user means them: case is ignored, `*` and `?` stand for others.

Pure. It must not know what the names are of.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


def trimmed(text: str) -> str:
    """A text with one spelling for each accent, and without blanks around it."""
    return unicodedata.normalize("NFC", text).strip()


def folded(text: str) -> str:
    """A text without what two spellings of it differ in: case, coded accents, blanks around it."""
    return unicodedata.normalize("NFC", trimmed(text).casefold())


def glob_matcher(glob: str) -> Callable[[str], bool]:
    """What tells whether a glob fits a whole name, whatever the case of either.

    Only `*` and `?` are special. `[` is not, unlike in `fnmatch`: names such as `[2026] Webinar`
    exist, and a name that is pasted as it is must find its program. Both ways to ignore case
    count, since `?` stands for the one letter of `ß` and `ss` is how it is written in capitals.
    """
    without_case = re.compile(_glob_pattern(folded(glob)), re.DOTALL)
    as_written = re.compile(_glob_pattern(trimmed(glob)), re.DOTALL | re.IGNORECASE)

    def fits(name: str) -> bool:
        return bool(without_case.fullmatch(folded(name)) or as_written.fullmatch(trimmed(name)))

    return fits


def _glob_pattern(glob: str) -> str:
    parts = re.split(r"(\*+|\?)", glob)
    return "".join(_WILDCARDS.get(part[:1], re.escape(part)) for part in parts)


_WILDCARDS = {"*": ".*", "?": "."}
