"""The commands of the pages do what the pages say, outside of the checkout, from wheels."""

from __future__ import annotations

import fcntl
import os
from typing import TYPE_CHECKING

import captures
import pytest
from page_runs import ran

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from page_blocks import Page
    from page_runs import Toolbox

pytestmark = pytest.mark.targets

PAGES = {page.path: page for page in captures.pages() if page.runs}


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A toolbox, which the workers of a run of tests share."""
    base = tmp_path_factory.getbasetemp()
    # A worker's folder lies in that of the run.
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    folder = shared / "toolbox"
    with (shared / "toolbox.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "made").exists():
            folder.mkdir()
            captures.make(folder)
            (folder / "made").touch()
    return folder


@pytest.fixture
def page(request: pytest.FixtureRequest) -> Page:
    found: Page = PAGES[request.param]
    return found


@pytest.fixture
def toolbox(made: Path, page: Page) -> Iterator[Toolbox]:
    with captures.tools(made, postgres="postgres" in page.options) as found:
        yield found


@pytest.mark.parametrize("page", PAGES, indirect=True)
def test_the_commands_of_a_page_work_and_print_what_it_shows(page: Page, toolbox: Toolbox) -> None:
    with ran(page, toolbox) as done:
        assert done.code == 0, done.last
        stale = captures.stale(page, done.outputs)

    assert not stale, f"run `{captures.COMMAND} {page.path}`:\n" + "\n".join(stale.values())
