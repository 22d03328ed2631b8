"""Moments in Arrow are judged as the texts of records are."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tap_marketo_programs.member_file.moments import MOMENT, not_before

if TYPE_CHECKING:
    from collections.abc import Sequence

FIRST = datetime(2026, 1, 31, 12, 0, 0, tzinfo=UTC)


def kept(moments: Sequence[datetime | None], first: datetime) -> list[bool]:
    verdicts: list[bool] = not_before(pa.array(moments, MOMENT), first).to_pylist()
    return verdicts


@pytest.mark.parametrize(
    ("moment", "is_kept"),
    [
        (None, True),
        (FIRST, True),
        (FIRST + timedelta(microseconds=1), True),
        (FIRST - timedelta(microseconds=1), False),
        (datetime(1, 1, 1, tzinfo=UTC), False),
        (datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC), True),
    ],
)
@pytest.mark.parametrize("fraction", [0, 999_999])
def test_a_moment_is_compared_by_the_second_and_none_is_kept(
    moment: datetime | None, *, is_kept: bool, fraction: int
) -> None:
    assert kept([moment], FIRST.replace(microsecond=fraction)) == [is_kept]


# Close to one another, so that some are of one second.
near = st.integers(-3_000_000, 3_000_000).map(lambda shift: FIRST + timedelta(microseconds=shift))


@given(st.lists(st.one_of(st.none(), near), max_size=20), near)
def test_the_verdicts_are_those_of_the_texts(
    moments: list[datetime | None], first: datetime
) -> None:
    def second(moment: datetime) -> str:
        return moment.isoformat(timespec="seconds")

    assert kept(moments, first) == [one is None or second(one) >= second(first) for one in moments]


def test_no_moments_are_no_verdicts() -> None:
    assert kept([], FIRST) == []
