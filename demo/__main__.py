"""Load a sandbox into PostgreSQL by `meltano run`, and hold every value against the truth.

`marketo-sandbox run -- python -m demo` does so; it ends with 1 if anything differs.
`python -m demo "SELECT ..."` asks the database what was loaded.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from marketo_sandbox.control import SandboxControl

from demo.comparison import Comparison, compare
from demo.database import SCHEMA, Database, running
from demo.truth import told

if TYPE_CHECKING:
    from collections.abc import Mapping

    from demo.comparison import Row

PROJECT = Path(__file__).parents[1]
FOLDER = PROJECT / "output" / "postgres"
# A sandbox starts again each time, so nothing of the last one may count.
LOAD = ["meltano", "run", "--full-refresh", "tap-marketo-programs", "target-postgres"]


def load(database: Database) -> int:
    """Load everything; the loader's exit code."""
    database.execute(f"DROP SCHEMA IF EXISTS {SCHEMA} CASCADE")
    environment = {**os.environ, "TARGET_POSTGRES_SQLALCHEMY_URL": database.loader_url}
    return subprocess.run(LOAD, cwd=PROJECT, env=environment, check=False).returncode  # noqa: S603 - as above


def comparisons(database: Database, truth: Mapping[str, list[Row]]) -> list[Comparison]:
    """Every table against the truth."""
    return [compare(table, rows, database.rows(table)) for table, rows in truth.items()]


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
            sys.stderr.write("No sandbox: use `marketo-sandbox run -- python -m demo`\n")
            return 2
        if code := load(database):
            return code
        found = comparisons(database, told(SandboxControl(url)))
    sys.stdout.write("\nIn PostgreSQL, compared with the sandbox value by value:\n\n")
    sys.stdout.writelines(f"  {line}\n" for one in found for line in str(one).split("\n"))
    return 0 if all(one.holds for one in found) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
