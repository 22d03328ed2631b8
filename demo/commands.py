"""A command that says all it has to say into a file.

It must not know what the command is for.
"""

from __future__ import annotations

import shlex
import subprocess
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path


class CommandFailed(Exception):
    """A command did not end with 0.

    Args:
        command: What was run, for a person.
        said: What it said.
        code: How it ended: an exit code, or a signal as a shell counts it.
    """

    def __init__(self, command: str, said: str, code: int) -> None:
        super().__init__(f"{said.rstrip()}\n{command} ended with {code}")
        self.code = code


def logged(
    command: Sequence[str],
    log: Path,
    *,
    folder: Path,
    variables: Mapping[str, str],
    title: str = "",
) -> None:
    """Run a command; if this is interrupted, the command is ended, too.

    Args:
        command: The command and its arguments.
        log: The file for what it says, on stdout and stderr.
        folder: Where it runs.
        variables: All of its environment.
        title: The command as a person would call it, if that is shorter.

    Raises:
        CommandFailed: It did not end with 0.
    """
    with log.open("wb") as file:
        code = subprocess.run(  # noqa: S603 - commands of our own
            command,
            cwd=folder,
            env=variables,
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=subprocess.STDOUT,
            check=False,
        ).returncode
    if code:
        said = log.read_text(encoding="utf-8", errors="replace")
        raise CommandFailed(title or shlex.join(command), said, code if code > 0 else 128 - code)
