"""Whatever is wrong with stdout, the command says so in one line, and ends with 1."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from harness import message_lines
from waiting import PATIENCE

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from harness import Tap

FULL = "full"
CLOSED = "closed"
READ_ONLY = "read-only"
NOBODY = "nobody reads"
# What each is called in the line.
SAID = {
    FULL: "stdout cannot be written (No space left on device)",
    CLOSED: "stdout cannot be written (it is closed)",
    READ_ONLY: "stdout cannot be written (Bad file descriptor)",
    NOBODY: "The target closed its input",
}
SHELL = {
    FULL: 'exec "$@" > /dev/full',
    CLOSED: 'exec "$@" >&-',
    READ_ONLY: 'exec "$@" 1< /dev/null',
}


@pytest.fixture
def command(tap: Tap, tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run the command with such a stdout."""
    (tmp_path / "config").write_text(json.dumps(tap.config(poll_interval_seconds=0.05)))

    def run(how: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        line = [sys.executable, "-m", "tap_marketo_programs", *arguments]
        if not arguments or arguments[0] in {"--discover", "--test"}:
            line += ["--config", str(tmp_path / "config")]
        reading = None
        if how == NOBODY:
            reading, stdout = os.pipe()
            os.close(reading)
        else:
            line = ["sh", "-c", SHELL[how], "sh", *line]
            stdout = os.open(os.devnull, os.O_WRONLY)
        try:
            return subprocess.run(  # noqa: S603 - our own command
                line,
                stdout=stdout,
                stderr=subprocess.PIPE,
                text=True,
                timeout=PATIENCE,
                check=False,
            )
        finally:
            os.close(stdout)

    return run


@pytest.mark.parametrize("arguments", [[], ["--discover"], ["--test"], ["--about"]], ids=" ".join)
@pytest.mark.parametrize("how", SAID)
def test_a_stdout_that_takes_nothing_is_one_line(
    command: Callable[..., subprocess.CompletedProcess[str]], how: str, arguments: list[str]
) -> None:
    done = command(how, *arguments)

    assert done.returncode == 1
    (line,) = [line for line in done.stderr.splitlines() if "| ERROR " in line]
    assert SAID[how] in line
    for noise in ("Traceback", "Exception ignored", "Errno"):
        assert noise not in done.stderr


@pytest.mark.parametrize("how", SAID)
def test_a_version_that_nobody_gets_is_no_success(
    command: Callable[..., subprocess.CompletedProcess[str]], how: str
) -> None:
    done = command(how, "--version")

    assert done.returncode == 1
    assert done.stderr.startswith("stdout cannot be written (")
    assert len(done.stderr.splitlines()) == 1


def test_help_on_a_full_disk_is_one_line(
    command: Callable[..., subprocess.CompletedProcess[str]],
) -> None:
    done = command(FULL, "--help")

    assert done.returncode == 1
    assert "No space left on device" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_a_closed_stderr_loses_no_row(tap: Tap, tmp_path: Path) -> None:
    (tmp_path / "config").write_text(json.dumps(tap.config(poll_interval_seconds=0.05)))
    line = [sys.executable, "-m", "tap_marketo_programs", "--config", str(tmp_path / "config")]

    done = subprocess.run(  # noqa: S603 - our own command
        ["sh", "-c", 'exec "$@" 2>&-', "sh", *line],  # noqa: S607 - any shell
        stdout=subprocess.PIPE,
        text=True,
        timeout=PATIENCE,
        check=False,
    )

    assert done.returncode == 0
    messages = [json.loads(one) for one in message_lines(done.stdout)]
    rows = [message for message in messages if message.get("stream") == "program_members"]
    assert len([row for row in rows if row["type"] == "RECORD"]) == len(tap.sandbox.control.truth())
