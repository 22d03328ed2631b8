"""The setting `hash_fields` as the stream of members follows it.

It must not know how a value is hashed, nor what a catalog selects.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from singer_sdk.singerlib import Catalog, Schema

from tap_marketo_programs.errors import MarketoConfigError
from tap_marketo_programs.member_file.hashing import NO_HASHING, Hashing
from tap_marketo_programs.schemas.hashed import with_hashes
from tap_marketo_programs.schemas.members import property_schema
from tap_marketo_programs.suggestions import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from tap_marketo_programs.config.settings import Settings
    from tap_marketo_programs.marketo.describe import MemberDescription
    from tap_marketo_programs.schemas.members import MemberField


def hashing_of(
    settings: Settings, description: MemberDescription, catalog_names: Collection[str]
) -> Hashing:
    """What is hashed of members, by which types; Marketo is asked only if anything is.

    Cells are read by the types that Marketo describes before they are hashed: a catalog
    has them as texts, or as whatever they were before the setting was made.

    Args:
        settings: The user's.
        description: The fields there are.
        catalog_names: The fields of the user's catalog: one may have been deleted in
            Marketo, and the setting is no mistake for that.

    Raises:
        MarketoConfigError: A field does not exist, so that what was meant would leave as
            it is, or is part of the key.
    """
    wanted = settings.hash_fields
    if not wanted:
        return NO_HASHING
    if settings.hash_salt is None:
        # The check of the config says so, unless somebody leaves that out.
        message = "hash_salt: missing, and hash_fields needs it. Nothing was extracted."
        raise MarketoConfigError(message)
    described = description.fields_of(wanted)
    lines = list(_refused(wanted, described, catalog_names, description.keys))
    if lines:
        message = "\n".join(lines) + " Nothing was extracted."
        raise MarketoConfigError(message)
    return Hashing(
        settings.hash_salt,
        {
            name: property_schema(described[name].data_type if name in described else "string")
            for name in wanted
        },
    )


def _refused(
    wanted: Sequence[str],
    described: Mapping[str, MemberField],
    catalog_names: Collection[str],
    keys: Collection[str],
) -> Iterator[str]:
    for name in wanted:
        if name in keys:
            yield (
                f"hash_fields: '{name}' cannot be hashed, since it is part of the key by which a "
                "target tells members apart."
            )
        elif name not in described and name not in catalog_names:
            yield (
                f"hash_fields: '{name}' is no field of members or leads; use the REST names of "
                f"Admin > Field Management.{did_you_mean(name, described)}"
            )


def with_hashed_fields(catalog: Catalog, stream: str, names: Collection[str]) -> Catalog:
    """A catalog in which a stream's hashed fields are texts, whatever it says of them."""
    entry = catalog.get_stream(stream)
    if entry is None or not names:
        return catalog
    changed = replace(entry, schema=Schema.from_dict(with_hashes(entry.schema.to_dict(), names)))
    return Catalog({**catalog, entry.tap_stream_id: changed})
