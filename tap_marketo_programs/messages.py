"""How messages reach stdout: whole, whatever signal comes, and a STATE as the last.

A signal ends the run within ten seconds, between two messages. It must not
know streams or Marketo.
"""

from __future__ import annotations

import os
import signal
import socket
import sys
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from singer_sdk.contrib.msgspec import MsgSpecWriter
from singer_sdk.singerlib import StateMessage

from tap_marketo_programs.export.folder import PrivateFolder

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from singer_sdk.singerlib import Message

# A target that reads no more, or a server that says nothing, must not hold a
# terminated run for longer.
PATIENCE_SECONDS = 8.0
# And the last word of one that is ended so, not for longer than this.
LAST_WORD_SECONDS = 1.0


class Terminated(SystemExit):
    """The run was told to end by a signal; its exit code is the shell's usual one."""

    def __init__(self, signum: int) -> None:
        super().__init__(128 + signum)
        self.signum = signum


class _Messages:
    """What is being written, what was last, and which signal waits for its end.

    Attributes:
        given: The state that the run began with; None if it is not known, or
            if nobody would want it back.
        state: The line of the last STATE that is out.
        ends_with_state: Whether it was the last line of all.
        wakeup: Where the system writes the signals that come.
        counting: Whether the watchdog has been started.
    """

    writing = False
    pending: int | None = None
    given: Mapping[str, Any] | None = None
    state: bytes | None = None
    ends_with_state = False
    wakeup: socket.socket | None = None
    counting = False


def begin(given: Mapping[str, Any] | None, early: list[int]) -> None:
    """Take charge of stdout and of the signals, for one run of the command.

    Args:
        given: The state that the run begins with, if it is known.
        early: Signals that came before.

    Raises:
        Terminated: There was one.
    """
    _Messages.given, _Messages.state, _Messages.ends_with_state = given, None, False
    _Messages.writing, _Messages.pending, _Messages.counting = False, None, False
    if threading.current_thread() is threading.main_thread():
        for number in _SIGNALS:
            signal.signal(number, lambda signum, _: terminate(signum))
        _watch()
    if early:
        terminate(early[0])


def remember_state(given: Mapping[str, Any]) -> None:
    """Know the state that the run begins with, where it could not be known at once."""
    _Messages.given = given


def leave_to_the_system() -> None:
    """Handle signals no more: once the interpreter closes down, they need only end it."""
    _set_signals(signal.SIG_DFL)


def ignore_signals() -> None:
    """Let no second signal cut short what the first has begun; the watchdog goes on."""
    _set_signals(signal.SIG_IGN)


def _set_signals(how: signal.Handlers) -> None:
    if threading.current_thread() is threading.main_thread():
        signal.set_wakeup_fd(-1)
        if _Messages.wakeup:
            _Messages.wakeup.close()
        for number in _SIGNALS:
            signal.signal(number, how)


_SIGNALS = (signal.SIGINT, signal.SIGTERM)


def _watch() -> None:
    """Start the watchdog at a signal even while the main thread cannot.

    Python handles signals between two of its own steps, and looking up a host
    name, for one, is a single step of half a minute.
    """
    reading, writing = socket.socketpair()
    writing.settimeout(0)
    signal.set_wakeup_fd(writing.fileno(), warn_on_full_buffer=False)
    _Messages.wakeup = writing

    def wait() -> None:
        with reading:
            while number := reading.recv(1):
                if number[0] in _SIGNALS:
                    _count_down(number[0])

    threading.Thread(target=wait, name="signals", daemon=True).start()


def _count_down(signum: int) -> None:
    if _Messages.counting:
        return
    _Messages.counting = True
    watchdog = threading.Timer(PATIENCE_SECONDS, _leave, [signum])
    watchdog.daemon = True
    watchdog.start()


def terminate(signum: int) -> None:
    """Handle a signal in the main thread: end now, or right after the line being written.

    Raises:
        Terminated: Unless a message is being written.
    """
    _count_down(signum)
    if _Messages.writing:
        _Messages.pending = signum
        return
    raise Terminated(signum)


def _leave(signum: int) -> None:
    """End the process whatever it is doing; nothing but files needs tidying by now."""
    PrivateFolder.remove_all()
    if not _Messages.writing:
        # Nobody may be reading.
        last_word = threading.Thread(target=write_last_state, daemon=True)
        last_word.start()
        last_word.join(LAST_WORD_SECONDS)
    os._exit(128 + signum)


class TargetGone(Exception):
    """Nobody reads our messages any more."""

    def __init__(self) -> None:
        super().__init__("The target closed its input; the run ends here")


class StdoutFailed(TargetGone):
    """Messages cannot be written, by no fault of a reader."""

    def __init__(self, reason: str) -> None:
        Exception.__init__(
            self,
            f"stdout cannot be written ({reason}); the run ends here, and what was written so far "
            "holds",
        )


def write_last_state() -> None:
    """Let the last message be a STATE: the last one once more, or the one given.

    No other would be true: rows may have been read that are not out.
    """
    line = _Messages.state
    if line is None and _Messages.given is not None:
        line = bytes(SafeWriter().format_message(StateMessage(value=dict(_Messages.given))))
    if line is not None and not _Messages.ends_with_state:
        # Where nobody reads any more, what was said before has to do.
        with suppress(TargetGone):
            SafeWriter().write_lines(line, are_state=True)


def write_text(text: str) -> None:
    """Write what is no message, and see it out.

    Raises:
        TargetGone: It could not be.
    """
    with _whole():
        sys.stdout.write(text)
        sys.stdout.flush()


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
            the wish of a user who has read enough, and end without a word, and
            of the OSError of a full disk.
        Terminated: A signal came.
    """

    def write_message(self, message: Message) -> None:
        """Write one message."""
        line = bytes(self.format_message(message))
        self.write_lines(line, are_state=isinstance(message, StateMessage))

    def write_lines(self, lines: bytes, *, are_state: bool = False) -> None:
        """Write many messages, encoded already, each with its line end."""
        data = _by_line_feeds_only(lines)
        rest = memoryview(data)
        with _whole():
            # With PYTHONUNBUFFERED a write may end early: whenever a signal comes.
            while rest:
                rest = rest[sys.stdout.buffer.write(rest) :]
            sys.stdout.flush()
            _Messages.ends_with_state = are_state
            if are_state:
                _Messages.state = data


@contextmanager
def _whole() -> Iterator[None]:
    """Let nothing cut into what is written here; heed a signal that came meanwhile."""
    _Messages.writing = True
    try:
        yield
    except BrokenPipeError:
        raise TargetGone from None
    except OSError as error:
        raise StdoutFailed(error.strerror or type(error).__name__) from None
    finally:
        _Messages.writing = False
    if _Messages.pending is not None:
        signum, _Messages.pending = _Messages.pending, None
        raise Terminated(signum)
