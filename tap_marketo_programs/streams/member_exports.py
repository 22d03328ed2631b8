"""A run of exports for the stream of members: from settings and bookmark to a clean end.

It must not know the SDK, nor in which form rows leave.
"""

from __future__ import annotations

from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Literal

from tap_marketo_programs.export.api import ExportApi
from tap_marketo_programs.export.bookmark import read_bookmark
from tap_marketo_programs.export.detection import MAX_ASKED_WINDOW, Detection
from tap_marketo_programs.export.ledger import digest
from tap_marketo_programs.export.plan import Bounds
from tap_marketo_programs.export.reading import AUTOMATIC, Reading
from tap_marketo_programs.export.request import ExportRequest, ExportSettings
from tap_marketo_programs.export.run import ExportRun
from tap_marketo_programs.export.snapshots import choose, exported_last
from tap_marketo_programs.export.work import Work
from tap_marketo_programs.export.workers import Remote
from tap_marketo_programs.marketo.changes import ProgramChanges
from tap_marketo_programs.member_file.oddities import FileOddities
from tap_marketo_programs.process.stdout import TargetGone
from tap_marketo_programs.streams.wanted_members import wanted_members

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
    from datetime import datetime
    from logging import Logger

    from tap_marketo_programs.config.settings import Settings
    from tap_marketo_programs.export.ledger import Ledger
    from tap_marketo_programs.export.member_filter import WantedMembers
    from tap_marketo_programs.export.snapshots import Snapshot
    from tap_marketo_programs.marketo.client import MarketoClient
    from tap_marketo_programs.marketo.describe import MemberDescription
    from tap_marketo_programs.marketo.programs import ProgramDirectory
    from tap_marketo_programs.member_file.hashing import Hashing

# A program that is listed no more may have been deleted; but a permission that was
# lost and came back must not cost every program's history once more.
MAX_ABSENCE = timedelta(days=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberExports:
    """What is wanted of the members now.

    Args:
        stream: The stream's name, for log lines and metrics.
        client: Sends everything.
        programs: The programs wanted.
        description: The fields there are.
        settings: The user's.
        properties: The JSON Schema of each wanted column.
        keys: The names of a member's key.
        hashing: Which of the columns are hashed.
        full_table: Export every member, whatever is known already.
        is_dry_run: Whether nobody keeps the state, as in a test of the connection.
        other_jobs: Ids of jobs that another stream has under way.
        snapshot_days: How often a snapshot of keys is taken; None exports members.
        logger: For what is said at the end.
    """

    stream: str
    client: MarketoClient
    programs: ProgramDirectory
    description: MemberDescription
    settings: Settings
    properties: Mapping[str, Mapping[str, Any]]
    keys: Sequence[str]
    hashing: Hashing
    full_table: bool
    is_dry_run: bool
    logger: Logger
    other_jobs: frozenset[str] = frozenset()
    snapshot_days: int | None = None

    @contextmanager
    def open(
        self, bookmark: object, save: Callable[[Mapping[str, Any]], int]
    ) -> Iterator[ExportRun]:
        """A run that goes on from a bookmark, and a clean end for every way out.

        Args:
            bookmark: The stream's, of the state.
            save: Writes a bookmark to STATE.
        """
        api = ExportApi(self.client)
        calls, retries = self.client.limits.made, self.client.retries
        work, oddities = self.work(bookmark, api), FileOddities()
        changes = ProgramChanges(self.client)
        run = ExportRun(
            Remote(api, self.programs, changes, self.description),
            work,
            Reading(self.properties, self.keys, oddities, self.hashing),
            save,
        )
        try:
            with run:
                yield run
        finally:
            try:
                # Where nobody reads any more, what was said before has to do.
                with suppress(TargetGone):
                    run.save_what_is_unsaid()
            finally:
                self._end(run, oddities, calls, retries)

    def work(self, bookmark: object, api: ExportApi | None = None) -> Work:
        """What a run that goes on from a bookmark begins with; for a plan, there is no `api`."""
        ledger = read_bookmark(bookmark, self.stream)
        return Work.begin(self._request(ledger, api), self._settings(), ledger)

    def _end(self, run: ExportRun, oddities: FileOddities, calls: int, retries: int) -> None:
        """Say what the run amounts to; the tap's calls and retries before it are not its own."""
        if self.is_dry_run:
            # Nobody keeps a test's state, so nobody would resume its jobs.
            run.cancel()
        run.tell_end(
            calls=self.client.limits.made - calls,
            retries=self.client.retries - retries,
            nulled=oddities.nulled.total(),
        )
        for warning in oddities.warnings():
            self.logger.warning("%s: %s", self.stream, warning)

    def _request(self, ledger: Ledger, api: ExportApi | None) -> ExportRequest:
        detection = self._detection()
        now = self.client.now().replace(microsecond=0)
        snapshot = self._snapshot(ledger, now)
        wanted = self.programs.ids if api is None else self._wanted(ledger, snapshot, now)
        if not self.programs.is_restricted:
            _forget_deleted(ledger, self.programs.rows, now)
        return ExportRequest(
            program_ids=wanted,
            bounds=Bounds(
                now=now,
                start_date=self.settings.start_date,
                lookback=timedelta(seconds=self.settings.lookback_seconds),
                spread=timedelta(0) if detection.method == "none" else MAX_ASKED_WINDOW,
            ),
            detection=detection,
            fields=(fields := self._fields()),
            client=digest([self.settings.client_id]),
            stream=self.stream,
            full_table=self.full_table,
            restricted=self.programs.is_restricted,
            members=self._members(wanted, snapshot, api),
            snapshot=snapshot,
            other_jobs=self.other_jobs,
            on_new_fields=self._on_new_fields,
            hashed=frozenset(name for name in fields if name in self.hashing),
            salt=self.hashing.salt_mark,
        )

    @property
    def _on_new_fields(self) -> Literal["warn", "backfill", "ignore"]:
        """What to do about new fields; a test's state is kept by nobody, and keys have none."""
        if self.is_dry_run or self.snapshot_days is not None:
            return "ignore"
        return self.settings.on_new_fields

    def _fields(self) -> list[str]:
        """The columns to ask for; `programId` comes by itself, as the first one."""
        if self.snapshot_days is not None:
            return ["leadId"]
        return ["leadId", "updatedAt", *(n for n in self.properties if n not in AUTOMATIC)]

    def _snapshot(self, ledger: Ledger, now: datetime) -> Snapshot | None:
        return None if self.snapshot_days is None else choose(ledger, self.snapshot_days, now)

    def _wanted(self, ledger: Ledger, snapshot: Snapshot | None, now: datetime) -> list[int]:
        """The programs wanted, with those that slipped through a moving listing.

        For increments a day makes no difference. But members of a program that is not in a
        snapshot, or in a full table, look like those of a deleted one.
        """
        known: Collection[int] = ()
        if snapshot is not None and snapshot.is_due:
            known = exported_last(ledger, snapshot.at)
        elif self.full_table:
            # A run within the same second counts, too.
            known = exported_last(ledger, now + timedelta(seconds=1))
        listed = self.programs.rows if known else {}
        slipped = [
            program_id
            for program_id in known
            if program_id not in listed
            and (row := self.programs.by_id(program_id))
            and self.programs.wants(row)
        ]
        return sorted({*self.programs.ids, *slipped})

    def _members(
        self, program_ids: Collection[int], snapshot: Snapshot | None, api: ExportApi | None
    ) -> WantedMembers | None:
        """Which members are wanted; where no snapshot is due, nobody is asked."""
        if snapshot and not snapshot.is_due:
            return None
        return wanted_members(self.settings.member_filter, self.programs, program_ids, api)

    def _detection(self) -> Detection:
        return Detection(
            method=self.settings.change_detection,
            calls_a_day=self.settings.daily_change_calls,
            sweep=timedelta(days=self.settings.full_sweep_days),
            calls_per_window=self.settings.max_calls_per_20_seconds,
        )

    def _settings(self) -> ExportSettings:
        return ExportSettings(
            poll_interval=self.settings.poll_interval_seconds,
            max_queued=1 if self.is_dry_run else self.settings.max_queued_exports,
            timeout=self.settings.export_timeout_seconds,
            quota_mb=self.settings.daily_export_quota_mb,
        )


def _forget_deleted(ledger: Ledger, listed: Collection[int], now: datetime) -> None:
    """Forget programs that have not been listed for long.

    Only for runs that want every program: while a filter leaves a program out, its watermark
    stands still, and its age says nothing about how long the program has not been listed.

    Args:
        ledger: What is known.
        listed: Every program there is, wanted or not.
        now: The time.
    """
    for program_id in ledger.watermarks.keys() - set(listed):
        if now - ledger.watermarks[program_id] > MAX_ABSENCE:
            ledger.forget(program_id)
