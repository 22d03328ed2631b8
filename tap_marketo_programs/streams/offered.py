"""Which streams a run offers, and in which order it syncs them.

It must not know how a stream is made, nor what it extracts.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from singer_sdk import Tap

from tap_marketo_programs.config.settings import Settings
from tap_marketo_programs.errors import PermissionDenied
from tap_marketo_programs.streams.hashed_fields import with_hashed_fields

if TYPE_CHECKING:
    from singer_sdk import Stream
    from singer_sdk.singerlib import Catalog

EXPORT_JOBS = "export_jobs"
MEMBERS = "program_members"
# What takes the permission to read members.
OF_MEMBERS = (MEMBERS, EXPORT_JOBS)


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
        """The streams in the order of the sync: the SDK's, by name, with `export_jobs` last.

        Without this override, `export_jobs` would not show the jobs of its own run.
        """
        streams = super().streams
        if EXPORT_JOBS in streams and next(reversed(streams)) != EXPORT_JOBS:
            streams[EXPORT_JOBS] = streams.pop(EXPORT_JOBS)
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
                self.logger.warning("%s is left out of the catalog: %s", name, error)
                del self.streams[name]
            return super().catalog_dict
