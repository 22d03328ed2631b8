"""dbt in an environment of its own, on a project as the README of `dbt/` shows it.

The package needs no install; dbt and its adapters come from the lock file.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import duckdb
import yaml

from demo import models, package

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from demo.comparison import Row
    from demo.database import Database

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "dbt"


def synced(group: str, folder: Path) -> Path:
    """The folder of commands of a new environment that holds one dependency group."""
    environment = os.environ | {"UV_PROJECT_ENVIRONMENT": str(folder)}
    environment.pop("VIRTUAL_ENV", None)
    line = ["uv", "sync", "-q", "--locked", "-p", sys.executable, "--only-group", group]
    subprocess.run(line, cwd=ROOT, env=environment, check=True)  # noqa: S603 - CI's uv
    return folder / "bin"


def readme_block(path: str, which: str = "") -> str:
    """The block of the README that shows a file.

    Args:
        path: The file's name.
        which: What follows it in the line above the block.
    """
    text = (PACKAGE / "README.md").read_text(encoding="utf-8")
    found = re.search(
        rf"^`{re.escape(path + '`' + which)}\n\n<!-- .+? -->\n```yaml\n(.*?)^```",
        text,
        re.MULTILINE | re.DOTALL,
    )
    assert found, f"dbt/README.md shows no {path}"
    return found[1]


def readme_commands() -> list[str]:
    """The commands of the README."""
    text = (PACKAGE / "README.md").read_text(encoding="utf-8")
    (found,) = re.findall(r"^```sh\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    return str(found).splitlines()


def readme_query() -> str:
    """The query of the README."""
    text = (PACKAGE / "README.md").read_text(encoding="utf-8")
    (found,) = re.findall(r"^```sql\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    return str(found)


def described_columns() -> dict[str, set[str]]:
    """The columns that the package describes, by model."""
    text = (PACKAGE / "models" / "schema.yml").read_text(encoding="utf-8")
    return {
        model["name"]: {column["name"] for column in model["columns"] if column["description"]}
        for model in yaml.safe_load(text)["models"]
    }


def compiled(target: Path, model: str) -> str:
    """The SQL of a model, as dbt has compiled it, without blanks around its lines.

    Args:
        target: The folder that dbt calls `target`.
        model: Its name.
    """
    path = target / "compiled" / "marketo_programs" / "models" / f"{model}.sql"
    lines = path.read_text(encoding="utf-8").strip().split("\n")
    return "\n".join(line.rstrip() for line in lines) + "\n"


class Dbt:
    """A process that does dbt's commands.

    Args:
        commands: The folder of commands of dbt's environment.
    """

    def __init__(self, commands: Path) -> None:
        self.commands = commands
        self._process = subprocess.Popen(  # noqa: S603 - the installed dbt
            # -P, since dbt imports every module it can find whose name begins with dbt_.
            [str(commands / "python"), "-P", str(Path(__file__).with_name("dbt_driver.py"))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=package.environment(),
        )

    def run(self, folder: Path, arguments: Sequence[str]) -> tuple[int, str]:
        """Do a command in a folder; the exit code, and what it said."""
        assert self._process.stdin
        assert self._process.stdout
        output = folder / "output"
        command = {"folder": str(folder), "arguments": arguments, "output": str(output)}
        self._process.stdin.write(json.dumps(command) + "\n")
        self._process.stdin.flush()
        code = int(self._process.stdout.readline())
        return code, output.read_text(encoding="utf-8")

    def close(self) -> None:
        """End the process."""
        self._process.communicate()


class Store(Protocol):
    """A database that the tap's loader has filled."""

    @property
    def profile(self) -> Mapping[str, Any]:
        """How dbt reaches it."""

    def execute(self, sql: str) -> None:
        """Have SQL done."""

    def rows(self, table: str) -> list[Row]:
        """All rows of a table, whose name has its schema, or of a query in brackets, as JSON."""


@dataclass
class PostgresStore:
    """The embedded PostgreSQL."""

    database: Database

    @property
    def profile(self) -> Mapping[str, Any]:
        """How dbt reaches it."""
        return package.profile(self.database)

    def execute(self, sql: str) -> None:
        """Have SQL done."""
        self.database.execute(sql)

    def rows(self, table: str) -> list[Row]:
        """All rows of a table."""
        query = f"SELECT row_to_json(t) FROM {table} t"  # noqa: S608 - names of our own
        found = self.database.psql(query, "-A", "-t", stdout=subprocess.PIPE).stdout
        return [json.loads(line) for line in found.split("\n") if line]


@dataclass
class DuckDbStore:
    """A file of DuckDB."""

    path: Path

    @property
    def profile(self) -> Mapping[str, Any]:
        """How dbt reaches it."""
        return {"type": "duckdb", "path": str(self.path)}

    def execute(self, sql: str) -> None:
        """Have SQL done."""
        with duckdb.connect(str(self.path)) as connection:
            connection.execute(sql)

    def rows(self, table: str) -> list[Row]:
        """All rows of a table."""
        query = f"SELECT to_json(t) FROM {table} t"  # noqa: S608 - names of our own
        with duckdb.connect(str(self.path)) as connection:
            return [json.loads(row) for (row,) in connection.execute(query).fetchall()]


@dataclass
class DbtProject:
    """A project of somebody else's that uses the package.

    Args:
        dbt: What does dbt's commands.
        folder: Where the project is; it need not exist.
        store: What it works on.
        packages: What packages.yml says; by default, the package by its path.
    """

    dbt: Dbt
    folder: Path
    store: Store
    packages: str = ""

    def __post_init__(self) -> None:
        """Write the files."""
        (self.folder / "models").mkdir(parents=True)
        local = readme_block("packages.yml").replace("../tap-marketo-programs/dbt", str(PACKAGE))
        files = {
            "dbt_project.yml": readme_block("dbt_project.yml"),
            "packages.yml": self.packages or local,
            "profiles.yml": package.profiles("analytics", self.store.profile),
        }
        for name, text in files.items():
            (self.folder / name).write_text(text, encoding="utf-8")

    def with_package(self) -> DbtProject:
        """This project, with the package where `dbt deps` would put it."""
        installed = self.folder / "dbt_packages"
        installed.mkdir()
        (installed / "marketo_programs").symlink_to(PACKAGE)
        return self

    def configure(self, lines: str) -> None:
        """Add lines to dbt_project.yml."""
        with (self.folder / "dbt_project.yml").open("a", encoding="utf-8") as file:
            file.write(f"\n{lines}")

    def run(
        self, *arguments: str, code: int = 0, variables: Mapping[str, Any] | None = None
    ) -> str:
        """Have dbt do something; what it said.

        Args:
            arguments: The command and its options.
            code: The exit code that is expected.
            variables: Variables of dbt that override the project's.
        """
        line = ["--no-use-colors", *arguments]
        if variables:
            line += ["--vars", json.dumps(variables)]
        found, output = self.dbt.run(self.folder, line)
        assert found == code, output[-6000:]
        return output

    def results(self) -> dict[str, str]:
        """What the last command did, by the nodes' ids: success, pass, fail, warn ..."""
        return package.results(self.folder / "target")

    def rows(self, model: str) -> list[Row]:
        """The rows of a model."""
        return self.store.rows(f"{models.SCHEMA}.{model}")
