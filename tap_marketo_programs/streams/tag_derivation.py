"""Whether programs by tag are derived from their details, or Marketo is asked for each tag.

The cheaper way is taken, counted in calls, and both bring the same rows: wherever that is not
certain, Marketo is asked. It must not know what becomes of the rows.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from tap_marketo_programs.marketo.paging import PAGE_SIZE
from tap_marketo_programs.marketo.tag_index import TagIndex, sweep_calls
from tap_marketo_programs.marketo.tag_values import value_candidates
from tap_marketo_programs.marketo.tags import MAX_PIECES, doubtful_values, has_programs
from tap_marketo_programs.schemas.figures import counted
from tap_marketo_programs.streams.tags_by_id import NotDerivable, TagsById

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from tap_marketo_programs.marketo.client import MarketoClient
    from tap_marketo_programs.marketo.programs import ProgramDirectory
    from tap_marketo_programs.marketo.tag_index import Tag
    from tap_marketo_programs.marketo.tags import WantedTags

logger = logging.getLogger(__name__)


class Derivation:
    """The rows of each tag, as byTag would show them, made of the programs' details.

    Args:
        client: Sends what cannot be derived.
        tags: Makes the rows.
        index: The tags of all wanted programs.
    """

    def __init__(self, client: MarketoClient, tags: TagsById, index: TagIndex) -> None:
        self._client = client
        self._tags = tags
        self._index = index

    def covers(self, wanted: WantedTags) -> bool:
        """Whether it is certain which values of a tag type byTag would be asked for.

        A value with a comma in it is asked for where its pieces are not values that
        any program carries, wanted or not.
        """
        return self._tags.knows_all or not any(
            self._index.is_carried((wanted.tag_type, value))
            for value in value_candidates(wanted.told, MAX_PIECES)
        )

    def rows(self, tag: Tag) -> Iterator[dict[str, Any]] | None:
        """The programs of a tag; None if byTag has to be asked."""
        return self._tags.rows(self._index, tag) if self._index.is_certain(tag) else None

    def hidden_values(self, wanted: WantedTags, used: Collection[str]) -> Iterator[str]:
        """As `tags.hidden_values`, but asks only where a spelling leaves a doubt."""
        if not self._tags.knows_all:
            return  # no wanted program carries one, or the type would not be covered
        for value in doubtful_values(wanted, used):
            tag = (wanted.tag_type, value)
            if self._index.is_certain(tag):
                if self._index.carriers(tag):
                    yield value
            elif has_programs(self._client, *tag):
                yield value


def derive(
    client: MarketoClient, programs: ProgramDirectory, wanted: Sequence[WantedTags]
) -> Derivation | None:
    """The derivation, if that is the cheaper way; None if Marketo is to be asked for each tag."""
    values = sum(len(each.values) for each in wanted)
    try:
        return _derived(client, programs, wanted)
    except NotDerivable as reason:
        logger.info(
            "programs_by_tag: Marketo is asked for the programs of each of %d tag values, since %s",
            values,
            reason,
        )
        return None


def _derived(
    client: MarketoClient, programs: ProgramDirectory, wanted: Sequence[WantedTags]
) -> Derivation:
    """The derivation.

    Raises:
        NotDerivable: It would not be cheaper, or not certain.
    """
    if not programs.read:
        reason = "this run has read no program by id"
        raise NotDerivable(reason)
    tags = TagsById(client, programs)
    index = tags.index()
    missing = tags.missing
    sweeps = sum(
        sweep_calls(len(index.carriers((each.tag_type, value))), PAGE_SIZE)
        for each in wanted
        for value in each.values
    )
    # One answer by tag, at least, is looked at in any case.
    if len(missing) + 1 >= sweeps:
        reason = (
            f"that takes about {counted(sweeps, 'call')}, and reading "
            f"{counted(len(missing), 'more program', 'more programs')} by id would take no fewer"
        )
        raise NotDerivable(reason)
    if missing:
        tags.read_missing()
        index = tags.index()
    tags.learn(index, list(_derivable(wanted, index)))
    logger.info(
        "programs_by_tag: made of the tags of %s, read by id in this run; that took %s in place "
        "of about %s to ask for each tag value",
        counted(len(programs.read), "program"),
        counted(len(missing) + tags.samples, "more call", "more calls"),
        counted(sweeps, "call"),
    )
    return Derivation(client, tags, index)


def _derivable(wanted: Sequence[WantedTags], index: TagIndex) -> Iterator[Tag]:
    """The tags that rows may be made of."""
    for each in wanted:
        for value in (*each.values, *value_candidates(each.told, MAX_PIECES)):
            tag = (each.tag_type, value)
            if index.is_certain(tag) and index.carriers(tag):
                yield tag
