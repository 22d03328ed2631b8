"""What is asked of Marketo: slices that cover everything wanted and nothing illegal."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tap_marketo_programs.export.plan import EARLIEST, Bounds, batches, full, plan, windows
from tap_marketo_programs.export.slices import ExportSlice, Window
from tap_marketo_programs.schemas.timestamps import wire_time

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
MONTH = timedelta(days=31)


def covered(slices: list[ExportSlice], program_id: int) -> list[ExportSlice]:
    return [part for part in slices if program_id in part.program_ids]


# Windows


@pytest.mark.parametrize(
    ("length", "count"),
    [
        (timedelta(0), 0),
        (-DAY, 0),
        (SECOND, 1),
        (HOUR, 1),
        (MONTH - SECOND, 1),
        (MONTH, 1),
        (MONTH + SECOND, 2),
        (2 * MONTH, 2),
        (2 * MONTH + SECOND, 3),
        (365 * DAY, 12),
    ],
)
def test_a_span_is_cut_into_as_few_windows_as_31_days_allow(length: timedelta, count: int) -> None:
    found = windows(NOW - length, NOW)

    assert len(found) == count
    assert all(SECOND <= one.end - one.start <= MONTH for one in found)


def test_each_window_starts_in_the_very_second_in_which_the_one_before_it_ends() -> None:
    found = windows(NOW - 100 * DAY, NOW)

    assert found[0].start == NOW - 100 * DAY
    assert all(before.end == after.start for before, after in pairwise(found))
    assert found[-1].end == NOW


def test_windows_know_whole_seconds_only() -> None:
    fraction = timedelta(microseconds=750_000)

    found = windows(NOW - MONTH - fraction, NOW + fraction)

    assert found == [
        Window(NOW - MONTH - SECOND, NOW - SECOND),
        Window(NOW - SECOND, NOW),
    ]


def test_a_span_within_one_second_is_no_window() -> None:
    assert windows(NOW, NOW + timedelta(microseconds=999_999)) == []


@settings(deadline=None)
@given(
    start=st.datetimes(datetime(2005, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001 - hypothesis adds the zone
    length=st.timedeltas(timedelta(0), timedelta(days=1500)),
)
def test_windows_cover_any_span_without_a_hole(start: datetime, length: timedelta) -> None:
    found = windows(start, start + length)

    if not found:
        assert length < SECOND
        return
    assert found[0].start <= start
    assert found[-1].end <= start + length < found[-1].end + SECOND
    assert all(before.end == after.start for before, after in pairwise(found))
    for one in found:
        assert one.start.microsecond == one.end.microsecond == 0
        assert SECOND <= one.end - one.start <= MONTH


# Batches


@pytest.mark.parametrize(
    ("count", "sizes"),
    [
        (0, []),
        (1, [1]),
        (9, [9]),
        (10, [10]),
        (11, [10, 1]),
        (30, [10, 10, 10]),
        (31, [10] * 3 + [1]),
    ],
)
def test_programs_go_by_ten(count: int, sizes: list[int]) -> None:
    assert [len(batch) for batch in batches(range(1, count + 1))] == sizes


def test_programs_go_in_ascending_order_each_once() -> None:
    assert batches([30, 2, 100, 2, 30]) == [(2, 30, 100)]


# What a slice asks on the wire


def test_a_windowed_slice_asks_for_programs_and_updated_at() -> None:
    one = ExportSlice((1001, 1002), Window(NOW - DAY, NOW), None, NOW)

    assert one.filter() == {
        "programIds": [1001, 1002],
        "updatedAt": {"startAt": "2026-02-28T12:00:00Z", "endAt": "2026-03-01T12:00:00Z"},
    }


def test_a_slice_without_a_window_does_not_mention_updated_at() -> None:
    assert ExportSlice((7,), None, NOW - DAY, NOW).filter() == {"programIds": [7]}


def test_a_single_program_is_asked_for_in_the_plural_too() -> None:
    """With `programId` the file would lack the `programId` column."""
    assert "programId" not in ExportSlice((7,), None, None, NOW).filter()


@pytest.mark.parametrize(
    ("moment", "text"),
    [
        (datetime(2026, 3, 1, 12, 0, 0, 999_999, tzinfo=UTC), "2026-03-01T12:00:00Z"),
        (datetime(2026, 3, 1, 1, tzinfo=timezone(-timedelta(hours=6))), "2026-03-01T07:00:00Z"),
        (datetime(2026, 3, 1, tzinfo=timezone(timedelta(hours=14))), "2026-02-28T10:00:00Z"),
        (datetime(1, 1, 1, tzinfo=UTC), "0001-01-01T00:00:00Z"),
    ],
)
def test_a_time_on_the_wire_is_utc_in_whole_seconds(moment: datetime, text: str) -> None:
    assert wire_time(moment) == text


def test_halves_ask_the_same_of_all_programs() -> None:
    whole = ExportSlice((1, 2, 3, 4, 5), Window(NOW - DAY, NOW), None, NOW)

    first, second = whole.halves()

    assert (first.program_ids, second.program_ids) == ((1, 2), (3, 4, 5))
    for half in (first, second):
        assert (half.window, half.min_updated_at, half.new_watermark) == (
            whole.window,
            whole.min_updated_at,
            whole.new_watermark,
        )


def test_halving_ends_at_single_programs() -> None:
    first, second = ExportSlice((1, 2), None, None, NOW).halves()

    assert (first.program_ids, second.program_ids) == ((1,), (2,))


def test_a_slice_can_do_without_a_program() -> None:
    whole = ExportSlice((1, 2, 3), None, NOW - DAY, NOW)

    assert whole.without(2) == ExportSlice((1, 3), None, NOW - DAY, NOW)
    assert whole.without(9) == whole


def test_a_slice_without_its_last_program_is_nothing() -> None:
    assert ExportSlice((1,), None, None, NOW).without(1) is None


def test_without_the_filter_a_window_becomes_a_floor() -> None:
    windowed = ExportSlice((1,), Window(NOW - DAY, NOW), None, NOW)

    assert windowed.unfiltered() == ExportSlice((1,), None, NOW - DAY, NOW)


@pytest.mark.parametrize("min_updated_at", [None, NOW - DAY])
def test_without_the_filter_an_unfiltered_slice_stays_as_it_is(
    min_updated_at: datetime | None,
) -> None:
    whole = ExportSlice((1,), None, min_updated_at, NOW)

    assert whole.unfiltered() == whole


# The plan


def test_nothing_wanted_is_nothing_asked() -> None:
    assert plan([], {}, Bounds(NOW)) == []


def test_a_program_that_is_not_wanted_is_not_asked_for() -> None:
    assert plan([1], {1: NOW, 2: NOW - DAY}, Bounds(NOW)) == []


def test_programs_with_the_same_watermark_share_jobs() -> None:
    slices = plan(range(1, 26), dict.fromkeys(range(1, 26), NOW - DAY), Bounds(NOW))

    assert [len(one.program_ids) for one in slices] == [10, 10, 5]
    assert {one.window for one in slices} == {Window(NOW - DAY, NOW)}
    assert {one.new_watermark for one in slices} == {NOW}


def test_programs_with_different_watermarks_do_not_share_jobs() -> None:
    slices = plan([1, 2, 3], {1: NOW - DAY, 2: NOW - HOUR, 3: NOW - DAY}, Bounds(NOW))

    assert slices == [
        ExportSlice((1, 3), Window(NOW - DAY, NOW), None, NOW),
        ExportSlice((2,), Window(NOW - HOUR, NOW), None, NOW),
    ]


def test_the_programs_that_are_furthest_behind_come_first() -> None:
    behind = {1: NOW - DAY, 2: NOW - 3 * DAY, 3: NOW - 2 * DAY}

    slices = plan(sorted(behind), behind, Bounds(NOW))

    assert [one.program_ids for one in slices] == [(2,), (3,), (1,)]


def test_an_increment_looks_back() -> None:
    (one,) = plan([1], {1: NOW - DAY}, Bounds(NOW, lookback=HOUR))

    assert one.window == Window(NOW - DAY - HOUR, NOW)


def test_looking_back_can_make_a_second_window_necessary() -> None:
    slices = plan([1], {1: NOW - MONTH}, Bounds(NOW, lookback=HOUR))

    assert [one.window for one in slices] == [
        Window(NOW - MONTH - HOUR, NOW - HOUR),
        Window(NOW - HOUR, NOW),
    ]


def test_a_pause_of_months_is_caught_up_in_windows_whose_watermarks_follow_them() -> None:
    slices = plan([1], {1: NOW - 70 * DAY}, Bounds(NOW))

    assert [one.window for one in slices] == [
        Window(NOW - 70 * DAY, NOW - 39 * DAY),
        Window(NOW - 39 * DAY, NOW - 8 * DAY),
        Window(NOW - 8 * DAY, NOW),
    ]
    assert [one.new_watermark for one in slices] == [NOW - 39 * DAY, NOW - 8 * DAY, NOW]


def test_a_watermark_in_the_future_asks_for_nothing() -> None:
    assert plan([1], {1: NOW + SECOND}, Bounds(NOW, lookback=DAY)) == []


def test_a_run_in_the_same_second_as_the_last_one_asks_for_nothing_new() -> None:
    assert plan([1], {1: NOW}, Bounds(NOW)) == []
    (again,) = plan([1], {1: NOW}, Bounds(NOW, lookback=HOUR))
    assert again.window == Window(NOW - HOUR, NOW)


@pytest.mark.parametrize("watermark", [NOW - DAY, EARLIEST, datetime(1, 1, 1, tzinfo=UTC)])
def test_no_overlap_leads_out_of_the_calendar(watermark: datetime) -> None:
    slices = plan([1], {1: watermark}, Bounds(NOW, lookback=timedelta.max))

    assert slices[0].window is not None
    assert slices[0].window.start == EARLIEST
    assert slices[-1].new_watermark == NOW


def test_a_new_program_gets_its_whole_history_while_others_go_on() -> None:
    slices = plan([1, 2], {1: NOW - DAY}, Bounds(NOW))

    assert slices == [
        ExportSlice((1,), Window(NOW - DAY, NOW), None, NOW),
        ExportSlice((2,), None, None, NOW),
    ]


def test_increments_come_before_histories() -> None:
    known = dict.fromkeys(range(100, 140), NOW - 40 * DAY)

    slices = plan([*range(1, 40), *known], known, Bounds(NOW))

    kinds = [one.window is not None for one in slices]
    assert kinds == sorted(kinds, reverse=True)
    assert kinds.count(True) == 8
    assert kinds.count(False) == 4


@pytest.mark.parametrize("age", [SECOND, DAY, MONTH])
def test_a_start_date_that_one_window_reaches_is_a_window(age: timedelta) -> None:
    """As many jobs as unfiltered, and fewer bytes."""
    (one,) = plan([1, 2], {}, Bounds(NOW, start_date=NOW - age))

    assert one == ExportSlice((1, 2), Window(NOW - age, NOW), None, NOW)


@pytest.mark.parametrize("age", [MONTH + SECOND, 365 * DAY, 25 * 365 * DAY])
def test_an_older_start_date_is_one_unfiltered_job_with_a_floor(age: timedelta) -> None:
    (one,) = plan([1, 2], {}, Bounds(NOW, start_date=NOW - age))

    assert one == ExportSlice((1, 2), None, NOW - age, NOW)


def test_a_start_date_does_not_look_back() -> None:
    (one,) = plan([1], {}, Bounds(NOW, start_date=NOW - DAY, lookback=HOUR))

    assert one.window == Window(NOW - DAY, NOW)


def test_a_start_date_does_not_touch_known_programs() -> None:
    (one,) = plan([1], {1: NOW - 5 * DAY}, Bounds(NOW, start_date=NOW - DAY))

    assert one.window == Window(NOW - 5 * DAY, NOW)


@pytest.mark.parametrize("start", [NOW, NOW + DAY])
def test_a_start_date_that_has_not_come_asks_for_nothing(start: datetime) -> None:
    assert plan([1], {}, Bounds(NOW, start_date=start)) == []


def test_without_the_filter_an_increment_is_one_whole_export_with_a_floor() -> None:
    (one,) = plan([1], {1: NOW - 70 * DAY}, Bounds(NOW, lookback=HOUR, filterable=False))

    assert one == ExportSlice((1,), None, NOW - 70 * DAY - HOUR, NOW)


def test_without_the_filter_a_start_date_is_a_floor() -> None:
    (one,) = plan([1], {}, Bounds(NOW, start_date=NOW - DAY, filterable=False))

    assert one == ExportSlice((1,), None, NOW - DAY, NOW)


def test_without_the_filter_what_is_up_to_date_is_not_exported_again() -> None:
    assert plan([1], {1: NOW}, Bounds(NOW, filterable=False)) == []


def test_the_first_windows_of_all_programs_come_before_any_second_one() -> None:
    known = dict.fromkeys(range(1, 21), NOW - 40 * DAY) | {50: NOW - 33 * DAY, 60: NOW - DAY}

    slices = plan(list(known), known, Bounds(NOW))

    assert [one.program_ids[0] for one in slices] == [1, 11, 50, 60, 1, 11, 50]


def test_a_full_table_asks_for_everything_in_tens() -> None:
    assert full(range(1, 13), Bounds(NOW)) == [
        ExportSlice(tuple(range(1, 11)), None, None, NOW),
        ExportSlice((11, 12), None, None, NOW),
    ]


# Whatever is known and wanted

ids = st.integers(1, 400)
moments = st.integers(-200 * 86_400, 5 * 86_400).map(lambda seconds: NOW + seconds * SECOND)


@settings(deadline=None)
@given(
    wanted=st.sets(ids, max_size=60),
    watermarks=st.dictionaries(ids, st.one_of(moments, st.just(NOW - DAY)), max_size=60),
    start_date=st.none() | moments,
    lookback=st.sampled_from([timedelta(0), SECOND, HOUR, 40 * DAY, timedelta(seconds=0.5)]),
    filterable=st.booleans(),
)
def test_every_wanted_program_is_covered_up_to_now_without_a_hole(
    *,
    wanted: set[int],
    watermarks: dict[int, datetime],
    start_date: datetime | None,
    lookback: timedelta,
    filterable: bool,
) -> None:
    slices = plan(wanted, watermarks, Bounds(NOW, start_date, lookback, filterable))

    for one in slices:
        assert 1 <= len(one.program_ids) <= 10
        assert set(one.program_ids) <= wanted
        assert one.window is None or one.window.end - one.window.start <= MONTH
        assert one.window is None or one.new_watermark == one.window.end
        assert one.window is None or filterable
    for program_id in wanted:
        watermark = watermarks.get(program_id)
        start = start_date if watermark is None else watermark - lookback
        chain = covered(slices, program_id)
        if (watermark or NOW) > NOW or (start is not None and start >= NOW):
            assert chain == []
            continue
        assert chain[-1].new_watermark == NOW
        reached = start
        for one in chain:
            begins = one.window.start if one.window else one.min_updated_at
            assert begins is None or (reached is not None and begins <= reached)
            reached = one.new_watermark
        # All of its slices are for programs that stand where it stands.
        for other in {other for one in chain for other in one.program_ids}:
            assert watermarks.get(other) == watermark


@settings(deadline=None)
@given(
    wanted=st.sets(ids, max_size=60),
    watermarks=st.dictionaries(ids, moments, max_size=60),
)
def test_no_program_is_exported_twice_for_the_same_time(
    wanted: set[int], watermarks: dict[int, datetime]
) -> None:
    slices = plan(wanted, watermarks, Bounds(NOW))

    for program_id in wanted:
        chain = covered(slices, program_id)
        if len(chain) > 1:
            assert all(one.window for one in chain)
        ends = [one.new_watermark for one in chain]
        assert ends == sorted(set(ends))
