"""A run of Meltano into the database, and what it cost in the sandbox's Marketo.

It must not know what is compared or told afterwards.
"""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from demo.commands import logged

if TYPE_CHECKING:
    from pathlib import Path

    from marketo_sandbox.control import SandboxControl

    from demo.database import Database

COMMAND = ("meltano", "run", "tap-marketo-programs", "target-postgres")


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What a run took.

    Args:
        seconds: Of the wall clock.
        jobs: Export jobs of members.
        key_jobs: Export jobs of their keys alone.
        calls: API calls.
        megabytes: Of export files, against the daily quota.
    """

    seconds: float
    jobs: int
    key_jobs: int
    calls: int
    megabytes: float

    def __str__(self) -> str:
        """For a person."""
        size = (
            f"{self.megabytes:.1f} MB" if self.megabytes >= 1 else f"{self.megabytes * 1e3:.0f} KB"
        )
        jobs = f"export jobs: {self.jobs} of members, {self.key_jobs} of keys"
        return f"{self.seconds:.0f} s, {jobs}, {self.calls} API calls, {size}"


class Runs:
    """Runs that load one database.

    Args:
        project: The folder of meltano.yml.
        logs: The folder for what the runs say.
        database: Where the rows go.
        control: Steers the sandbox that they come from.
    """

    def __init__(
        self, project: Path, logs: Path, database: Database, control: SandboxControl
    ) -> None:
        self._project = project
        self._logs = logs
        self._database = database
        self._control = control
        self._memory = logs / "meltano.db"
        # A sandbox starts again each time, so nothing of the last one may count.
        self._memory.unlink(missing_ok=True)

    def run(self, name: str) -> Cost:
        """Load what there is.

        Args:
            name: Of the log.

        Raises:
            CommandFailed: It did not end with 0; the message is what it said.
        """
        before, began = self._control.stats(), time.monotonic()
        known = {job["exportId"] for job in self._control.jobs()}
        log = self._logs / f"{name}.log"
        logged(COMMAND, log, folder=self._project, variables=self._environment())
        after = self._control.stats()
        made = [job["request"] for job in self._control.jobs() if job["exportId"] not in known]
        of_keys = sum(request["fields"] == ["leadId"] for request in made)
        return Cost(
            seconds=time.monotonic() - began,
            jobs=len(made) - of_keys,
            key_jobs=of_keys,
            calls=after["total"] - before["total"],
            megabytes=(quota(after) - quota(before)) / 1e6,
        )

    def _environment(self) -> dict[str, str]:
        return {
            # A snapshot of all members' keys with each run, so that who left can be found.
            "TAP_MARKETO_PROGRAMS_MEMBER_KEYS_DAYS": "0",
            **os.environ,
            "TARGET_POSTGRES_SQLALCHEMY_URL": self._database.loader_url,
            # Where Meltano keeps the state.
            "MELTANO_DATABASE_URI": f"sqlite:///{self._memory}",
        }


def quota(stats: dict[str, dict[str, int]]) -> int:
    """Bytes of all export files of all days."""
    return sum(stats["quota_bytes_by_day"].values())
