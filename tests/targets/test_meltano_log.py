"""Meltano reads the tap's log as JSON, and shows each line once, at its own level."""

from __future__ import annotations

import os
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest
from definition import ROOT
from waiting import PATIENCE

if TYPE_CHECKING:
    from pathlib import Path

    from marketo_sandbox import Sandbox

pytestmark = pytest.mark.targets

PREFIX = "TAP_MARKETO_PROGRAMS_"
STREAMS = ("channels", "export_jobs", "program_members", "programs", "programs_by_tag", "tag_types")


def invoked(project: Path, sandbox: Sandbox, **settings: str) -> tuple[int, list[str]]:
    """Exit code, and the lines of stderr, of `meltano invoke`."""
    shutil.copy(ROOT / "meltano.yml", project)
    given = {
        "base_url": sandbox.url,
        "client_id": sandbox.client_id,
        "client_secret": sandbox.client_secret,
        "poll_interval_seconds": "0.05",
        **settings,
    }
    clean = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
    variables = {PREFIX + name.upper(): value for name, value in given.items()}
    done = subprocess.run(
        ["meltano", "invoke", "tap-marketo-programs"],  # noqa: S607 - of the dependency group
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
        cwd=project,
        env=clean | variables | {"NO_COLOR": "1"},
    )
    return done.returncode, done.stderr.splitlines()


def test_each_line_is_shown_once_as_a_person_reads_it(sandbox: Sandbox, tmp_path: Path) -> None:
    code, lines = invoked(tmp_path, sandbox)

    assert code == 0, lines
    for stream in STREAMS:
        told = [line for line in lines if f" {stream}: " in line]
        assert told
        assert all("[info " in line for line in told)
        assert len(set(told)) == len(told)
        assert " row" in told[-1]
    assert not [line for line in lines if "METRIC" in line or '"logger_name"' in line]


def test_an_error_is_shown_as_one(sandbox: Sandbox, tmp_path: Path) -> None:
    code, lines = invoked(tmp_path, sandbox, max_queued_exports="11")

    assert code != 0
    assert [line for line in lines if "[error " in line and "max_queued_exports: expected" in line]
