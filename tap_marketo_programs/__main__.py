"""The command: of `python -m tap_marketo_programs`, and of the console script.

It keeps the start short, nearly all of which is the import of the SDK. It must
not know what the command does.
"""

from __future__ import annotations

import gc
import sys
from importlib.metadata import PackageNotFoundError, version


def main() -> None:
    """Run the command."""
    if sys.argv[1:] == ["--version"] and (line := _version()):
        print(line)  # noqa: T201 - the answer
        return
    # What is imported stays to the end, and looking through it for garbage took a
    # quarter of the time of `--about`.
    gc.disable()
    from tap_marketo_programs.tap import TapMarketoPrograms  # noqa: PLC0415 - brings the SDK

    gc.freeze()
    gc.enable()
    TapMarketoPrograms.cli()


def _version() -> str | None:
    """What the SDK would say to `--version`, for a tenth of the time; None if it is not known."""
    name = "tap-marketo-programs"
    try:
        return f"{name} v{version(name)}, Meltano SDK v{version('singer-sdk')}"
    except PackageNotFoundError:
        return None


if __name__ == "__main__":
    main()
