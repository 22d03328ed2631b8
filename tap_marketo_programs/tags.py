"""Tag types and their values, as far as Marketo lets one see them.

It must not know streams or Singer.

Sources: https://experienceleague.adobe.com/en/docs/marketo-developer/marketo/rest/assets/tags
and .../assets/programs ("By Tag").
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from tap_marketo_programs.errors import MarketoConfigError, ObjectNotFound, RequestRefused
from tap_marketo_programs.paging import listing
from tap_marketo_programs.schema import allowable_values, join_candidates

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from tap_marketo_programs.client import MarketoClient

logger = logging.getLogger(__name__)

TAG_TYPES_PATH = "/rest/asset/v1/tagTypes.json"
TAG_TYPE_PATH = "/rest/asset/v1/tagType/byName.json"
PROGRAMS_BY_TAG_PATH = "/rest/asset/v1/program/byTag.json"

# A value with commas in it comes back in pieces; so many pieces are put together
# again, in so many calls for each tag type.
MOST_PIECES = 3
MOST_GUESSES = 60


def tag_types(client: MarketoClient) -> Iterator[dict[str, Any]]:
    """Every tag type, with its `allowableValues` where Marketo gives them."""
    for row in listing(client, TAG_TYPES_PATH, "tagType"):
        yield {**row, **_by_name(client, row["tagType"])}


def _by_name(client: MarketoClient, name: str) -> dict[str, Any]:
    """Get Tag by Name; empty when it is not found, which Marketo says in two ways."""
    try:
        rows = client.call("GET", TAG_TYPE_PATH, params={"name": name})
    except ObjectNotFound:
        return {}
    return next((row for row in rows if isinstance(row, dict)), {})


def wanted_tags(
    client: MarketoClient,
    wanted: Sequence[Mapping[str, Any]] | None,
) -> Iterator[tuple[str, list[str]]]:
    """The tag types to read, each with its values.

    Args:
        client: Sends everything.
        wanted: The setting `program_tags`; None wants every type.

    Raises:
        MarketoConfigError: `program_tags` names a tag type that does not exist.
    """
    names = [row["tagType"] for row in listing(client, TAG_TYPES_PATH, "tagType")]
    chosen: dict[str, list[str] | None] = dict.fromkeys(names)
    if wanted is not None:
        chosen = {}
        for entry in wanted:
            chosen[_known_name(entry["tag_type"], names)] = entry.get("tag_values") or None
    for name, values in chosen.items():
        known = list(allowable_values(_by_name(client, name).get("allowableValues")))
        if values is None:
            yield name, known
        else:
            spelt = {value.casefold(): value for value in known}
            yield name, [spelt.get(value.casefold(), value) for value in values]


def _known_name(name: str, names: Collection[str]) -> str:
    for known in names:
        if known.casefold() == name.casefold():
            return known
    message = (
        f"program_tags: Marketo has no tag type '{name}'. It has: {', '.join(sorted(names))}"
        " (Admin > Tags)."
    )
    raise MarketoConfigError(message)


def hidden_values(
    client: MarketoClient, tag_type: str, parts: Sequence[str], used: set[str]
) -> Iterator[str]:
    """Values that contain a comma and so came as several `parts`.

    Marketo joins the values with ", " and escapes nothing, so only asking
    tells: a part that no program carries may be a piece of a value that some
    program does.

    Args:
        client: Sends everything.
        tag_type: The tag type.
        parts: Its values as they were read.
        used: Those of the parts that programs carry.
    """
    guesses = [
        candidate
        for candidate in join_candidates(parts, MOST_PIECES)
        if not used.issuperset(candidate.split(", "))
    ]
    if len(guesses) > MOST_GUESSES:
        logger.warning(
            "Tag type %s has %d values that no program carries; values that contain a comma "
            "cannot be told from them. Name such values in program_tags.",
            tag_type,
            len(set(parts) - used),
        )
        return
    for candidate in guesses:
        if has_programs(client, tag_type, candidate):
            yield candidate


def has_programs(client: MarketoClient, tag_type: str, value: str) -> bool:
    """Whether any program carries a tag; an unknown value may be an error."""
    params = {"tagType": tag_type, "tagValue": value, "maxReturn": 1}
    try:
        return bool(client.call("GET", PROGRAMS_BY_TAG_PATH, params=params))
    except RequestRefused:
        return False
