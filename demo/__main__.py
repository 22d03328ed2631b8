"""A first load, a day at work, the next load: into PostgreSQL by `meltano run`, and compared.

`marketo-sandbox run -- python -m demo` does so; it ends with 1 if anything differs from
what the sandbox says is true. `python -m demo --keep` leaves the database running until it
is interrupted, and `python -m demo "SELECT ..."` asks it what was loaded.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from marketo_sandbox.control import SandboxControl

from demo.commands import CommandFailed
from demo.database import running
from demo.runs import Runs
from demo.story import Story

if TYPE_CHECKING:
    from demo.database import Database

PROJECT = Path(__file__).parents[1]
OUTPUT = PROJECT / "output"
FOLDER = OUTPUT / "postgres"
KEEP = "--keep"


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


def tell(database: Database, url: str) -> int:
    """Tell the story; 1 if anything differs."""
    control = SandboxControl(url)
    try:
        story = Story(
            control=control,
            database=database,
            runs=Runs(PROJECT, OUTPUT, database, control),
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
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        signal.pause()
    except KeyboardInterrupt:
        say("")


def main(arguments: list[str]) -> int:
    """Entry point; returns the exit code."""
    # So that the server is stopped then, too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    is_kept = arguments[:1] == [KEEP]
    sql = " ".join(arguments[is_kept:])
    with running(FOLDER) as database:
        url = os.environ.get("MARKETO_SANDBOX_URL")
        if sql:
            code = ask(database, sql)
        elif url:
            code = tell(database, url)
        else:
            sys.stderr.write("No sandbox: use `marketo-sandbox run -- python -m demo`\n")
            return 2
        if is_kept:
            keep(database)
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
