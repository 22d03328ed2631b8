"""Load a sandbox into PostgreSQL by `meltano run`, and hold every value against the truth.

    marketo-sandbox run -- python demo                  # load and compare; 1 if anything differs
    python demo "SELECT count(*) FROM program_members"  # look at what was loaded
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

from comparison import KEYS, Comparison, compare
from database import SCHEMA, Database, running
from marketo_sandbox.control import SandboxControl

PROJECT = Path(__file__).parents[1]
FOLDER = PROJECT / "output" / "postgres"
# A sandbox begins anew each time, so nothing of the last one may count.
LOAD = ["meltano", "run", "--full-refresh", "tap-marketo-programs", "target-postgres"]


def load(database: Database) -> int:
    """Load everything; the loader's exit code."""
    database.execute(f"DROP SCHEMA IF EXISTS {SCHEMA} CASCADE")
    environment = {**os.environ, "TARGET_POSTGRES_SQLALCHEMY_URL": database.loader_url}
    return subprocess.run(LOAD, cwd=PROJECT, env=environment, check=False).returncode  # noqa: S603 - as above


def comparisons(database: Database, control: SandboxControl) -> list[Comparison]:
    """Every table against the sandbox's own account of what is true."""
    truth = {
        "programs": control.programs,
        "programs_by_tag": control.programs_by_tag,
        "program_members": control.truth,
        "tag_types": control.tag_types,
        "channels": control.channels,
    }
    return [compare(table, truth[table](), database.rows(table)) for table in KEYS]


def main(arguments: list[str]) -> int:
    """Entry point; returns the exit code."""
    # So that the server is stopped then, too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    with running(FOLDER) as database:
        if arguments:
            try:
                database.psql(" ".join(arguments))
            except subprocess.CalledProcessError as error:
                return error.returncode
            return 0
        url = os.environ.get("MARKETO_SANDBOX_URL")
        if not url:
            sys.stderr.write("No sandbox: use `marketo-sandbox run -- python demo`\n")
            return 2
        if code := load(database):
            return code
        found = comparisons(database, SandboxControl(url))
    sys.stdout.write("\nIn PostgreSQL, compared with the sandbox value by value:\n\n")
    sys.stdout.writelines(f"  {line}\n" for one in found for line in str(one).split("\n"))
    return 0 if all(one.holds for one in found) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
