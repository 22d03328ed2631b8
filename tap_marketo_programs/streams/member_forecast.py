"""What a run would do for a stream of members: its own plan, made with nothing created.

It must not know how exports are run, nor how a forecast is shown. Of Marketo it asks what
the stream's fields are, and for changes only if it is told to.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import TYPE_CHECKING

from tap_marketo_programs.export import resume
from tap_marketo_programs.export.actions import Now
from tap_marketo_programs.export.expected import Known
from tap_marketo_programs.export.forecast import Forecast, forecast_exports
from tap_marketo_programs.export.job import ExportStatus
from tap_marketo_programs.export.learned import KEYS_ROW, alike, learn, learn_of_keys
from tap_marketo_programs.export.planning import add_plan, exported_until
from tap_marketo_programs.export.quota import midnight_text
from tap_marketo_programs.export.slices import Window
from tap_marketo_programs.export.tasks import Kind, Phase
from tap_marketo_programs.marketo.member_counts import MAX_SPAN, MemberCounts
from tap_marketo_programs.schemas.figures import duration_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tap_marketo_programs.export.job import ExportJob
    from tap_marketo_programs.export.learned import Learned
    from tap_marketo_programs.export.makespan import Pace
    from tap_marketo_programs.export.quota import ExportQuota
    from tap_marketo_programs.export.work import Work
    from tap_marketo_programs.streams.member_stream import MemberStream

logger = logging.getLogger(__name__)

# How many programs are asked between two lines that say so.
ASKED_A_LINE = 500


class MemberForecast:
    """The forecast of a stream of members, or of their keys.

    Args:
        stream: The stream, with its catalog and its state.
        listed: This API user's jobs of the past seven days.
        asks: Whether Marketo is asked for changes, with a call for each program.

    Attributes:
        work: What the run would begin with.
        learned: What the listed jobs tell.
    """

    def __init__(
        self,
        stream: MemberStream,
        listed: Sequence[ExportJob],
        *,
        asks: bool,
    ) -> None:
        self._stream = stream
        self._asks = asks
        made = stream.client.limits.made
        self.work: Work = stream.wanted().work(stream.given_bookmark)
        # Of the channels, for a filter of members.
        self._filter_calls = stream.client.limits.made - made
        self.work.quota.used_before(job for job in listed if job.status is ExportStatus.COMPLETED)
        self._header = _header_bytes(self.work.fields)
        self._snapshot = self.work.request.snapshot
        of_keys = alike(listed, of_keys=True)
        self._is_guess = self._snapshot is not None and not any(map(_has_rows, of_keys))
        self.learned: Learned = (
            learn(alike(listed, of_keys=False), self._header)
            if self._snapshot is None
            else learn_of_keys(listed, self._header)
        )
        self._resume({job.export_id: job for job in listed})
        add_plan(self.work)

    @property
    def quota(self) -> ExportQuota:
        """What this API user's jobs exported today."""
        return self.work.quota

    def make(self, pace: Pace) -> Forecast:
        """The forecast, for calls as fast as that."""
        answers = self.work.ledger.answers
        known = Known(
            learned=self.learned,
            header_bytes=self._header,
            rows=self._counted(pace) if self._asks else None,
            share=answers.share if answers else None,
        )
        other_calls = self._stream.describe_calls + self._filter_calls
        found = forecast_exports(self.work, known, pace, other_calls=other_calls)
        if self._snapshot is None:
            return found
        if not self._snapshot.is_due:
            note = f"the next snapshot is not due before {midnight_text(self._snapshot.next_at)}"
            return replace(found, notes=(note,))
        if not (found.jobs and self._is_guess and found.megabytes is not None):
            return found
        note = (
            "no snapshot of the past seven days tells how large one is: it is taken to have the "
            f"rows of the largest exports of members, {KEYS_ROW} bytes each (a guess)"
        )
        return replace(found, guesses=found.guesses | {"megabytes"}, notes=(*found.notes, note))

    def _resume(self, listed: Mapping[str, ExportJob]) -> None:
        """Go on with the jobs that the state names, as the list shows them."""
        work, exportable = self.work, None
        clock = self._stream.client.clock
        now = Now(clock.monotonic(), work.request.bounds.now)
        resume.note_unsaid_rows(work)
        for flight in list(work.ledger.in_flight.values()):
            if exportable is None and resume.needs_fields(work, flight):
                exportable = self._stream.description.exportable_fields()
            job = listed.get(flight.export_id)
            if job is not None and resume.fits(work, flight, exportable):
                resume.resume_job(work, flight, job, "", now)
            else:
                resume.abandon(work, flight, running=job is not None)
        work.tasks.tasks.sort(key=lambda task: task.slice.new_watermark)

    def _counted(self, pace: Pace) -> dict[int, int | None]:
        """The rows that changed in each known program, as far as Marketo tells."""
        spans = self._spans()
        if spans:
            told = duration_text(pace.seconds(len(spans)))
            logger.info("Asking %d programs for changes takes about %s", len(spans), told)
        counts, found = MemberCounts(self._stream.client), {}
        for number, (program_id, span) in enumerate(spans.items(), start=1):
            found[program_id] = counts.between(program_id, span.start, span.end)
            if number % ASKED_A_LINE == 0:
                logger.info("%d of %d programs asked for changes", number, len(spans))
        return found

    def _spans(self) -> dict[int, Window]:
        """What is asked of each program: what its export would bring."""
        work = self.work
        bounds, known = work.request.bounds, exported_until(work)
        spans: dict[int, Window] = {}
        for task in work.tasks.of(Phase.PLANNED):
            if task.kind is not Kind.BACKFILL and (window := task.slice.window) is not None:
                for program_id in task.slice.program_ids:
                    before = spans.get(program_id, window)
                    spans[program_id] = Window(min(before.start, window.start), window.end)
        for program_id in work.checks.waiting:
            start = work.ledger.watermarks.get(program_id, known.get(program_id, bounds.now))
            since = bounds.since(start)
            # It can be asked, so its last question is no older, whatever its last export is.
            spans[program_id] = Window(max(since, bounds.now - MAX_SPAN), bounds.now)
        return spans


def _has_rows(job: ExportJob) -> bool:
    return bool(job.number_of_records)


def _header_bytes(fields: Sequence[str]) -> int:
    """How long the first line of a file is; `programId` comes by itself."""
    return len(",".join(["programId", *fields])) + 1
