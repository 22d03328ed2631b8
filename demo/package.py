"""The dbt package in `dbt/`, as dbt itself builds it in the demo's database.

dbt is not in the dependency group `demo`, which has to stay below 200 MB: dbt takes 70 MB, half
of them the locales of a library that it imports. It must not know what the models hold.
"""

from __future__ import annotations

import json
import os
import time
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, distribution
from typing import TYPE_CHECKING, Any

from demo import models
from demo.commands import logged

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from demo.database import Database

BUILD = "dbt build"
_PROFILE = "demo"


@dataclass(frozen=True, slots=True, kw_only=True)
class Built:
    """What dbt did.

    Args:
        seconds: Of the wall clock.
        models: Models that it made.
        tests: Tests of the package that passed.
        others: Whatever else it did, by how dbt calls that, such as `warn`.
    """

    seconds: float
    models: int
    tests: int
    others: Mapping[str, int]

    def __str__(self) -> str:
        """For a person."""
        others = "".join(f", {count} {status}" for status, count in self.others.items())
        return f"{self.seconds:.0f} s, {self.models} models made, {self.tests} tests passed{others}"


class Package:
    """The package, and where dbt builds it.

    Args:
        folder: Of the package; nothing is written there.
        logs: The folder for what dbt says and writes.
        database: What was loaded, and gets the models.
    """

    def __init__(self, folder: Path, logs: Path, database: Database) -> None:
        self._folder = folder
        self._logs = logs
        self._work = logs / "dbt"
        self._database = database

    def build(self) -> Built:
        """Make the models' tables, and run the package's tests.

        Raises:
            CommandFailed: A model could not be made, or a test failed; the message is what
                dbt said.
        """
        began = time.monotonic()
        self._work.mkdir(exist_ok=True)
        text = profiles(_PROFILE, profile(self._database))
        (self._work / "profiles.yml").write_text(text, encoding="utf-8")
        target = self._work / "target"
        options = {
            "--project-dir": self._folder,
            "--profiles-dir": self._work,
            "--profile": _PROFILE,
            "--target": _PROFILE,
            "--target-path": target,
            "--log-path": self._work,
        }
        words = [str(word) for option in options.items() for word in option]
        logged(
            ["dbt", "--no-use-colors", "--log-level-file", "none", "build", *words],
            self._logs / "dbt.log",
            folder=self._work,
            variables=environment(),
            title=BUILD,
        )
        return _built(results(target), time.monotonic() - began)


def _built(statuses: Mapping[str, str], seconds: float) -> Built:
    made = tests = 0
    others: dict[str, int] = {}
    for node, status in statuses.items():
        if status == "success" and node.startswith("model."):
            made += 1
        elif status == "pass":
            tests += 1
        else:
            others[status] = others.get(status, 0) + 1
    return Built(seconds=seconds, models=made, tests=tests, others=others)


def is_installed() -> bool:
    """Whether dbt is in this environment, with its adapter for PostgreSQL."""
    try:
        distribution("dbt-postgres")
    except PackageNotFoundError:
        return False
    return True


def profile(database: Database) -> dict[str, Any]:
    """How dbt reaches a database of the demo's."""
    known = {"type": "postgres", "host": database.host, "port": 5432, "user": "postgres"}
    return {**known, "password": "", "dbname": "postgres"}


def profiles(name: str, output: Mapping[str, Any]) -> str:
    """The text of a profiles.yml with one profile, whose target has its name, too."""
    target = {**output, "schema": models.SCHEMA, "threads": 4}
    # JSON is YAML, and this needs no package for YAML.
    return json.dumps({name: {"target": name, "outputs": {name: target}}}, indent=2)


def environment() -> dict[str, str]:
    """The variables for dbt: no statistics are sent, and no setting of other projects counts."""
    others = {name: value for name, value in os.environ.items() if not name.startswith("DBT_")}
    return {**others, "DBT_SEND_ANONYMOUS_USAGE_STATS": "false"}


def results(target: Path) -> dict[str, str]:
    """What dbt's last command did, by the nodes' ids: success, pass, fail, warn ...

    Args:
        target: The folder that dbt calls `target`.
    """
    text = (target / "run_results.json").read_text(encoding="utf-8")
    return {one["unique_id"]: one["status"] for one in json.loads(text)["results"]}
