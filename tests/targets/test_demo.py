"""The README's first command prints what the README shows, and finds what a target lost."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import captures
import definition
import demo_runs
import pytest
from dbt_runs import compiled
from demo_runs import demo, started
from page_blocks import page
from waiting import wait_until

from demo import models
from demo.database import running

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from marketo_sandbox import Sandbox

pytestmark = pytest.mark.targets

# What the demo says only where dbt makes the models.
DBT_SAYS = re.compile(r": dbt build\n\n.* 6 models made, \d\d tests passed; log: output/dbt.log\n")


@pytest.fixture
def checkout() -> Iterator[Path]:
    with demo_runs.copied() as folder:
        yield folder


def server_of(checkout: Path) -> int:
    """The process of the demo's PostgreSQL."""
    return int((checkout / "output/postgres/postmaster.pid").read_text("utf-8").split()[0])


def interrupted(demo: subprocess.Popen[str], number: signal.Signals) -> tuple[str, str]:
    """Send a signal; what the demo said until its end, on stdout and stderr.

    Twice: the terminal sends Ctrl-C, and `marketo-sandbox run` hands on what it got of it.
    """
    demo.send_signal(number)
    demo.send_signal(number)
    return demo.communicate()


def command_with_dbt() -> str:
    """The command of docs/demo.md that has dbt make the models."""
    found = page("docs/demo.md", (definition.ROOT / "docs" / "demo.md").read_text("utf-8"))
    (command,) = [block.text.strip() for block in found.blocks if block.kind == "run by"]
    return command


def files_below(folder: Path) -> set[Path]:
    return {path.relative_to(folder) for path in folder.rglob("*")}


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


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "No sandbox"),
        (["--keep"], "No sandbox"),
        (["SELECT id FROM programs"], "Nothing is loaded yet"),
        (["--kep"], "there is no --kep"),
        (["SELECT 1", "--kep"], "there is no --kep"),
        (["--keep=1"], "--keep"),
        (["keep"], "keep is no SQL statement"),
        ([""], "an empty text is no SQL statement"),
        (["--dbt", "SELECT 1"], "--dbt is for a whole demo"),
        # The tests' own environment is without it, as that of the README's first command.
        (["--dbt"], command_with_dbt()),
        (["--keep", "--dbt"], f"{command_with_dbt()} --keep"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_line_before_anything_is_started(
    checkout: Path, arguments: list[str], said: str
) -> None:
    failed = demo(checkout, *arguments)

    assert failed.returncode == 2
    assert said in failed.stderr
    assert failed.stderr.count("\n") == 1
    assert not failed.stdout
    assert not (checkout / "output").exists()


def test_dbt_is_missed_before_anything_is_loaded(checkout: Path, sandbox: Sandbox) -> None:
    failed = demo(checkout, "--dbt", sandbox=sandbox)

    assert failed.returncode == 2
    assert command_with_dbt() in failed.stderr
    assert sandbox.control.stats()["total"] == 0


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_demo_and_its_database(
    checkout: Path, sandbox: Sandbox, number: signal.Signals
) -> None:
    log = checkout / "output" / "first-run.log"
    with started(checkout, "--keep", sandbox=sandbox) as begun:
        wait_until(log.exists)
        server = server_of(checkout)
        said, errors = interrupted(begun, number)

    assert begun.returncode == 128 + number
    assert "equal" not in said
    assert not errors
    with pytest.raises(ProcessLookupError):
        os.kill(server, 0)


def test_the_database_of_the_last_demo_is_kept_until_somebody_interrupts(
    checkout: Path,
) -> None:
    with running(checkout / "output" / "postgres"):
        pass

    with started(checkout, "--keep") as kept:
        assert kept.stdout
        lines = iter(kept.stdout.readline, "")
        command = next(line for line in lines if "psql" in line)
        asked = subprocess.run(  # noqa: S603 - what the demo tells to type
            ["bash", "-c", f"{command.strip()} -c 'SELECT 41 + 1'"],  # noqa: S607 - as a reader
            capture_output=True,
            text=True,
            check=True,
        )
        server = server_of(checkout)
        _, errors = interrupted(kept, signal.SIGINT)

    assert "42" in asked.stdout
    assert kept.returncode == 0
    assert not errors
    with pytest.raises(ProcessLookupError):
        os.kill(server, 0)


def test_the_command_of_the_page_has_dbt_make_what_the_readme_shows_without_it(
    checkout: Path,
) -> None:
    (readme,) = (page for page in captures.pages() if page.path == demo_runs.README)
    (shown,) = (block for block in readme.blocks if block.name == demo_runs.PATH)
    before = files_below(checkout / "dbt")
    done = subprocess.run(  # noqa: S603 - the page's command
        ["bash", "-c", command_with_dbt()],  # noqa: S607 - as a reader does
        cwd=checkout,
        env=demo_runs.variables(
            UV_PROJECT=str(definition.ROOT),
            # The server is run from there, so this is not a folder of pytest's either.
            UV_PROJECT_ENVIRONMENT=str(checkout / ".venv"),
            UV_PYTHON=sys.executable,
            UV_LOCKED="1",
            # Of somebody's own projects.
            DBT_TARGET="production",
            DBT_SEND_ANONYMOUS_USAGE_STATS="true",
        ),
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    assert "Everything is equal." in done.stdout
    printed, of_dbt = DBT_SAYS.subn("\n", done.stdout)
    assert of_dbt == 1
    now = demo_runs.shown(printed)
    assert demo_runs.same(shown.text, now), f"run `{captures.COMMAND} README.md`:\n{now}"
    assert "Completed successfully" in (checkout / "output" / "dbt.log").read_text("utf-8")
    assert files_below(checkout / "dbt") == before
    # If dbt sends statistics, it writes under which number.
    assert not (checkout / "output" / "dbt" / ".user.yml").exists()
    # Where one differs, what dbt has compiled belongs into the file.
    for name in models.MODELS:
        kept = (models.COMPILED / f"{name}.sql").read_text(encoding="utf-8")
        assert compiled(checkout / "output" / "dbt" / "target", name) == kept
