"""How values are told that the user named and nothing has: some of them, what was meant, what is.

Pure. It must not know what the values are of.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tap_marketo_programs.quoting import quoted
from tap_marketo_programs.suggestions import meant

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

# What a line shows of values: those that nothing has, characters of all that exist.
MAX_UNKNOWN_SHOWN = 10
MAX_EXISTING_LENGTH = 1_000


def shown(missing: Sequence[str]) -> str:
    """The first of the values that nothing has, and how many more there are."""
    texts = [f"'{quoted(value)}'" for value in missing[:MAX_UNKNOWN_SHOWN]]
    if more := len(missing) - len(texts):
        texts.append(f"{more} more")
    return ", ".join(texts)


def question(missing: Sequence[str], known: Sequence[str]) -> str:
    """What was probably meant, and the blank before it; empty where nothing is alike."""
    looked_at = missing[:MAX_UNKNOWN_SHOWN]
    near = dict.fromkeys(filter(None, (meant(value, known) for value in looked_at)))
    return f" Did you mean {quoted(' or '.join(near))}?" if near else ""


def existing(there: Iterable[str]) -> str:
    """What there is, as far as it fits into a line."""
    return quoted(", ".join(there), MAX_EXISTING_LENGTH) or "none"
