"""The documents name what exists, and each promise where it is kept and tested."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING, get_args

from sources import ROOT, TAP, document, files, package, tables

from tap_marketo_programs.export import actions, events

if TYPE_CHECKING:
    from collections.abc import Iterator

ARCHITECTURE = "docs/architecture.md"
DECISIONS = "docs/decisions"
PAGES = ["CODE_OF_CONDUCT.md", "CONTRIBUTING.md", "README.md", "SECURITY.md"]
PAGES += ["sandbox/README.md", "tests/README.md"]

# Every promise has one row: those of the export engine, and those of the client.
PROMISES = ["1", "2", "2b", "3", "4", "5", "6", "7", "8", "9", "9b", "10", "11", "12", "12b"]
PROMISES += ["13", "14", "15", "16", "17", "18", "19", "20", "21"]
PROMISES += ["C1", "C2", "C3", "C4", "C5", "C6"]

SECTIONS = ["Context", "Decision", "Consequences", "Rejected"]

# A path in code marks: a file whose kind is known, or something in a folder of the repository.
FOLDERS = f"tests|docs|sandbox|demo|benchmarks|{TAP}"
FILE = r"(?:[\w.-]+/)*[\w.-]+\.(?:py|md|yml|toml)"
PATH = re.compile(rf"`({FILE}|(?:{FOLDERS})/[\w./-]*)`")
LINK = re.compile(r"\]\((?!https?://|#)([^)#\s]+)(?:#[^)]*)?\)")


def pages() -> Iterator[tuple[str, str]]:
    yield from files("docs", suffix=".md")
    for path in PAGES:
        if (ROOT / path).exists():
            yield path, document(path)


def paths(text: str) -> set[str]:
    """The paths that a text names in code marks."""
    return set(PATH.findall(text))


def is_known(page: str, path: str) -> bool:
    """Whether a page's path is there.

    It is one of the repository, of the package, or of the folder in which the page lies.
    """
    bases = ("", f"{TAP}/", f"{page.rpartition('/')[0]}/".lstrip("/"))
    places = [f"{base}{path}".rstrip("/") for base in bases]
    return any((ROOT / place).exists() for place in places)


def rows(text: str) -> list[list[str]]:
    return tables(text, "no.", "promise", "modules", "tests")


def faults(row: list[str]) -> Iterator[str]:
    """What is wrong with a promise's row."""
    number, promise, modules, tests = row
    if not promise.startswith("**"):
        yield f"{number}: does not say its promise"
    for column, folder in ((modules, f"{TAP}/"), (tests, "tests/")):
        named = paths(column)
        if not named:
            yield f"{number}: names nothing below {folder}"
        for path in sorted(named):
            full = path if path.startswith("tests/") else f"{TAP}/{path}"
            if not full.startswith(folder):
                yield f"{number}: {path} is not below {folder}"
            elif not (ROOT / full).is_file():
                yield f"{number}: {path} does not exist"
            elif folder == "tests/" and (ROOT / full).is_file() and not has_tests(document(full)):
                yield f"{number}: {path} holds no test"


def has_tests(text: str) -> bool:
    return any(
        isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
        for node in ast.walk(ast.parse(text))
    )


def test_each_promise_has_one_row() -> None:
    assert [row[0] for row in rows(document(ARCHITECTURE))] == PROMISES


def test_each_promise_names_modules_and_tests_that_exist() -> None:
    lines = [fault for row in rows(document(ARCHITECTURE)) for fault in faults(row)]

    assert not lines, "\n".join(lines)


def test_a_promise_that_is_spoken_of_has_a_row() -> None:
    spoken = {
        number for _, text in pages() for number in re.findall(r"\bpromise (C?\d+b?)\b", text)
    }

    assert spoken <= set(PROMISES)


def test_every_path_that_a_document_names_exists() -> None:
    lines = [
        f"{page}: {path}"
        for page, text in pages()
        for path in sorted(paths(text))
        if not is_known(page, path)
    ]

    assert not lines, "\n".join(lines)


def test_the_table_of_threads_names_every_action_and_every_event_once() -> None:
    threads = tables(document(ARCHITECTURE), "thread", "takes", "and reports")
    taken, reported = (
        sorted(name for row in threads for name in re.findall(r"`(\w+)`", row[column]))
        for column in (1, 2)
    )

    assert taken == sorted(kind.__name__ for kind in get_args(actions.Action))
    assert reported == sorted(kind.__name__ for kind in get_args(events.Event))


def test_every_class_that_the_page_of_architecture_names_exists() -> None:
    sources = package(TAP).modules.values()
    known = {
        node.name
        for source in sources
        for node in ast.walk(source.tree)
        if isinstance(node, ast.ClassDef)
    }
    named = set(re.findall(r"`([A-Z][a-z]+[A-Z]\w+)`", document(ARCHITECTURE)))

    assert named
    assert named <= known


def test_every_path_that_a_source_names_exists() -> None:
    lines = [
        f"{place}: {path}"
        for place, text in files(TAP, "sandbox", "tests", "benchmarks", "demo")
        # The tests of the rules have to name what does not exist.
        if not place.startswith("tests/architecture/")
        for path in sorted(paths(text))
        if not is_known(place, path)
    ]

    assert not lines, "\n".join(lines)


def test_every_link_of_a_document_leads_somewhere() -> None:
    lines = [
        f"{page}: {link}"
        for page, text in pages()
        for link in LINK.findall(text)
        if not ((ROOT / page).parent / link).exists()
    ]

    assert not lines, "\n".join(lines)
