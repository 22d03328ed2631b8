"""The streams as the SDK's mapper gets to know them: those that are selected.

What the stream maps say is judged by `config.stream_maps`; here it is joined
with the catalog. It must not know what a stream extracts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from singer_sdk.helpers._catalog import get_selected_schema

from tap_marketo_programs.config.stream_maps import unknown_fields
from tap_marketo_programs.errors import MarketoConfigError, MarketoError

if TYPE_CHECKING:
    import logging
    from collections.abc import Callable, Mapping, Sequence

    from singer_sdk.mapper import PluginMapper
    from singer_sdk.singerlib import Catalog, CatalogEntry

    Keys = Callable[[str], Sequence[str] | None]


def register(
    mapper: PluginMapper,
    catalog: Catalog,
    maps: Mapping[str, Any],
    keys: Keys,
    logger: logging.Logger,
) -> None:
    """Let the selected streams of a catalog be mapped.

    Args:
        mapper: Knows no stream yet.
        catalog: What there is, and what of it is selected.
        maps: The setting `stream_maps`, not misdirected.
        keys: The key of a stream; asked only where the catalog does not say it,
            since of members only Marketo knows it.
        logger: Takes the warnings.

    Raises:
        MarketoConfigError: A map cannot be followed; all of them, a line each.
    """
    lines: list[str] = []
    for entry in catalog.streams:
        try:
            lines += _register(mapper, entry, maps, keys, logger)
        except MarketoError:
            raise
        except Exception as error:  # noqa: BLE001 - whatever an alias raises; no row is near
            lines.append(f"stream_maps: {error}")
    if lines:
        message = "\n".join(dict.fromkeys(lines))
        raise MarketoConfigError(message)


def _register(
    mapper: PluginMapper,
    entry: CatalogEntry,
    maps: Mapping[str, Any],
    keys: Keys,
    logger: logging.Logger,
) -> list[str]:
    """Let a stream be mapped, if it is selected; lines on what of its maps means nothing."""
    mask = entry.metadata.resolve_selection()
    name, schema = entry.tap_stream_id, entry.schema.to_dict()
    # The SDK's private way to leave out what is not selected; its own
    # `register_raw_streams_from_catalog` uses it, for all streams alike. Without
    # it, expressions could use fields that no row has.
    chosen = get_selected_schema(name, schema, mask)
    if not mask.get((), True):
        plain = mapper.default_mapper_type(
            name, chosen, entry.key_properties, mapper.flattening_options
        )
        mapper.stream_maps[name] = [plain]
        return []
    refused, warned = unknown_fields(
        maps, name, schema.get("properties", {}), chosen.get("properties", {})
    )
    for line in warned:
        logger.warning("%s", line)
    if refused:
        return refused
    mapper.register_raw_stream_schema(name, chosen, entry.key_properties or keys(name))
    for one in mapper.stream_maps[name]:
        # The SDK names 2020-12, also where a map begins with no field. Some targets refuse all
        # but Draft 4, and what schemas here say means the same in both.
        one.transformed_schema.pop("$schema", None)
    aliases: list[object] = [one.stream_alias for one in mapper.stream_maps[name]]
    # An alias is an expression, too, and `123` is one.
    return [
        f"stream_maps of {name}: the alias {alias!r} is no text"
        for alias in aliases
        if not isinstance(alias, str)
    ]
