"""Runs of the demo, and how README.md shows what its first command prints.

The demo runs in a copy of what it uses of the checkout, so that it leaves the checkout's own
database alone. It must not know what the demo tells.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import page_output

if TYPE_CHECKING:
    from collections.abc import Iterator

    from marketo_sandbox import Sandbox

ROOT = Path(__file__).parents[2]
README = "README.md"
PATH = "tests/support/demo_runs.py"
"""By which the README names what makes its block."""

_PREFIX = "TAP_MARKETO_PROGRAMS_"
# Variables of whoever runs it that would change what the demo does.
_OTHERS = (_PREFIX, "MARKETO_SANDBOX_", "VIRTUAL_ENV")
# What the README leaves out of a part: the tables that are no members and no programs, and
# rows of a table below the first ones.
_SMALL = re.compile(r" +(programs_by_tag|tag_types|channels) .*equal")
_RULE = re.compile(r" *-+(\+-+)+")
_ROWS = 3
# How often a job is looked at depends on the pace of the machine.
_CALLS = re.compile(r"\b\d+ API calls")


@contextmanager
def copied() -> Iterator[Path]:
    """What the command uses of the checkout.

    Not in a folder of pytest's, for the reason that `tests/targets/conftest.py` has.
    """
    with TemporaryDirectory(prefix="demo") as name:
        folder = Path(name)
        for part in ("demo", "dbt"):
            shutil.copytree(ROOT / part, folder / part)
        shutil.copy(ROOT / "meltano.yml", folder)
        (folder / "docs").mkdir()
        shutil.copy(ROOT / "docs" / "deletes.md", folder / "docs")
        yield folder


def demo(
    checkout: Path, *arguments: str, sandbox: Sandbox | None = None, **more: str
) -> subprocess.CompletedProcess[str]:
    """Run the demo.

    Args:
        checkout: As `copied` makes it.
        arguments: Of the demo.
        sandbox: Which it talks to.
        more: Variables of its environment, besides the sandbox's.
    """
    return _run(checkout, [sys.executable, "-m", "demo", *arguments], variables(sandbox, **more))


def started(
    checkout: Path, *arguments: str, sandbox: Sandbox | None = None
) -> subprocess.Popen[str]:
    """The same demo while it runs."""
    return subprocess.Popen(  # noqa: S603 - our own command
        [sys.executable, "-m", "demo", *arguments],
        cwd=checkout,
        env=variables(sandbox),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def first_command(checkout: Path) -> subprocess.CompletedProcess[str]:
    """Run the README's first command, once uv has installed what it needs."""
    return _run(checkout, ["marketo-sandbox", "run", "--", "python", "-m", "demo"], variables())


def variables(sandbox: Sandbox | None = None, **more: str) -> dict[str, str]:
    """The environment of a demo, without what others would have it do."""
    known = {name: value for name, value in os.environ.items() if not name.startswith(_OTHERS)}
    # Beside this Python are the commands of the tap, of the target and of Meltano.
    known["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), known["PATH"]])
    if sandbox:
        known |= {
            "MARKETO_SANDBOX_URL": sandbox.url,
            f"{_PREFIX}BASE_URL": sandbox.url,
            f"{_PREFIX}CLIENT_ID": sandbox.client_id,
            f"{_PREFIX}CLIENT_SECRET": sandbox.client_secret,
            f"{_PREFIX}POLL_INTERVAL_SECONDS": "1",
            f"{_PREFIX}MAX_CALLS_PER_20_SECONDS": "100000",
        }
    return known | more


def _run(
    checkout: Path, line: list[str], environment: dict[str, str]
) -> subprocess.CompletedProcess[str]:
    program = shutil.which(line[0], path=environment["PATH"]) or line[0]
    return subprocess.run(  # noqa: S603 - our own command
        [program, *line[1:]],
        cwd=checkout,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def shown(stdout: str) -> str:
    """What the demo printed, as the README shows it.

    Blank lines stand between its parts only. In a part, `...` at the end stands for all that
    the README has no room for.
    """
    parts: list[list[str]] = []
    left_out: set[int] = set()
    rows = None
    for line in page_output.shown(stdout, {}).splitlines():
        if re.match(r"\S", line):
            parts.append([])
            rows = None
        elif not line:
            continue
        if rows is not None:
            rows += 1
        if _SMALL.fullmatch(line) or (rows or 0) > _ROWS:
            left_out.add(len(parts))
        else:
            parts[-1].append(line)
        if _RULE.fullmatch(line):
            rows = 0
    texts = ["\n".join([*part, *["   ..."] * (n in left_out)]) for n, part in enumerate(parts, 1)]
    return "\n\n".join(texts) + "\n"


def same(one: str, other: str) -> bool:
    """Whether two such texts say the same, but for times and for calls that look at jobs."""
    return page_output.same(_CALLS.sub("API calls", one), _CALLS.sub("API calls", other))
