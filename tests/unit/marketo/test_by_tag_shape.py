"""What byTag shows of a program is learned from its answers, and said of others."""

from __future__ import annotations

from typing import Any

import pytest

from tap_marketo_programs.marketo.by_tag_shape import ByTagShape, features

Row = dict[str, Any]

EMEA = ("Region", "EMEA")
Q1 = ("Quarter", "Q1")
DATES = {"startDate": "2026-03-01T10:00:00Z+0000"}


def pair(tag: tuple[str, str]) -> Row:
    return {"tagType": tag[0], "tagValue": tag[1]}


def by_id(number: int, *tags: tuple[str, str], **more: object) -> Row:
    return {"id": number, "name": f"P{number}", "costs": None, "tags": [*map(pair, tags)], **more}


def by_tag(program: Row, *tags: tuple[str, str], hidden: tuple[str, ...] = ("costs",)) -> Row:
    return {k: v for k, v in program.items() if k not in hidden} | {"tags": [*map(pair, tags)]}


ONE, TWO = by_id(1, EMEA), by_id(2, Q1, EMEA)


@pytest.mark.parametrize("shown", [(EMEA,), (Q1, EMEA)], ids=["queried", "all"])
def test_whether_all_tags_are_shown_is_learned_of_a_program_with_several(
    shown: tuple[tuple[str, str], ...],
) -> None:
    shape = ByTagShape()

    assert shape.learn(TWO, by_tag(TWO, *shown), EMEA)

    assert features(TWO) <= shape.known
    other = by_id(3, Q1, EMEA, ("Area", "x"))
    assert shape.row(other, Q1)["tags"] == ([pair(Q1)] if shown == (EMEA,) else other["tags"])
    assert "costs" not in shape.row(other, Q1)


def test_a_program_with_one_tag_does_not_tell_how_several_are_shown() -> None:
    shape = ByTagShape()
    assert shape.learn(ONE, by_tag(ONE, EMEA), EMEA)

    assert features(ONE) <= shape.known
    assert features(TWO) - shape.known == {("tags", True)}


def test_a_field_that_no_answer_has_told_of_is_not_known() -> None:
    shape = ByTagShape()
    assert shape.learn(ONE, by_tag(ONE, EMEA), EMEA)

    assert features(by_id(3, EMEA, **DATES)) - shape.known == {("startDate", False)}
    assert features(by_id(3, EMEA, costs=[])) - shape.known == {("costs", False)}


def test_a_field_spelled_in_another_way_is_the_same() -> None:
    program = by_id(1, EMEA, **DATES)
    row = by_tag(program, EMEA) | {"id": "1", "startDate": "2026-03-01T10:00:00.000Z"}

    assert ByTagShape().learn(program, row, EMEA)


@pytest.mark.parametrize(
    "row",
    [
        pytest.param(by_tag(TWO, EMEA) | {"name": "Other"}, id="another value"),
        pytest.param(by_tag(TWO, EMEA) | {"extra": 1}, id="a field that by id has not"),
        pytest.param(by_tag(TWO, EMEA, ("Area", "x")), id="other tags"),
        pytest.param(by_tag(TWO, Q1), id="another tag"),
        pytest.param(by_tag(TWO), id="no tag"),
    ],
)
def test_what_cannot_be_explained_is_said(row: Row) -> None:
    assert not ByTagShape().learn(TWO, row, EMEA)


def test_answers_that_contradict_each_other_cannot_be_explained() -> None:
    shape = ByTagShape()
    assert shape.learn(TWO, by_tag(TWO, EMEA), EMEA)
    assert not shape.learn(TWO, by_tag(TWO, Q1, EMEA), EMEA)

    shape = ByTagShape()
    assert shape.learn(ONE, by_tag(ONE, EMEA), EMEA)
    assert not shape.learn(TWO, by_tag(TWO, EMEA, hidden=()), EMEA)


def test_a_record_without_tags_can_be_explained() -> None:
    shape = ByTagShape()

    assert shape.learn(TWO, {"id": 2, "name": "P2"}, EMEA)

    assert shape.row(by_id(3, Q1, EMEA), Q1) == {"id": 3, "name": "P3"}
