"""The README's first command prints what the README shows, and finds what a target lost."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import captures
import demo_runs
import pytest
from demo_runs import demo

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from marketo_sandbox import Sandbox

pytestmark = pytest.mark.targets


@pytest.fixture
def checkout() -> Iterator[Path]:
    with demo_runs.copied() as folder:
        yield folder


def test_the_readme_shows_what_its_first_command_prints(checkout: Path) -> None:
    (readme,) = (page for page in captures.pages() if page.path == demo_runs.README)
    (shown,) = (block for block in readme.blocks if block.name == demo_runs.PATH)

    done = demo_runs.first_command(checkout)

    assert done.returncode == 0, done.stderr
    now = demo_runs.shown(done.stdout)
    assert demo_runs.same(shown.text, now), f"run `{captures.COMMAND} README.md`:\n{now}"


def test_the_demo_fails_where_a_row_is_missing_and_names_what_it_is(
    checkout: Path, sandbox: Sandbox
) -> None:
    missing = demo(checkout, sandbox=sandbox, TAP_MARKETO_PROGRAMS_PROGRAM_IDS="[1001]")
    asked = demo(checkout, "SELECT id FROM programs")

    assert missing.returncode == 1, missing.stderr
    assert "Traceback" not in missing.stderr
    assert "Not everything is equal." in missing.stdout
    assert re.search(r"programs +1 of 55 equal", missing.stdout)
    assert "54 missing, such as (1004,), (1007,)" in missing.stdout
    assert asked.returncode == 0, asked.stderr
    assert asked.stdout.split() == ["id", "------", "1001", "(1", "row)"]


def test_the_demo_fails_where_the_load_does(checkout: Path, sandbox: Sandbox) -> None:
    failed = demo(checkout, sandbox=sandbox, TAP_MARKETO_PROGRAMS_CLIENT_SECRET="wrong")

    assert failed.returncode not in {0, 2}
    assert "equal" not in failed.stdout


@pytest.mark.parametrize("arguments", [[], ["SELECT nonsense"]])
def test_the_demo_fails_where_there_is_nothing_to_compare_or_to_find(
    checkout: Path, arguments: list[str]
) -> None:
    failed = demo(checkout, *arguments)

    assert failed.returncode != 0
    assert "Traceback" not in failed.stderr
