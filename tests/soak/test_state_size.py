"""Whatever comes together in a run over 3,000 programs, its STATE lines are small.

`uv run python tests/support/state_sizes.py` measures every mix with every density of ids, which
takes minutes; here are those with the longest lines.
"""

from __future__ import annotations

import pytest
from state_sizes import MIXES, sizes_of

# Thousands of jobs take a minute each.
LARGE = ("and no shared jobs", "one program a job")


@pytest.mark.parametrize(
    ("name", "density"),
    [
        *((name, "seven digits") for name in MIXES if name not in LARGE),
        ("and fields lacked unevenly", "a third"),
    ],
)
def test_the_state_lines_of_a_run_are_small_in_every_mix(name: str, density: str) -> None:
    sizes = sizes_of(MIXES[name], density)

    assert sizes.lines
    assert sizes.longest < 64_000
    # What other streams write, whose lines hold the same state, has the rest of two megabytes.
    assert sizes.total < 1_900_000 - 4 * sizes.longest
