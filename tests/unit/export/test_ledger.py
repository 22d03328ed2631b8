"""The bookmark of program members: what goes in comes out, and nothing else gets in."""

from __future__ import annotations

import base64
import json
import random
import time
import tracemalloc
import zlib
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tap_marketo_programs.errors import StateRefused
from tap_marketo_programs.export.bookmark import read_bookmark, write_bookmark
from tap_marketo_programs.export.field_history import FieldHistory, mark
from tap_marketo_programs.export.id_set import (
    Damaged,
    read_programs,
    write_programs,
)
from tap_marketo_programs.export.ledger import Answers, InFlight, Ledger, digest
from tap_marketo_programs.export.part_of_set import OtherSet, read_part, write_part
from tap_marketo_programs.export.slices import ExportSlice, Window
from tap_marketo_programs.schemas.values import MAX_PROGRAM_ID

if TYPE_CHECKING:
    from collections.abc import Collection

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
ID = "b5ca52a9-5ecb-4966-b5a9-11659a8b4c2b"

# The example of the module's documentation.
DOCUMENTED: dict[str, Any] = {
    "replication_key": "updatedAt",
    "replication_key_value": "2026-11-01T03:00:00Z",
    "version": 3,
    "watermarks": {"2026-11-01T03:00:00Z": "1001-1400,1402", "2026-11-02T03:00:00Z": "1401"},
    "asked": {"2026-11-02T03:00:00Z": "1001-1350"},
    "answers": {"asked": 1402, "changed": 51},
    "questions": {"2026-11-01": 1402},
    "known_fields": "0VIG9WzSFbd+",
    "salt_mark": "xQqP",
    "lacking": {"registrationCode": "1001-1400", "webinarUrl": "=registrationCode"},
    "exports": [
        {
            "until": "2026-11-03T03:00:00Z",
            "fields": "9f86d081884c",
            "client": "2c26b46b68ff",
            "jobs": {ID: "1001-1010 from 2026-11-01T02:00:00Z"},
        }
    ],
}
# The same in the form of versions 1 and 2.
SECOND: dict[str, Any] = {
    **DOCUMENTED,
    "version": 2,
    "exports": [
        {
            "id": ID,
            "programs": "1001-1010",
            "until": "2026-11-03T03:00:00Z",
            "window": ["2026-11-01T02:00:00Z", "2026-11-03T03:00:00Z"],
            "fields": "9f86d081884c",
            "client": "2c26b46b68ff",
        }
    ],
}


def through_json(ledger: Ledger) -> Ledger:
    return read_bookmark(json.loads(json.dumps(write_bookmark(ledger))))


def flight(
    export_id: str = ID,
    program_ids: tuple[int, ...] = (1001, 1002),
    window: Window | None = None,
    min_updated_at: datetime | None = None,
) -> InFlight:
    asked = ExportSlice(program_ids, window, min_updated_at, NOW)
    return InFlight(export_id, asked, digest(["leadId"]), digest(["client"]))


def state_line(ledger: Ledger) -> str:
    value = {"bookmarks": {"program_members": write_bookmark(ledger)}}
    return json.dumps({"type": "STATE", "value": value}, separators=(",", ":"))


def damaged(**parts: object) -> dict[str, Any]:
    return {**DOCUMENTED, **parts}


def with_export(**parts: object) -> dict[str, Any]:
    """The documented bookmark with another export; None takes a part away."""
    entry = {**SECOND["exports"][0], **parts}
    return damaged(exports=[{name: part for name, part in entry.items() if part is not None}])


def packed(data: bytes) -> str:
    return "z:" + base64.b64encode(data).decode()


def packed_as(
    programs: str, order: bytes, *, times: str = "2026-01-01T00:00:00Z", cut: int | None = None
) -> dict[str, Any]:
    text = packed(zlib.compress(order))[:cut]
    return {"packed": {"times": times, "programs": programs, "order": text}}


def scattered(count: int, share: float, seed: int = 1) -> list[int]:
    """Program ids, of which this share of all numbers in their span is taken."""
    return sorted(random.Random(seed).sample(range(1001, 1001 + int(count / share)), count))  # noqa: S311 - test data


# Round trips

seconds = st.integers(0, 40 * 365 * 86_400).map(
    lambda after: datetime(1995, 1, 1, tzinfo=UTC) + timedelta(seconds=after)
)
program_ids = st.integers(1, 3_000) | st.integers(1, MAX_PROGRAM_ID)
digests = st.lists(st.text()).map(digest)


@st.composite
def slices(draw: st.DrawFn) -> ExportSlice:
    start, end = sorted(draw(st.tuples(seconds, seconds).filter(lambda ends: ends[0] != ends[1])))
    window = draw(st.none() | st.just(Window(start, end)))
    return ExportSlice(
        program_ids=tuple(sorted(draw(st.sets(program_ids, min_size=1, max_size=10)))),
        window=window,
        min_updated_at=None if window else draw(st.none() | seconds),
        new_watermark=draw(seconds),
    )


@st.composite
def field_histories(draw: st.DrawFn, programs: list[int]) -> FieldHistory:
    """Fields of which each is lacking in any part of the programs, or in that of another."""
    history = FieldHistory()
    wanted = draw(st.sets(st.text(max_size=8), max_size=5))
    if draw(st.booleans()):
        hashed = draw(st.sampled_from([wanted, set()]))
        history.want(wanted, programs, hashed, draw(st.sampled_from(["", "xQqP", "a/+0"])))
        parts = [draw(st.sets(st.sampled_from(programs))) if programs else set() for _ in "ab"]
        for name in sorted(wanted)[1:]:
            history.lacking[name] = set(draw(st.sampled_from(parts)))
    return history


@st.composite
def ledgers(draw: st.DrawFn) -> Ledger:
    ledger = Ledger()
    moments = draw(st.lists(seconds, min_size=1, max_size=4))
    for program_id in draw(st.sets(program_ids, max_size=400)):
        ledger.watermarks[program_id] = exported = draw(st.sampled_from(moments))
        if (asked := draw(st.sampled_from(moments))) > exported:
            ledger.asked[program_id] = asked
    jobs = st.builds(
        InFlight, st.uuids().map(str), slices(), digests, digests, is_backfill=st.booleans()
    )
    for job in draw(st.lists(jobs, max_size=10)):
        ledger.created(job)
    ledger.unfinished = draw(st.none() | seconds)
    counts = st.integers(0, 10**6)
    ledger.answers = draw(st.none() | st.builds(Answers, counts, counts))
    ledger.questions = draw(st.none() | st.tuples(st.dates(), counts))
    ledger.fields = draw(field_histories(sorted(ledger.watermarks)))
    return ledger


@settings(deadline=None)
@given(ledgers())
def test_any_ledger_survives_the_bookmark_and_json(ledger: Ledger) -> None:
    assert through_json(ledger) == ledger


@settings(deadline=None)
@given(st.sets(program_ids, max_size=600))
def test_any_set_of_programs_survives_its_text(ids: set[int]) -> None:
    assert read_programs(write_programs(ids)) == sorted(ids)


@pytest.mark.parametrize(
    ("ids", "text"),
    [
        ([], ""),
        ([7], "7"),
        ([7, 8], "7-8"),
        ([9, 7, 8, 11], "7-9,11"),
        ([1, 2, 4, 5, 6], "1-2,4-6"),
        (range(1001, 4001), "1001-4000"),
    ],
)
def test_a_short_set_can_be_read_by_people(ids: Collection[int], text: str) -> None:
    assert write_programs(ids) == text
    assert read_programs(text) == sorted(ids)


@pytest.mark.parametrize(
    "ids",
    [
        range(1, 4_000, 2),
        [1, *range(1_000, 900_000, 300), MAX_PROGRAM_ID],
        range(MAX_PROGRAM_ID - 3_000, MAX_PROGRAM_ID + 1, 2),
        # Gaps around what one and two bytes hold.
        [*range(127, 200_000, 127), 200_127, 200_255, 216_638, 233_022],
    ],
)
def test_a_long_set_is_packed(ids: Collection[int]) -> None:
    text = write_programs(ids)

    assert text.startswith("z:")
    assert read_programs(text) == list(ids)


def test_a_long_set_does_not_depend_on_its_order() -> None:
    ids = scattered(1_000, 0.03)

    assert write_programs(ids[::-1]) == write_programs(ids)


def test_the_packed_form_is_the_documented_one() -> None:
    gaps = bytes([0xE9, 0x07, 0x01, 0xFF, 0x01])  # 1001, +1, +255

    assert read_programs(packed(zlib.compress(gaps))) == [1001, 1002, 1257]


def test_the_documented_example_is_read() -> None:
    ledger = read_bookmark(DOCUMENTED)

    first, second = datetime(2026, 11, 1, 3, tzinfo=UTC), datetime(2026, 11, 2, 3, tzinfo=UTC)
    third = datetime(2026, 11, 3, 3, tzinfo=UTC)
    assert ledger.watermarks == dict.fromkeys([*range(1001, 1401), 1402], first) | {1401: second}
    assert ledger.in_flight == {
        ID: InFlight(
            export_id=ID,
            slice=ExportSlice(tuple(range(1001, 1011)), Window(first - HOUR, third), None, third),
            fields="9f86d081884c",
            client="2c26b46b68ff",
        )
    }
    assert ledger.unfinished is None
    assert ledger.asked == dict.fromkeys(range(1001, 1351), second)
    assert ledger.answers == Answers(1402, 51)
    assert ledger.questions == (date(2026, 11, 1), 1402)


def test_the_first_version_is_read_as_a_bookmark_of_programs_that_were_never_asked() -> None:
    """What a state of the tap before change detection holds."""
    without = ("asked", "answers", "questions")
    first = {name: part for name, part in SECOND.items() if name not in without}

    ledger = read_bookmark({**first, "version": 1})

    known = read_bookmark(DOCUMENTED)
    assert ledger.watermarks == known.watermarks
    assert ledger.in_flight == known.in_flight
    assert (ledger.asked, ledger.answers, ledger.questions) == ({}, None, None)
    assert write_bookmark(ledger)["version"] == 3


def test_what_was_read_is_written_as_it_was() -> None:
    assert write_bookmark(read_bookmark(DOCUMENTED)) == {**DOCUMENTED, "unfinished": None}


@pytest.mark.parametrize(
    "bookmark",
    [
        {},
        {"starting_replication_value": None},
        {"replication_key_signpost": "2026-01-01T00:00:00Z"},
    ],
)
def test_an_empty_bookmark_is_a_first_run(bookmark: dict[str, Any]) -> None:
    assert read_bookmark(bookmark) == Ledger()


def test_an_empty_ledger_is_still_a_bookmark_with_a_version() -> None:
    assert write_bookmark(Ledger()) == {
        "version": 3,
        "unfinished": None,
        "watermarks": {},
        "asked": {},
        "exports": [],
    }
    assert through_json(Ledger()) == Ledger()


def test_fractions_of_a_second_lose_no_program() -> None:
    half = timedelta(microseconds=500_000)

    read = through_json(Ledger({1: NOW, 2: NOW + half}))

    assert read.watermarks == {1: NOW, 2: NOW}


def test_a_time_long_ago_can_be_read_again() -> None:
    """As a start_date may be."""
    ledger = Ledger()
    ledger.created(flight(min_updated_at=datetime(1, 1, 1, tzinfo=UTC)))

    assert through_json(ledger) == ledger


# What others read in it


def test_the_replication_key_value_is_the_lowest_watermark() -> None:
    bookmark = write_bookmark(Ledger({1: NOW, 2: NOW - DAY, 3: NOW + DAY}))

    assert bookmark["replication_key"] == "updatedAt"
    assert bookmark["replication_key_value"] == "2026-02-28T12:00:00Z"


def test_the_bookmark_holds_neither_fields_nor_client_id() -> None:
    ledger = Ledger()
    ledger.created(InFlight(ID, flight().slice, digest(["secretField"]), digest(["client-id"])))

    text = json.dumps(write_bookmark(ledger))

    assert "secretField" not in text
    assert "client-id" not in text


def test_digests_tell_words_apart_and_care_for_their_order() -> None:
    told = [digest(parts) for parts in ([], ["a"], ["a", "b"], ["b", "a"], ["ab"])]

    assert len(set(told)) == 5
    assert {len(one) for one in told} == {12}


def test_digests_stay_the_same_from_one_version_to_the_next() -> None:
    # Another one would abandon the jobs that an older version's state names.
    assert digest(["leadId", "updatedAt"]) == "63385b7f93d4"


def test_a_bookmark_lists_its_watermarks_from_the_lowest_on() -> None:
    later = NOW + timedelta(hours=1)

    groups = write_bookmark(Ledger({1: later, 2: NOW}))["watermarks"]

    assert list(groups.values()) == ["2", "1"]


# Progress


def test_emitted_rows_move_the_watermarks_of_their_programs_only() -> None:
    ledger = Ledger({1: NOW - DAY, 3: NOW - DAY})

    ledger.written(ExportSlice((1, 2), None, None, NOW))

    assert ledger.watermarks == {1: NOW, 2: NOW, 3: NOW - DAY}


def test_watermarks_never_go_back() -> None:
    ledger = Ledger({1: NOW})

    ledger.written(ExportSlice((1,), None, None, NOW - DAY))

    assert ledger.watermarks == {1: NOW}


@settings(deadline=None)
@given(st.lists(slices(), max_size=8))
def test_whatever_is_emitted_in_whatever_order_watermarks_only_rise(
    done: list[ExportSlice],
) -> None:
    ledger = Ledger()

    for one in done:
        before = dict(ledger.watermarks)
        ledger.written(one)
        assert all(ledger.watermarks[key] >= value for key, value in before.items())
        assert all(ledger.watermarks[key] >= one.new_watermark for key in one.program_ids)


def test_a_job_is_in_flight_until_it_is_dropped() -> None:
    ledger = Ledger()

    ledger.created(flight())
    assert list(ledger.in_flight) == [ID]
    ledger.dropped(ID)
    ledger.dropped(ID)
    assert ledger.in_flight == {}


def test_a_deleted_program_is_forgotten() -> None:
    ledger = Ledger({1: NOW, 2: NOW}, {1: NOW + DAY, 2: NOW + DAY})

    ledger.forget(2)
    ledger.forget(3)

    assert ledger.watermarks == {1: NOW}
    assert ledger.asked == {1: NOW + DAY}


def test_a_program_that_did_not_change_is_known_up_to_when_it_was_asked() -> None:
    ledger = Ledger({1: NOW - DAY})

    ledger.unchanged(1, NOW - DAY, NOW)

    assert ledger.watermarks == {1: NOW - DAY}
    assert ledger.known_from(1, ledger.watermarks[1]) == NOW


def test_an_answer_about_the_time_after_an_export_that_is_not_written_says_nothing_yet() -> None:
    """Should the export never be written, what it was to bring must not be passed over."""
    ledger = Ledger({1: NOW - 2 * DAY})

    ledger.unchanged(1, NOW - DAY, NOW)

    assert ledger.known_from(1, ledger.watermarks[1]) == NOW - 2 * DAY


def test_an_export_makes_earlier_answers_worthless_and_leaves_later_ones() -> None:
    ledger = Ledger({1: NOW - DAY, 2: NOW - DAY}, {1: NOW, 2: NOW + DAY})

    ledger.written(ExportSlice((1, 2), None, None, NOW))

    assert ledger.asked == {2: NOW + DAY}


@pytest.mark.parametrize(
    ("answers", "share"),
    [(Answers(300, 6), 0.02), (Answers(300, 0), 0.0), (Answers(0, 0), None), (Answers(3, 6), 1.0)],
)
def test_the_share_of_programs_that_changed(answers: Answers, share: float | None) -> None:
    assert answers.share == share


def test_the_questions_of_a_day_are_counted() -> None:
    ledger, today = Ledger(), NOW.date()

    ledger.count_question(today)
    ledger.count_question(today)
    assert ledger.questions_on(today) == 2
    ledger.count_question(today + DAY)

    assert (ledger.questions_on(today), ledger.questions_on(today + DAY)) == (0, 1)


def test_a_merge_of_old_and_new_bookmarks_key_by_key_keeps_the_new_watermarks() -> None:
    """Meltano merges states like this when asked to."""
    old = write_bookmark(Ledger(dict.fromkeys(range(1, 20), NOW - DAY)))
    new = write_bookmark(Ledger(dict.fromkeys(range(1, 10), NOW)))

    for one, other in ((old, new), (new, old)):
        merged = {**one, **other, "watermarks": {**one["watermarks"], **other["watermarks"]}}
        assert read_bookmark(merged).watermarks == {
            **dict.fromkeys(range(1, 20), NOW - DAY),
            **dict.fromkeys(range(1, 10), NOW),
        }


def test_a_merge_of_bookmarks_brings_back_no_answer_that_an_export_made_worthless() -> None:
    old = write_bookmark(Ledger({1: NOW - 2 * DAY, 2: NOW - DAY}, {1: NOW - DAY}))
    new = write_bookmark(Ledger({1: NOW, 2: NOW - DAY}))

    merged = {**old, **new}
    for name in ("watermarks", "asked"):
        merged[name] = {**old[name], **new[name]}

    assert read_bookmark(merged).asked == {}


def test_a_merge_of_bookmarks_brings_back_no_field_that_was_backfilled_or_deselected() -> None:
    """Meltano keeps the keys of the older one that the newer one does not have."""
    old = Ledger(dict.fromkeys(range(1, 20), NOW))
    old.fields.want(["a"], old.watermarks)
    old.fields.want(["a", "b", "c", "d"], old.watermarks)
    new = through_json(old)
    new.fields.want(["a", "b", "d"], new.watermarks)
    new.written(ExportSlice(tuple(range(1, 20)), None, None, NOW), without=["d"], is_backfill=True)

    before, after = write_bookmark(old), write_bookmark(new)
    merged = {**before, **after, "lacking": {**before["lacking"], **after["lacking"]}}

    assert read_bookmark(merged).fields.lacking == {"b": set(), "d": set(range(1, 20))}


# Fields


def test_a_written_increment_lacks_what_its_job_was_created_without() -> None:
    ledger = Ledger({1: NOW - DAY, 2: NOW - DAY})
    ledger.fields.want(["a", "b"], ledger.watermarks)
    window = Window(NOW - DAY, NOW)

    ledger.written(ExportSlice((1,), window, None, NOW), without=["b", "not wanted any more"])
    ledger.written(ExportSlice((1, 2), window, None, NOW))

    assert ledger.fields.lacking == {"b": {1}}


@pytest.mark.parametrize("is_backfill", [True, False])
def test_what_brings_every_row_of_a_program_ends_what_it_lacks(is_backfill: bool) -> None:  # noqa: FBT001 - a parameter
    ledger = Ledger({1: NOW - DAY, 2: NOW - DAY, 3: NOW - DAY})
    ledger.fields.want(["a"], ledger.watermarks)
    ledger.fields.want(["a", "b", "c"], ledger.watermarks)
    whole = ExportSlice((1, 2), None, NOW - DAY if is_backfill else None, NOW)

    ledger.written(whole, without=["c"], is_backfill=is_backfill)

    assert ledger.fields.lacking == {"b": {3}, "c": {1, 2, 3}}


def test_a_program_that_was_deleted_lacks_nothing() -> None:
    ledger = Ledger({1: NOW, 2: NOW})
    ledger.fields.want([], ledger.watermarks)
    ledger.fields.want(["a"], ledger.watermarks)

    ledger.forget(1)
    ledger.written(ExportSlice((1,), None, None, NOW), without=["a"], is_backfill=True)

    assert ledger.fields.lacking == {"a": {2}}


def test_marks_stay_the_same_from_one_version_to_the_next() -> None:
    # Another one would make every field new.
    assert mark("webinarUrl") == "0VIG"


@settings(deadline=None)
@given(st.sets(program_ids, max_size=400), st.data())
def test_a_part_of_a_set_survives_beside_the_whole(among: set[int], data: st.DataObject) -> None:
    part = data.draw(st.sets(st.sampled_from(sorted(among)))) if among else set()

    assert read_part(write_part(part, among), among) == part


def test_a_large_part_of_a_scattered_set_is_short_and_any_other_still_fits() -> None:
    among = scattered(3_000, 0.03)
    first_missing, odd = among[10:], random.Random(5).sample(among, 1_500)  # noqa: S311 - test data

    assert write_part(among, among) == f"{among[0]}-{among[-1]}"
    assert write_part(first_missing, among) == f"{among[10]}-{among[-1]}"
    assert len(write_part(odd, among)) < 6_000
    assert read_part(write_part(odd, among), among) == set(odd)


def test_spans_name_no_program_that_is_not_in_the_larger_set() -> None:
    assert read_part("1-5,7", [2, 4, 7, 9]) == {2, 4, 7}
    assert read_part(write_programs(scattered(3_000, 0.1)), [1, 2]) == set()


@pytest.mark.parametrize(
    "text", ["5-1", "1-3,2", "0-4", "a", "1,,2", "1-9999999999999999999", "z:!"]
)
def test_spans_are_read_only_as_they_are_written(text: str) -> None:
    with pytest.raises(Damaged):
        read_part(text, [1, 2, 3])


# Size


def swept(ids: list[int], days: int = 7) -> Ledger:
    """As sweeps leave programs: those of each day lie between those of the others."""
    rng = random.Random(4)  # noqa: S311 - test data
    return Ledger({one: NOW - DAY * rng.randint(1, days) for one in ids})


def run_of(ids: list[int], days: int) -> list[str]:
    """Every fifth STATE line of 300 jobs, ten of them always in flight.

    Before it, a part of the programs was exported on each of some days. Of sixty fields, three
    are new and still lacking in what is not done.
    """
    lines = []
    fields = [f"customField{number}" for number in range(60)]
    rng = random.Random(2)  # noqa: S311 - test data
    for done in range(0, len(ids), 50):
        ledger = swept(ids, days)
        ledger.watermarks.update(dict.fromkeys(ids[:done], NOW))
        ledger.fields.want(fields[3:], ids)
        ledger.fields.want(fields, ids[done:])
        for first in range(done, min(done + 100, len(ids)), 10):
            job = flight(
                f"{rng.getrandbits(128):032x}",
                tuple(ids[first : first + 10]),
                Window(NOW - DAY - HOUR, NOW),
            )
            ledger.created(job)
        lines.append(state_line(ledger))
    return lines


@pytest.mark.parametrize(
    ("share", "days", "longest"),
    [(1, 1, 3_000), (1, 7, 4_900), (1 / 3, 1, 6_000), (1 / 3, 7, 6_900), (0.03, 1, 8_000)],
)
def test_three_thousand_programs_fit_into_small_lines(
    share: float, days: int, longest: int
) -> None:
    lines = run_of(scattered(3_000, share), days)

    size, total = max(map(len, lines)), 5 * sum(map(len, lines))
    print(f"{share:.0%} of all ids: {size} bytes a line, {total} bytes in 300 lines")  # noqa: T201 - shown by pytest -s, for the record
    assert len(lines) == 60
    assert size < longest < 64_000
    assert total < 2_000_000


@pytest.mark.parametrize(("share", "longest"), [(1, 3_000), (1 / 3, 5_600), (0.03, 10_000)])
def test_programs_that_were_asked_since_they_were_exported_fit_into_small_lines(
    share: float, longest: int
) -> None:
    ids = scattered(3_000, share)
    ledger = swept(ids)
    ledger.asked = {one: NOW for at, one in enumerate(ids) if at % 10}

    assert len(state_line(ledger)) < longest


def test_a_seventh_of_the_programs_on_each_of_seven_days_is_packed_and_read_again() -> None:
    ledger = swept(scattered(3_000, 0.1))

    written = write_bookmark(ledger)

    assert list(written["watermarks"]) == ["packed"]
    assert through_json(ledger) == ledger


def test_watermarks_of_hundreds_of_times_survive_the_bookmark() -> None:
    """More than a packed list can tell apart, and fewer."""
    for times in (255, 256, 257, 700):
        ledger = Ledger({one: NOW - HOUR * (one * 7 % times) for one in range(1, 3_001)})

        assert through_json(ledger) == ledger


def test_every_program_with_a_watermark_of_its_own_still_fits() -> None:
    """The worst that can be, though nothing leads there."""
    rng = random.Random(3)  # noqa: S311 - test data
    ledger = Ledger(
        {one: NOW - timedelta(seconds=rng.randrange(10**6)) for one in scattered(3_000, 0.5)}
    )

    assert len(state_line(ledger)) < 20_000
    assert through_json(ledger) == ledger


@settings(deadline=None, max_examples=25)
@given(
    share=st.sampled_from([1, 1 / 3, 0.03, 0.0003]),
    times=st.sampled_from([1, 7, 200, 3_000]),
    lacking=st.sampled_from([0, 3, 30]),
    asked=st.booleans(),
    jobs=st.sampled_from([0, 14, 100]),
    seed=st.integers(0, 9),
)
def test_however_programs_are_strewn_a_line_is_short_and_says_the_same(  # noqa: PLR0913, PLR0917 - a mix
    share: float,
    times: int,
    lacking: int,
    asked: bool,  # noqa: FBT001 - drawn
    jobs: int,
    seed: int,
) -> None:
    draw, ids = random.Random(seed), scattered(3_000, share, seed)  # noqa: S311 - test data
    fields = [f"customField{number}" for number in range(60)]
    ledger = Ledger({one: NOW - timedelta(minutes=13 * draw.randrange(times)) for one in ids})
    if asked:
        ledger.asked = {
            one: at + timedelta(minutes=1 + draw.randrange(times))
            for one, at in ledger.watermarks.items()
            if draw.random() < 0.9
        }
    ledger.fields.want(fields, ids)
    for name in fields[:lacking]:
        ledger.fields.lacking[name] = set(draw.sample(ids, draw.randrange(3_000)))
    for number in range(jobs):
        window = Window(NOW - timedelta(minutes=13 * draw.randrange(1, 1 + times)), NOW)
        programs = tuple(sorted(draw.sample(ids, 10)))
        ledger.created(flight(f"{draw.getrandbits(128):032x}-{number}", programs, window))

    assert len(state_line(ledger)) < 64_000
    read = through_json(ledger)
    assert read == ledger
    assert list(read.in_flight) == list(ledger.in_flight)


def test_a_merge_that_leaves_a_part_of_other_programs_loses_neither_a_backfill_nor_a_change() -> (
    None
):
    """Key by key, with programs that the newer one has forgotten."""
    draw, ids = random.Random(7), scattered(3_000, 0.03)  # noqa: S311 - test data
    ledger = Ledger(dict.fromkeys(ids, NOW))
    ledger.asked = dict.fromkeys(draw.sample(ids, 1500), NOW + HOUR)
    ledger.fields.want(["a", "b"], ids)
    ledger.fields.lacking["a"] = set(draw.sample(ids, 1_500))
    bookmark = write_bookmark(ledger)
    bookmark["watermarks"] = {**bookmark["watermarks"], "2026-02-01T00:00:00Z": "7"}

    read = read_bookmark(bookmark)

    assert read.watermarks == {**ledger.watermarks, 7: datetime(2026, 2, 1, tzinfo=UTC)}
    assert read.fields.lacking == {"a": {7, *ids}}
    assert read.asked == {}


@pytest.mark.parametrize(
    "text",
    ["m:", "m:AAAA", "m:not base64!", "m:AAAAAAAA", write_part(range(1, 999, 2), range(999))[:-4]],
)
def test_a_damaged_part_of_a_set_is_refused_or_known_to_be_of_another_set(text: str) -> None:
    with pytest.raises((Damaged, OtherSet)):
        read_part(text, range(999))


def test_jobs_of_the_versions_before_are_read_as_those_of_this_one() -> None:
    job = flight(window=Window(NOW - DAY, NOW))
    entry = {
        "id": ID,
        "programs": "1001-1002",
        "until": "2026-03-01T12:00:00Z",
        "fields": job.fields,
        "client": job.client,
    }
    window = ["2026-02-28T12:00:00Z", "2026-03-01T12:00:00Z"]
    lowest = flight(min_updated_at=NOW - DAY)

    def read(**parts: object) -> dict[str, InFlight]:
        second = {"version": 2, "watermarks": {}, "exports": [{**entry, **parts}]}
        return dict(read_bookmark(second).in_flight)

    assert read(window=window) == {ID: job}
    assert read(floor=window[0]) == {ID: lowest}


# What nobody wrote


def refusal(bookmark: object) -> str:
    with pytest.raises(StateRefused) as caught:
        read_bookmark(bookmark)
    return str(caught.value)


WRONG_BOOKMARKS: dict[str, object] = {
    "no version": {"replication_key_value": "2026-01-01T00:00:00Z"},
    "a version to come": damaged(version=4),
    "a version of a truth value": damaged(version=True),
    "a version of no number": damaged(version="1"),
    "a version that is nothing": damaged(version=None),
    "no object": [DOCUMENTED],
    "a text": "2026-01-01T00:00:00Z",
    "nothing": None,
    "no watermarks": {"version": 1, "exports": []},
    "no exports": {"version": 1, "watermarks": {}},
    "watermarks in a list": damaged(watermarks=["1001"]),
    "watermarks of nothing": damaged(watermarks=None),
    "programs in a list": damaged(watermarks={"2026-01-01T00:00:00Z": [1001]}),
    "a watermark without a zone": damaged(watermarks={"2026-01-01T00:00:00": "1"}),
    "a watermark with a fraction": damaged(watermarks={"2026-01-01T00:00:00.5Z": "1"}),
    "a watermark on no day": damaged(watermarks={"2026-02-30T00:00:00Z": "1"}),
    "a watermark with a second line": damaged(watermarks={"2026-01-01T00:00:00Z\nx": "1"}),
    "exports in an object": damaged(exports={"id": ID}),
    "exports of nothing": damaged(exports=None),
    "an export that is a text": damaged(exports=[ID]),
    "an export that is nothing": damaged(exports=[None]),
    "an export without an id": with_export(id=None),
    "an export with a number as id": with_export(id=7),
    "an export without programs": with_export(programs=None),
    "an export of no program": with_export(programs=""),
    "an export of eleven programs": with_export(programs="1-11"),
    "an export without an end": with_export(until=None),
    "an export without fields": with_export(fields=None),
    "an export without a client": with_export(client=None),
    "a window of one end": with_export(window=["2026-11-01T02:00:00Z"]),
    "a window of three ends": with_export(window=["2026-11-01T02:00:00Z"] * 3),
    "an empty window": with_export(window=[]),
    "a window of a number": with_export(window=5),
    "a window of a text": with_export(window="ab"),
    "a window that ends before it starts": with_export(
        window=["2026-11-03T02:00:00Z", "2026-11-01T02:00:00Z"]
    ),
    "a window of no time": with_export(window=["2026-11-01T02:00:00Z"] * 2),
    "a moment that is a number": with_export(floor=0),
    "an export that is perhaps a backfill": with_export(backfill="yes"),
    "known fields in a list": damaged(known_fields=["leadId"]),
    "known fields that are cut short": damaged(known_fields="LzwiP"),
    "known fields of other characters": damaged(known_fields="abc!"),
    "a mark of a salt that is none": damaged(salt_mark=None),
    "a mark of a salt that is cut short": damaged(salt_mark="xQq"),
    "marks of two salts": damaged(salt_mark="xQqPxQqP"),
    "lacking fields in a list": damaged(lacking=["webinarUrl"]),
    "lacking fields in a text": damaged(lacking="webinarUrl"),
    "lacking fields of nothing": damaged(lacking=None),
    "a field lacked by a list": damaged(lacking={"webinarUrl": [1001]}),
    "a field lacked by damaged programs": damaged(lacking={"webinarUrl": "1402-1001"}),
    "a field lacked by those of none": damaged(lacking={"webinarUrl": "=registrationCode"}),
    "a field lacked by those of itself": damaged(lacking={"webinarUrl": "=webinarUrl"}),
    "answers that are no program's": damaged(asked=["1001"]),
    "answers of nothing": damaged(asked=None),
    "an answer on no day": damaged(asked={"2026-02-30T00:00:00Z": "1"}),
    "numbers of answers that are none": damaged(answers={"asked": 5, "changed": "7"}),
    "less than no answers": damaged(answers={"asked": -1, "changed": 0}),
    "half of the answers": damaged(answers={"asked": 5}),
    "questions on no day": damaged(questions={"yesterday": 5}),
    "questions of a truth value": damaged(questions={"2026-11-01": True}),
    "packed watermarks without times": damaged(watermarks={"packed": {"programs": "1"}}),
    "packed watermarks in a list": damaged(watermarks={"packed": ["1"]}),
    "jobs in a list": damaged(exports=[{**DOCUMENTED["exports"][0], "jobs": [ID]}]),
    "a job of a number": damaged(exports=[{**DOCUMENTED["exports"][0], "jobs": {ID: 7}}]),
    "a job from no day": damaged(exports=[{**DOCUMENTED["exports"][0], "jobs": {ID: "1 from x"}}]),
    "more packed programs than places": damaged(watermarks=packed_as("1-3", b"\0\0")),
    "fewer packed programs than places": damaged(watermarks=packed_as("1", b"\0\0")),
    "a packed place of no time": damaged(watermarks=packed_as("1", b"\1")),
    "packed places that were cut short": damaged(watermarks=packed_as("1-2", b"\0\0", cut=8)),
    "packed times on no day": damaged(watermarks=packed_as("1", b"\0", times="2026-02-30")),
    "an unfinished plan of a number": damaged(unfinished=5),
    "an unfinished plan on no day": damaged(unfinished="yesterday"),
}


@pytest.mark.parametrize("bookmark", WRONG_BOOKMARKS.values(), ids=WRONG_BOOKMARKS)
def test_what_cannot_be_read_is_refused_with_a_way_out(bookmark: object) -> None:
    told = refusal(bookmark)

    assert "program_members" in told
    assert "Nothing was extracted" in told
    assert "remove bookmarks.program_members from the state" in told
    assert "\n" not in told
    assert len(told) < 500


def test_a_refusal_names_the_version_it_met() -> None:
    assert "its version is 4, expected 3" in refusal(damaged(version=4))


def test_a_refusal_does_not_repeat_what_it_met() -> None:
    assert "hunter2" not in refusal(damaged(version="hunter2"))
    assert "hunter2" not in refusal(damaged(watermarks={"hunter2": "1"}))
    assert "hunter2" not in refusal(with_export(id="../hunter2"))


@pytest.mark.parametrize(
    "text",
    [
        "0",
        "-5",
        "5-",
        "1-2-3",
        "9-7",
        "3,2",
        "1,1",
        "1-5,5",
        "1,,2",
        "1, 2",
        " 1",
        "a",
        "1.5",
        "1\n",
        str(MAX_PROGRAM_ID + 1),
    ],
)
def test_ranges_are_read_only_as_they_are_written(text: str) -> None:
    assert "a set of programs is damaged" in refusal(
        damaged(watermarks={"2026-01-01T00:00:00Z": text})
    )


def test_the_highest_program_id_can_be_read() -> None:
    assert read_programs(str(MAX_PROGRAM_ID)) == [MAX_PROGRAM_ID]


GAPS = zlib.compress(bytes([1, 200, 1, 5]))


@pytest.mark.parametrize(
    "text",
    [
        "z:",
        "z:=",
        "z:not base64!",
        "z:\u00e9",
        packed(GAPS)[:6] + "!" + packed(GAPS)[6:],
        packed(GAPS) + "\n",
        packed(b"no zlib"),
        packed(GAPS[:-1]),
        packed(GAPS[:-6]),
        packed(GAPS + b"more"),
        packed(zlib.compress(bytes([1, 0, 1]))),
        packed(zlib.compress(bytes([1, 200]))),
        packed(zlib.compress(bytes([200] * 9 + [1]))),
        packed(zlib.compress(bytes([128] * 9 + [1]))),
    ],
    ids=[
        "empty",
        "padding only",
        "no base64",
        "no ASCII",
        "something between",
        "a line end behind it",
        "no zlib",
        "without its last byte",
        "without its checksum",
        "with more behind it",
        "a gap of nothing",
        "cut in a gap",
        "a gap without an end",
        "an id out of bounds",
    ],
)
def test_packed_sets_are_read_only_as_they_are_written(text: str) -> None:
    assert "a set of programs is damaged" in refusal(
        damaged(watermarks={"2026-01-01T00:00:00Z": text})
    )


def test_a_packed_set_that_was_cut_short_is_never_a_smaller_set() -> None:
    text = write_programs(scattered(1_000, 0.03))

    for length in range(2, len(text), 7):
        with pytest.raises(ValueError, match="a set of programs is damaged"):
            read_programs(text[:length])


@pytest.mark.parametrize(
    "export_id",
    [
        "../../etc/passwd",
        "a/b",
        "a\\b",
        "..",
        ".",
        "",
        "a.csv",
        "-x",
        "a b",
        "a\n",
        "a" * 65,
        "\u00e9",
    ],
)
def test_an_export_id_that_could_lead_elsewhere_is_refused(export_id: str) -> None:
    assert "the id of an export is damaged" in refusal(with_export(id=export_id))


BOMBS: dict[str, dict[str, Any]] = {
    "a range of all ids": damaged(watermarks={"2026-01-01T00:00:00Z": "1-2147483648"}),
    "a range beyond all ids": damaged(watermarks={"2026-01-01T00:00:00Z": "1-9999999999"}),
    "many ranges": damaged(watermarks={"2026-01-01T00:00:00Z": "1-999999,1000001-1999999"}),
    "an export of all ids": with_export(programs="1-2147483648"),
    "neighbours without end": damaged(
        watermarks={"2026-01-01T00:00:00Z": packed(zlib.compress(b"\1" * 50_000_000, 9))}
    ),
    "one gap without end": damaged(
        watermarks={"2026-01-01T00:00:00Z": packed(zlib.compress(b"\x80" * 50_000_000, 9))}
    ),
    "one long gap": damaged(
        watermarks={"2026-01-01T00:00:00Z": packed(zlib.compress(b"\xff" * 1_500_000 + b"\1", 9))}
    ),
    "nothing without end": damaged(
        watermarks={"2026-01-01T00:00:00Z": packed(zlib.compress(b"\0" * 50_000_000, 9))}
    ),
    "many large groups": damaged(
        watermarks={f"2026-01-01T00:{minute:02}:00Z": "1-999999" for minute in range(60)}
    ),
}


@pytest.mark.parametrize("bookmark", BOMBS.values(), ids=BOMBS)
def test_a_bookmark_that_swells_is_refused_in_time_and_memory(bookmark: dict[str, Any]) -> None:
    started = time.process_time()
    refusal(bookmark)
    assert time.process_time() - started < 10


def test_a_bomb_does_not_fill_memory() -> None:
    tracemalloc.start()
    try:
        refusal(BOMBS["one gap without end"])
        refusal(BOMBS["a range of all ids"])
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 50_000_000


texts = st.text(max_size=20) | st.sampled_from(["2026-01-01T00:00:00Z", "1-5", "z:", ID, "1-99999"])
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | texts,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["id", "programs", "until", "window", "floor", "fields", "client"])
            | texts,
            inner,
            max_size=7,
        )
    ),
    max_leaves=20,
)


def read_or_refused(bookmark: object) -> None:
    """Anything but these two outcomes fails the test."""
    try:
        ledger = read_bookmark(bookmark)
    except StateRefused as refused:
        assert "\n" not in str(refused)  # noqa: PT017 - either outcome is good
    else:
        assert through_json(ledger) == ledger


@settings(deadline=None)
@given(anything)
def test_arbitrary_json_is_a_ledger_or_refused(bookmark: object) -> None:
    read_or_refused(bookmark)


@settings(deadline=None)
@given(
    st.fixed_dictionaries(
        {"version": st.sampled_from([1, 2, 3]), "watermarks": anything, "exports": anything},
        optional={
            "unfinished": anything,
            "asked": anything,
            "answers": anything,
            "questions": anything,
            "known_fields": anything | st.just(DOCUMENTED["known_fields"]),
            "salt_mark": anything | st.just(DOCUMENTED["salt_mark"]),
            "lacking": anything | st.dictionaries(st.just("webinarUrl"), anything),
        },
    )
)
def test_arbitrary_parts_are_a_ledger_or_refused(bookmark: dict[str, Any]) -> None:
    read_or_refused(bookmark)


@settings(deadline=None)
@given(
    st.dictionaries(
        st.sampled_from(["id", "programs", "until", "window", "floor", "fields", "client"]),
        anything,
        min_size=1,
        max_size=3,
    )
)
def test_arbitrary_exports_are_a_ledger_or_refused(parts: dict[str, Any]) -> None:
    read_or_refused(damaged(exports=[{**SECOND["exports"][0], **parts}]))


@settings(deadline=None)
@given(st.dictionaries(texts, texts | st.binary(max_size=40).map(packed), max_size=3))
def test_arbitrary_watermarks_are_a_ledger_or_refused(watermarks: dict[str, str]) -> None:
    read_or_refused(damaged(watermarks=watermarks))
    read_or_refused(damaged(asked=watermarks))


@pytest.mark.parametrize("last", [1, 126, 127, 128, 129, 16_383, 16_384, 16_385])
def test_a_packed_set_of_programs_ends_where_it_ended(last: int) -> None:
    scattered = list(range(1, 3_000, 3))
    ids = [*scattered, scattered[-1] + last]

    text = write_programs(ids)

    assert text.startswith("z:")
    assert read_programs(text) == ids
