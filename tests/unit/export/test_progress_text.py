"""What a run of exports plans and brought, as a person reads it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from tap_marketo_programs.export.ledger import Ledger
from tap_marketo_programs.export.plan import Bounds
from tap_marketo_programs.export.progress_text import brought_text, pace_text, planned_text
from tap_marketo_programs.export.request import ExportRequest, ExportSettings
from tap_marketo_programs.export.slices import ExportSlice, Window
from tap_marketo_programs.export.tasks import Kind, Task, TaskList
from tap_marketo_programs.export.work import Work

if TYPE_CHECKING:
    from collections.abc import Sequence

NOW = datetime(2026, 3, 10, 18, tzinfo=UTC)
DAY = timedelta(days=1)


def history(*program_ids: int) -> ExportSlice:
    return ExportSlice(program_ids, None, None, NOW)


def increment(*program_ids: int, days: int = 1) -> ExportSlice:
    return ExportSlice(program_ids, Window(NOW - days * DAY, NOW), None, NOW)


def tasks(slices: Sequence[ExportSlice], kind: Kind = Kind.INCREMENT) -> list[Task]:
    found = TaskList()
    found.add(slices, kind)
    return list(found)


def a_run() -> Work:
    request = ExportRequest([], Bounds(now=NOW), ["leadId"], "client", "program_members")
    return Work.begin(request, ExportSettings(), Ledger())


def test_whole_histories_are_called_so() -> None:
    found = planned_text(tasks([history(1, 2), history(3)], Kind.HISTORY), 0)

    assert found == "exports the whole history of 3 programs in 2 jobs; about 10 API calls"


def test_histories_from_a_start_date_on_say_since_when() -> None:
    start = ExportSlice((1,), None, NOW - 90 * DAY, NOW)

    found = planned_text(tasks([start], Kind.HISTORY), 0)

    assert "what changed since 2025-12-10 18:00:00 UTC of 1 program in 1 job" in found


def test_each_kind_of_export_is_told_and_so_are_questions() -> None:
    found = planned_text(
        [
            *tasks([increment(1, 2), increment(3, days=2)]),
            *tasks([increment(4)], Kind.SWEEP),
            *tasks([history(5)], Kind.HISTORY),
        ],
        1_200,
    )

    assert found == (
        "exports what changed since 2026-03-08 18:00:00 UTC of 3 programs in 2 jobs, what changed "
        "since 2026-03-09 18:00:00 UTC of 1 program in 1 job, since it is time (full_sweep_days), "
        "the whole history of 1 program in 1 job, and asks 1,200 programs for changes, to export "
        "those that have any; about 1,220 API calls"
    )


def test_nothing_to_do_is_said_in_words() -> None:
    assert planned_text([], 0) == "nothing to export"
    assert planned_text([], 1) == (
        "asks 1 program for changes, to export those that have any; about 1 API call"
    )


def test_what_was_brought_says_rows_programs_and_from_when_to_when() -> None:
    work = a_run()
    work.figures.rows = 1_234

    assert brought_text(work, [history(1, 2), history(3)]) == (
        "1,234 rows of 3 programs, the whole history until 2026-03-10 18:00:00 UTC"
    )
    assert brought_text(work, [increment(1), increment(1, 2, days=3)]) == (
        "1,234 rows of 2 programs, changed since 2026-03-07 18:00:00 UTC until 2026-03-10 "
        "18:00:00 UTC"
    )
    assert brought_text(work, [increment(1), history(7)]) == (
        "1,234 rows of 2 programs, changed since 2026-03-09 18:00:00 UTC and the whole history of "
        "1 program until 2026-03-10 18:00:00 UTC"
    )


def test_a_run_in_which_nothing_changed_says_so_first() -> None:
    work = a_run()
    work.checks.answered = 56

    assert brought_text(work, []) == "0 rows, since none of 56 programs has changed"


def test_a_run_that_is_not_complete_says_so_first() -> None:
    work = a_run()
    work.tasks.add([increment(1), increment(2)])
    work.figures.rows = 5

    assert brought_text(work, [increment(3)]).startswith(
        "not complete, 2 jobs to do: 5 rows of 1 program, "
    )


def test_nothing_is_promised_before_anything_is_done() -> None:
    assert pace_text(600, 0, 10) == "no estimate yet"
    assert pace_text(600, 4, 10) == "about 15 min 0 s left at this pace"
