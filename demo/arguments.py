"""What a person asks the demo for, and what is wrong with that.

Pure: it must not know whether there is a sandbox, a database or dbt.
"""

from __future__ import annotations

import argparse
import re
import sys
from dataclasses import dataclass
from typing import NoReturn

KEEP, DBT = "--keep", "--dbt"

_EXAMPLES = """
In a clone of the repository, every command begins with
  uv run --no-default-groups --group demo

  marketo-sandbox run -- python -m demo     two runs, a day between them, and what they brought
  python -m demo 'SELECT * FROM programs'   then, or \\dt, or whatever else psql takes
  python -m demo --keep                     the database of the last run, until Ctrl-C

and this one with
  uv run --no-default-groups --group demo --group dbt

  marketo-sandbox run -- python -m demo --dbt
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Arguments:
    """What is asked for.

    Args:
        sql: A statement, instead of the story; empty for the story.
        keep: Whether the database goes on running until somebody interrupts.
        dbt: Whether dbt makes the models of the story.
    """

    sql: str
    keep: bool
    dbt: bool

    @property
    def flags(self) -> str:
        """The options as they are typed, with a blank before each."""
        given = {DBT: self.dbt, KEEP: self.keep}
        return "".join(f" {name}" for name, is_given in given.items() if is_given)


class _Parser(argparse.ArgumentParser):
    """Says in one line what is wrong, without the usage above it."""

    def error(self, message: str) -> NoReturn:
        sys.stderr.write(f"{message}; `python -m demo --help` says what there is\n")
        sys.exit(2)


def read(words: list[str]) -> Arguments:
    """Read what was typed.

    Raises:
        SystemExit: It was `--help`, with code 0, or something that nobody can mean, with
            code 2; a line on stderr says what.
    """
    parser = _Parser(
        prog="python -m demo",
        description="A first load, a day at work, the next load: into PostgreSQL, and compared.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument(KEEP, action="store_true", help="leave the database running until Ctrl-C")
    parser.add_argument(DBT, action="store_true", help="have dbt make and test the models")
    parser.add_argument(
        "sql", nargs="*", metavar="SQL", help="ask what the last run has loaded, and run nothing"
    )
    given, unknown = parser.parse_known_intermixed_args(words)
    sql = " ".join(given.sql)
    if unknown:
        parser.error(f"there is no {unknown[0]}")
    if given.sql and re.fullmatch(r"\s*[\w-]*\s*", sql):
        parser.error(f"{sql.strip() or 'an empty text'} is no SQL statement")
    if given.sql and given.dbt:
        parser.error(f"{DBT} is for a whole demo; a statement finds what the last one has made")
    return Arguments(sql=sql, keep=given.keep, dbt=given.dbt)
