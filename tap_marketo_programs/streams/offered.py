"""Which streams a run offers, and in which order it syncs them.

It must not know how a stream is made, nor what it extracts.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from singer_sdk import Tap

from tap_marketo_programs.config.catalog import is_selected
from tap_marketo_programs.config.settings import Settings
from tap_marketo_programs.config.stream_maps import OPTIONAL
from tap_marketo_programs.errors import PermissionDenied
from tap_marketo_programs.streams.hashed_fields import with_hashed_fields

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from singer_sdk import Stream
    from singer_sdk.singerlib import Catalog

EXPORT_JOBS = "export_jobs"
MEMBERS = "program_members"
MEMBER_KEYS = "program_member_keys"
# What takes the permission to read members.
OF_MEMBERS = (MEMBERS, MEMBER_KEYS, EXPORT_JOBS)
# What is synced after all others, in this order.
LAST = (MEMBER_KEYS, EXPORT_JOBS)


def exists(name: str, config: Mapping[str, Any]) -> bool:
    """Whether there is a stream, by the settings."""
    return name not in OPTIONAL or config.get(OPTIONAL[name]) is not None


class OfferedStreams(Tap):
    """A tap as far as its list of streams goes."""

    @cached_property
    def settings(self) -> Settings:
        """Our own settings; the SDK's stand in `config`."""
        return Settings.from_config(self.config)

    @cached_property
    def input_catalog(self) -> Catalog | None:
        """The user's catalog, with hashed fields as texts.

        Without this override, a catalog from before a field was hashed would have it as a
        date or a number in the SCHEMA message.
        """
        catalog = super().input_catalog
        names = self.settings.hash_fields
        return with_hashed_fields(catalog, MEMBERS, names) if catalog and names else catalog

    @property
    def streams(self) -> dict[str, Stream]:
        """The streams in the order of the sync: the SDK's, by name, but for the last ones.

        Without this override, keys would be exported before the members, which are wanted
        sooner, and `export_jobs` would not show the jobs of its own run.
        """
        streams = super().streams
        last = [name for name in LAST if name in streams]
        if last != list(streams)[-len(last) :]:
            for name in last:
                streams[name] = streams.pop(name)
        return streams

    @property
    def catalog_dict(self) -> dict[str, Any]:
        """The catalog that discovery prints: what this API user may read.

        Without this override, a missing permission for members would hide the programs.
        """
        try:
            return super().catalog_dict
        except PermissionDenied as error:
            for name in OF_MEMBERS:
                if name in self.streams:
                    self.logger.warning("%s is left out of the catalog: %s", name, error)
                    del self.streams[name]
            return super().catalog_dict

    def misfits(self) -> Iterator[str]:
        """Lines on streams that the user's catalog and settings do not agree on."""
        if (catalog := self.input_catalog) is None:
            return
        if MEMBERS not in catalog:
            yield (
                f"The catalog does not have {MEMBERS}, so no member is extracted. Discovery leaves "
                "it out where a permission is missing: run it again once that is given (with "
                "Meltano: meltano run --refresh-catalog)"
            )
        for name, setting in OPTIONAL.items():
            is_named = name in catalog
            if exists(name, self.config) and not is_named:
                yield (
                    f"{setting} is set, and the catalog does not have {name}, so it is not "
                    "extracted; run discovery again"
                )
            elif is_named and is_selected(catalog, name) and not exists(name, self.config):
                yield (
                    f"The catalog selects {name}, which there is only where {setting} is set; it "
                    "is not extracted"
                )
