"""What a code or a message of Marketo means is decided in one place.

HTTP statuses are numbers here and belong to the transport; what is looked for are Marketo's
own codes, which are texts of digits, and its words.
"""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

import pytest
from sources import TAP, Source, package

if TYPE_CHECKING:
    from collections.abc import Iterator

VERDICTS = "marketo.verdicts"

CODE = re.compile(r"(HTTP )?\d{3,4}")
WORDS = {"code", "message"}
SEARCHES = {"endswith", "find", "findall", "fullmatch", "match", "search", "startswith"}


def judgements(source: Source) -> set[str]:
    """The functions of a module (or "" outside of any) that judge a code or a message."""
    return {name for name, node in _inside(source.tree, "") if _judges(node)}


def _inside(node: ast.AST, name: str) -> Iterator[tuple[str, ast.AST]]:
    for child in ast.iter_child_nodes(node):
        inner = child.name if isinstance(child, ast.FunctionDef | ast.ClassDef) else name
        yield inner, child
        yield from _inside(child, inner)


def _judges(node: ast.AST) -> bool:
    if isinstance(node, ast.Constant):
        # However it is compared: alone, in a set, as a key, as a pattern of `match`.
        return isinstance(node.value, str) and CODE.fullmatch(node.value) is not None
    if isinstance(node, ast.Compare):
        return any(_is_word(part) for part in (node.left, *node.comparators))
    if isinstance(node, ast.Match):
        return any(_is_word(part) for part in ast.walk(node.subject))
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        parts = (node.func.value, *node.args)
        return node.func.attr in SEARCHES and any(_is_word(part) for part in parts)
    return False


def _is_word(node: ast.AST) -> bool:
    """Whether this is a code or a message, or that in another letter case."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and not node.args:
        return _is_word(node.func.value)
    return isinstance(node, ast.Attribute) and node.attr in WORDS


def test_no_code_and_no_message_is_judged_outside_of_the_verdicts() -> None:
    found = {
        f"{module} {name}".strip()
        for module, source in package(TAP).modules.items()
        if module != VERDICTS
        for name in judgements(source)
    }

    assert not found, "\n".join(sorted(found))


@pytest.mark.parametrize(
    "text",
    [
        'if error.code == "606": pass',
        "if error.code in KNOWN: pass",
        "if KNOWN == error.code.upper(): pass",
        'if code in {"702", "1003"}: pass',
        'TABLE = {"1029": QueueFull}',
        'match code:\n        case "611": pass',
        "match error.code:\n        case _: pass",
        "if 'quota' in error.message: pass",
        "re.search('quota', error.message)",
        "error.message.lower().startswith('too many')",
        'if error.code == "HTTP 416": pass',
    ],
)
def test_a_judgement_is_found(text: str) -> None:
    assert judgements(Source("m", "m.py", f"def here():\n    {text}\n")) == {"here"}


@pytest.mark.parametrize(
    "text",
    [
        "raise type(error)(message, code=error.code)",
        "if isinstance(error, QueueFull): pass",
        "if response.status_code == 206: pass",
        "log(error.message)",
    ],
)
def test_handing_a_code_on_is_no_judgement(text: str) -> None:
    assert not judgements(Source("m", "m.py", f"def here():\n    {text}\n"))
