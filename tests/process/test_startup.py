"""What the command imports before it answers: nothing that the answer does not need."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from waiting import PATIENCE

from tap_marketo_programs import __main__ as command
from tap_marketo_programs.tap import TapMarketoPrograms

if TYPE_CHECKING:
    from pathlib import Path

    from harness import Tap

# Runs the command as the console script does; its last word is what it has imported.
WITNESS = """
import atexit
import gc
import json
import sys

from tap_marketo_programs.__main__ import main

@atexit.register
def tell():
    print(json.dumps([gc.isenabled(), *sys.modules]), file=sys.stderr)

main()
"""

# Whatever imports any part of the SDK imports these.
SDK = {"singer_sdk", "click", "jsonschema", "requests"}
STREAMS = {"streams.assets", "streams.program_members"}


@dataclass
class Answer:
    text: str
    modules: set[str]
    collects_garbage: bool

    @property
    def ours(self) -> set[str]:
        """The modules of the tap, without the package's name."""
        package = "tap_marketo_programs."
        return {name.removeprefix(package) for name in self.modules if name.startswith(package)}

    @property
    def engine(self) -> set[str]:
        """The modules of the export engine; how sets of programs are written is none of it."""
        return {name for name in self.ours - {"export.id_set"} if name.startswith("export.")}


def ask(*arguments: str) -> Answer:
    done = subprocess.run(  # noqa: S603 - our own command
        [sys.executable, "-c", WITNESS, *arguments],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=True,
    )
    collects_garbage, *modules = json.loads(done.stderr.splitlines()[-1])
    return Answer(done.stdout, set(modules), collects_garbage)


@pytest.fixture(scope="module")
def about() -> Answer:
    """What `--about` says and imports."""
    return ask("--about")


def test_the_version_is_what_the_sdk_would_say_and_said_without_the_sdk() -> None:
    lines: list[object] = []
    TapMarketoPrograms.print_version(lines.append)

    answer = ask("--version")

    assert answer.text.splitlines() == lines
    assert not answer.modules & SDK
    assert answer.ours == {"__main__"}


def test_a_version_that_is_not_known_is_left_to_the_sdk() -> None:
    assert command._version("tap-that-nobody-has-installed") is None


def test_about_imports_neither_the_streams_nor_the_export_engine(about: Answer) -> None:
    assert "on_quota_exhausted" in about.text
    assert about.modules >= SDK
    assert not about.ours & STREAMS
    assert not about.engine


def test_discovery_imports_the_streams_without_the_export_engine(tap: Tap, tmp_path: Path) -> None:
    config = tmp_path / "config.json"
    config.write_text(json.dumps(tap.config()))

    discovered = ask("--config", str(config), "--discover")

    assert '"program_members"' in discovered.text
    assert discovered.ours >= STREAMS
    assert not discovered.engine


def test_garbage_is_collected_once_everything_is_imported(about: Answer) -> None:
    assert about.collects_garbage
