"""Which streams a run offers, and in which order it syncs them.

It must not know how a stream is made, nor what it extracts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from singer_sdk import Tap

from tap_marketo_programs.errors import PermissionDenied

if TYPE_CHECKING:
    from singer_sdk import Stream

EXPORT_JOBS = "export_jobs"
# What takes the permission to read members.
OF_MEMBERS = ("program_members", EXPORT_JOBS)


class OfferedStreams(Tap):
    """A tap as far as its list of streams goes."""

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
