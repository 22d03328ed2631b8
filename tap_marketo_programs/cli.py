"""How the command meets its user: bad input and errors, a line each.

An error that the tap understands is one line and exit code 1. It must not know
streams or Marketo.
"""

from __future__ import annotations

import io
import json
import logging
import os
import signal
import sys
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Self

from singer_sdk.exceptions import (
    AbortedSyncFailedException,
    AbortedSyncPausedException,
    ConfigValidationError,
)
from singer_sdk.plugin_base import SingerCommand
from singer_sdk.singerlib import Catalog

from tap_marketo_programs.errors import MarketoConfigError, MarketoError
from tap_marketo_programs.messages import TargetGone, Terminated, leave_to_the_system

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import click

    OptionCallback = Callable[[click.Context, click.Parameter, Any], Any]


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
            leave_to_the_system()
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
