"""The private folders in which export files wait, and their certain end.

A run that is killed cannot clean up, so the next one does: beside each folder
lies a file that its process holds locked for as long as it lives. Whoever gets
the lock knows that the folder is nobody's any more. Process ids would not do:
in containers every run has the same one.

It must not know what the files are.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import re
import secrets
import shutil
import stat
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from tap_marketo_programs.errors import MarketoConfigError

if TYPE_CHECKING:
    from typing import BinaryIO

if sys.platform != "win32":
    import fcntl

_PREFIX = "tap-marketo-programs-"
_LOCK = re.compile(re.escape(_PREFIX) + r"[0-9a-f]{16}\.lock")
# Windows has no such links, and no such flag.
_NO_LINKS = getattr(os, "O_NOFOLLOW", 0)


def unwritable(error: OSError) -> MarketoConfigError:
    """What to tell the user, who alone can make room."""
    message = (
        f"The export files have no place in the folder for temporary files ({error.strerror}). "
        "Make room there, or let TMPDIR name another folder."
    )
    return MarketoConfigError(message)


def new_file(path: Path) -> BinaryIO:
    """A file that is new and that only this user can read, whatever was there before."""
    path.unlink(missing_ok=True)
    opened = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | _NO_LINKS, 0o600)
    return open(opened, "w+b")  # noqa: PTH123 - of a descriptor


class PrivateFolder:
    """A folder that only this user can read, removed by `remove` or `remove_all`.

    Making one removes those of this user's runs that were killed.

    Raises:
        MarketoConfigError: There can be none.
    """

    _live: ClassVar[dict[Path, int | None]] = {}

    def __init__(self) -> None:
        # Not mkdtemp: a signal can end the run at any point, so the folder is
        # known before it is there. A name that is taken already is an error: what
        # somebody else put there, be it a folder or a link, is never used.
        place = Path(_place())
        self.path = place / f"{_PREFIX}{secrets.token_hex(8)}"
        try:
            remove_orphans()
            self._live[self.path] = None
            self._live[self.path] = _lock(self.path)
            self.path.mkdir(mode=0o700)
        except OSError as error:
            self._let_go(self.path)
            raise unwritable(error) from None

    def remove(self) -> None:
        """Delete the folder and what is in it."""
        _erase(self.path)
        self._let_go(self.path)

    @classmethod
    def remove_all(cls) -> None:
        """Delete every folder of this process, for an exit that runs no cleanup."""
        for path in list(cls._live):
            _erase(path)
            cls._let_go(path)

    @classmethod
    def _let_go(cls, path: Path) -> None:
        """Take the file away, then the lock, so that no other run finds it free."""
        with contextlib.suppress(OSError):
            path.with_suffix(".lock").unlink()
        # Forgotten before it is closed: a number that is closed twice may be another file's.
        held = cls._live.pop(path, None)
        if held is not None:
            os.close(held)


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


# Locks


def _lock(path: Path) -> int | None:
    """Say that the process of a folder to be made is alive.

    Returns:
        What holds the lock until it is closed; None where files cannot be
        locked, so that nobody will take the folder for a dead one's either. NFS
        knows locks, between machines too, unless it is mounted with `nolock`.
    """
    if sys.platform == "win32":  # pragma: no cover - nothing there says that a run is alive
        return None
    flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | _NO_LINKS
    held = os.open(path.with_suffix(".lock"), flags, 0o600)
    # Another run that starts now may have found the file before it was locked, and
    # be about to delete it. It lets go of the lock only after that.
    with contextlib.suppress(OSError):
        fcntl.flock(held, fcntl.LOCK_EX)
        if not os.fstat(held).st_nlink:
            os.close(held)
            return _lock(path)
    return held


def remove_orphans() -> None:
    """Delete the folders of this user's runs that were killed."""
    for path in _locks(Path(_place())):
        with contextlib.suppress(OSError):
            _remove_if_orphaned(path)


def _locks(place: Path) -> list[Path]:
    if sys.platform == "win32":  # pragma: no cover - nothing there says that a run is alive
        return []
    try:
        with os.scandir(place) as entries:
            return [Path(one.path) for one in entries if _LOCK.fullmatch(one.name)]
    except OSError:
        # A folder cannot be made there either, which will be said.
        return []


def _remove_if_orphaned(path: Path) -> None:
    """Delete a folder whose lock nobody holds; an OSError means that somebody does."""
    held = os.open(path, os.O_RDWR | _NO_LINKS | os.O_NONBLOCK)
    try:
        # What others put there is not ours to act upon, nor is what it names.
        if not _is_ours(os.fstat(held)) or not stat.S_ISREG(os.fstat(held).st_mode):
            return
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if not os.fstat(held).st_nlink:
            # Another run was faster; what has this name by now is somebody's who is alive.
            return
        folder = path.with_suffix("")
        for one in (folder, folder.with_suffix(".gone")):
            with contextlib.suppress(FileNotFoundError):
                if _is_ours(one.lstat()) and stat.S_ISDIR(one.lstat().st_mode):
                    shutil.rmtree(one)
        path.unlink()
    finally:
        os.close(held)


def _is_ours(what: os.stat_result) -> bool:
    return what.st_uid == os.geteuid()


atexit.register(PrivateFolder.remove_all)
