"""The private folders in which export files wait, and their certain end.

It must not know what the files are.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import secrets
import shutil
import tempfile
from pathlib import Path
from typing import ClassVar

from tap_marketo_programs.errors import MarketoConfigError


def unwritable(error: OSError) -> MarketoConfigError:
    """What to tell the user, who alone can make room."""
    message = (
        f"The export files have no place in the folder for temporary files ({error.strerror}). "
        "Make room there, or let TMPDIR name another folder."
    )
    return MarketoConfigError(message)


class PrivateFolder:
    """A folder that only this user can read, removed by `remove` or `remove_all`.

    Raises:
        MarketoConfigError: There can be none.
    """

    _live: ClassVar[set[Path]] = set()

    def __init__(self) -> None:
        # Not mkdtemp: a signal can end the run at any point, so the folder is
        # known before it is there. A name that is taken already is an error.
        name = f"tap-marketo-programs-{secrets.token_hex(8)}"
        try:
            self.path = Path(_place(), name)
            self._live.add(self.path)
            self.path.mkdir(mode=0o700)
        except OSError as error:
            raise unwritable(error) from None

    def remove(self) -> None:
        """Delete the folder and what is in it."""
        _erase(self.path)
        self._live.discard(self.path)

    @classmethod
    def remove_all(cls) -> None:
        """Delete every folder of this process, for an exit that runs no cleanup."""
        for path in list(cls._live):
            _erase(path)


def _place() -> str:
    """The user's folder for temporary files.

    `tempfile.gettempdir` finds out which can be used by writing a file to each,
    and a signal at the wrong moment would leave it there.
    """
    named = (os.environ.get(name) for name in ("TMPDIR", "TEMP", "TMP"))
    return tempfile.tempdir or next(filter(None, named), "/tmp")  # noqa: S108 - our folder in it is private


def _erase(path: Path) -> None:
    """Delete a folder although a download may be about to put a file into it."""
    # Under another name, nobody finds it any more. Done once more after a signal
    # that came in between, this finds what is left.
    gone = path.with_suffix(".gone")
    with contextlib.suppress(OSError):
        path.rename(gone)
    shutil.rmtree(gone, ignore_errors=True)


atexit.register(PrivateFolder.remove_all)
