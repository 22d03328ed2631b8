"""How the command meets the outside: errors, signals and whole lines.

An error that the tap understands is one line and exit code 1. A signal ends
the run within ten seconds, with every Singer message whole. It must not know
streams or Marketo.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from json import JSONDecodeError
from typing import TYPE_CHECKING, Any, Self

from singer_sdk.exceptions import ConfigValidationError
from singer_sdk.io_base import SingerWriter
from singer_sdk.plugin_base import SingerCommand

from tap_marketo_programs.errors import MarketoError
from tap_marketo_programs.export.folder import PrivateFolder

if TYPE_CHECKING:
    import click
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


class SafeWriter(SingerWriter):
    """Writes messages whole: a signal takes effect between two, never inside one."""

    def write_message(self, message: Message) -> None:
        """Write one message; then heed a signal that came meanwhile."""
        _Messages.writing = True
        try:
            super().write_message(message)
        finally:
            _Messages.writing = False
        if _Messages.pending is not None:
            signum, _Messages.pending = _Messages.pending, None
            raise Terminated(signum)


class Command(SingerCommand):
    """The SDK's command, with one line instead of a traceback for what is understood."""

    @classmethod
    def around(cls, command: click.Command) -> Self:
        """The same command with our way of ending."""
        if not isinstance(command, SingerCommand):  # pragma: no cover - the SDK makes one
            message = "not a Singer command"
            raise TypeError(message)
        return cls(
            name=command.name,
            callback=command.callback,
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
            self.logger.error("%s", error)  # noqa: TRY400 - one line is the point
        except ConfigValidationError as error:
            for line in error.errors:
                self.logger.error("%s", line)  # noqa: TRY400 - likewise
        except JSONDecodeError as error:
            self.logger.error("A config, catalog or state file is not JSON: %s", error)  # noqa: TRY400 - likewise
        except BrokenPipeError:
            self.logger.error("The target closed its input; the run ends here")  # noqa: TRY400 - likewise
            # The interpreter flushes stdout once more on its way out.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        except FileNotFoundError as error:
            self.logger.error("File not found: %s", error.filename)  # noqa: TRY400 - likewise
        except Terminated as error:
            self.logger.info("Ended by %s", signal.Signals(error.signum).name)
            code = 128 + error.signum
        sys.exit(code)
