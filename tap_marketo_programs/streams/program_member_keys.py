"""The stream of members' keys: snapshots, by which members who left can be found.

Neither an export by `updatedAt` nor a whole one shows who is no member any more, and most
targets keep rows that come no more. It must not know when a snapshot is due, how jobs are
made or files are read.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from tap_marketo_programs.marketo.describe import MemberDescription
from tap_marketo_programs.schemas.keys import KEYS, MEMBER_KEYS
from tap_marketo_programs.streams.member_stream import MemberStream

if TYPE_CHECKING:
    from collections.abc import Mapping

    from singer_sdk.tap_base import Tap

    from tap_marketo_programs.config.settings import Settings
    from tap_marketo_programs.marketo.client import MarketoClient
    from tap_marketo_programs.marketo.programs import ProgramDirectory
    from tap_marketo_programs.streams.member_exports import MemberExports


class ProgramMemberKeysStream(MemberStream):
    """Keys of program members; the stream exists where `member_keys_days` is set.

    Args:
        tap: The tap.
        client: Sends everything.
        programs: The programs wanted.
        settings: What the user wants of them.
    """

    name = "program_member_keys"
    primary_keys: ClassVar[tuple[str, ...]] = KEYS
    schema: ClassVar[dict[str, Any]] = dict(MEMBER_KEYS)

    def __init__(
        self, tap: Tap, client: MarketoClient, programs: ProgramDirectory, settings: Settings
    ) -> None:
        self.description = MemberDescription(client, ())
        super().__init__(tap, client, programs, settings)

    @property
    def properties(self) -> dict[str, Mapping[str, Any]]:
        """The columns wanted, with their types as the SCHEMA message has them."""
        return {
            name: spec
            for name, spec in self.effective_schema["properties"].items()
            if name in KEYS or self.mask.get(("properties", name), True)
        }

    def wanted(self) -> MemberExports:
        """What is wanted of the members now."""
        # Imported here since describing the stream needs nothing of the engine.
        from tap_marketo_programs.member_file.hashing import NO_HASHING  # noqa: PLC0415
        from tap_marketo_programs.streams.member_exports import MemberExports  # noqa: PLC0415

        return MemberExports(
            stream=self.name,
            client=self.client,
            programs=self.programs,
            description=self.description,
            settings=self.settings,
            properties=self.properties,
            keys=KEYS,
            hashing=NO_HASHING,
            full_table=False,
            is_dry_run=self.ABORT_AT_RECORD_COUNT is not None,
            other_jobs=self.other_jobs(),
            snapshot_days=self.settings.member_keys_days or 0,
            logger=self.logger,
        )

    def wrote_all(self) -> bool:
        """Whether this run alone wrote a whole snapshot."""
        snapshot = self._run.request.snapshot if self._run else None
        return snapshot is not None and snapshot.is_whole
