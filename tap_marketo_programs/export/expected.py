"""The export jobs that a run will make, and what each is likely to bring.

Pure: by what was counted, else by earlier jobs, else by a guess that says so. It must not
know how long jobs take, nor how many calls.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tap_marketo_programs.export.detection import CHANGED_SHARE
from tap_marketo_programs.export.learned import Learned
from tap_marketo_programs.export.plan import MAX_PROGRAMS, plan
from tap_marketo_programs.export.planning import exported_until
from tap_marketo_programs.export.quota import MEGABYTE

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from tap_marketo_programs.export.slices import ExportSlice
    from tap_marketo_programs.export.work import Work

# A guess, for as long as nothing is known.
CHANGED_ROWS = 0.1  # of the rows of a program in which something changed


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What is known beforehand.

    Args:
        learned: What earlier jobs tell.
        header_bytes: How long the first line of a file is.
        rows: For each program that Marketo was asked about, the rows that changed; None where
            it did not tell. None at all if it was not asked.
        share: Of the programs that the last run asked, those that had changed; None if no
            run has told.
    """

    learned: Learned = field(default_factory=Learned)
    header_bytes: int = 0
    rows: Mapping[int, int | None] | None = None
    share: float | None = None

    @property
    def changed_share(self) -> float:
        """Of the programs that are asked, those that will have changed."""
        return CHANGED_SHARE if self.share is None else self.share


@dataclass(frozen=True, slots=True)
class ExpectedJob:
    """A job that will be.

    Args:
        programs: How many it is asked for.
        rows: How many it brings; None where nothing tells.
        is_guess: Whether they are a guess.
        is_history: Whether they are a guess because it brings a history of members: Marketo does
            not tell which earlier jobs brought some, and after a week of increments none did.
        files: How likely it is that it brings any: the file of an empty job is not fetched.
    """

    programs: int
    rows: float | None
    is_guess: bool = False
    is_history: bool = False
    files: float = 1.0


def changed_slices(work: Work, known: Known) -> list[ExportSlice]:
    """The exports of the programs that are known to have changed, or do not tell."""
    if known.rows is None:
        return []
    changed = [each for each in work.checks.waiting if known.rows.get(each) != 0]
    return plan(changed, exported_until(work), work.request.bounds)


def likely_jobs(asked: int, work: Work, known: Known) -> list[ExpectedJob]:
    """The exports of the programs that will turn out to have changed, where that is not known."""
    if known.rows is not None:
        return []
    left, size = (
        round(known.changed_share * asked),
        1 if work.request.bounds.one_program else MAX_PROGRAMS,
    )
    jobs = []
    while left > 0:
        jobs.append(_increment(min(left, size), known, has_changed=True))
        left -= size
    return jobs


def expected_job(
    one: ExportSlice, work: Work, known: Known, *, is_backfill: bool = False
) -> ExpectedJob:
    """What a slice brings; a backfill brings what a history of its programs would."""
    programs = len(one.program_ids)
    is_new = any(program_id not in work.ledger.watermarks for program_id in one.program_ids)
    if is_new or is_backfill or one.window is None:
        rows = known.learned.history_rows
        if rows is None:
            return ExpectedJob(programs, None)
        # Snapshots of keys are all whole.
        is_history = work.request.snapshot is None
        return ExpectedJob(programs, rows * programs / MAX_PROGRAMS, is_history=is_history)
    counts = [(known.rows or {}).get(program_id) for program_id in one.program_ids]
    if None not in counts:
        rows = sum(count or 0 for count in counts)
        return ExpectedJob(programs, rows, files=min(rows, 1))
    return _increment(programs, known)


def _increment(programs: int, known: Known, *, has_changed: bool = False) -> ExpectedJob:
    """How many rows an increment brings, by earlier ones; else a share of a history's."""
    learned = known.learned
    if learned.increment_rows is not None:
        rows = learned.increment_rows * programs / MAX_PROGRAMS
        # Where programs are asked first, something will have changed in what is exported.
        files = 1.0 if has_changed else 1.0 - learned.increment_empty
        return ExpectedJob(programs, rows, files=files)
    if learned.history_rows is None:
        return ExpectedJob(programs, None, is_guess=True)
    share = CHANGED_ROWS if has_changed else CHANGED_SHARE
    return ExpectedJob(
        programs, share * learned.history_rows * programs / MAX_PROGRAMS, is_guess=True
    )


def megabytes(jobs: Iterable[ExpectedJob], known: Known) -> float | None:
    """What jobs bring together; None as soon as that of one cannot be told."""
    width = known.learned.bytes_a_row
    total = 0.0
    for job in jobs:
        if job.rows is None or (job.rows and width is None):
            return None
        total += known.header_bytes + job.rows * (width or 0.0)
    return total / MEGABYTE
