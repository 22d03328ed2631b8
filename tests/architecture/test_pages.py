"""Every block of the README and of the site is run by a test, or says why not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from captures import TITLES, pages, stale
from page_blocks import Block, Page, page, redated, replaced
from sources import ROOT, document

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGES = pages()
# The blocks that read files.
READ = {"run", "run with", "file"}
# What finds a file without its name: a name, or a folder.
FOUND_BY = {".env": "meltano", "dags": "airflow dags"}
# What shows what was printed, and not what was typed.
PRINTED = {"", "console", "log", "output", "text"}


def faults(page: Page) -> Iterator[str]:
    """The blocks of a page that nothing holds to the truth."""
    for number, block in enumerate(page.blocks):
        where = f"{page.path}:{block.line}"
        others = page.blocks[:number] + page.blocks[number + 1 :]
        if not block.kind:
            yield f"{where}: no test runs it, and it does not say why"
        elif block.kind in {"run by", "output by"} and not reads(block.name, page.path):
            yield f"{where}: {block.name} does not read {page.path}"
        elif block.kind == "run with" and not is_dated(page, block.name):
            yield f"{where}: no sentence says when {block.name} was used"
        elif block.kind == "file" and not uses(others, block.name):
            yield f"{where}: no other block uses {block.name}"
        elif block.kind.startswith("output") and not is_made(block, page.above(block)):
            yield f"{where}: nothing writes it after a run"
        elif block.kind == "drawing" and block.language not in {"", "text"}:
            yield f"{where}: is no drawing"
        elif block.kind == "sentence" and block.language in PRINTED:
            yield f"{where}: what was printed comes from a run"


def is_made(output: Block, above: Block | None) -> bool:
    """Whether something runs the block above an output, and writes what it printed."""
    if above is None:
        return False
    if output.kind == "output by":
        return above.kind == "run by"
    return above.kind in {"run", "run with"}


def is_dated(page: Page, package: str) -> bool:
    """Whether a sentence names the version of a package, and what it was run by."""
    name, _, version = package.partition("==")
    words = f"{TITLES[name]} {version}"
    return any(words in said and "captures.py --large" in said for _, said in page.dated)


def reads(test: str, path: str) -> bool:
    """Whether a test, or a script of CI, exists and names the page's file."""
    return (ROOT / test).is_file() and path.rpartition("/")[2] in document(test)


def uses(blocks: tuple[Block, ...], name: str) -> bool:
    """Whether a block that is run, or a file for one, names a file or what reads it by itself."""
    folder, _, last = name.rpartition("/")
    words = FOUND_BY.get(folder) or FOUND_BY.get(name) or last
    return any(block.kind in READ and words in block.text for block in blocks)


@pytest.mark.parametrize("page", PAGES, ids=[page.path for page in PAGES])
def test_every_block_of_a_page_is_run_or_says_why_not(page: Page) -> None:
    lines = list(faults(page))

    assert not lines, "\n".join(lines)


def test_the_script_that_schedulers_run_is_the_same_on_every_page() -> None:
    shown = {
        page.path: block.text
        for page in PAGES
        for block in page.blocks
        if block.name == "marketo/load.sh"
    }

    assert {"docs/recipes/airflow.md", "docs/recipes/dagster.md"} < set(shown)
    assert len(set(shown.values())) == 1


def test_pages_have_blocks_that_are_run() -> None:
    assert sum(page.runs for page in PAGES) > 10


# The rule itself

DATED = "*Run on 2026-11-27 with Dagster 1.13.29, by `captures.py --large`.*\n\n"
WITH_DAGSTER = "<!-- run with: dagster==1.13.29 -->\n```sh\nls\n```\n"


@pytest.mark.parametrize(
    "text",
    [
        "```sh\nls\n```\n",
        "```\nls\n```\n",
        "~~~yaml\na: 1\n~~~\n",
        "1. A list\n\n   ```json\n   {}\n   ```\n",
        "<!-- run -->\n\nWords between.\n\n```sh\nls\n```\n",
        "<!-- run: x -->\n```sh\nls\n```\n",
        "<!-- file -->\n```json\n{}\n```\n",
        "<!-- file: a.json -->\n```json\n{}\n```\n",
        "<!-- output -->\n```text\na\n```\n",
        "<!-- run by: tests/no_such_test.py -->\n```sh\nls\n```\n",
        "<!-- run by: tests/README.md -->\n```sh\nls\n```\n",
        "<!-- drawing -->\n```sh\nls\n```\n",
        "*Not run here.*\n\n```sh\nls\n```\n",
        "*Not run here: no.*\n\n```sh\nls\n```\n",
        "<!-- Not run here: nobody would see this reason. -->\n```sh\nls\n```\n",
        "*Run once with luck.*\n\n```sh\nls\n```\n",
        "*Run once on 2026-11-27 with the same, and this is what it printed.*\n\n```text\na\n```\n",
        "*Not run here: nobody would know who made it.*\n\n```text\na\n```\n",
        "<!-- run by: .ci/run -->\n```sh\nls\n```\n\n<!-- output -->\n```text\na\n```\n",
        "<!-- run -->\n```sh\nls\n```\n\n<!-- output by: .ci/run -->\n```text\na\n```\n",
        WITH_DAGSTER,
        DATED.replace("29", "28", 1) + WITH_DAGSTER,
    ],
)
def test_a_block_that_nothing_holds_to_the_truth_is_found(text: str) -> None:
    assert list(faults(page("docs/x.md", text)))


@pytest.mark.parametrize(
    "text",
    [
        "<!-- run -->\n```sh\nls\n```\n",
        "<!-- file: a.json -->\n```json\n{}\n```\n\n<!-- run -->\n```sh\ncat a.json\n```\n",
        "<!-- run -->\n```sh\nls\n```\n\n<!-- output like -->\n```text\na\n```\n",
        "*Not run here: needs a Snowflake account.*\n\n```sql\nSELECT 1\n```\n",
        f"{DATED}{WITH_DAGSTER}\n<!-- output -->\n```\na\n```\n",
        "```mermaid\nflowchart LR\n```\n",
    ],
)
def test_a_block_that_is_run_or_says_why_not_is_not_found(text: str) -> None:
    assert not list(faults(page("docs/x.md", text)))


def test_a_block_that_does_not_end_is_an_error() -> None:
    with pytest.raises(ValueError, match=r"docs/x\.md:1"):
        page("docs/x.md", "```sh\nls\n")


def test_only_the_outputs_that_are_given_are_replaced() -> None:
    text = "<!-- run -->\n```sh\nls\n```\n\n<!-- output -->\n```text\nold\n```\nEnd.\n"
    found = page("docs/x.md", text)

    now = replaced(found, {found.blocks[1].line: "new\nlines\n"})

    assert now == text.replace("old", "new\nlines")


def test_a_run_gives_the_sentence_of_a_page_its_date_and_its_versions() -> None:
    text = "*Run on 2025-01-02 with Dagster 1.13.29, Python 3.11 and Java 17.0.1 once.*\n"

    now = redated(text, "2026-11-27", {"Python": "3.12", "Java": "21", "Meltano": "4"})

    assert now == ("*Run on 2026-11-27 with Dagster 1.13.29, Python 3.12 and Java 21 once.*\n")


# What is left out of a test, and what is compared all the same


def test_only_the_outputs_of_blocks_that_were_run_are_compared() -> None:
    block = "<!-- {} -->\n```sh\nls\n```\n\n<!-- output -->\n```text\nold\n```\n"
    found = page("docs/x.md", block.format("run") + block.format("run with: dagster==1.13.29"))
    small, first, large, second = (one.line for one in found.blocks)

    assert stale(found, {small: "new\n"}) == {first: "new\n"}
    assert stale(found, {small: "old\n", large: "new\n"}) == {second: "new\n"}
    assert found.packages == {"dagster==1.13.29"}
