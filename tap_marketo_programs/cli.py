"""How the command meets the outside: errors, signals and whole lines.

An error that the tap understands is one line and exit code 1. A signal ends
the run within ten seconds, with every Singer message whole. It must not know
streams or Marketo.
"""

from __future__ import annotations

import io
import json
import logging
import os
import signal
import sys
import threading
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Self

from singer_sdk.contrib.msgspec import MsgSpecWriter
from singer_sdk.exceptions import (
    AbortedSyncFailedException,
    AbortedSyncPausedException,
    ConfigValidationError,
)
from singer_sdk.plugin_base import SingerCommand
from singer_sdk.singerlib import Catalog

from tap_marketo_programs.errors import MarketoConfigError, MarketoError
from tap_marketo_programs.export.folder import PrivateFolder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    import click
    from singer_sdk.singerlib import Message

    OptionCallback = Callable[[click.Context, click.Parameter, Any], Any]

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


def _let_signals_end_it() -> None:
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
# and JSON may as well escape them.
_LINE_ENDS = (
    (b"\xe2\x80\xa8", b"\\u2028"),
    (b"\xe2\x80\xa9", b"\\u2029"),
    (b"\xc2\x85", b"\\u0085"),
)


def _by_line_feeds_only(data: bytes) -> bytes:
    for raw, escaped in _LINE_ENDS:
        if raw in data:
            data = data.replace(raw, escaped)
    return data


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
        with _whole():
            sys.stdout.buffer.write(_by_line_feeds_only(lines))
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


class OneLine(logging.Filter):
    """Keeps the SDK from calling an error unhandled that `Command` will report in a line.

    It also says so of every stream of a successful `--test`.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether the record is news."""
        understood = (
            MarketoError,
            TargetGone,
            AbortedSyncFailedException,
            AbortedSyncPausedException,
        )
        said_later = isinstance(sys.exc_info()[1], understood)
        return not (said_later and record.getMessage().startswith("An unhandled error"))


class ConfigRefused(MarketoConfigError):
    """The settings are wrong, one line each."""

    def __init__(self, lines: Sequence[str]) -> None:
        super().__init__("\n".join(lines))


class Command(SingerCommand):
    """The SDK's command, with one line instead of a traceback for what is understood."""

    @classmethod
    def around(cls, command: click.Command) -> Self:
        """The same command with our way of ending."""
        if not isinstance(command, SingerCommand):  # pragma: no cover - the SDK makes one
            message = "not a Singer command"
            raise TypeError(message)
        for option in command.params:
            if option.name == "config":
                option.callback = _checked_config(option.callback)
            elif option.name == "state":
                option.callback = _checked_file(
                    _is_state, 'the value of a STATE message, such as {"bookmarks": {}}'
                )
            elif option.name == "catalog":
                option.callback = _checked_file(
                    _is_catalog, 'what --discover prints, such as {"streams": [...]}'
                )
            elif option.callback:
                option.callback = _refusing(option.callback)
        return cls(
            name=command.name,
            callback=_refusing(command.callback),
            context_settings=command.context_settings,
            params=command.params,
            help=command.help,
            logger=command.logger,
        )

    def main(self, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - click's signature
        """Run, and end with 0 only if everything asked for was done."""
        # The code is kept and the error let go, so that generators it held are
        # closed, and have their say on stdout, while the interpreter is whole.
        code = 1
        try:
            return super().main(*args, **kwargs)
        except MarketoError as error:
            for line in str(error).splitlines():
                self.logger.error("%s", line)  # noqa: TRY400 - one line is the point
        except TargetGone:
            self.logger.error("The target closed its input; the run ends here")  # noqa: TRY400 - likewise
            # The interpreter flushes stdout once more on its way out.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        except Terminated as error:
            self.logger.info("Ended by %s", signal.Signals(error.signum).name)
            code = 128 + error.signum
        finally:
            # From here on the interpreter closes down; a signal need only end it.
            _let_signals_end_it()
        sys.exit(code)


def _refusing(callback: Callable[..., Any] | None) -> Callable[..., Any]:
    """A callback that raises wrong settings in our words: the SDK would add a line of its own."""

    def run(*args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - whatever click hands over
        try:
            return callback(*args, **kwargs) if callback else None
        except ConfigValidationError as error:
            raise ConfigRefused(error.errors) from None

    return run


# What the SDK reads of files without a second look: each must be the JSON it
# takes it for, or it ends in a traceback or, worse, starts from zero.


def _checked_config(callback: OptionCallback | None) -> OptionCallback:
    """Read the config files once before the SDK does."""

    def check(context: click.Context, option: click.Parameter, paths: tuple[str, ...]) -> Any:  # noqa: ANN401 - what the SDK makes of it
        for path in paths:
            # What a shell puts in as `<(...)` can be read only once.
            if path != "ENV" and not Path(path).is_fifo():
                _json_object(option, path, _text(option, path, Path(path).read_text))
        return callback(context, option, paths) if callback else paths

    return check


def _checked_file(is_fit: Callable[[dict[str, Any]], bool], expected: str) -> OptionCallback:
    """Read the state or catalog once before the SDK does, and hand it on if it is one."""

    def check(
        context: click.Context,  # noqa: ARG001 - click's signature
        option: click.Parameter,
        file: IO[str] | None,
    ) -> IO[str] | None:
        if file is None:
            return None
        with file:
            text = _text(option, file.name, file.read)
        if not is_fit(_json_object(option, file.name, text)):
            message = (
                f"{option.opts[0]}: {file.name} is no {option.name}: expected {expected}. "
                "Nothing was extracted."
            )
            raise MarketoConfigError(message)
        return io.StringIO(text)

    return check


def _is_state(state: dict[str, Any]) -> bool:
    """Whether the SDK will find the bookmarks; it takes what it does not find for none."""
    bookmarks = state.get("bookmarks", {})
    return (
        state.get("type") != "STATE"
        and isinstance(bookmarks, dict)
        and all(isinstance(bookmark, dict) for bookmark in bookmarks.values())
    )


def _is_catalog(catalog: dict[str, Any]) -> bool:
    """Whether the SDK can read it and finds a stream; without any it would extract nothing."""
    try:
        return bool(Catalog.from_dict(catalog))
    except (AttributeError, KeyError, TypeError, ValueError):
        return False


def _text(option: click.Parameter, path: str, read: Callable[[], str]) -> str:
    try:
        return read()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "it is not text"
        message = f"{option.opts[0]}: {path} cannot be read ({reason})"
        raise MarketoConfigError(message) from None


def _json_object(option: click.Parameter, path: str, text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except json.JSONDecodeError as error:
        # Its place only: its words may repeat what stands there.
        message = (
            f"{option.opts[0]}: {path} is not JSON (line {error.lineno}, column {error.colno}). "
            "Nothing was extracted."
        )
        raise MarketoConfigError(message) from None
    if not isinstance(found, dict):
        message = f"{option.opts[0]}: {path} does not hold a JSON object. Nothing was extracted."
        raise MarketoConfigError(message)
    return found
