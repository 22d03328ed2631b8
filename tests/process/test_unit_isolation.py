"""A test below tests/unit that talks to a socket, starts a thread or a process fails."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from waiting import PATIENCE

TESTS = Path(__file__).parents[1]

FORBIDDEN = {
    "a socket": "import socket\ndef test_it(): socket.create_connection(('127.0.0.1', 9))",
    "a server": "import socket\ndef test_it(): socket.create_server(('127.0.0.1', 0))",
    "a thread": "import threading\ndef test_it(): threading.Thread(target=print).start()",
    "a process": "import subprocess, sys\ndef test_it(): subprocess.run([sys.executable, '-V'])",
    "a thread whose failure is caught": (
        "import threading\n"
        "def test_it():\n"
        "    try:\n"
        "        threading.Thread(target=print).start()\n"
        "    except BaseException:\n"
        "        pass"
    ),
    "a thread of a fixture": (
        "import pytest, threading\n"
        "@pytest.fixture\n"
        "def helper(): threading.Thread(target=print).start()\n"
        "def test_it(helper): pass"
    ),
}


def outcome(folder: Path, code: str) -> subprocess.CompletedProcess[str]:
    """Run one test under the rules of tests/unit."""
    shutil.copy(TESTS / "unit" / "conftest.py", folder)
    (folder / "pytest.ini").write_text(
        f"[pytest]\nmarkers = unit\npythonpath = {TESTS / 'support'}\n"
    )
    (folder / "test_it.py").write_text(code)
    return subprocess.run(  # noqa: S603 - pytest on a folder of the test's own
        [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-p",
            "no:singer_testing",
            "-m",
            "unit",
            str(folder),
        ],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


@pytest.mark.parametrize("what", FORBIDDEN)
def test_a_unit_test_fails_that_uses(tmp_path: Path, what: str) -> None:
    done = outcome(tmp_path, FORBIDDEN[what])

    assert done.returncode == 1, done.stdout
    assert "NotAUnitTest" in done.stdout


def test_a_unit_test_that_does_nothing_of_it_passes(tmp_path: Path) -> None:
    done = outcome(tmp_path, "def test_it(tmp_path): assert tmp_path.is_dir()")

    assert done.returncode == 0, done.stdout
    assert "1 passed" in done.stdout
