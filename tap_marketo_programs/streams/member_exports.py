"""A run of exports for the stream of members: from settings and bookmark to a clean end.

It must not know the SDK, nor in which form rows leave.
"""

from __future__ import annotations

from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from tap_marketo_programs.export.api import ExportApi
from tap_marketo_programs.export.bookmark import read_bookmark
from tap_marketo_programs.export.detection import MAX_ASKED_WINDOW, Detection
from tap_marketo_programs.export.ledger import digest
from tap_marketo_programs.export.plan import Bounds
from tap_marketo_programs.export.request import ExportRequest, ExportSettings
from tap_marketo_programs.export.run import ExportRun
from tap_marketo_programs.export.verify import AUTOMATIC, Reading
from tap_marketo_programs.export.work import Work
from tap_marketo_programs.export.workers import Remote
from tap_marketo_programs.marketo.changes import ProgramChanges
from tap_marketo_programs.member_file.oddities import FileOddities
from tap_marketo_programs.process.stdout import TargetGone

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
    from datetime import datetime
    from logging import Logger

    from tap_marketo_programs.config.settings import Settings
    from tap_marketo_programs.export.ledger import Ledger
    from tap_marketo_programs.marketo.client import MarketoClient
    from tap_marketo_programs.marketo.describe import MemberDescription
    from tap_marketo_programs.marketo.programs import ProgramDirectory

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
        full_table: Export every member, whatever is known already.
        is_dry_run: Whether nobody keeps the state, as in a test of the connection.
        logger: For what is said at the end.
    """

    stream: str
    client: MarketoClient
    programs: ProgramDirectory
    description: MemberDescription
    settings: Settings
    properties: Mapping[str, Mapping[str, Any]]
    keys: Sequence[str]
    full_table: bool
    is_dry_run: bool
    logger: Logger

    @contextmanager
    def open(
        self, bookmark: object, save: Callable[[Mapping[str, Any]], None]
    ) -> Iterator[ExportRun]:
        """A run that goes on from a bookmark, and a clean end for every way out.

        Args:
            bookmark: The stream's, of the state.
            save: Writes a bookmark to STATE.
        """
        work, oddities = self.work(bookmark), FileOddities()
        api = ExportApi(self.client)
        changes = ProgramChanges(self.client)
        run = ExportRun(
            Remote(api, self.programs, changes, self.description),
            work,
            Reading(self.properties, self.keys, oddities),
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
                self._end(run, oddities)

    def work(self, bookmark: object) -> Work:
        """What a run that goes on from a bookmark begins with."""
        ledger = read_bookmark(bookmark)
        return Work.begin(self._request(ledger), self._settings(), ledger)

    def _end(self, run: ExportRun, oddities: FileOddities) -> None:
        if self.is_dry_run:
            # Nobody keeps a test's state, so nobody would resume its jobs.
            run.cancel()
        run.tell_end(
            calls=self.client.limits.made,
            retries=self.client.retries,
            nulled=oddities.nulled.total(),
        )
        for warning in oddities.warnings():
            self.logger.warning("%s", warning)

    def _request(self, ledger: Ledger) -> ExportRequest:
        detection = self._detection()
        now, wanted = self.client.now().replace(microsecond=0), self.programs.ids
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
            # `programId` comes by itself, as the first column.
            fields=["leadId", "updatedAt", *(n for n in self.properties if n not in AUTOMATIC)],
            client=digest([self.settings.client_id]),
            stream=self.stream,
            full_table=self.full_table,
            restricted=self.programs.is_restricted,
            on_new_fields="ignore" if self.is_dry_run else self.settings.on_new_fields,
        )

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
