"""ACTIVATE_VERSION when it is true: after the last record of a full table.

It must not know where records come from.
"""

from __future__ import annotations

from typing import Any

from singer_sdk.streams import Stream


class ActivatesLast(Stream):
    """A stream whose ACTIVATE_VERSION follows its records.

    The SDK writes it before the first record. A target that honours it then
    drops everything of the run before, and if this run fails in the middle,
    the rest is gone until a later one succeeds.
    """

    _version_to_activate: int | None = None

    def _write_activate_version_message(self, full_table_version: int) -> None:
        """Remember the version; the records carry it already.

        Without this override the message would go out at once.
        """
        self._version_to_activate = full_table_version

    def finalize_state_progress_markers(self, state: dict[str, Any] | None = None) -> None:
        """Activate the version, now that the stream is complete."""
        if self._version_to_activate is not None:
            super()._write_activate_version_message(self._version_to_activate)
            self._version_to_activate = None
        super().finalize_state_progress_markers(state)
