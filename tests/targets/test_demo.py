"""The README's first command: it finds what a target lost, and says so by its exit code."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import definition
import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from marketo_sandbox import Sandbox

pytestmark = pytest.mark.targets


@pytest.fixture
def checkout() -> Iterator[Path]:
    """What the command uses of the checkout, so that it leaves the real one alone.

    Not in a folder of pytest's, for the reason that `tests/targets/conftest.py` has.
    """
    with TemporaryDirectory(prefix="demo") as name:
        folder = Path(name)
        shutil.copytree(definition.ROOT / "demo", folder / "demo")
        shutil.copy(definition.ROOT / "meltano.yml", folder)
        (folder / "docs").mkdir()
        shutil.copy(definition.ROOT / "docs" / "deletes.md", folder / "docs")
        yield folder


def demo(
    checkout: Path, *arguments: str, sandbox: Sandbox | None = None, **variables: str
) -> subprocess.CompletedProcess[str]:
    known = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("TAP_MARKETO_PROGRAMS_", "MARKETO_SANDBOX_"))
    }
    # Beside this Python are the commands of the tap, of the target and of Meltano.
    known["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), known["PATH"]])
    if sandbox:
        prefix = "TAP_MARKETO_PROGRAMS_"
        variables = {
            "MARKETO_SANDBOX_URL": sandbox.url,
            f"{prefix}BASE_URL": sandbox.url,
            f"{prefix}CLIENT_ID": sandbox.client_id,
            f"{prefix}CLIENT_SECRET": sandbox.client_secret,
            f"{prefix}POLL_INTERVAL_SECONDS": "1",
            f"{prefix}MAX_CALLS_PER_20_SECONDS": "100000",
            **variables,
        }
    return subprocess.run(  # noqa: S603 - our own command
        [sys.executable, "-m", "demo", *arguments],
        cwd=checkout,
        env=known | variables,
        capture_output=True,
        text=True,
        check=False,
    )


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
    assert asked.returncode == 0
    assert not asked.stderr
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
