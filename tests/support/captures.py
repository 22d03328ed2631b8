"""Writes what the commands in the pages print into the pages.

`uv run --group targets python tests/support/captures.py [PAGE...]` runs every page, or those
named, and replaces each output that says something else now. Times and ids alone are no
difference, so a second run changes nothing; `tests/targets/test_pages.py` compares.
"""

from __future__ import annotations

import sys
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import page_output
from meltano_hub import hub
from page_blocks import page, replaced
from page_runs import ROOT, Toolbox, ran

from demo.database import running

if TYPE_CHECKING:
    from collections.abc import Iterator

    from page_blocks import Block, Page

COMMAND = "uv run --group targets python tests/support/captures.py"


def pages() -> list[Page]:
    """The README and every page of the site."""
    paths = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
    return [page(str(path.relative_to(ROOT)), path.read_text(encoding="utf-8")) for path in paths]


def make(folder: Path) -> None:
    """Make a toolbox, with all that any page begins with."""
    with hub() as address:
        toolbox = Toolbox(folder, address)
        toolbox.make()
        toolbox.make_project()


@contextmanager
def tools(made: Path, *, postgres: bool) -> Iterator[Toolbox]:
    """What pages need around them.

    Args:
        made: The folder of a toolbox that was made.
        postgres: Whether a server is wanted.
    """
    toolbox = Toolbox(made)
    with ExitStack() as stack:
        toolbox.hub = stack.enter_context(hub())
        if postgres:
            # Not in a folder of pytest's, for the reason that `tests/targets/conftest.py` has.
            folder = Path(stack.enter_context(TemporaryDirectory(prefix="postgres")))
            database = stack.enter_context(running(folder / "data"))
            plain = database.loader_url.replace("postgresql+psycopg://", "postgresql://")
            toolbox.database = (plain, database.loader_url)
            toolbox.programs.append(database._psql.parent)
        yield toolbox


def stale(page: Page, outputs: dict[int, str]) -> dict[int, str]:
    """The outputs of a page that say something else now, by the lines of their blocks."""
    found: dict[int, str] = {}
    before: Block | None = None
    for block in page.blocks:
        if block.kind.startswith("output") and before is not None:
            now = outputs.get(before.line, "")
            if not page_output.same(block.text, now, alike=block.kind == "output like"):
                found[block.line] = now
        elif block.kind == "run":
            before = block
    return found


def main(wanted: list[str]) -> int:
    """Entry point; returns the exit code."""
    failed = 0
    with TemporaryDirectory(prefix="toolbox") as folder:
        make(Path(folder))
        for one in pages():
            if not one.runs or (wanted and one.path not in wanted):
                continue
            with (
                tools(Path(folder), postgres="postgres" in one.options) as toolbox,
                ran(one, toolbox) as done,
            ):
                if done.code:
                    sys.stderr.write(f"{one.path}: exit code {done.code}\n{done.last}\n")
                    failed = 1
                    continue
                changed = stale(one, done.outputs)
                (ROOT / one.path).write_text(replaced(one, changed), encoding="utf-8")
                sys.stderr.write(f"{one.path}: {len(changed)} outputs replaced\n")
    return failed


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    sys.exit(main(sys.argv[1:]))
