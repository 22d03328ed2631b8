"""What the streams have in common whose rows are program members: a bookmark and its run.

It must not know which members are wanted, nor with which fields.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from singer_sdk.helpers.conform import TypeConformanceLevel

from tap_marketo_programs.config.state import refuse_future
from tap_marketo_programs.member_file.hashing import NO_HASHING, Hashing
from tap_marketo_programs.streams.exported import ExportedStream

if TYPE_CHECKING:
    from collections.abc import Mapping
    from contextlib import AbstractContextManager

    from singer_sdk.tap_base import Tap

    from tap_marketo_programs.config.settings import Settings
    from tap_marketo_programs.export.run import ExportRun
    from tap_marketo_programs.marketo.client import MarketoClient
    from tap_marketo_programs.marketo.describe import MemberDescription
    from tap_marketo_programs.marketo.programs import ProgramDirectory
    from tap_marketo_programs.streams.member_exports import MemberExports


class MemberStream(ExportedStream):
    """Program members, by exports.

    Args:
        tap: The tap.
        client: Sends everything.
        programs: The programs wanted.
        settings: What the user wants of them.
    """

    description: MemberDescription
    # Cells are typed once, where they are read, by the very schema that goes out.
    TYPE_CONFORMANCE_LEVEL = TypeConformanceLevel.NONE

    def __init__(
        self, tap: Tap, client: MarketoClient, programs: ProgramDirectory, settings: Settings
    ) -> None:
        self.settings = settings
        self.client = client
        self.programs = programs
        super().__init__(tap)

    @property
    def describe_calls(self) -> int:
        """How many calls describing the stream takes."""
        return 0

    # What is wanted of the members; a stream says where it differs

    @property
    def hashing(self) -> Hashing:
        """Which fields leave as hashes, and how."""
        return NO_HASHING

    @property
    def exports_all(self) -> bool:
        """Whether every member is exported, whatever is known already."""
        return False

    @property
    def snapshot_days(self) -> int | None:
        """How often a snapshot of keys is taken; None exports members."""
        return None

    @cached_property
    def properties(self) -> dict[str, Mapping[str, Any]]:
        """The columns wanted, with their types as the SCHEMA message has them."""
        always = {*self.primary_keys, self.replication_key}
        return {
            name: spec
            for name, spec in self.effective_schema["properties"].items()
            if name in always or self.mask.get(("properties", name), True)
        }

    def wanted(self) -> MemberExports:
        """What is wanted of the members now."""
        # Imported here since describing the stream needs nothing of the engine.
        from tap_marketo_programs.streams.member_exports import MemberExports  # noqa: PLC0415

        return MemberExports(
            stream=self.name,
            client=self.client,
            programs=self.programs,
            description=self.description,
            settings=self.settings,
            properties=self.properties,
            keys=self.primary_keys,
            hashing=self.hashing,
            full_table=self.exports_all,
            is_dry_run=self.ABORT_AT_RECORD_COUNT is not None,
            other_jobs=self.other_jobs(),
            snapshot_days=self.snapshot_days,
            logger=self.logger,
        )

    def check_bookmark(self) -> None:
        """Refuse a bookmark that cannot be read, or lies in the future."""
        if not self.given_bookmark:
            return
        # Imported here for the same reason.
        from tap_marketo_programs.export.bookmark import read_bookmark  # noqa: PLC0415

        if known := read_bookmark(self.given_bookmark, self.name).latest:
            refuse_future(self.name, known, self.client.now())

    def exports(self) -> AbstractContextManager[ExportRun]:
        """A run for what is wanted now."""
        return self.wanted().open(self.stream_state, self.save)

    def other_jobs(self) -> frozenset[str]:
        """The jobs that the other streams of members have under way, which are not ours."""
        # Imported here for the same reason.
        from tap_marketo_programs.export.bookmark import job_ids  # noqa: PLC0415

        bookmarks = self.tap_state.get("bookmarks", {})
        others = [
            name
            for name, stream in self._tap.streams.items()
            if isinstance(stream, MemberStream) and stream is not self
        ]
        return frozenset().union(*(job_ids(bookmarks.get(name, {})) for name in others))
