"""No export file outlives its run, whatever is being done to its folder at the end."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import tempfile
from threading import Event, Thread
from typing import TYPE_CHECKING

import pytest

from tap_marketo_programs.errors import MarketoConfigError
from tap_marketo_programs.process.private_folder import PrivateFolder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from harness import Tap


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where temporary files go."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


@contextlib.contextmanager
def somebody_writes_to(folder: PrivateFolder) -> Iterator[None]:
    """A thread that puts one file after the other into a folder while it is there."""
    over, begun = Event(), Event()

    def write() -> None:
        for number in range(10**9):
            with contextlib.suppress(FileNotFoundError):
                (folder.path / str(number)).write_bytes(b"a row")
            begun.set()
            if over.is_set():
                return

    thread = Thread(target=write)
    thread.start()
    begun.wait()
    try:
        yield
    finally:
        over.set()
        thread.join()


@pytest.mark.parametrize("removed", [PrivateFolder.remove, lambda _: PrivateFolder.remove_all()])
def test_a_folder_goes_although_a_download_goes_on(
    temporary: Path, removed: Callable[[PrivateFolder], None]
) -> None:
    for _ in range(20):
        folder = PrivateFolder()
        with somebody_writes_to(folder):
            removed(folder)
            assert not list(temporary.iterdir())
        folder.remove()

    assert not list(temporary.iterdir())


def test_folders_that_are_made_and_removed_at_once_do_not_harm_each_other(
    temporary: Path,
) -> None:
    harmed: list[object] = []

    def make() -> None:
        for _ in range(100):
            try:
                folder = PrivateFolder()
                (folder.path / "rows.csv").write_text("a,b\n")
                folder.remove()
            except (OSError, MarketoConfigError) as error:
                harmed.append(error)

    threads = [Thread(target=make) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert harmed == []
    assert not list(temporary.iterdir())


def test_a_run_that_exports_no_members_removes_what_a_killed_one_left(
    tap: Tap, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    program = (
        "import os, signal\n"
        "from tap_marketo_programs.process.private_folder import PrivateFolder\n"
        "(PrivateFolder().path / 'members.csv').write_text('somebody')\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    subprocess.run([sys.executable, "-c", program], env=environment, check=False)  # noqa: S603 - our own
    assert list(tmp_path.rglob("members.csv"))

    tap.sync("channels")

    assert not list(tmp_path.glob("tap-marketo-programs-*"))
