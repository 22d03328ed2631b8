"""What a unit test must not do: talk to a socket, start a thread, start a process.

Python itself tells of each attempt (https://docs.python.org/3/library/audit_events.html), so
that nothing has to be replaced, and what the package imports is watched as well. Of threads
it tells by an event since 3.12 only: so a profile function is handed to each new one, too, and
those that live on are counted.
"""

from __future__ import annotations

import sys
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

FORBIDDEN = frozenset(
    {
        *("socket.__new__", "socket.bind", "socket.connect", "socket.getaddrinfo"),
        *("_thread.start_new_thread", "_thread.start_joinable_thread"),
        *("os.exec", "os.fork", "os.forkpty", "os.posix_spawn", "os.spawn", "os.system"),
        *("pty.spawn", "subprocess.Popen"),
    }
)


class NotAUnitTest(BaseException):
    """No handler of the code under test may take this for an error of its own."""


class _Watch:
    """Counts what the thread of the tests does while it is on; xdist has threads of its own."""

    def __init__(self) -> None:
        self.thread: int | None = None
        self.seen: list[str] = []

    def in_new_thread(self, *_: object) -> None:
        """Remember a thread, in the thread itself, and look at it no longer."""
        sys.setprofile(None)
        self.seen.append("a new thread")

    def hook(self, event: str, _: object) -> None:
        """Refuse what is forbidden at once, and remember it should somebody catch that."""
        if event in FORBIDDEN and self.thread == threading.get_ident():
            self.seen.append(event)
            raise NotAUnitTest(event)


_watch = _Watch()
_installed: list[bool] = []


@contextmanager
def isolated(*, is_alone: bool) -> Iterator[None]:
    """Fail the test that does something forbidden in this thread.

    Args:
        is_alone: Whether nothing but unit tests runs in this process: only then is every
            new thread theirs, and not one of a sandbox that other tests have started.

    Raises:
        NotAUnitTest: It did.
    """
    if not _installed:
        # A hook stays for the life of the process.
        sys.addaudithook(_watch.hook)
        _installed.append(True)
    before = set(threading.enumerate())
    _watch.thread, _watch.seen = threading.get_ident(), []
    if is_alone:
        threading.setprofile(_watch.in_new_thread)
    try:
        yield
    finally:
        threading.setprofile(None)
        _watch.thread = None
        _watch.seen += [
            thread.name
            for thread in threading.enumerate()
            # A dummy stands for a thread that Python did not start: one of xdist's.
            if is_alone and thread not in before and not thread.name.startswith("Dummy-")
        ]
    if _watch.seen:
        message = f"a test below tests/unit caused {', '.join(_watch.seen)}"
        raise NotAUnitTest(message)
