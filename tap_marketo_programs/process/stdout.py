"""How messages reach stdout: whole, whatever signal comes, and a STATE as the last.

It must not know where signals come from, nor streams or Marketo.
"""

from __future__ import annotations

import sys
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from singer_sdk.contrib.msgspec import MsgSpecWriter
from singer_sdk.singerlib import StateMessage

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from singer_sdk.singerlib import Message


class Terminated(SystemExit):
    """The run was told to end by a signal; its exit code is the shell's usual one."""

    def __init__(self, signum: int) -> None:
        super().__init__(128 + signum)
        self.signum = signum


class Messages:
    """What is being written, what was last, and which signal waits for its end.

    Attributes:
        given: The state that the run began with; None if it is not known, or
            if nobody would want it back.
        state: The line of the last STATE that is out.
        ends_with_state: Whether it was the last line of all.
        ending: Whether a signal has begun to end the run.
    """

    writing = False
    pending: int | None = None
    ending = False
    given: Mapping[str, Any] | None = None
    state: bytes | None = None
    ends_with_state = False


def forget_messages(given: Mapping[str, Any] | None) -> None:
    """Begin a run: nothing has been written.

    Args:
        given: The state that the run begins with, if it is known.
    """
    Messages.given, Messages.state, Messages.ends_with_state = given, None, False
    Messages.writing, Messages.pending, Messages.ending = False, None, False


def remember_state(given: Mapping[str, Any]) -> None:
    """Know the state that the run begins with, where it could not be known at once."""
    Messages.given = given


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
    line = Messages.state
    if line is None and Messages.given is not None:
        line = bytes(SafeWriter().format_message(StateMessage(value=dict(Messages.given))))
    if line is not None and not Messages.ends_with_state:
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
            Messages.ends_with_state = are_state
            if are_state:
                Messages.state = data


@contextmanager
def _whole() -> Iterator[None]:
    """Let no signal interrupt what is written here: one that comes meanwhile is raised after it."""
    Messages.writing = True
    try:
        yield
    except BrokenPipeError:
        raise TargetGone from None
    except OSError as error:
        raise StdoutFailed(error.strerror or type(error).__name__) from None
    finally:
        Messages.writing = False
    if Messages.pending is not None:
        signum, Messages.pending = Messages.pending, None
        end_once(signum)


def end_once(signum: int) -> None:
    """End the run; a further signal must not cut short what the first has begun.

    Raises:
        Terminated: Unless it was raised before.
    """
    if not Messages.ending:
        Messages.ending = True
        raise Terminated(signum)
