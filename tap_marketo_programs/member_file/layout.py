"""Where in the rows of an export file the wanted columns are.

Columns are found by their name, not by their place, since Marketo prepends
`programId` to what was asked for (Adobe: Bulk Program Member Extract). A name
in other letters, or with blanks around it, is that name where nothing else
can be meant. A display name such as `Lead Id` cannot be told from any other
text; that column is missing.

Pure: names go in, places come out. It must not know cells.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True)
class Layout:
    """The places of the wanted columns.

    Args:
        places: For each wanted column, which cell of a row it is; None for one
            that the file does not have.
        renamed: How many were found under a name in other letters.
    """

    places: tuple[int | None, ...]
    renamed: int


def lay_out(header: Sequence[str], wanted: Sequence[str]) -> Layout:
    """Find the wanted columns; of two with one name the first counts."""
    exact: dict[str, int] = {}
    for place, name in enumerate(header):
        exact.setdefault(name, place)
    places = {name: exact[name] for name in wanted if name in exact}
    taken = {header[place] for place in places.values()}
    similar: dict[str, set[str]] = defaultdict(set)
    for name in exact.keys() - taken:
        similar[_plain(name)].add(name)
    asked = [_plain(name) for name in wanted if name not in places]
    renamed = 0
    for name in wanted:
        candidates = similar.get(_plain(name), set())
        if name not in places and len(candidates) == 1 and asked.count(_plain(name)) == 1:
            places[name] = exact[next(iter(candidates))]
            renamed += 1
    return Layout(tuple(places.get(name) for name in wanted), renamed)


def _plain(name: str) -> str:
    # A mark before the first name survives where a file has two of them.
    return name.strip().strip("\ufeff").strip().casefold()
