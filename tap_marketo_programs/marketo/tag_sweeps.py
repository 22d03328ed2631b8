"""The programs that carry the tags of `program_tags`: each tag is asked for once in a run.

Which programs are wanted follows from them, and the stream of programs by tag has the same
rows, so both mean the same programs. It must not know streams or Singer, nor what else
restricts programs.

Source: https://experienceleague.adobe.com/en/docs/marketo-developer/marketo/rest/assets/programs
("By Tag").
"""

from __future__ import annotations

import logging
from functools import cached_property
from typing import TYPE_CHECKING, Any

from tap_marketo_programs.marketo import unknown_values
from tap_marketo_programs.marketo.paging import OffsetSweep, swept
from tap_marketo_programs.marketo.tags import (
    PROGRAMS_BY_TAG_PATH,
    hidden_values,
    none_if_unknown,
    wanted_tags,
)
from tap_marketo_programs.quoting import quoted
from tap_marketo_programs.schemas.oddities import Oddities

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tap_marketo_programs.marketo.client import MarketoClient
    from tap_marketo_programs.marketo.tag_index import Tag
    from tap_marketo_programs.marketo.tags import WantedTags

    Rows = Sequence[dict[str, Any]]

logger = logging.getLogger(__name__)


class TagSweeps:
    """What "By Tag" answers for each wanted tag.

    Args:
        client: Sends everything.
        wanted: The setting `program_tags`.
    """

    def __init__(self, client: MarketoClient, wanted: Sequence[Mapping[str, Any]]) -> None:
        self._client = client
        self._named = wanted

    @cached_property
    def wanted(self) -> Sequence[WantedTags]:
        """The tags, as Marketo spells them.

        Raises:
            MarketoConfigError: A tag type does not exist.
        """
        return list(wanted_tags(self._client, self._named))

    @cached_property
    def rows(self) -> Mapping[Tag, Rows]:
        """The programs of each tag that any carries, whatever else is wanted of them."""
        odd = Oddities()
        found: dict[Tag, Rows] = {}
        for tags in self.wanted:
            of_type: dict[str, Rows] = {}
            for value in tags.values:
                of_type[value] = self._sweep((tags.tag_type, value), odd)
            used = [value for value, rows in of_type.items() if rows]
            for value in hidden_values(self._client, tags, used):
                of_type[value] = self._sweep((tags.tag_type, value), odd)
            found |= {(tags.tag_type, value): rows for value, rows in of_type.items() if rows}
        odd.tell(logger, PROGRAMS_BY_TAG_PATH)
        return found

    @property
    def ids(self) -> set[int]:
        """The programs that carry any."""
        return {row["id"] for rows in self.rows.values() for row in rows}

    @property
    def unused(self) -> list[str]:
        """Lines on values that the user named and no program carries, one for each tag type."""
        lines = (_unused_line(tags, self._unused_of(tags)) for tags in self.wanted)
        return [line for line in lines if line]

    def _unused_of(self, tags: WantedTags) -> list[str]:
        return [
            value
            for value, spellings in tags.named.items()
            if not any((tags.tag_type, one) in self.rows for one in spellings)
        ]

    def _sweep(self, tag: Tag, odd: Oddities) -> Rows:
        params = {"tagType": tag[0], "tagValue": tag[1]}
        sweep = OffsetSweep("id", ordered=False, odd=odd)
        rows = swept(self._client, PROGRAMS_BY_TAG_PATH, sweep, params)
        return list(none_if_unknown(tag[0], rows))


def _unused_line(tags: WantedTags, unused: Sequence[str]) -> str:
    """What was named of a tag type and no program carries; empty if there is nothing."""
    known = set(tags.known)
    is_strange = {value: bool(known) and known.isdisjoint(tags.named[value]) for value in unused}
    strange = [value for value in unused if is_strange[value]]
    unused = [value for value in unused if not is_strange[value]]
    kind = f"tag type '{quoted(tags.tag_type)}'"
    lines = []
    if strange:
        lines.append(
            f"{kind} has no value {unknown_values.shown(strange)}."
            f"{unknown_values.question(strange, tags.known)} "
            f"It has: {unknown_values.existing(tags.known)} (Admin > Tags)."
        )
    if unused:
        start = "No" if lines else "no"
        lines.append(f"{start} program has the value {unknown_values.shown(unused)} of {kind}.")
    return f"program_tags: {' '.join(lines)}" if lines else ""
