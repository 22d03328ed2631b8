"""The cells of a column, converted together, become what each would alone."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from member_files import BOOLEAN, DATE, DATETIME, INTEGER, NUMBER, STRING

from tap_marketo_programs.member_file.columns import (
    _plain_integers,
    _plain_moments,
    _plain_numbers,
    column_of,
)
from tap_marketo_programs.schemas.timestamps import utc_timestamp

if TYPE_CHECKING:
    from collections.abc import Callable


KINDS = [STRING, {"type": "string"}, INTEGER, NUMBER, BOOLEAN, DATE, DATETIME]

neighbours = st.lists(
    st.sampled_from(
        [
            *("", "null", "0", "1", "12", "-1", "12.0", "2.5", ".5", "5.", ".", "1.2.3", "1e3"),
            *("9" * 18, "9" * 19, "9" * 30, "1" * 500, " 7 ", "٣", "true", "No", "x", "NULL"),
            *("2024-05-06", "2024-05-06T07:08:09Z", "2024-05-06T07:08:09+0100"),
            *("2024-02-30T00:00:00Z", "2024-05-06T24:00:00Z", "2024-05-06 07:08:09Z"),
        ]
    ),
    min_size=1,
    max_size=5,
)


@settings(deadline=None)
@given(st.sampled_from(KINDS), neighbours, st.sampled_from([1, 8, 40]))
@example(STRING, ["a", "null"], 1)
@example(STRING, ["a", "null", ""], 1)
@example(INTEGER, ["1", "2", ""], 1)
@example(INTEGER, ["1", "9" * 30], 1)
@example(INTEGER, ["12", "7"], 16)
@example(NUMBER, ["1", "9" * 30], 1)
@example(NUMBER, ["1", "2.5"], 1)
@example(NUMBER, ["1", "2", "null"], 1)
@example(NUMBER, ["1.2.3", "4"], 1)
@example(DATETIME, ["2024-05-06T07:08:09Z", "2024-05-06", ""], 1)
def test_what_a_cell_becomes_does_not_depend_on_its_neighbours(
    schema: dict[str, Any], some: list[str], times: int
) -> None:
    alone, together = Counter[str](), Counter[str]()
    by_itself = column_of("x", schema, alone)
    cells = some * times

    found = column_of("x", schema, together).convert(cells)

    expected = [by_itself.convert([cell])[0] for cell in cells]
    assert list(found) == expected
    assert list(map(type, found)) == list(map(type, expected))
    assert together == alone


@pytest.mark.parametrize(
    ("at_once", "cells", "values"),
    [
        (_plain_integers, ["1", "007", "9" * 18], [1, 7, 10**18 - 1]),
        (_plain_numbers, ["1", "9" * 18, "null", ""], [1, 10**18 - 1, None, None]),
        (_plain_numbers, ["1.5", "null", ".5"], [1.5, None, 0.5]),
        (_plain_moments, ["2024-02-29T23:59:59Z", "null"], ["2024-02-29T23:59:59Z", None]),
        (_plain_integers, ["1", "-7"], None),
        (_plain_integers, ["1", ""], None),
        (_plain_integers, ["1", "9" * 19], None),
        (_plain_numbers, ["1", "2.5"], None),
        (_plain_numbers, ["1.2.3", "4"], None),
        (_plain_moments, ["2024-02-30T00:00:00Z"], None),
        (_plain_moments, ["2024-05-06T24:00:00Z"], None),
    ],
)
def test_a_column_of_the_usual_form_is_read_at_once_and_any_other_is_not(
    at_once: Callable[[list[str]], list[Any] | None], cells: list[str], values: list[Any] | None
) -> None:
    assert at_once(cells) == values


def accepted(cell: str) -> str | None:
    """What a datetime column makes of one cell by itself."""
    try:
        return utc_timestamp(cell)
    except ValueError:
        return None


@settings(deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from([0, 1, 99, 1900, 2000, 2023, 2024, 9999]),
            st.integers(0, 13),
            st.sampled_from([0, 1, 27, 28, 29, 30, 31, 32]),
            st.sampled_from([0, 9, 19, 23, 24, 30]),
            st.sampled_from([0, 59, 60]),
            st.sampled_from([0, 59, 60, 61]),
        ),
        min_size=1,
        max_size=5,
    )
)
def test_a_column_of_datetimes_is_read_as_each_of_its_cells_would_be(
    moments: list[tuple[int, ...]],
) -> None:
    cells = ["{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z".format(*moment) for moment in moments]

    found = column_of("when", DATETIME, Counter()).convert(cells)

    assert list(found) == [accepted(cell) for cell in cells]
