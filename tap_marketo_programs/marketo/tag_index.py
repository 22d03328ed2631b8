"""Which programs carry which tag, as Get Program by Id says of each.

Pure. It must not know how programs are read.
"""

from __future__ import annotations

import math
from collections import defaultdict
from typing import TYPE_CHECKING, Any

from tap_marketo_programs.marketo.globs import folded

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Tag = tuple[str, str]
"""A tag type and a value."""


class TagIndex:
    """The tags of some programs.

    Args:
        programs: As they were read by id, by id.

    Raises:
        ValueError: The tags of one cannot be read.
    """

    def __init__(self, programs: Mapping[int, Mapping[str, Any]]) -> None:
        # A dictionary of ids is a set that keeps its order.
        self._carriers: dict[Tag, dict[int, None]] = defaultdict(dict)
        self._spellings: dict[Tag, set[Tag]] = defaultdict(set)
        for program_id, program in programs.items():
            for tag in tags_of(program):
                self._carriers[tag][program_id] = None
                self._spellings[_folded(tag)].add(tag)

    def carriers(self, tag: Tag) -> Sequence[int]:
        """The programs that carry exactly this tag, in the order in which they were given."""
        return list(self._carriers.get(tag, ()))

    def is_certain(self, tag: Tag) -> bool:
        """Whether no program carries the tag in another spelling.

        Nobody knows whether byTag finds that one, too (letter case, blanks at the ends).
        """
        return self._spellings.get(_folded(tag), set()) <= {tag}

    def is_carried(self, tag: Tag) -> bool:
        """Whether a program carries the tag, in whichever spelling."""
        return _folded(tag) in self._spellings


def tags_of(program: Mapping[str, Any]) -> list[Tag]:
    """The tags of a program that was read by id; one without any has null or `[]`.

    Raises:
        ValueError: They are missing, or not pairs of texts.
    """
    tags = program.get("tags", "")
    if tags is None:
        return []
    if not isinstance(tags, list) or not all(isinstance(tag, dict) for tag in tags):
        raise ValueError(_UNREADABLE)
    pairs = [(tag.get("tagType"), tag.get("tagValue")) for tag in tags]
    if not all(isinstance(text, str) for pair in pairs for text in pair):
        raise ValueError(_UNREADABLE)
    return pairs


_UNREADABLE = "The tags of a program cannot be read."


def _folded(tag: Tag) -> Tag:
    return folded(tag[0]), folded(tag[1])


def sweep_calls(rows: int, page_size: int) -> int:
    """About how many calls a listing of that many rows in random order takes.

    One page is all that there is to see; several are read again until every row was met by
    chance, see `paging.OffsetSweep`.
    """
    step = page_size - 1
    pages = max(0, rows - 1) // step + 1
    missed = math.prod(
        1 - min(page_size, rows - page * step) / rows for page in range(pages) if rows
    )
    if pages == 1 or not missed:
        return pages
    return pages * math.ceil(math.log(rows) / -math.log(missed))
