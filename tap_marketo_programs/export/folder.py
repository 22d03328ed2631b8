"""The private folders in which export files wait, and their certain end.

It must not know what the files are.
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import ClassVar


class PrivateFolder:
    """A folder that only this user can read, removed by `remove` or `remove_all`."""

    _live: ClassVar[set[Path]] = set()

    def __init__(self) -> None:
        # mkdtemp makes it 0700.
        self.path = Path(tempfile.mkdtemp(prefix="tap-marketo-programs-"))
        self._live.add(self.path)

    def remove(self) -> None:
        """Delete the folder and what is in it."""
        shutil.rmtree(self.path, ignore_errors=True)
        self._live.discard(self.path)

    @classmethod
    def remove_all(cls) -> None:
        """Delete every folder of this process, for an exit that runs no cleanup."""
        for path in list(cls._live):
            shutil.rmtree(path, ignore_errors=True)
