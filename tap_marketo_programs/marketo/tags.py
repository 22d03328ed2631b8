"""Tag types and their values, as far as Marketo lets one see them.

It must not know streams or Singer.

Sources: https://experienceleague.adobe.com/en/docs/marketo-developer/marketo/rest/assets/tags
and .../assets/programs ("By Tag").
"""

from __future__ import annotations

import logging
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tap_marketo_programs.errors import MarketoConfigError, ObjectNotFound, RequestRefused
from tap_marketo_programs.marketo import unknown_values
from tap_marketo_programs.marketo.globs import folded
from tap_marketo_programs.marketo.paging import ask, listing
from tap_marketo_programs.marketo.records import detailed, row_of
from tap_marketo_programs.marketo.tag_values import allowable_values, pieces, value_candidates
from tap_marketo_programs.marketo.verdicts import means_unknown_tag_value
from tap_marketo_programs.quoting import quoted
from tap_marketo_programs.schemas.assets import TAG_TYPES

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from tap_marketo_programs.marketo.client import MarketoClient
    from tap_marketo_programs.schemas.oddities import Oddities

logger = logging.getLogger(__name__)

TAG_TYPES_PATH = "/rest/asset/v1/tagTypes.json"
TAG_TYPE_PATH = "/rest/asset/v1/tagType/byName.json"
PROGRAMS_BY_TAG_PATH = "/rest/asset/v1/program/byTag.json"

# A value with commas in it comes back in pieces: how many of them are put together
# again, and in how many calls for each tag type.
MAX_PIECES = 3
MAX_GUESSES = 60


def tag_types(client: MarketoClient, odd: Oddities) -> Iterator[dict[str, Any]]:
    """Every tag type, with its `allowableValues` where Marketo gives them."""
    for row in listing(client, TAG_TYPES_PATH, "tagType", odd=odd):
        name = row["tagType"]
        details = tag_details(client, name)
        if details is None:
            odd.bare["tag types without allowableValues"] += 1
        yield {**detailed(row, details or {}), "tagType": name}


def none_if_unknown(tag_type: str, rows: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """The programs that "By Tag" answers for one tag: none of a value that it calls unknown.

    Args:
        tag_type: The tag's type, for the log.
        rows: The answer, as it is read; what it raises after its first row stays an error.
    """
    found = False
    try:
        for row in rows:
            found = True
            yield row
    except RequestRefused as error:
        if found or not means_unknown_tag_value(error):
            raise
        logger.info("No programs for a value of tag type %s (%s)", quoted(tag_type), error)


def tag_details(client: MarketoClient, name: str) -> dict[str, Any] | None:
    """Get Tag by Name; None when it is not found, which Marketo says in two ways."""
    try:
        rows = ask(client, TAG_TYPE_PATH, {"name": name})
    except ObjectNotFound:
        return None
    return row_of(rows, "tagType", name, TAG_TYPES)


@dataclass(frozen=True, slots=True)
class WantedTags:
    """The values wanted of one tag type.

    Args:
        tag_type: Its name, as Marketo spells it.
        values: The values, in Marketo's spelling too, none twice.
        told: Marketo's list, where all values are wanted: what was read out of it may
            be pieces of a value with a comma.
        named: Of the values, those that stand for each that the user named.
        known: All values that Marketo lists, wanted or not.
    """

    tag_type: str
    values: Sequence[str]
    told: object = None
    named: Mapping[str, Sequence[str]] = field(default_factory=dict)
    known: Sequence[str] = ()


def wanted_tags(
    client: MarketoClient,
    wanted: Sequence[Mapping[str, Any]] | None,
) -> Iterator[WantedTags]:
    """The tag types to read, each with its values.

    Args:
        client: Sends everything.
        wanted: The setting `program_tags`; None wants every type.

    Raises:
        MarketoConfigError: `program_tags` names a tag type that does not exist.
    """
    names = [row["tagType"] for row in listing(client, TAG_TYPES_PATH, "tagType")]
    # No values: all of them, whatever another entry for the same type says.
    chosen: dict[str, list[list[str] | None]] = {name: [None] for name in names}
    if wanted is not None:
        chosen = defaultdict(list)
        for entry in wanted:
            values = entry.get("tag_values") or None
            chosen[_known_name(entry["tag_type"], names)].append(values)
    for name, entries in chosen.items():
        told = (tag_details(client, name) or {"allowableValues": False}).get("allowableValues")
        known = allowable_values(told)
        named = _spelt([value for values in entries for value in values or ()], told)
        values = [spelling for spellings in named.values() for spelling in spellings]
        if None in entries:
            values = [*known, *values]
            _tell_untold(name, told, is_named=bool(named))
        yield WantedTags(
            tag_type=name,
            values=list(dict.fromkeys(values)),
            told=told if None in entries else None,
            named=named,
            known=known,
        )


def _tell_untold(name: str, told: object, *, is_named: bool) -> None:
    """Say that the values of a tag type are not known, where all are wanted."""
    if not isinstance(told, str | list | None):
        logger.warning(
            "Marketo does not tell the values of tag type '%s', so %s. Name its values in "
            "program_tags.",
            quoted(name),
            "only those are read that are named"
            if is_named
            else "it counts as carried by no program",
        )


def _spelt(named: Sequence[str], told: object) -> dict[str, Sequence[str]]:
    """Values that the user named, each with the ways in which Marketo spells it."""
    longest = max((value.count(",") for value in named), default=0) + 1
    spellings: dict[str, list[str]] = defaultdict(list)
    for candidate in (*allowable_values(told), *value_candidates(told, longest)):
        spellings[folded(candidate)].append(candidate)
    return {value: spellings.get(folded(value), [value]) for value in named}


def _known_name(name: str, names: Collection[str]) -> str:
    alike = [known for known in names if folded(known) == folded(name)]
    if alike:
        return name if name in alike else alike[0]
    message = (
        f"program_tags: Marketo has no tag type '{quoted(name)}'."
        f"{unknown_values.question([name], sorted(names))} "
        f"It has: {unknown_values.existing(sorted(names))} (Admin > Tags)."
    )
    raise MarketoConfigError(message)


def hidden_values(
    client: MarketoClient, wanted: WantedTags, used: Collection[str]
) -> Iterator[str]:
    """Values that contain a comma and so came in several pieces: those that a program carries.

    Args:
        client: Sends everything.
        wanted: The tag type, with its list as it came.
        used: Those of the pieces that programs carry.
    """
    for candidate in doubtful_values(wanted, used):
        if has_programs(client, wanted.tag_type, candidate):
            yield candidate


def doubtful_values(wanted: WantedTags, used: Collection[str]) -> Sequence[str]:
    """What may be a value with a comma in it, of which only programs tell.

    Marketo joins the values with ", " and escapes nothing, so only asking
    tells: a part that no program carries, or that the list has twice, may be a
    piece of a value that some program does carry.

    Args:
        wanted: The tag type, with its list as it came.
        used: Those of the pieces that programs carry.
    """
    parts = allowable_values(wanted.told)
    suspects = {part for part, times in Counter(parts).items() if part not in used or times > 1}
    doubtful = {piece for part in suspects for piece in pieces(part)}
    guesses = [
        candidate
        for candidate in value_candidates(wanted.told, MAX_PIECES)
        if not doubtful.isdisjoint(pieces(candidate))
    ]
    if len(guesses) <= MAX_GUESSES:
        return guesses
    logger.warning(
        "Tag type %s has %d values that no program carries; values that contain a comma "
        "cannot be told from them. Name such values in program_tags.",
        quoted(wanted.tag_type),
        len(suspects),
    )
    return []


def has_programs(client: MarketoClient, tag_type: str, value: str) -> bool:
    """Whether any program carries a tag; an unknown value may be an error."""
    params = {"tagType": tag_type, "tagValue": value, "maxReturn": 1}
    try:
        return bool(ask(client, PROGRAMS_BY_TAG_PATH, params))
    except RequestRefused as error:
        if not means_unknown_tag_value(error):
            raise
        return False
