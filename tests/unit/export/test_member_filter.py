"""Which members a job is asked for, which programs share one, and what tells two filters apart."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from simulation import Simulation, settings

from tap_marketo_programs.errors import MarketoConfigError
from tap_marketo_programs.export.ledger import digest
from tap_marketo_programs.export.member_filter import (
    CadenceWord,
    MemberFilter,
    WantedMembers,
    asked_for,
)
from tap_marketo_programs.export.slices import ExportSlice

NOW = datetime(2026, 3, 1, tzinfo=UTC)
FILTERS = st.builds(
    MemberFilter,
    st.lists(st.sampled_from(["A", "B", "C"]), unique=True).map(tuple),
    st.sampled_from([None, True, False]),
    st.sampled_from(["", "norm", "pause", "normal", "paused"]),
)


def test_a_create_asks_for_what_is_set_and_nothing_else() -> None:
    every = MemberFilter(("Attended", "No Show"), is_exhausted=False, cadence="norm")
    part = ExportSlice((1001, 1002), None, None, NOW, members=every)

    assert part.filter() == {
        "programIds": [1001, 1002],
        "statusNames": ["Attended", "No Show"],
        "isExhausted": False,
        "nurtureCadence": "norm",
    }
    assert part.filter(one_program=False) == part.filter()
    assert part.singles()[0].filter(one_program=True)["programId"] == 1001
    assert ExportSlice((1001,), None, None, NOW).filter() == {"programIds": [1001]}
    assert MemberFilter(is_exhausted=True).wire() == {"isExhausted": True}


def test_the_parts_of_a_slice_are_asked_for_the_same_members() -> None:
    members = MemberFilter(("A",))
    whole = ExportSlice((1, 2, 3), None, None, NOW, members=members)

    parts = [*whole.halves(), *whole.singles(), whole.without(2), whole.unfiltered()]

    assert all(part is not None and part.members == members for part in parts)


@given(one=FILTERS, other=FILTERS)
def test_two_filters_have_one_digest_only_if_they_select_the_same(
    one: MemberFilter, other: MemberFilter
) -> None:
    def selects(members: MemberFilter) -> object:
        return set(members.status_names), members.is_exhausted, members.cadence[:4]

    same = digest(asked_for(["leadId"], one)) == digest(asked_for(["leadId"], other))

    assert same == (selects(one) == selects(other))


def test_no_filter_leaves_the_digest_of_earlier_versions() -> None:
    assert digest(asked_for(["leadId", "updatedAt"], None)) == digest(["leadId", "updatedAt"])
    assert digest(asked_for(["leadId"], MemberFilter())) != digest(["leadId"])


@given(
    names=st.dictionaries(
        st.integers(1, 30), st.lists(st.sampled_from("AB"), unique=True).map(tuple), min_size=1
    ),
    unsure=st.frozensets(st.integers(1, 30)),
)
def test_programs_share_jobs_only_if_all_know_what_is_asked_for(
    names: dict[int, tuple[str, ...]], unsure: frozenset[int]
) -> None:
    wanted = WantedMembers(MemberFilter(("A", "B"), is_exhausted=True), names, unsure)

    groups = list(wanted.groups(names))

    grouped = [program_id for _, ids in groups for program_id in ids]
    assert sorted(grouped) == sorted(one for one, known in names.items() if known)
    for members, ids in groups:
        assert members.is_exhausted is True
        assert {names[program_id] for program_id in ids} == {members.status_names}
        assert wanted.filter_of(ids) == members
        assert len({program_id in unsure for program_id in ids}) == 1


def test_programs_that_are_asked_for_different_statuses_have_no_filter_in_common() -> None:
    wanted = WantedMembers(MemberFilter(("A", "B")), {1: ("A",), 2: ("B",), 3: ()})

    assert wanted.filter_of([1, 2]) is None
    assert wanted.filter_of([3]) is None
    assert wanted.filter_of([1]) == MemberFilter(("A",))


def test_without_statuses_all_programs_share_jobs() -> None:
    chosen = MemberFilter(is_exhausted=True)

    assert list(WantedMembers(chosen).groups([3, 1])) == [(chosen, [3, 1])]


# The words for a cadence


def test_the_other_word_is_tried_once_for_the_same_programs() -> None:
    cadence = CadenceWord("norm")

    assert cadence.try_other((1, 2))
    assert cadence.word == "normal"
    assert not cadence.try_other((1, 2))
    assert cadence.try_other((1,))
    # Other statuses were why, perhaps.
    assert cadence.try_other((1, 2), ("A",))


def test_a_word_that_a_job_was_created_with_stays() -> None:
    cadence = CadenceWord("paused", is_settled=True)

    assert not cadence.try_other((1,))
    assert cadence.word == "paused"


def test_without_a_cadence_there_is_nothing_to_try() -> None:
    assert not CadenceWord("").try_other((1,))


# Whole runs, with programs that know some of the statuses

PROGRAMS = list(range(1001, 1015))
WANTED = ("A", "B")


@hypothesis_settings(deadline=None)
@pytest.mark.parametrize("days", [None, 0], ids=["members", "keys"])
@given(
    known=st.fixed_dictionaries(
        {one: st.frozensets(st.sampled_from(["A", "B", "C"])) for one in PROGRAMS}
    ),
    steps=st.integers(0, 60),
)
def test_each_program_is_exported_once_for_the_statuses_that_it_knows(
    days: int | None, known: dict[int, frozenset[str]], steps: int
) -> None:
    """However a run is cut in between."""
    run = Simulation(
        PROGRAMS,
        settings(),
        full_table=days is None,
        snapshot_days=days,
        members=WantedMembers(MemberFilter(WANTED)),
        statuses=known,
    )
    run.go_on(steps)
    run.begin()
    run.run_to_the_end()

    wanted = {one: names for one in PROGRAMS if (names := known[one].intersection(WANTED))}
    if not wanted:
        assert isinstance(run.error, MarketoConfigError)
        return
    assert run.error is None
    assert {program for program in PROGRAMS if run.written[program]} == set(wanted)
    assert run.work.statusless <= set(PROGRAMS) - set(wanted)
    for job in run.paid():
        assert job.slice.members is not None
        for program_id in job.slice.program_ids:
            assert set(job.slice.members.status_names) == wanted[program_id]
    if days is not None:
        paid = Counter(program for job in run.paid() for program in job.slice.program_ids)
        assert paid == {one: len({until for _, until in run.written[one]}) for one in paid}
