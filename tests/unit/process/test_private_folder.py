"""A private folder is one user's and one run's, and nothing of a killed run stays in it."""

from __future__ import annotations

import os
import stat
import tempfile
from typing import TYPE_CHECKING

import pytest

from tap_marketo_programs.errors import MarketoConfigError
from tap_marketo_programs.process.private_folder import PrivateFolder, new_file

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where temporary files go."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


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


# What a killed run leaves


def leave(temporary: Path, name: str = "0123456789abcdef", suffix: str = "") -> Path:
    """A folder as a killed run leaves it; nobody holds its lock."""
    folder = temporary / f"tap-marketo-programs-{name}{suffix}"
    folder.mkdir()
    (folder / "rows.csv").write_text("a,b\n")
    folder.with_suffix(".lock").touch(0o600)
    return folder


@pytest.mark.parametrize("suffix", ["", ".gone"])
def test_a_folder_that_a_killed_run_left_goes_when_the_next_is_made(
    temporary: Path, suffix: str
) -> None:
    leave(temporary, suffix=suffix)
    leave(temporary, "1" * 16)
    (temporary / f"tap-marketo-programs-{'2' * 16}.lock").touch()

    folder = PrivateFolder()

    assert {one.stem for one in temporary.iterdir()} == {folder.path.name}
    folder.remove()
    assert not list(temporary.iterdir())


def test_a_folder_of_a_run_that_is_alive_stays(temporary: Path) -> None:
    alive = PrivateFolder()
    (alive.path / "rows.csv").write_text("a,b\n")

    PrivateFolder().remove()

    assert (alive.path / "rows.csv").exists()
    alive.remove()
    assert not list(temporary.iterdir())


@pytest.mark.parametrize("planted", ["folder", "lock", "pipe"])
def test_what_somebody_planted_is_neither_followed_nor_waited_for(
    temporary: Path, tmp_path_factory: pytest.TempPathFactory, planted: str
) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    (elsewhere / "mine").write_text("mine")
    place = temporary / f"tap-marketo-programs-{'3' * 16}"
    if planted == "folder":
        place.symlink_to(elsewhere)
        place.with_suffix(".lock").touch()
    elif planted == "lock":
        place.mkdir()
        place.with_suffix(".lock").symlink_to(elsewhere / "mine")
    else:
        os.mkfifo(place.with_suffix(".lock"))

    PrivateFolder().remove()

    assert (elsewhere / "mine").read_text() == "mine"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
@pytest.mark.parametrize("of_another", ["lock", "folder"])
def test_what_is_another_users_stays(temporary: Path, of_another: str) -> None:
    folder = leave(temporary)
    os.chown(folder.with_suffix(".lock") if of_another == "lock" else folder, 12345, 12345)

    PrivateFolder().remove()

    assert (folder / "rows.csv").exists()


@pytest.mark.parametrize("name", ["tap-marketo-programs-x.lock", "tap-other-0123456789abcdef.lock"])
def test_what_has_another_name_stays(temporary: Path, name: str) -> None:
    (temporary / name).touch()

    PrivateFolder().remove()

    assert [one.name for one in temporary.iterdir()] == [name]


def test_the_lock_is_for_this_user_alone(temporary: Path) -> None:
    umask = os.umask(0)
    try:
        folder = PrivateFolder()
    finally:
        os.umask(umask)

    modes = {one.suffix: stat.S_IMODE(one.stat().st_mode) for one in temporary.iterdir()}
    assert modes == {"": 0o700, ".lock": 0o600}
    folder.remove()


def test_a_new_file_takes_the_place_of_a_link_and_leaves_alone_what_it_names(
    temporary: Path,
) -> None:
    (temporary / "mine").write_text("mine")
    (temporary / "link").symlink_to(temporary / "mine")

    with new_file(temporary / "link") as file:
        file.write(b"rows")

    assert (temporary / "mine").read_text() == "mine"
    assert not (temporary / "link").is_symlink()
    assert (temporary / "link").read_bytes() == b"rows"
