"""Whether a catalog is one, and of this tap; and what of it would be passed over.

Pure. The SDK takes whatever a catalog says, extracts nothing for a stream it
does not know, and loads rows by keys that are not the stream's. It must not know how a
stream is extracted.
"""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from singer_sdk.singerlib import Catalog

from tap_marketo_programs.errors import MarketoConfigError
from tap_marketo_programs.suggestions import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

EXPECTED = 'expected what --discover prints, such as {"streams": [...]}'
METHODS = ("FULL_TABLE", "INCREMENTAL")


@dataclass(frozen=True, slots=True)
class StreamFacts:
    """What a catalog may not change.

    Args:
        keys: The key of a row; None if only Marketo knows it.
        replication_key: None for a stream that is always extracted whole.
    """

    keys: Sequence[str] | None
    replication_key: str | None


def problem(catalog: Mapping[str, Any]) -> str | None:
    """Why this is no catalog; None if it is one, of whichever tap."""
    try:
        # Without any stream the SDK would extract nothing.
        return None if Catalog.from_dict(dict(catalog)) else EXPECTED
    except (AttributeError, KeyError, TypeError, ValueError):
        return EXPECTED


def settled(
    catalog: Mapping[str, Any], streams: Mapping[str, StreamFacts]
) -> tuple[dict[str, Any], list[str]]:
    """The catalog with every choice where the SDK looks for it.

    `replication-method` among a stream's metadata is where Meltano's `metadata`
    puts it, and the SDK does not look there. What a catalog leaves out is what
    discovery says.

    Args:
        catalog: A catalog without a problem.
        streams: What there is.

    Returns:
        The catalog, and lines to warn with.

    Raises:
        MarketoConfigError: It asks for what the tap cannot do; all of it, a line each.
    """
    settled_catalog = deepcopy(dict(catalog))
    selected = Catalog.from_dict(settled_catalog)
    refused: list[str] = []
    warned: list[str] = []
    for entry in settled_catalog["streams"]:
        refused += _no_selection(entry)
        is_wanted = is_selected(selected, entry["tap_stream_id"])
        wrong, doubtful = _looked_at(entry, streams, is_selected=is_wanted)
        refused += wrong
        warned += doubtful
    if refused:
        said = "\n".join(refused)
        message = f"{said}{'' if said.endswith(('.', '?')) else '.'} Nothing was extracted."
        raise MarketoConfigError(message)
    if not any(is_selected(selected, name) for name in selected):
        warned.append("The catalog selects no stream, so nothing is extracted")
    return settled_catalog, warned


def is_selected(catalog: Catalog, stream: str) -> bool:
    """Whether a catalog wants one of the streams that it names."""
    return bool(catalog[stream].metadata.resolve_selection().get((), True))


def _looked_at(
    entry: dict[str, Any], streams: Mapping[str, StreamFacts], *, is_selected: bool
) -> tuple[list[str], list[str]]:
    """Settle one stream's choices, if it is selected; lines to refuse and to warn with."""
    name = entry["tap_stream_id"]
    if name not in streams:
        line = f"The catalog names {name}, which is no stream.{did_you_mean(name, streams)}"
        return ([line], []) if is_selected else ([], [line])
    if not is_selected:
        return [], []
    return list(_settle(entry, streams[name])), list(_doubts(entry, streams[name]))


def _no_selection(entry: Mapping[str, Any]) -> Iterator[str]:
    """Lines on selections that are neither true nor false: the SDK selects by `"false"`."""
    for item in entry.get("metadata", []):
        for choice in ("selected", "selected-by-default"):
            if item["metadata"].get(choice) not in (None, True, False):
                where = ".".join([entry["tap_stream_id"], *map(str, item["breadcrumb"][1::2])])
                yield f'The catalog\'s "{choice}" of {where} is neither true nor false'


def _settle(entry: dict[str, Any], facts: StreamFacts) -> Iterator[str]:
    """Settle one stream's method and keys; lines on what cannot be."""
    name, root = entry["tap_stream_id"], _root(entry)
    method = _method(entry) or METHODS[facts.replication_key is not None]
    if method not in METHODS:
        allowed = METHODS if facts.replication_key else METHODS[:1]
        yield (
            f"The catalog wants {name} by replication method {method}; it can be "
            f"{' or '.join(allowed)}.{did_you_mean(method, allowed)}"
        )
    for given in (entry.get("replication_key"), root.get("replication-key")):
        if given and given != facts.replication_key:
            yield (
                f"The catalog wants {name} by replication key {given}; "
                + (
                    f"it can only be {facts.replication_key}"
                    if facts.replication_key
                    else "it has none, and is always extracted whole"
                )
            )
    for given in (entry.get("key_properties"), root.get("table-key-properties")):
        if given and facts.keys and set(given) != set(facts.keys):
            yield (
                f"The catalog wants {name} by the key {', '.join(map(str, given))}; it can only "
                f"be {', '.join(facts.keys)}. For another key in the target, use "
                "__key_properties__ of stream_maps"
            )
    yield from _missing_properties(entry, facts)
    # What is asked of all streams at once cannot be had of each; the whole is no less.
    entry["replication_method"] = method if facts.replication_key else METHODS[0]
    entry["replication_key"] = facts.replication_key
    if facts.keys:
        entry["key_properties"] = list(facts.keys)


def _missing_properties(entry: Mapping[str, Any], facts: StreamFacts) -> Iterator[str]:
    properties = entry.get("schema", {}).get("properties", {})
    needed = [*(facts.keys or ()), *([facts.replication_key] if facts.replication_key else [])]
    missing = [name for name in needed if name not in properties]
    if missing:
        yield (
            f"The catalog's schema of {entry['tap_stream_id']} lacks {', '.join(missing)}; "
            "run discovery again"
        )


def _method(entry: Mapping[str, Any]) -> str:
    """The replication method that a catalog wants, in capitals; empty where it does not say."""
    root = _root(entry)
    said = (
        root.get("replication-method")
        or entry.get("replication_method")
        or root.get("forced-replication-method")
    )
    return str(said or "").upper()


def _doubts(entry: Mapping[str, Any], facts: StreamFacts) -> Iterator[str]:
    """What of a stream's metadata and old-style selection cannot be followed."""
    name = entry["tap_stream_id"]
    if _method(entry) == METHODS[1] and not facts.replication_key:
        yield f"The catalog wants {name} INCREMENTAL; it has no such way and is extracted whole"
    properties: Collection[str] = entry.get("schema", {}).get("properties", {})
    for item in entry.get("metadata", []):
        crumb, said = item["breadcrumb"], item["metadata"]
        if len(crumb) > 1 and crumb[1] not in properties and said.get("selected") is not None:
            yield (
                f"The catalog selects or deselects {crumb[1]} of {name}, which its schema does not "
                f"have.{did_you_mean(crumb[1], properties)}"
            )
    if entry.get("selected") is False:
        yield (
            f'The catalog says "selected": false beside the metadata of {name}, where it is not '
            "read; it belongs into the metadata of the stream"
        )


def _root(entry: Mapping[str, Any]) -> Mapping[str, Any]:
    return next(
        (item["metadata"] for item in entry.get("metadata", []) if not item["breadcrumb"]), {}
    )
