"""Writes what the commands in the pages print into the pages.

`uv run --group targets python tests/support/captures.py [PAGE...]` runs every page, or those
named, and replaces each output that says something else now. Times and ids alone are no
difference, so a second run changes nothing; `tests/targets/test_pages.py` compares, and
`tests/targets/test_demo.py` what the README shows of the demo. `--large` runs the pages that
need what is too large for tests, such as Airflow; nothing compares these, so the pages say
when that was.
"""

from __future__ import annotations

import subprocess
import sys
from argparse import ArgumentParser
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import demo_runs
import page_output
from meltano_hub import hub
from page_blocks import page, redated, replaced
from page_runs import ROOT, Toolbox, ran

from demo.database import running

if TYPE_CHECKING:
    from collections.abc import Iterator

    from page_blocks import Block, Page

TITLES = {"apache-airflow": "Airflow", "dagster": "Dagster", "pyspark": "PySpark"}
COMMAND = "uv run --group targets python tests/support/captures.py"


def pages() -> list[Page]:
    """The README, those of the sandbox and of the dbt package, and every page of the site."""
    readmes = [ROOT / folder / "README.md" for folder in ("", "dbt", "sandbox")]
    paths = [*readmes, *sorted((ROOT / "docs").rglob("*.md"))]
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
        if block.kind in {"output", "output like"} and before and before.line in outputs:
            now = outputs[before.line]
            if not page_output.same(block.text, now, alike=block.kind == "output like"):
                found[block.line] = now
        elif not block.kind.startswith("output"):
            before = block
    return found


def versions(page: Page) -> dict[str, str]:
    """What takes part in a run of a page, by the names that its sentences have for it."""
    java = subprocess.run(["java", "-version"], capture_output=True, text=True, check=False).stderr  # noqa: S607 - Spark's, as it finds it
    named = dict(one.split("==") for one in page.packages)
    return {
        **{TITLES[name]: number for name, number in named.items()},
        "Python": f"{sys.version_info.major}.{sys.version_info.minor}",
        "Meltano": version("meltano"),
        "Java": java.partition('"')[2].partition('"')[0],
    }


def write(page: Page, toolbox: Toolbox) -> int:
    """Run a page, and write what its commands print; the exit code."""
    with ran(page, toolbox) as done:
        if done.code:
            sys.stderr.write(f"{page.path}: exit code {done.code}\n{done.last}\n")
            return 1
        changed = stale(page, done.outputs)
    text = replaced(page, changed)
    if toolbox.large:
        text = redated(text, f"{datetime.now(UTC):%Y-%m-%d}", versions(page))
    (ROOT / page.path).write_text(text, encoding="utf-8")
    sys.stderr.write(f"{page.path}: {len(changed)} outputs replaced\n")
    return 0


def write_pages(pages: list[Page], *, large: bool) -> int:
    """Write those of the pages that are run with large packages, or without; the exit code."""
    failed = 0
    with TemporaryDirectory(prefix="toolbox") as name:
        folder = Path(name)
        for one in pages:
            packages = one.packages if large else set()
            if not (packages if large else one.runs):
                continue
            if not any(folder.iterdir()):
                make(folder)
            with tools(folder, postgres="postgres" in one.options) as toolbox:
                for package in packages:
                    toolbox.make_large(package)
                failed |= write(one, toolbox)
    return failed


def write_demo(page: Page) -> int:
    """Run the demo, and write what it prints into the README; the exit code."""
    with demo_runs.copied() as checkout:
        done = demo_runs.first_command(checkout)
    if done.returncode:
        sys.stderr.write(f"the demo: exit code {done.returncode}\n{done.stdout}{done.stderr}")
        return 1
    now = demo_runs.shown(done.stdout)
    (block,) = (block for block in page.blocks if block.name == demo_runs.PATH)
    if not demo_runs.same(block.text, now):
        text = replaced(page, {block.line: now})
        (ROOT / page.path).write_text(text, encoding="utf-8")
    sys.stderr.write(f"{page.path}: the demo was run\n")
    return 0


def main(arguments: list[str]) -> int:
    """Entry point; returns the exit code."""
    parser = ArgumentParser()
    parser.add_argument("--large", action="store_true", help="the pages that need large packages")
    parser.add_argument("pages", nargs="*", help="such as docs/demo.md; all if none is named")
    options = parser.parse_args(arguments)
    wanted = [page for page in pages() if page.path in options.pages or not options.pages]
    failed = write_pages(wanted, large=options.large)
    for one in wanted:
        if one.path == demo_runs.README and not options.large:
            failed |= write_demo(one)
    return failed


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
