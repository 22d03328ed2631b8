"""The messages that pages quote in their text, and whether anything prints them.

A quoted message is what stands in code marks and is no command, name, value or code. What
the programs can print is read from the texts in their sources, and from what runs have
printed into the pages. It must not know any page.
"""

from __future__ import annotations

import ast
import re
from functools import cached_property
from typing import TYPE_CHECKING

import page_output

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from page_blocks import Page
    from sources import Source

_BLOCK = re.compile(r"^( *)(```+|~~~+).*?^\1\2 *$", re.MULTILINE | re.DOTALL)
_MADE = re.compile(r"<!-- Settings: made.*end of what is made -->", re.DOTALL)
_SPAN = re.compile(r"(?<!`)`([^`]+)`(?!`)")

_COMMANDS = (
    "curl|dagster|dbt|docker|git|just|marketo-sandbox|meltano|pgrep|pip|pytest|python|uv|uvx"
)
_NO_MESSAGE = (
    re.compile(rf"(?:\.\.\. )?(?:{_COMMANDS}|tap-marketo-programs) .*"),
    re.compile(r"--?[a-z].*"),  # options
    re.compile(r"[\w./-]+\.py .*"),  # a script
    re.compile(r"[\w-]+: (?:\S+|\[.*\]|\{.*\})"),  # a setting, a header
    re.compile(r"\w+: \"\w+\"(?:, \w+: \S+)*"),  # arguments
    re.compile(r"[\[{].*"),  # JSON
    re.compile(r"[\w.]+\(.*\)(?:\.\w+\(\))?"),  # a call in Python
    re.compile(r"(?:OR|CREATE|SELECT|WHERE|GET|POST|DELETE) .*"),  # SQL, a request
    re.compile(r"[\w.]+(?:, [\w.]+)+"),  # names
    re.compile(r"[\w.]+(?:\[\])?[\w.\[\]]*: .{4,16}"),  # a path in an answer, and its fault
    re.compile(r"#+ .*"),  # a heading
)

# What parts a message into pieces that may come from different texts: marks, and values.
_JOINT = re.compile(r"[:;,.()\[\]{}|]+(?= |$)|(?<= )[([{|]+|^[([{|]+")
_VALUE = re.compile(r".*[\d_/\0'\"<>].*|\W+|[A-Za-z]")
_FORMAT = re.compile(r"%\(?\w*\)?[-+0-9.,]*[a-zA-Z]|\{[^{} ]*\}")
_HOLE = "\0"


def quotes(page: Page) -> Iterator[tuple[int, str]]:
    """The messages that a page quotes, with their lines."""
    text = page.text
    for pattern in (_BLOCK, _MADE):
        text = pattern.sub(lambda found: "\n" * found[0].count("\n"), text)
    for found in _SPAN.finditer(text):
        said = " ".join(found[1].split())
        is_text = " " in said and len(re.findall(r"[A-Za-z]{2,}", said)) > 1
        if is_text and not any(pattern.fullmatch(said) for pattern in _NO_MESSAGE):
            yield text.count("\n", 0, found.start()) + 1, said


class Printable:
    """What can be printed.

    Args:
        sources: Modules of the programs.
        printed: What runs have printed.
    """

    def __init__(self, sources: Iterable[Source], printed: Iterable[str]) -> None:
        self._sources = list(sources)
        self._printed = page_output.without_figures("\n".join(printed))

    def prints(self, message: str) -> bool:
        """Whether runs have printed a message, or the programs have the words of each piece.

        Of a message whose pieces are single words the sources can tell nothing, since each of
        these stands somewhere.
        """
        if page_output.without_figures(message) in self._printed:
            return True
        found = pieces(message)
        return any(" " in piece for piece in found) and all(map(self._has, found))

    def _has(self, piece: str) -> bool:
        """Whether a text has these words, or the first of them before a value that is the rest."""
        words = piece.split()
        halves = [(" ".join(words[:at]), " ".join(words[at:])) for at in range(1, len(words))]
        return f" {piece} " in self._words or any(
            f" {first} {_HOLE} " in self._words and f"\n {rest} " in self._words
            for first, rest in halves
        )

    @cached_property
    def _words(self) -> str:
        texts = {text for source in self._sources for text in _texts(source.tree)}
        parted = (" ".join(_apart(text.replace(_HOLE, f" {_HOLE} "))) for text in texts)
        return "".join(f"\n {words} \n" for words in parted)


def pieces(message: str) -> list[str]:
    """The words between the values and marks of a message.

    What a count is of is left out with it: sources have `rows` only as the plural of a word.
    """
    found: list[list[str]] = [[]]
    after_count = False
    for word in _apart(message):
        if _VALUE.fullmatch(word) or after_count:
            found.append([])
        else:
            found[-1].append(word)
        after_count = not after_count and word[0].isdigit()
    return [" ".join(words) for words in found if words]


def _apart(text: str) -> list[str]:
    return _JOINT.sub(f" {_HOLE} ", text).split()


def _texts(tree: ast.Module) -> Iterator[str]:
    """The texts of a module, but for its docstrings; values in them as holes."""
    inside = {
        id(value)
        for node in ast.walk(tree)
        if isinstance(node, ast.JoinedStr)
        for value in node.values
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            inside.add(id(node.value))
        if isinstance(node, ast.JoinedStr):
            yield "".join(
                str(value.value) if isinstance(value, ast.Constant) else _HOLE
                for value in node.values
            )
        elif (
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and id(node) not in inside
        ):
            yield _FORMAT.sub(_HOLE, node.value)
