"""What the streams have in common whose rows are program members: a bookmark and its run.

It must not know which members are wanted, nor with which fields.
"""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING

from singer_sdk.helpers.conform import TypeConformanceLevel

from tap_marketo_programs.config.state import refuse_future
from tap_marketo_programs.streams.exported import ExportedStream

if TYPE_CHECKING:
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

    @abstractmethod
    def wanted(self) -> MemberExports:
        """What is wanted of the members now."""

    def check_bookmark(self) -> None:
        """Refuse a bookmark that cannot be read, or lies in the future."""
        if not self.given_bookmark:
            return
        # Imported here since describing the stream needs nothing of the engine.
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
