"""What the unit tests look for in a few examples is not found in many, either.

The same tests and the same strategies: nothing is written down twice.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from interleavings import SEEDS, SEEDS_OF_UNIT_TESTS, assert_interleaving_keeps_the_promises
from search_profiles import WIDE

ROOT = Path(__file__).parents[2]
SEARCHING = sorted(
    str(path.relative_to(ROOT))
    for path in (ROOT / "tests" / "unit").rglob("test_*.py")
    if "hypothesis" in path.read_text(encoding="utf-8")
)


@pytest.mark.parametrize("file", SEARCHING)
def test_many_examples_find_no_more_than_few(file: str) -> None:
    done = subprocess.run(  # noqa: S603 - the unit tests of this project
        [
            *(sys.executable, "-m", "pytest", "-n", "0", "-q", "-m", "hypothesis"),
            *("--hypothesis-profile", WIDE, file),
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout[-8000:] + done.stderr[-2000:]
    assert " passed" in done.stdout


@pytest.mark.parametrize("seed", range(SEEDS_OF_UNIT_TESTS, SEEDS))
def test_many_interleavings_of_the_workers_keep_the_promises(seed: int) -> None:
    assert_interleaving_keeps_the_promises(seed)
