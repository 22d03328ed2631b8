from __future__ import annotations

import pytest
from demo_runs import same, shown

PRINTED = """\
1. The first run: meltano run

   17 s, 142 API calls, 512 KB

   programs         55 of 55 equal
   tag_types          5 of 5 equal
   program_members  20 of 20 equal
   channels           8 of 8 equal

2. Funnels

     program  | members
  ------------+---------
   Newsletter |      14
   Newsletter |      19
   Onboarding |       9
   Onboarding |       7
  (4 rows)

Everything is equal.
"""
SHOWN = """\
1. The first run: meltano run
   17 s, 142 API calls, 512 KB
   programs         55 of 55 equal
   program_members  20 of 20 equal
   ...

2. Funnels
     program  | members
  ------------+---------
   Newsletter |      14
   Newsletter |      19
   Onboarding |       9
   ...

Everything is equal.
"""


def test_the_readme_shows_each_part_of_the_demo_without_small_tables_and_later_rows() -> None:
    assert shown(PRINTED) == SHOWN


def test_times_and_calls_that_look_at_jobs_are_no_difference() -> None:
    assert same(SHOWN, SHOWN.replace("17 s", "23 s").replace("142 API", "151 API"))


@pytest.mark.parametrize(
    ("said", "now"),
    [("20 of 20", "19 of 20"), ("512 KB", "513 KB"), ("Everything", "Not everything")],
)
def test_all_else_that_the_demo_says_is_a_difference(said: str, now: str) -> None:
    assert not same(SHOWN, SHOWN.replace(said, now))


def test_a_table_that_differs_is_shown_whatever_its_size() -> None:
    differs = PRINTED.replace(
        "5 of 5 equal", "4 of 5 equal\n                      1 missing, such as 1"
    )

    assert "1 missing, such as 1" in shown(differs)
