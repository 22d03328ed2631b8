"""The command: of `python -m tap_marketo_programs`, and of the console script.

It keeps the start short, nearly all of which is the import of the SDK. It must
not know what the command does.
"""

from __future__ import annotations

import gc
import os
import signal
import sys


def main() -> None:
    """Run the command."""
    early: list[int] = []
    for number in (signal.SIGINT, signal.SIGTERM):
        # Importing takes a second, and has no good place to stop.
        signal.signal(number, lambda signum, _: early.append(signum))
    if sys.argv[1:] == ["--version"] and (line := _version()):
        try:
            # Past the buffer, which the interpreter would flush once more on its way out.
            os.write(1, f"{line}\n".encode())
        except OSError as error:
            sys.exit(f"stdout cannot be written ({error.strerror})")
        return
    # What is imported stays to the end, and looking through it for garbage took a
    # quarter of the time of `--about`.
    gc.disable()
    from tap_marketo_programs.process import command, quiet  # noqa: PLC0415 - brings the SDK
    from tap_marketo_programs.tap import TapMarketoPrograms  # noqa: PLC0415 - as above

    gc.freeze()
    gc.enable()
    # The list itself: a signal may come until the command handles them.
    command.early_signals = early
    cli = TapMarketoPrograms.cli  # sets up the log
    quiet.keep_for_debug()
    cli()


def _version(name: str = "tap-marketo-programs") -> str | None:
    """What the SDK would say to `--version`, for a tenth of the time; None if it is not known."""
    from importlib.metadata import PackageNotFoundError, version  # noqa: PLC0415 - takes a while

    try:
        return f"{name} v{version(name)}, Meltano SDK v{version('singer-sdk')}"
    except PackageNotFoundError:
        return None


if __name__ == "__main__":
    main()
