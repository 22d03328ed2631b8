"""What somebody probably meant by a name that does not exist.

Pure. It must not know what the names are of.
"""

from __future__ import annotations

import re
from difflib import get_close_matches
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

# Of 1: how alike two names must be. A letter or two of a short word may differ.
LIKENESS = 0.65
# Shorter parts of a name say too little.
MIN_PART_LENGTH = 4


def meant(name: str, known: Iterable[str]) -> str | None:
    """The known name that is most like this one, if any is.

    Case, underscores and the like do not count: `programIds` is `program_ids`.
    """
    by_letters = {letters: name for name in known if (letters := _letters(name))}
    wanted = _letters(name)
    if close := get_close_matches(wanted, by_letters, n=1, cutoff=LIKENESS):
        return by_letters[close[0]]
    parts = [
        letters
        for letters in by_letters
        if len(wanted) >= MIN_PART_LENGTH and (wanted in letters or letters in wanted)
    ]
    return by_letters[parts[0]] if len(parts) == 1 else None


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """A question to end a line with, and the blank before it; empty where nothing is alike."""
    found = meant(name, known)
    return f" Did you mean {found}?" if found else ""


def _letters(name: str) -> str:
    return re.sub(r"[\W_]", "", name.lower())
