"""The demo's story: a first run, a day at work, the next run, and what can be asked then.

It says what was found, and holds all of it against the sandbox's truth. It must not know
how PostgreSQL or Meltano is started.
"""

from __future__ import annotations

import shlex
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from textwrap import indent
from typing import TYPE_CHECKING

from demo import models
from demo.comparison import Comparison, compare
from demo.database import SCHEMA
from demo.day import Day, pass_a_day
from demo.package import BUILD
from demo.runs import COMMAND
from demo.truth import funnel, told

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from marketo_sandbox.control import SandboxControl

    from demo.comparison import Row
    from demo.database import Database
    from demo.package import Package
    from demo.runs import Runs

# A run asks for nothing from its future, so the days that pass have to lie in the past.
DAYS_AGO = 2
# Marketo does not say that a program was deleted, so its rows stay.
_OF_PROGRAMS = {"programs": "id", "programs_by_tag": "id"}


@dataclass(kw_only=True)
class Story:
    """The demo.

    Args:
        control: Steers the sandbox.
        database: Where the rows go.
        runs: Runs Meltano.
        package: What has dbt make the models; without it, they are made from what dbt compiled.
        say: Takes a line.
    """

    control: SandboxControl
    database: Database
    runs: Runs
    package: Package | None
    say: Callable[[str], None]
    holds: bool = field(default=True, init=False)

    def tell(self) -> bool:
        """Run it; whether all that was compared is equal.

        Raises:
            CommandFailed: A run of Meltano, or dbt, did not end with 0.
        """
        now = datetime.now(UTC) - timedelta(days=DAYS_AGO)
        self.control.reset(world="demo", now=f"{now:%Y-%m-%dT%H:%M:%SZ}")
        # Both, so that no table of an earlier story is taken for one of this.
        self.database.execute(f"DROP SCHEMA IF EXISTS {SCHEMA}, {models.SCHEMA} CASCADE")
        self._run("1. The first run brings everything", "first-run")
        self._compare(Day())
        day = pass_a_day(self.control)
        self.say(f"\n2. A day passes in Marketo\n\n{indent(str(day), '   ')}\n")
        self._run("3. The next run brings what changed", "next-run")
        self._compare(day)
        self.say("\n4. Who left, by the keys that each run brings (docs/deletes.md)\n")
        self._hold(who_left(self.database, day))
        self._build("5. What it is good for: two funnels of the dbt package (dbt/)")
        self._hold(by_step(self.database, funnel(self.control)))
        self.say("\n" + indent(models.funnel(self.database), "  "))
        return self.holds

    def _run(self, title: str, name: str) -> None:
        self.say(f"{title}: {shlex.join(COMMAND)}\n")
        self.say(f"   {self.runs.run(name)}; log: output/{name}.log\n")

    def _build(self, title: str) -> None:
        if self.package is None:
            self.say(f"\n{title}\n")
            models.build(self.database)
        else:
            self.say(f"\n{title}: {BUILD}\n")
            self.say(f"   {self.package.build()}; log: output/dbt.log\n")

    def _compare(self, day: Day) -> None:
        for one in comparisons(self.database, told(self.control), day):
            self._hold(one)

    def _hold(self, found: Comparison) -> None:
        self.holds = self.holds and found.holds
        for line in str(found).split("\n"):
            self.say(f"   {line}")


def comparisons(database: Database, truth: Mapping[str, list[Row]], day: Day) -> list[Comparison]:
    """Every table against the truth, without the rows of what was deleted since."""
    return [
        compare(table, rows, [row for row in database.rows(table) if not _is_gone(table, row, day)])
        for table, rows in truth.items()
    ]


def _is_gone(table: str, row: Row, day: Day) -> bool:
    if table == "program_members":
        return (row["leadId"], row["programId"]) in day.left
    return row.get(_OF_PROGRAMS.get(table, "")) in day.deleted_ids


def by_step(database: Database, truth: list[Row]) -> Comparison:
    """Members by program, status and step."""
    found = models.members_by_step(database)
    return compare("members by step", truth, found, key=("program_id", "status_name"))


def who_left(database: Database, day: Day) -> Comparison:
    """The members whom SQL finds removed, against those who were."""
    found = models.who_left(database)
    truth = [{"leadId": lead, "programId": program} for lead, program in day.left]
    return compare("members who left", truth, found, key=("leadId", "programId"))
