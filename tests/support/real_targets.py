"""Real targets, each in a process of its own, and what then stands in tables and files."""

from __future__ import annotations

import ast
import csv
import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

import yaml

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from demo.comparison import Row
    from demo.database import Database

_PROJECT = yaml.safe_load((Path(__file__).parents[2] / "meltano.yml").read_text(encoding="utf-8"))
LOADERS: list[dict[str, Any]] = _PROJECT["plugins"]["loaders"]
"""The targets of the shipped project."""


def shipped(target: str) -> dict[str, Any]:
    """A target as meltano.yml has it."""
    (found,) = [item for item in LOADERS if item["name"] == target]
    return dict(found)


class Target(Protocol):
    """A target and what it wrote."""

    environment: dict[str, str]

    def command(self) -> list[str]:
        """The command that reads messages."""

    def rows(self, table: str) -> list[Row]:
        """What is there now, as JSON."""


def load(target: Target, lines: Iterable[str]) -> dict[str, Any]:
    """Have a target load a whole output; the last state it says."""
    done = subprocess.run(  # noqa: S603 - an installed target
        target.command(),
        input="".join(f"{line}\n" for line in lines),
        capture_output=True,
        text=True,
        encoding="utf-8",
        env={**os.environ, **target.environment},
        check=False,
    )
    assert done.returncode == 0, done.stderr[-4000:]
    return last_state(done.stdout)


def last_state(stdout: str, before: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The last state that a target has said, which may be none."""
    lines = [line for line in stdout.split("\n") if line]
    return dict(json.loads(lines[-1])) if lines else dict(before or {})


def load_and_kill(
    tap: list[str], target: Target, victim: str, after: int, state: Mapping[str, Any]
) -> dict[str, Any]:
    """Pipe a tap into a target and SIGKILL one of both once that many messages have passed.

    Args:
        tap: The tap's command.
        target: The target.
        victim: `tap` or `target`.
        after: How many messages the target gets.
        state: What was known before.

    Returns:
        The last state that the target has said; the one before if it says none.
    """
    with (
        subprocess.Popen(tap, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as extracting,  # noqa: S603 - our own command
        subprocess.Popen(  # noqa: S603 - an installed target
            target.command(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, **target.environment},
        ) as loading,
    ):
        assert extracting.stdout is not None
        assert loading.stdin is not None
        for _ in range(after):
            line = extracting.stdout.readline()
            assert line.endswith(b"\n"), "the run was over before it could be killed"
            loading.stdin.write(line)
        loading.stdin.flush()
        {"tap": extracting, "target": loading}[victim].kill()
        stdout, _ = loading.communicate()
        extracting.kill()
    return last_state(stdout.decode(), state)


@dataclass
class Postgres:
    """meltanolabs-target-postgres, configured as meltano.yml has it.

    Args:
        database: A server.
        folder: Where its config file goes.
        config: Settings beside the shipped ones.
    """

    database: Database
    folder: Path
    config: dict[str, Any] = field(default_factory=dict)
    environment: dict[str, str] = field(default_factory=lambda: shipped("target-postgres")["env"])

    def command(self) -> list[str]:
        """Installed beside the tap, as in the demo."""
        config = {
            **shipped("target-postgres")["config"],
            "sqlalchemy_url": self.database.loader_url,
            **self.config,
        }
        return [*beside_python("target-postgres"), "--config", config_file(self.folder, config)]

    def rows(self, table: str) -> list[Row]:
        """Rows that ACTIVATE_VERSION has not marked as deleted."""
        return [row for row in self.all_rows(table) if not row["_sdc_deleted_at"]]

    def all_rows(self, table: str) -> list[Row]:
        """All rows."""
        return self.database.rows(table)


@dataclass
class JsonLines:
    """target-jsonl, configured as meltano.yml has it.

    It appends and knows no keys: a row that came twice is there twice. A reader
    takes the last one, as the README says.
    """

    executable: Path
    folder: Path
    keys: Mapping[str, tuple[str, ...]]
    environment: dict[str, str] = field(default_factory=dict)

    def command(self) -> list[str]:
        """Installed in an environment of its own."""
        config = {
            **shipped("target-jsonl")["config"],
            "destination_path": str(self.folder / "jsonl"),
        }
        return [str(self.executable), "--config", config_file(self.folder, config)]

    def rows(self, table: str) -> list[Row]:
        """The last row of each key."""
        text = (self.folder / "jsonl" / f"{table}.jsonl").read_text(encoding="utf-8")
        # Not splitlines: members' texts hold U+2028 and its like.
        found = [json.loads(line) for line in text.split("\n") if line]
        return list({tuple(row[k] for k in self.keys[table]): row for row in found}.values())


@dataclass
class Csv:
    """meltanolabs-target-csv: one file a run and stream, begun again each run.

    Args:
        folder: Where the files go.
        schemas: The JSON Schema of each stream, since CSV knows texts only.
    """

    folder: Path
    schemas: Mapping[str, Mapping[str, Any]]
    environment: dict[str, str] = field(default_factory=dict)

    ALTERED: ClassVar[dict[str, str]] = {
        "an empty text is null": "a CSV file tells the two apart by no means",
        "instants are spelled 2026-01-02 03:04:05+00:00": "Python's str() of a datetime",
        "booleans are spelled True and False": "Python's str() of a bool",
        "objects and arrays are spelled {'a': None}": "Python's repr(), not JSON",
    }
    """What the target alters, and why; `rows` undoes the last three and nothing else."""

    def command(self) -> list[str]:
        """Installed beside the tap."""
        config = {"output_path": str(self.folder / "csv")}
        return [*beside_python("target-csv"), "--config", config_file(self.folder, config)]

    def rows(self, table: str) -> list[Row]:
        """The rows of the last run."""
        with (self.folder / "csv" / f"{table}.csv").open(newline="", encoding="utf-8") as file:
            read = list(csv.DictReader(file))
        properties = self.schemas[table]["properties"]
        return [{name: _typed(properties[name], row[name]) for name in row} for row in read]


def _typed(spec: Mapping[str, Any], text: str) -> Any:  # noqa: ANN401 - JSON
    types = {spec["type"]} if isinstance(spec["type"], str) else {*spec["type"]}
    if not text:
        return None
    if spec.get("format") == "date-time":
        assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\+00:00", text), text
        return f"{text[:10]}T{text[11:19]}Z"
    if types & {"object", "array"}:
        return ast.literal_eval(re.sub(r"Decimal\('([^']*)'\)", r"\1", text))
    if types & {"boolean"}:
        return {"True": True, "False": False}[text]
    return json.loads(text) if types & {"integer", "number"} else text


def beside_python(command: str) -> list[str]:
    """A command of this environment."""
    found = shutil.which(command, path=str(Path(sys.executable).parent))
    assert found, f"{command} is not installed: use `uv run --group targets pytest -m targets`"
    return [found]


def config_file(folder: Path, config: Mapping[str, Any]) -> str:
    """A config file."""
    path = folder / "target.json"
    path.write_text(json.dumps(config), encoding="utf-8")
    return str(path)
