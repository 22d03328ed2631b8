"""A message that a page quotes in its text can still be printed.

Blocks of output are compared with runs, and docs/errors.md is made from the matrix; here is
what stands in sentences and in cells of tables, and in outputs that no test compares.
"""

from __future__ import annotations

import pytest
from captures import pages
from page_blocks import page
from quoted import Printable, pieces, quotes
from sources import SANDBOX, TAP, Source, package

PAGES = pages()
MADE = "<!-- Made by "
SHOW_OUR_LOG = {"docs/recipes/airflow.md", "docs/recipes/dagster.md"}


@pytest.fixture(scope="module")
def printable() -> Printable:
    names = (TAP, SANDBOX, "demo")
    printed = [block.text for page in PAGES for block in page.outputs(large=False)]
    return Printable([one for name in names for one in package(name).modules.values()], printed)


def test_every_message_that_a_page_quotes_can_be_printed(printable: Printable) -> None:
    lines = [
        f"{page.path}:{line}: nothing prints `{message}`"
        for page in PAGES
        if not page.text.startswith(MADE)
        for line, message in quotes(page)
        if not printable.prints(message)
    ]

    assert not lines, "\n".join(lines)


def test_what_large_packages_showed_of_our_log_is_what_it_says_now(printable: Printable) -> None:
    shown = [
        (f"{page.path}:{block.line}", line)
        for page in PAGES
        for block in page.outputs(large=True)
        for line in block.text.splitlines()
        if line.startswith("program_members: ")
    ]
    stale = [f"{place}: {line}" for place, line in shown if not printable.prints(line)]

    assert {place.partition(":")[0] for place, _ in shown} == SHOW_OUR_LOG
    assert not stale, "run captures.py --large:\n" + "\n".join(stale)


def test_pages_quote_messages() -> None:
    assert sum(len(list(quotes(page))) for page in PAGES) > 5


# The rule itself

TEXT = """
# Not this one either: "Exports ended".
def say(left, total, state):
    "Docstrings are not printed: not this one."
    log("%s: %d of %s done, %d running; %s exported today", left, total)
    refuse(f"Job already {state}; it is {total:,} MB large")
    return "cancelled by its owner"
"""


@pytest.fixture
def small() -> Printable:
    return Printable([Source("x.y", "x/y.py", TEXT)], ["INFO 12 rows in all: 3 s\n"])


@pytest.mark.parametrize(
    "message",
    [
        "program_members: 3 of 40 jobs done, 2 running; 1.5 MB exported today",
        "Job already cancelled by its owner",
        "it is 1,200 MB large",
        "13 rows in all: 45 s",
    ],
)
def test_a_message_of_a_source_or_of_a_run_can_be_printed(small: Printable, message: str) -> None:
    assert small.prints(message)


@pytest.mark.parametrize(
    "message",
    [
        "Exports ended: 6 jobs done, 6 created",
        "program_members: 3 of 40 jobs finished, 2 running; 1.5 MB exported today",
        "Job already sold",
        "Job already exported today",
        "not this one",
        "done, running",
    ],
)
def test_a_message_that_nothing_prints_is_found(small: Printable, message: str) -> None:
    assert not small.prints(message)


@pytest.mark.parametrize(
    "said",
    [
        "meltano run tap target",
        "on_quota_exhausted: stop",
        "--only records --sdk-rows 50000",
        '{"statusNames": ["Attended"]}',
        'WHERE "_sdc_deleted_at" IS NULL',
        "GET now",
        "base_url",
        "tests/support/captures.py --large",
    ],
)
def test_what_is_no_message_is_not_looked_for(said: str) -> None:
    assert not list(
        quotes(page("x.md", f"Say `{said}`.\n\n```sh\n`not this`, nor `this one`\n```\n"))
    )


def test_a_message_is_found_wherever_a_page_quotes_it() -> None:
    text = "# A title\n\nIt says `Job already\nqueued`.\n\n| `Too many jobs (10)` | wait |\n"

    assert list(quotes(page("x.md", text))) == [
        (3, "Job already queued"),
        (6, "Too many jobs (10)"),
    ]


def test_a_count_takes_its_noun_with_it() -> None:
    assert pieces("program_members: 1,200 rows of 3 programs, asked first") == ["of", "asked first"]
