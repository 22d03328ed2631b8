"""How messages reach stdout: whole, whatever signal comes.

A signal ends the run within ten seconds, between two messages. It must not
know streams or Marketo.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

from singer_sdk.contrib.msgspec import MsgSpecWriter

from tap_marketo_programs.export.folder import PrivateFolder

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from singer_sdk.singerlib import Message

# A target that reads no more, or a server that says nothing, must not hold a
# terminated run for longer.
PATIENCE_SECONDS = 8.0


class Terminated(SystemExit):
    """The run was told to end by a signal; its exit code is the shell's usual one."""

    def __init__(self, signum: int) -> None:
        super().__init__(128 + signum)
        self.signum = signum


class _Messages:
    """Whether a message is being written, and which signal waits for its end."""

    writing = False
    pending: int | None = None


def leave_to_the_system() -> None:
    """Handle signals no more: once the interpreter closes down, they need only end it."""
    if threading.current_thread() is threading.main_thread():
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_DFL)


def terminate(signum: int) -> None:
    """Handle a signal in the main thread: end now, or right after the line being written.

    Raises:
        Terminated: Unless a message is being written.
    """
    watchdog = threading.Timer(PATIENCE_SECONDS, _leave, [signum])
    watchdog.daemon = True
    watchdog.start()
    if _Messages.writing:
        _Messages.pending = signum
        return
    raise Terminated(signum)


def _leave(signum: int) -> None:
    """End the process whatever it is doing; nothing but files needs tidying by now."""
    PrivateFolder.remove_all()
    os._exit(128 + signum)


class TargetGone(Exception):
    """Nobody reads our messages any more."""


# Line ends to whoever splits text the Unicode way; Marketo's cells hold them,
# and JSON may as well escape them. By the first byte of each, since a single
# byte is found many times faster than two or three.
_LINE_ENDS = (
    (b"\xe2", {b"\x80\xa8": b"\\u2028", b"\x80\xa9": b"\\u2029"}),
    (b"\xc2", {b"\x85": b"\\u0085"}),
)


def _by_line_feeds_only(data: bytes) -> bytes:
    for lead, escapes in _LINE_ENDS:
        if lead in data:
            first, *others = data.split(lead)
            data = first + b"".join(_escaped(lead, rest, escapes) for rest in others)
    return data


def _escaped(lead: bytes, rest: bytes, escapes: Mapping[bytes, bytes]) -> bytes:
    for end, escape in escapes.items():
        if rest.startswith(end):
            return escape + rest[len(end) :]
    return lead + rest


class SafeWriter(MsgSpecWriter):
    """Writes messages whole: a signal takes effect between two, never inside one.

    No message holds a character that any reader could take for a line end.

    Both methods raise:
        TargetGone: In place of the BrokenPipeError that click would take for
            the wish of a user who has read enough, and end without a word.
        Terminated: A signal came.
    """

    def write_message(self, message: Message) -> None:
        """Write one message."""
        self.write_lines(bytes(self.format_message(message)))

    def write_lines(self, lines: bytes) -> None:
        """Write many messages, encoded already, each with its line end."""
        rest = memoryview(_by_line_feeds_only(lines))
        with _whole():
            # With PYTHONUNBUFFERED a write may end early: whenever a signal comes.
            while rest:
                rest = rest[sys.stdout.buffer.write(rest) :]
            sys.stdout.flush()


@contextmanager
def _whole() -> Iterator[None]:
    """Let nothing cut into what is written here; heed a signal that came meanwhile."""
    _Messages.writing = True
    try:
        yield
    except BrokenPipeError:
        raise TargetGone from None
    finally:
        _Messages.writing = False
    if _Messages.pending is not None:
        signum, _Messages.pending = _Messages.pending, None
        raise Terminated(signum)
