"""The extractor's definition, and what the README says to do with it in a project of one's own."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
from datetime import UTC, datetime, timedelta
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import definition
import pytest
import yaml
from jsonschema import Draft7Validator
from real_targets import shipped
from referencing import Registry, Resource

from demo.comparison import KEYS, compare
from demo.truth import told

if TYPE_CHECKING:
    from collections.abc import Iterator

    from marketo_sandbox import Sandbox

ROOT = definition.ROOT
HUB = ROOT.parent / "shared" / "hub" / "schemas"
EXTRACTORS = "plugin_definitions/extractors.schema.json"

# Of the Hub's own fields, whose schema is not among those at hand.
MISSING_SCHEMA = "hub_metadata.schema.json"

PLACEHOLDER = "<path or URL of this repository's tap-marketo-programs.yml>"


def test_the_definition_is_made_from_meltano_yml() -> None:
    assert definition.FILE.read_text(encoding="utf-8") == definition.text()


def test_the_definition_says_of_the_tap_what_meltano_yml_says() -> None:
    shown = yaml.safe_load(definition.FILE.read_text(encoding="utf-8"))

    project = definition.extractor()
    assert {name: shown[name] for name in project} == project
    assert shown["pip_url"] == "tap-marketo-programs"


@pytest.mark.skipif(not HUB.is_dir(), reason="Meltano Hub's schemas are not beside the repository")
def test_the_definition_is_valid_on_meltano_hub() -> None:
    schema = json.loads((HUB / EXTRACTORS).read_text(encoding="utf-8"))
    registry: Registry[Any] = Registry(retrieve=hub_schema)  # type: ignore[call-arg] # attrs' alias of a private field

    Draft7Validator(
        {**schema, "$id": f"https://hub.invalid/{EXTRACTORS}"}, registry=registry
    ).validate(yaml.safe_load(definition.FILE.read_text(encoding="utf-8")))


def hub_schema(uri: str) -> Resource[Any]:
    path = HUB / uri.removeprefix("https://hub.invalid/")
    if path.name == MISSING_SCHEMA:
        return Resource.opaque({})
    found = json.loads(path.read_text(encoding="utf-8"))
    found.pop("$id")  # It has no host, and would be taken for a path from here.
    return Resource.from_contents(found)


def uv(*line: str) -> str:
    """CI's uv; what it said."""
    done = subprocess.run(["uv", *line], check=True, stdout=subprocess.PIPE, text=True)  # noqa: S603, S607 - as it says
    return done.stdout.strip()


def installed(package: str, folder: Path) -> Path:
    """A package in an environment of its own; the folder of its commands."""
    uv("venv", "-q", str(folder))
    # Without what pyproject.toml excludes for this checkout.
    uv("pip", "install", "-q", "--no-config", "--python", str(folder), package)
    return folder / "bin"


class Project:
    """A new Meltano project, far from the checkout, with a Meltano and a HOME of its own.

    Args:
        folder: Where it is made.
        wheels: Where the built wheel of the tap is found, as if on PyPI.
    """

    def __init__(self, folder: Path, wheels: Path) -> None:
        folder.mkdir()
        self._meltano = installed(f"meltano=={version('meltano')}", folder / "tool") / "meltano"
        known = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("TAP_MARKETO_PROGRAMS_", "MELTANO_"))
        }
        self._environment = {
            **known,
            "MELTANO_SEND_ANONYMOUS_USAGE_STATS": "false",
            "TAP_MARKETO_PROGRAMS_POLL_INTERVAL_SECONDS": "1",
            "TARGET_JSONL_DO_TIMESTAMP_FILE": "false",
            "UV_FIND_LINKS": str(wheels),
            "HOME": str(folder / "home"),
            # Not below the new HOME: nothing is to be downloaded twice.
            "UV_CACHE_DIR": uv("cache", "dir"),
        }
        self.folder = folder / "project"
        self.folder.mkdir()
        self.run("meltano", "init", ".")

    def run(self, *line: str) -> str:
        """A command; what it said."""
        assert line[0] == "meltano"
        done = subprocess.run(  # noqa: S603 - Meltano's command
            [self._meltano, *line[1:]],
            cwd=self.folder,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{shlex.join(line)}\n{done.stdout[-4000:]}"
        return done.stdout


def readme_commands() -> list[str]:
    """The commands of the README's section on use."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    found = re.search(r"## Use it with your Marketo\n.*?```sh\n(.*?)```", text, re.DOTALL)
    assert found
    return found[1].strip().split("\n")


@pytest.fixture
def folder() -> Iterator[Path]:
    """Not one of pytest's, which stay: what is installed here is thousands of files."""
    with TemporaryDirectory(prefix="meltano") as name:
        yield Path(name)


@pytest.mark.targets
def test_the_readmes_commands_work_in_a_project_of_ones_own(sandbox: Sandbox, folder: Path) -> None:
    # Days can only pass for a real tap if they do so in the past.
    sandbox.control.reset(world="tiny", now=f"{datetime.now(UTC) - timedelta(days=3):%Y-%m-%dT%TZ}")
    wheels = folder / "wheels"
    uv("build", "-q", "--wheel", "-o", str(wheels), str(ROOT))
    project = Project(folder / "reader", wheels)
    loader = folder / "target-jsonl.yml"
    loader.write_text(yaml.safe_dump(shipped("target-jsonl")), encoding="utf-8")
    project.run("meltano", "add", "target-jsonl", "--from-ref", str(loader))
    told_in_readme = {
        PLACEHOLDER: str(definition.FILE),
        "https://123-ABC-456.mktorest.com": sandbox.url,
        "client_id ...": f"client_id {sandbox.client_id}",
        "client_secret ...": f"client_secret {sandbox.client_secret}",
        "target-x": "target-jsonl",
    }
    *before, run = readme_commands()

    for line in before:
        for said, meant in told_in_readme.items():
            line = line.replace(said, meant)  # noqa: PLW2901 - what a reader does to it
        project.run(*shlex.split(line))
    project.run("meltano", "select", "tap-marketo-programs", "program*", "*")
    project.run(*shlex.split(run.replace("target-x", "target-jsonl")))
    assert_true(project, sandbox)

    sandbox.control.advance(days=1)
    sandbox.control.edit_many(programs=2, change="edit", each=3)
    sandbox.control.edit_many(programs=1, change="add", each=2)
    jobs = len(sandbox.control.jobs())
    project.run(*shlex.split(run.replace("target-x", "target-jsonl")))

    assert_true(project, sandbox)
    assert len(sandbox.control.jobs()) == jobs + 1


def assert_true(project: Project, sandbox: Sandbox) -> None:
    """The last line of each key says what is true."""
    truth = told(sandbox.control)
    selected = {table for table in KEYS if table.startswith("program")}
    assert {path.stem for path in project.folder.glob("*.jsonl")} == selected
    for table in selected:
        text = (project.folder / f"{table}.jsonl").read_text(encoding="utf-8")
        rows = [json.loads(one) for one in text.split("\n") if one]
        last = {tuple(row[name] for name in KEYS[table]): row for row in rows}
        found = compare(table, truth[table], last.values())
        assert found.holds, str(found)


def test_both_definitions_have_meltano_read_the_log_line_by_line() -> None:
    extractor = definition.extractor()
    assert extractor["log_parser"] == definition.definition()["log_parser"] == "singer-sdk"
    assert "structured-logging" in extractor["capabilities"]
