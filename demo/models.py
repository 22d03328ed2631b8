"""The dbt package's models over the tables of the demo, and what can be asked of them.

`package` has dbt make them. The demo itself has no room for dbt: the files in `dbt/` beside
this are the package's models as dbt compiles them for these very tables; a test has dbt
compile them again and compares. It must not know how the tables are loaded.
"""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

from demo.pages import statements

if TYPE_CHECKING:
    from demo.database import Database

COMPILED = Path(__file__).parent / "dbt"
SCHEMA = "analytics"
MODELS = ("channel_status", "program_tag", "program_cost", "member", "program", "program_funnel")
"""In the order in which they need each other."""

# Of the largest programs of a channel with several steps.
_FUNNEL = """
    SELECT program_name AS program, status_name AS status, step, members,
        members_reached AS reached, round(100 * reached_rate::numeric) AS "%",
        success_members AS successes, round(cost_per_success::numeric, 2) AS cost_per_success
    FROM analytics.program_funnel
    WHERE channel_name = 'Webinar' AND program_id IN (
        SELECT program_id FROM analytics.program
        WHERE channel_name = 'Webinar' AND cost_per_success IS NOT NULL
        ORDER BY members DESC, program_id LIMIT 2
    )
    ORDER BY program_members DESC, program_id, step NULLS LAST
"""


def build(database: Database) -> None:
    """Make the models' tables, which are not there, from what dbt has compiled."""
    steps = [f"CREATE SCHEMA {SCHEMA}"]
    for name in MODELS:
        sql = (COMPILED / f"{name}.sql").read_text(encoding="utf-8")
        steps.append(f"CREATE TABLE {SCHEMA}.{name} AS {sql}")
    database.execute("; ".join(steps))


def funnel(database: Database) -> str:
    """The funnel of two programs, as a table."""
    return database.psql(_FUNNEL, stdout=subprocess.PIPE).stdout.rstrip("\n")


def members_by_step(database: Database) -> list[dict[str, Any]]:
    """How many members of each program have each status, and which step that is."""
    return database.query(
        "SELECT program_id, status_name, step, members FROM analytics.program_funnel "
        "WHERE members > 0"
    )


def who_left(database: Database) -> list[dict[str, Any]]:
    """Keys of the members whom the statement of docs/deletes.md finds."""
    sql = statements("deletes.md")["PostgreSQL"]
    # Its last line may end in a comment.
    return database.query(f'SELECT "leadId", "programId" FROM (\n{sql}\n) AS gone')  # noqa: S608 - of our own page
