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
    from singer_sdk.tap_base import Tap

    from tap_marketo_programs.config.settings import Settings
    from tap_marketo_programs.marketo.client import MarketoClient
    from tap_marketo_programs.marketo.programs import ProgramDirectory


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
    def snapshot_days(self) -> int:
        """How often a snapshot is taken."""
        return self.settings.member_keys_days or 0

    def wrote_all(self) -> bool:
        """Whether this run alone wrote a whole snapshot."""
        snapshot = self._run.request.snapshot if self._run else None
        return snapshot is not None and snapshot.is_whole
