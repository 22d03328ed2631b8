from __future__ import annotations

import pytest
from page_output import same, shown


def test_a_page_shows_no_colours_no_blanks_at_ends_and_no_place_of_the_test() -> None:
    text = "\n\x1b[32mdone\x1b[0m   \n/tmp/x/work/output\n\n"

    assert shown(text, {"/tmp/x": "~"}) == "done\n~/work/output\n"  # noqa: S108 - a text


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("at 2026-11-27T13:02:10Z", "at 2026-11-28T01:00:00Z"),
        ("resets at 2026-11-28 06:00 UTC", "resets at 2026-11-29 06:00 UTC"),
        ("id 13656#1a21d2764b2", "id 1a0b#1a21d299999"),
        ("job 804c80e6-8227-4091-9818-e2258b8f8950", "job fb2438f5-c7af-4da6-8cc8-8c83ea294525"),
        ("12 rows; 3 s", "12 rows; 14 s"),
    ],
)
def test_times_and_ids_are_no_difference(one: str, other: str) -> None:
    assert same(one, other)


@pytest.mark.parametrize(
    ("one", "other"),
    [("12 rows", "13 rows"), ("a\nb", "b\na"), ("a", "a\na"), ("exit code 1", "exit code 0")],
)
def test_everything_else_is_a_difference(one: str, other: str) -> None:
    assert not same(one, other)


def test_where_figures_depend_on_the_pace_neither_they_nor_repeated_lines_are_a_difference() -> (
    None
):
    one = "Exports: 2 of 6 jobs done\nExports: 4 of 6 jobs done\nended: 1,200 rows, ~0.30 MB\n"
    other = "Exports: 1 of 6 jobs done\nended:  900 rows, 1.5 MB\n"

    assert same(one, other, alike=True)
    assert not same(one, other)
    assert same("tags  6   0.0\n", "tags  6     -\n", alike=True)


def test_other_words_are_a_difference_all_the_same() -> None:
    assert not same("6 jobs done", "6 jobs given up", alike=True)
    assert not same("6 jobs done", "", alike=True)
