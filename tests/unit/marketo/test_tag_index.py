"""The tags of programs that were read by id tell which program carries which tag."""

from __future__ import annotations

from typing import Any

import pytest

from tap_marketo_programs.marketo.tag_index import TagIndex, sweep_calls, tags_of


def program(*tags: tuple[str, str]) -> dict[str, Any]:
    return {"tags": [{"tagType": kind, "tagValue": value} for kind, value in tags]}


INDEX = TagIndex(
    {
        3: program(("Region", "EMEA"), ("Quarter", "Q1")),
        1: program(("Region", "EMEA")),
        2: program(("Region", "APJ"), ("region", "Apj "), ("Region", "North, South")),
        4: {"tags": None},
    }
)


def test_the_carriers_of_a_tag_come_in_the_order_of_the_programs() -> None:
    assert INDEX.carriers(("Region", "EMEA")) == [3, 1]
    assert INDEX.carriers(("Region", "LATAM")) == []


def test_a_tag_that_is_carried_in_another_spelling_is_not_certain() -> None:
    assert INDEX.is_certain(("Region", "EMEA"))
    assert INDEX.is_certain(("Region", "LATAM"))
    assert not INDEX.is_certain(("Region", "APJ"))
    assert not INDEX.is_certain(("REGION", "EMEA"))


def test_a_tag_is_carried_in_whichever_spelling() -> None:
    assert INDEX.is_carried(("REGION", "north, SOUTH"))
    assert not INDEX.is_carried(("Region", "LATAM"))


def test_a_tag_that_a_program_has_twice_is_carried_once() -> None:
    assert TagIndex({1: program(("A", "x"), ("A", "x"))}).carriers(("A", "x")) == [1]


@pytest.mark.parametrize(
    "odd",
    [{}, {"tags": "x"}, {"tags": [None]}, {"tags": [{"tagType": "A"}]}, {"tags": {"tagType": "A"}}],
)
def test_tags_that_cannot_be_read_are_not_taken_for_none(odd: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="cannot be read"):
        tags_of(odd)


@pytest.mark.parametrize(
    ("rows", "calls"), [(0, 1), (1, 1), (199, 1), (200, 2), (250, 8), (2000, 88), (20_000, 1010)]
)
def test_a_listing_in_random_order_takes_many_sweeps(rows: int, calls: int) -> None:
    assert sweep_calls(rows, 200) == calls
