"""What a signal does: it ends the run within ten seconds, between two messages.

It must not know streams or Marketo.
"""

from __future__ import annotations

import os
import signal
import socket
import sys
import threading
from typing import TYPE_CHECKING, Any

from tap_marketo_programs.process.private_folder import PrivateFolder
from tap_marketo_programs.process.stdout import (
    Messages,
    end_once,
    forget_messages,
    write_last_state,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

# A target that reads no more, or a server that says nothing, must not hold a
# terminated run for longer.
PATIENCE_SECONDS = 8.0
# And the last word of one that is ended so, not for longer than this.
LAST_WORD_SECONDS = 1.0


class _Watch:
    """The watchdog: where the system writes the signals that come, and whether it counts."""

    wakeup: socket.socket | None = None
    counting = False


def begin(given: Mapping[str, Any] | None, early: list[int]) -> None:
    """Begin a run of the command: nothing is written yet, and signals are handled here.

    Args:
        given: The state that the run begins with, if it is known.
        early: Signals that came before.

    Raises:
        Terminated: There was one.
    """
    forget_messages(given)
    _Watch.counting = False
    if threading.current_thread() is threading.main_thread():
        for number in _SIGNALS:
            signal.signal(number, lambda signum, _: terminate(signum))
        _watch()
    if early:
        terminate(early[0])


def leave_to_the_system() -> None:
    """Handle signals no more: once the interpreter closes down, they need only end it."""
    _set_signals(signal.SIG_DFL)


def ignore_signals() -> None:
    """Let no second signal cut short what the first has begun; the watchdog goes on."""
    _set_signals(signal.SIG_IGN)


def _set_signals(how: signal.Handlers) -> None:
    if threading.current_thread() is threading.main_thread():
        signal.set_wakeup_fd(-1)
        if _Watch.wakeup:
            _Watch.wakeup.close()
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
    _Watch.wakeup = writing

    def wait() -> None:
        with reading:
            while number := reading.recv(1):
                if number[0] in _SIGNALS:
                    _count_down(number[0])

    threading.Thread(target=wait, name="signals", daemon=True).start()


def _count_down(signum: int) -> None:
    if _Watch.counting:
        return
    _Watch.counting = True
    watchdog = threading.Timer(PATIENCE_SECONDS, _leave, [signum])
    watchdog.daemon = True
    watchdog.start()


def terminate(signum: int) -> None:
    """Handle a signal in the main thread: end now, or right after the line being written.

    Raises:
        Terminated: Unless a message is being written, or an earlier signal ends the run.
    """
    _count_down(signum)
    # What is broken off while it is being made may complain once it is cleared away, with a
    # traceback that Python prints by itself.
    sys.unraisablehook = _pass_over
    if Messages.writing:
        Messages.pending = signum
        return
    end_once(signum)


def _pass_over(_: sys.UnraisableHookArgs) -> None:
    """Say nothing of an error that nobody can catch."""


def _leave(signum: int) -> None:
    """End the process whatever it is doing; nothing but files needs tidying by now."""
    PrivateFolder.remove_all()
    if not Messages.writing:
        # Nobody may be reading.
        last_word = threading.Thread(target=write_last_state, daemon=True)
        last_word.start()
        last_word.join(LAST_WORD_SECONDS)
    os._exit(128 + signum)
