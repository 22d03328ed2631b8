"""How the command meets its user: bad input and errors, a line each.

An error that the tap understands is one line and exit code 1; of one that it
does not, the place is shown and the text is not, since that may repeat what
stood in a cell. It must not know streams or Marketo.
"""

from __future__ import annotations

import logging
import os
import signal
import sys
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import click
from singer_sdk.exceptions import (
    AbortedSyncFailedException,
    AbortedSyncPausedException,
    ConfigValidationError,
)
from singer_sdk.plugin_base import SingerCommand

from tap_marketo_programs.config import catalog as catalog_file
from tap_marketo_programs.config import state as state_file
from tap_marketo_programs.errors import MarketoConfigError, MarketoError
from tap_marketo_programs.process.help_text import EXIT_CODES, OPTIONS, SUMMARY
from tap_marketo_programs.process.input_files import checked_config, checked_file, json_object
from tap_marketo_programs.process.plan_options import refuse_together
from tap_marketo_programs.process.signals import begin, ignore_signals, leave_to_the_system
from tap_marketo_programs.process.stdout import (
    StdoutFailed,
    TargetGone,
    Terminated,
    remember_state,
    write_last_state,
    write_text,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

# Signals that came while the command was being imported, of `__main__`.
early_signals: list[int] = []

# With these there is no run, and nobody who wants its state.
_NO_RUN = ("help", "version", "about", "discover", "test", "plan")


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


class NoCells(logging.Filter):
    """Keeps what a stream map's filter made of a row out of the SDK's log, on any level."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether the record tells no cell."""
        return not record.getMessage().startswith("Filter result for")


class ConfigRefused(MarketoConfigError):
    """The settings are wrong, one line each."""

    def __init__(self, lines: Sequence[str]) -> None:
        super().__init__("\n".join(lines))


def lines_of(error: MarketoError) -> list[str]:
    """What an error says, each line with the stream that it is about."""
    of = f"{error.stream}: " if error.stream else ""
    return [line if line.startswith(of) else f"{of}{line}" for line in str(error).splitlines()]


class Command(SingerCommand):
    """The SDK's command, with one line instead of a traceback for what is understood."""

    reference: Callable[[], str] = str
    """What `--help` says of settings and streams; made only where it is asked for."""

    @classmethod
    def around(cls, command: click.Command, reference: Callable[[], str]) -> Self:
        """The same command with our way of ending, and of its help."""
        if not isinstance(command, SingerCommand):  # pragma: no cover - the SDK makes one
            message = "not a Singer command"
            raise TypeError(message)
        for option in command.params:
            if isinstance(option, click.Option):
                option.help = OPTIONS.get(str(option.name), option.help)
            if option.name == "about_format":
                # The SDK knows its plain text by no name.
                option.type = click.Choice(["text", "json", "markdown"])
            elif option.name == "config":
                option.callback = checked_config(option.callback)
            elif option.name == "state":
                option.callback = checked_file(
                    state_file.problem, remember_state, state_file.unwrapped
                )
            elif option.name == "catalog":
                option.callback = checked_file(catalog_file.problem)
            elif option.callback:
                option.callback = _refusing(option.callback)
        made = cls(
            name=command.name,
            callback=_refusing(command.callback),
            context_settings=command.context_settings,
            params=command.params,
            help=SUMMARY,
            epilog=EXIT_CODES,
            logger=command.logger,
        )
        made.reference = reference
        return made

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write what stands below the options."""
        formatter.write(f"\n{self.reference()}")
        super().format_epilog(ctx, formatter)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Refuse options that do not go together, before any of them does anything."""
        given, _, _ = self.make_parser(ctx).parse_args(list(args))
        refuse_together(given)
        return super().parse_args(ctx, args)

    def main(self, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - click's signature
        """Run, and end with 0 only if everything asked for was done."""
        try:
            # The code is kept and the error let go, so that generators it held are
            # closed, and have their say on stdout, while the interpreter is whole.
            code = self._run(*args, **kwargs)
            if code in {128 + number for number in (signal.SIGINT, signal.SIGTERM)}:
                write_last_state()
        finally:
            # From here on the interpreter closes down; a signal need only end it.
            leave_to_the_system()
        sys.exit(code)

    def _run(self, *args: Any, **kwargs: Any) -> int | str | None:  # noqa: ANN401 - click's signature
        """Run; the exit code."""
        try:
            if sys.stdout is None:
                raise StdoutFailed(_CLOSED)  # noqa: TRY301 - as if it had been written to
            begin(self._given_state(args[0] if args else None), early_signals)
            return self._exit_code(*args, **kwargs)
        except MarketoError as error:
            for line in lines_of(error):
                self.logger.error("%s", line)  # noqa: TRY400 - one line is the point
        except TargetGone as error:
            self.logger.error("%s", error)  # noqa: TRY400 - as above
            _let_go_of_stdout()
        except OSError as error:
            # Of the system, whose words know nothing of data: --help on a full disk.
            where = f": {error.filename}" if error.filename else ""
            self.logger.error("The run ends here (%s%s)", error.strerror or "no reason", where)  # noqa: TRY400 - as above
            _let_go_of_stdout()
        except Terminated as error:
            # The end has begun, and its last word must not be cut short either.
            ignore_signals()
            self.logger.info("Ended by %s", signal.Signals(error.signum).name)
            return 128 + error.signum
        except Exception as error:  # noqa: BLE001 - of whatever is left, the text may hold data
            self._tell_unexpected(error)
        return 1

    def _exit_code(self, *args: Any, **kwargs: Any) -> int | str | None:  # noqa: ANN401 - click's signature
        """Let click run the command, and see all it printed out."""
        try:
            super().main(*args, **kwargs)
        except Terminated:
            raise
        except SystemExit as error:
            write_text("")
            return error.code
        return 0  # pragma: no cover - click exits

    def _tell_unexpected(self, error: Exception) -> None:
        """Say where something went wrong that nobody thought of, without its text."""
        frames = traceback.extract_tb(error.__traceback__)
        where = " <- ".join(f"{Path(one.filename).name}:{one.lineno}" for one in frames[:-9:-1])
        self.logger.error(
            "Unexpected %s at %s. Its text is left out, since it may hold data. Please report it",
            type(error).__name__,
            where,
        )

    def _given_state(self, arguments: Sequence[str] | None) -> Mapping[str, Any] | None:
        """The state that a run will begin with, before anything else is done.

        Returns:
            None if there will be no run, or it cannot be known yet: a pipe can
            be read only once, and a file that is no state will be refused.
        """
        given = sys.argv[1:] if arguments is None else list(arguments)
        try:
            options, _, _ = self.make_parser(click.Context(self)).parse_args(given)
        except click.UsageError:
            return None
        if any(name in options for name in _NO_RUN):
            return None
        path = options.get("state")
        if path is None:
            return {}
        try:
            if not Path(path).is_file():
                return None
            state = state_file.unwrapped(
                json_object("--state", path, Path(path).read_text("utf-8"))
            )
        except (OSError, ValueError, MarketoConfigError):
            return None
        return None if state_file.problem(state) else state


_CLOSED = "it is closed"


def _let_go_of_stdout() -> None:
    """Let the interpreter, which flushes it once more on its way out, find nothing wrong."""
    if sys.stdout is not None:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)


def _refusing(callback: Callable[..., Any] | None) -> Callable[..., Any]:
    """A callback that raises wrong settings in our words: the SDK would add a line of its own."""

    def run(*args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - whatever click hands over
        try:
            return callback(*args, **kwargs) if callback else None
        except ConfigValidationError as error:
            raise ConfigRefused(error.errors) from None

    return run
