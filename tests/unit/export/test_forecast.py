"""What a run of exports would do, from its own plan and from what is known."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from tap_marketo_programs.export.detection import CHANGED_SHARE
from tap_marketo_programs.export.expected import Known
from tap_marketo_programs.export.forecast import Forecast, forecast_exports
from tap_marketo_programs.export.job import ExportJob, ExportStatus
from tap_marketo_programs.export.learned import Learned
from tap_marketo_programs.export.ledger import Ledger
from tap_marketo_programs.export.makespan import Pace
from tap_marketo_programs.export.plan import Bounds
from tap_marketo_programs.export.planning import add_plan
from tap_marketo_programs.export.quota import MEGABYTE
from tap_marketo_programs.export.request import ExportRequest, ExportSettings
from tap_marketo_programs.export.tasks import Phase
from tap_marketo_programs.export.work import Work

NOW = datetime(2026, 3, 10, 18, tzinfo=UTC)
YESTERDAY = NOW - timedelta(days=1)
LEARNED = Learned(
    jobs=40,
    runs=2,
    bytes_a_row=100.0,
    seconds_a_job=45.0,
    seconds_waited=0.0,
    history_rows=5_000.0,
    increment_rows=50.0,
    increment_empty=0.5,
)
AT_ONCE = Pace(1_000_000, 0.0)


def work(programs: int, known: int | None = None, **settings: float) -> Work:
    """A run of that many programs, the first `known` of which were exported yesterday."""
    ids = list(range(1001, 1001 + programs))
    ledger = Ledger(dict.fromkeys(ids[: programs if known is None else known], YESTERDAY))
    request = ExportRequest(ids, Bounds(NOW), ["leadId"], "client", "program_members")
    return Work.begin(request, ExportSettings(**settings), ledger)  # type: ignore[arg-type] # whatever a test sets


def planned(made: Work) -> Work:
    add_plan(made)
    return made


def asking(programs: int) -> Work:
    """A run that asks every program for changes before it exports anything."""
    made = work(programs)
    made.checks.waiting = dict.fromkeys(made.request.program_ids, made.request.bounds.now)
    return made


def forecast(made: Work, known: Known | None = None, **options: int) -> Forecast:
    return forecast_exports(made, known or Known(learned=LEARNED), AT_ONCE, **options)


def test_increments_are_as_large_as_earlier_ones() -> None:
    found = forecast(planned(work(40)))

    # Create and enqueue of each, a file of every second, the list; two jobs wait for a slot,
    # so that they are looked at twice.
    assert found == Forecast(
        stream="program_members",
        programs=40,
        jobs=4,
        windows=1,
        api_calls=4 * 2 + 2 + 1 + 2 * 1 + 2 * 2,
        megabytes=4 * 50 * 100 / MEGABYTE,
        seconds=120,
    )


def test_new_programs_are_as_large_as_earlier_histories() -> None:
    found = forecast(planned(work(25, known=20)))

    assert found.jobs == 3
    assert found.megabytes == pytest.approx((2 * 50 + 0.5 * 5_000) * 100 / MEGABYTE)


@pytest.mark.parametrize("start", [None, NOW - timedelta(days=10), NOW - timedelta(days=400)])
def test_programs_that_are_backfilled_are_as_large_as_earlier_histories(
    start: datetime | None,
) -> None:
    made = work(40)
    bounds = replace(made.request.bounds, start_date=start)
    made.request = replace(made.request, bounds=bounds, on_new_fields="backfill")
    made.ledger.fields.want(["leadId"], ())
    made.ledger.fields.lacking["leadId"] = set(range(1001, 1021))

    found = forecast(planned(made))

    assert found.programs_to_backfill == 20
    assert (found.programs, found.jobs) == (40, 6)
    assert found.megabytes == pytest.approx((4 * 50 + 2 * 5_000) * 100 / MEGABYTE)
    assert "20 programs are backfilled: their members were exported without leadId" in found.notes


def test_the_first_line_of_a_file_counts_with_every_job() -> None:
    found = forecast(planned(work(40)), Known(learned=LEARNED, header_bytes=1_000))

    assert found.megabytes == pytest.approx(4 * (1_000 + 50 * 100) / MEGABYTE)


def test_counted_rows_go_before_learned_ones() -> None:
    rows: dict[int, int | None] = dict.fromkeys(range(1001, 1041), 0)
    found = forecast(planned(work(40)), Known(learned=LEARNED, rows={**rows, 1001: 7}))

    assert found.megabytes == pytest.approx(7 * 100 / MEGABYTE)
    assert not found.guesses


def test_programs_that_did_not_change_are_asked_and_not_exported() -> None:
    rows: dict[int, int | None] = dict.fromkeys(range(1001, 1301), 0)

    found = forecast(asking(300), Known(learned=LEARNED, rows=rows))

    assert (found.programs, found.programs_to_ask, found.jobs) == (0, 300, 0)
    assert found.api_calls == 300 + 1
    assert found.megabytes == 0
    assert not found.guesses


def test_a_program_that_does_not_tell_is_exported() -> None:
    rows: dict[int, int | None] = dict.fromkeys(range(1001, 1301), 0)

    found = forecast(asking(300), Known(learned=LEARNED, rows={**rows, 1001: None, 1200: 3}))

    assert (found.programs, found.jobs, found.windows) == (2, 1, 1)
    assert found.megabytes is not None
    assert found.megabytes > 0


def test_what_share_changed_is_a_guess_until_a_run_has_told() -> None:
    found = forecast(asking(300))

    assert found.programs == round(300 * CHANGED_SHARE)
    assert found.jobs == 1
    assert {"programs", "jobs", "api_calls", "megabytes", "minutes"} <= found.guesses
    assert any("guess" in note for note in found.notes)


def test_the_share_of_the_last_run_is_no_guess() -> None:
    found = forecast(asking(300), Known(learned=LEARNED, share=0.2))

    assert (found.programs, found.jobs) == (60, 6)
    assert not found.guesses
    assert any("as in the last run" in note for note in found.notes)


def test_what_histories_bring_is_a_guess_even_where_jobs_tell() -> None:
    found = forecast(planned(work(40, known=0)))

    assert found.megabytes == pytest.approx(4 * 5_000 * 100 / MEGABYTE)
    assert found.guesses == {"megabytes"}
    assert [note for note in found.notes if "which of them brought histories" in note]


def test_nothing_known_invents_no_megabytes() -> None:
    found = forecast(planned(work(40, known=0)), Known())

    assert found.megabytes is None
    assert found.jobs == 4
    assert found.guesses == {"api_calls", "minutes"}


def test_without_an_earlier_increment_a_share_of_the_histories_is_guessed() -> None:
    learned = replace(LEARNED, increment_rows=None)

    found = forecast(planned(work(40)), Known(learned=learned))

    assert found.megabytes == pytest.approx(4 * CHANGED_SHARE * 5_000 * 100 / MEGABYTE)
    assert found.guesses == {"megabytes"}


@pytest.mark.parametrize(
    ("status", "phase", "calls"),
    [
        (ExportStatus.CREATED, Phase.CREATED, 1 + 1 + 1 + 1),  # status, enqueue, look, file
        (ExportStatus.PROCESSING, Phase.RUNNING, 1 + 1 + 1),
        (ExportStatus.COMPLETED, Phase.COMPLETED, 1 + 1),
    ],
)
def test_jobs_of_an_earlier_run_are_not_created_again(
    status: ExportStatus, phase: Phase, calls: int
) -> None:
    made = planned(work(10))
    (task,) = made.tasks
    task.phase = phase
    task.take_job(ExportJob("a", status, file_size=5_000))

    found = forecast(made, Known(learned=replace(LEARNED, seconds_a_job=0.0)))

    assert found.jobs == 0
    assert found.programs == 10
    assert found.api_calls == calls + 1
    # What is completed has been paid for.
    assert (found.megabytes == 0) == (status is ExportStatus.COMPLETED)


def test_jobs_that_no_longer_fit_are_ended() -> None:
    made = work(0)
    made.cancels.append("a")

    assert forecast(made).api_calls == 1 + 1


def test_a_long_list_of_jobs_has_several_pages() -> None:
    made = work(0)

    assert forecast(made, Known(learned=replace(LEARNED, jobs=601))).api_calls == 3


def test_exports_of_changed_programs_begin_while_others_are_asked() -> None:
    pace = Pace(50, 0.3)
    rows: dict[int, int | None] = dict.fromkeys(range(1001, 4001), 0)
    rows |= dict.fromkeys(range(1001, 1061), 5)

    found = forecast_exports(asking(3_000), Known(learned=LEARNED, rows=rows), pace)

    assert found.jobs == 6
    assert pace.seconds(3_000) < found.seconds < pace.seconds(3_000) + 120


def test_other_calls_of_the_stream_are_added() -> None:
    made = work(0)

    assert forecast(made, other_calls=5).api_calls == forecast(made).api_calls + 5
