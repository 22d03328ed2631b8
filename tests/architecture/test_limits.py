"""No file, class or function is longer than a reader can hold in mind."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from sources import SANDBOX, TAP, Source, differences, files, package

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

MAX_FILE = 250
MAX_CLASS = 200
MAX_FUNCTION = 40

# What reads better as it is, with the reason. There should be no more than three.
EXCEPTIONS: dict[str, str] = {}
MAX_EXCEPTIONS = 3


def too_long(sources: Iterable[Source]) -> dict[str, int]:
    """What is above its limit, and its lines: a path, or `path name` of something inside."""
    return {
        place: lines for source in sources for place, lines, most in sizes(source) if lines > most
    }


def sizes(source: Source) -> Iterator[tuple[str, int, int]]:
    yield source.path, len(source.text.splitlines()), MAX_FILE
    for node in ast.walk(source.tree):
        if isinstance(node, ast.ClassDef):
            most = MAX_CLASS
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            most = MAX_FUNCTION
        else:
            continue
        assert node.end_lineno is not None
        yield f"{source.path} {node.name}", node.end_lineno - node.lineno + 1, most


def all_sources() -> Iterator[Source]:
    for name in (TAP, SANDBOX):
        yield from package(name).modules.values()
    for path, text in files("demo"):
        yield Source(path, path, text)


def test_nothing_is_above_the_limits_but_what_has_a_reason() -> None:
    lines = differences(too_long(all_sources()), EXCEPTIONS)

    assert not lines, "\n".join(lines)


def test_exceptions_are_few_and_have_reasons() -> None:
    assert len(EXCEPTIONS) <= MAX_EXCEPTIONS
    assert all(EXCEPTIONS.values())


# The rule itself


def test_a_long_file_class_and_function_are_found() -> None:
    body = "\n".join(["    x = 1"] * 40)
    function = f"def long():\n{body}\n"
    method = "    def short(self):\n        pass\n"
    text = function + "class Big:\n" + method * 101 + "\n" * 20

    assert too_long([Source("m", "m.py", text)]) == {"m.py": 264, "m.py long": 41, "m.py Big": 203}


def test_what_is_just_within_the_limits_is_not_found() -> None:
    text = "async def fits():\n" + "    x = 1\n" * 39 + "\n" * 210

    assert not too_long([Source("m", "m.py", text)])
