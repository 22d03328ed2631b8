"""Every block of the README and of the site is run by a test, or says why not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from captures import pages
from page_blocks import Block, Page, page, replaced
from sources import ROOT, document

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGES = pages()
RUN = {"run", "run by"}


def faults(page: Page) -> Iterator[str]:
    """The blocks of a page that nothing holds to the truth."""
    before: Block | None = None
    for number, block in enumerate(page.blocks):
        where = f"{page.path}:{block.line}"
        others = page.blocks[:number] + page.blocks[number + 1 :]
        if not block.kind:
            yield f"{where}: no test runs it, and it does not say why"
        elif block.kind == "run by" and not reads(block.name, page.path):
            yield f"{where}: {block.name} does not read {page.path}"
        elif block.kind == "file" and not uses(others, block.name):
            yield f"{where}: no other block uses {block.name}"
        elif block.kind.startswith("output") and not (before and before.kind in RUN):
            yield f"{where}: no block that is run stands before it"
        elif block.kind == "drawing" and block.language not in {"", "text"}:
            yield f"{where}: is no drawing"
        before = block


def reads(test: str, path: str) -> bool:
    """Whether a test, or a script of CI, exists and names the page's file."""
    return (ROOT / test).is_file() and path.rpartition("/")[2] in document(test)


def uses(blocks: tuple[Block, ...], name: str) -> bool:
    """Whether a block that is run, or a file for one, names a file; Meltano reads `.env` itself."""
    words = "meltano" if name == ".env" else name
    return any(block.kind in {"run", "file"} and words in block.text for block in blocks)


@pytest.mark.parametrize("page", PAGES, ids=[page.path for page in PAGES])
def test_every_block_of_a_page_is_run_or_says_why_not(page: Page) -> None:
    lines = list(faults(page))

    assert not lines, "\n".join(lines)


def test_pages_have_blocks_that_are_run() -> None:
    assert sum(page.runs for page in PAGES) > 10


# The rule itself


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
        "*Run once on 2026-11-27 with Airflow 3.3.2.*\n\n```python\n1\n```\n",
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
