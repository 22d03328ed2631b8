"""A first load, a day at work, the next load: into PostgreSQL by `meltano run`, and compared.

`marketo-sandbox run -- python -m demo` does so; it ends with 1 if anything differs from
what the sandbox says is true. With `--dbt`, dbt makes the models that it ends with. `python
-m demo --keep` leaves the database running until it is interrupted, and `python -m demo
"SELECT ..."` asks it what was loaded.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from marketo_sandbox.control import SandboxControl

from demo import package
from demo.arguments import read
from demo.commands import CommandFailed
from demo.database import running
from demo.runs import Runs
from demo.story import Story

if TYPE_CHECKING:
    from typing import NoReturn

    from demo.arguments import Arguments
    from demo.database import Database

PROJECT = Path(__file__).parents[1]
OUTPUT = PROJECT / "output"
FOLDER = OUTPUT / "postgres"

_UV = "uv run --no-default-groups --group demo"
_STORY = "marketo-sandbox run -- python -m demo"
_INTERRUPTED = 128 + signal.SIGINT


def say(line: str) -> None:
    """Say a line at once, also where nobody waits for it."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def ask(database: Database, sql: str) -> int:
    """Show what SQL finds; psql's exit code."""
    try:
        database.psql(sql)
    except subprocess.CalledProcessError as error:
        return error.returncode
    return 0


def tell(database: Database, url: str, *, with_dbt: bool) -> int:
    """Tell the story; 1 if anything differs."""
    control = SandboxControl(url)
    try:
        story = Story(
            control=control,
            database=database,
            runs=Runs(PROJECT, OUTPUT, database, control),
            package=package.Package(PROJECT / "dbt", OUTPUT, database) if with_dbt else None,
            say=say,
        )
        holds = story.tell()
    except CommandFailed as error:
        sys.stderr.write(f"{error}\n")
        return error.code
    say("\nEverything is equal." if holds else "\nNot everything is equal.")
    return 0 if holds else 1


def keep(database: Database) -> None:
    """Leave the database running until somebody interrupts."""
    say(f"\nThe database runs until Ctrl-C. Look into it with\n\n  {database.command_line}\n")
    try:
        signal.pause()
    except SystemExit as ended:
        if ended.code != _INTERRUPTED:
            raise
        say("")


def refusal(given: Arguments, url: str | None) -> str:
    """Why what is asked for cannot be done, in a line; empty if it can."""
    if given.dbt and not package.is_installed():
        return f"dbt is not installed here: use `{_UV} --group dbt {_STORY}{given.flags}`"
    is_loaded = (FOLDER / "PG_VERSION").exists()
    if given.sql and not is_loaded:
        return f"Nothing is loaded yet: begin with `{_UV} {_STORY}`"
    if not url and not given.sql and not (given.keep and is_loaded and not given.dbt):
        groups = " --group dbt" if given.dbt else ""
        return f"No sandbox: use `{_UV}{groups} {_STORY}{given.flags}`"
    return ""


def end(number: int, _frame: object) -> NoReturn:
    """End, so that the server is stopped; once, since Ctrl-C also comes from the sandbox."""
    for one in (signal.SIGINT, signal.SIGTERM):
        signal.signal(one, signal.SIG_IGN)
    sys.exit(128 + number)


def main(arguments: list[str]) -> int:
    """Entry point; returns the exit code."""
    given, url = read(arguments), os.environ.get("MARKETO_SANDBOX_URL")
    if refused := refusal(given, url):
        sys.stderr.write(f"{refused}\n")
        return 2
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, end)
    code = 0
    with running(FOLDER) as database:
        if given.sql:
            code = ask(database, given.sql)
        elif url:
            code = tell(database, url, with_dbt=given.dbt)
        if given.keep:
            keep(database)
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
