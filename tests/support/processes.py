"""The real command, many times over, without paying for its imports each time.

Run as a program this is the parent of all of them: it has imported everything
and forks a process for each order on its stdin. A forked process then is the
command: its own stdout, its own signals, and the interpreter's own way out.
"""

from __future__ import annotations

import json
import os
import runpy
import signal
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from waiting import PATIENCE

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path
    from types import TracebackType


@dataclass
class Ended:
    """What a process left behind."""

    code: int
    stdout: str
    stderr: str

    @property
    def lines(self) -> list[str]:
        """The whole lines of stdout; a target never sees half of one."""
        # Not splitlines: members' texts hold U+2028 and its like.
        return self.stdout.split("\n")[:-1]


class Process:
    """One run of the command."""

    def __init__(self, parent: Parent, pid: int, folder: Path) -> None:
        self._parent = parent
        self.pid = pid
        self._folder = folder

    def signal(self, how: signal.Signals) -> None:
        """Send a signal; the process may be over by now."""
        os.kill(self.pid, how)

    def wait(self) -> Ended:
        """Wait for its end."""
        code = self._parent.ask(do="wait", pid=self.pid)
        read = [(self._folder / name).read_text("utf-8") for name in ("stdout", "stderr")]
        return Ended(code, *read)


class Parent:
    """The parent process, seen from the tests."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(  # noqa: S603 - this very file
            [sys.executable, __file__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._process.communicate()

    def ask(self, **order: Any) -> int:  # noqa: ANN401 - JSON
        """Give an order, get a number."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())

    def start(self, folder: Path, temporary: Path, **files: Mapping[str, Any] | None) -> Process:
        """Start the command.

        Args:
            folder: Where its files go.
            temporary: Its TMPDIR.
            files: config, state, catalog.
        """
        folder.mkdir()
        arguments = []
        for name, content in files.items():
            if content is not None:
                (folder / f"{name}.json").write_text(json.dumps(content))
                arguments += [f"--{name}", str(folder / f"{name}.json")]
        pid = self.ask(do="start", arguments=arguments, folder=str(folder), tmp=str(temporary))
        return Process(self, pid, folder)


def _become(order: Mapping[str, Any]) -> None:
    for number, name, flags in (
        (0, os.devnull, os.O_RDONLY),
        (1, order["folder"] + "/stdout", os.O_WRONLY | os.O_CREAT),
        (2, order["folder"] + "/stderr", os.O_WRONLY | os.O_CREAT),
    ):
        opened = os.open(name, flags, 0o600)
        os.dup2(opened, number)
        os.close(opened)
    os.environ["TMPDIR"] = order["tmp"]
    sys.argv[1:] = order["arguments"]


def _serve() -> bool:
    """Obey orders; True in a process that is to become the command."""
    for line in iter(sys.stdin.readline, ""):
        order = json.loads(line)
        if order["do"] == "wait":
            # One that does not end by itself is killed, and fails its test by its code.
            signal.signal(signal.SIGALRM, lambda *_, pid=order["pid"]: os.kill(pid, signal.SIGKILL))
            signal.alarm(int(PATIENCE))
            answer = os.waitstatus_to_exitcode(os.waitpid(order["pid"], 0)[1])
            signal.alarm(0)
        elif not (answer := os.fork()):
            _become(order)
            return True
        sys.stdout.write(f"{answer}\n")
        sys.stdout.flush()
    return False


if __name__ == "__main__":
    # Nothing but the imports happens before the fork.
    import tap_marketo_programs.export.api
    import tap_marketo_programs.export.run
    import tap_marketo_programs.member_file.file
    import tap_marketo_programs.output.record_lines
    import tap_marketo_programs.streams.assets
    import tap_marketo_programs.streams.program_members
    import tap_marketo_programs.tap  # noqa: F401 - for its weight, as those above

    if _serve():
        runpy.run_module("tap_marketo_programs", run_name="__main__", alter_sys=True)
