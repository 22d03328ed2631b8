"""dbt's command in forks of one process: of the five seconds of a command, imports take three.

It runs in dbt's own environment, so it must not import anything of the tests. A line of
JSON on stdin is a command: `folder`, `arguments`, and `output`, a file for what dbt says.
The answer is a line with the exit code.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
from typing import Any


def main() -> None:
    """Do one command after another, until stdin ends."""
    cli = importlib.import_module("dbt.cli.main").cli
    for adapter in ("duckdb", "postgres"):
        importlib.import_module(f"dbt.adapters.{adapter}")
    for line in sys.stdin:
        command = json.loads(line)
        child = os.fork()
        if not child:
            _do(cli, command)
        _, status = os.waitpid(child, 0)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(status)}\n")
        sys.stdout.flush()


def _do(cli: Any, command: dict[str, Any]) -> None:  # noqa: ANN401 - untyped
    """Do a command and end this process."""
    output = os.open(command["output"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(output, 1)
    os.dup2(output, 2)
    os.chdir(command["folder"])
    code: Any = 1
    try:
        cli(command["arguments"])
    except SystemExit as end:
        code = end.code or 0
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code if isinstance(code, int) else 1)


if __name__ == "__main__":
    main()
