"""No export file outlives its run, whatever is being done to its folder at the end."""

from __future__ import annotations

import contextlib
import tempfile
from threading import Event, Thread
from typing import TYPE_CHECKING

import pytest

from tap_marketo_programs.errors import MarketoConfigError
from tap_marketo_programs.export.folder import PrivateFolder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


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


def test_a_removal_that_was_cut_off_is_finished_on_the_way_out(temporary: Path) -> None:
    folder = PrivateFolder()
    (folder.path / "rows.csv").write_text("a,b\n")
    # As a signal leaves it that comes between the first and the second step.
    folder.path.rename(folder.path.with_suffix(".gone"))

    PrivateFolder.remove_all()

    assert not list(temporary.iterdir())


def test_a_place_that_cannot_be_written_to_is_for_the_user_to_change(
    temporary: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(temporary / "gone"))

    with pytest.raises(MarketoConfigError, match=r"No such file or directory.*TMPDIR"):
        PrivateFolder()
