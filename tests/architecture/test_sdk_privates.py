"""What the tap touches of the SDK that is not public stands in one module.

A private name may change with any release of the SDK; whoever raises its version reads one
module, not the whole tap.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import textwrap
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import singer_sdk
from sources import TAP, Package, Source, package, package_of

if TYPE_CHECKING:
    from collections.abc import Iterable

LIST = f"{TAP}/streams/sdk.py"
SDK = "singer_sdk"


def is_private(name: str) -> bool:
    return name.startswith("_") and not name.startswith("__") and name != "_"


def defined(tree: ast.AST) -> set[str]:
    """The private names that a source defines: functions, classes, attributes."""
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            names.add(node.attr)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
    return {name for name in names if is_private(name)}


def used(tree: ast.AST) -> set[str]:
    """The private names that a source reads of any object."""
    return {
        node.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and is_private(node.attr)
    }


@cache
def names_of_the_sdk() -> frozenset[str]:
    """Every private name of the installed SDK."""
    root = Path(next(iter(singer_sdk.__path__)))
    trees = (ast.parse(file.read_text(encoding="utf-8")) for file in root.rglob("*.py"))
    return frozenset(set().union(*(defined(tree) for tree in trees)))


def imported(source: Source) -> set[str]:
    """The private modules and names of the SDK that a module imports."""
    parts = (name.split(".") for name in source.imports)
    return {part for name in parts if name[0] == SDK for part in name if is_private(part)}


def overridden(kind: type) -> set[str]:
    """The private names of its SDK bases that a class defines or uses."""
    bases = [base for base in kind.__mro__ if base.__module__.partition(".")[0] == SDK]
    theirs: set[str] = set()
    for base in bases:
        theirs |= {name for name in vars(base) if is_private(name)}
        theirs |= defined(tree_of(base))
    tree = tree_of(kind)
    return theirs & (defined(tree) | used(tree))


@cache
def tree_of(kind: type) -> ast.Module:
    return ast.parse(textwrap.dedent(inspect.getsource(kind)))


def classes(found: Package) -> Iterable[type]:
    """The classes of a package that are built on the SDK's."""
    for module, source in found.modules.items():
        if module == "__main__" or not any(isinstance(n, ast.ClassDef) for n in source.tree.body):
            continue
        for kind in vars(importlib.import_module(source.name.rstrip("."))).values():
            if inspect.isclass(kind) and kind.__module__ == source.name:
                yield kind


def touched(found: Package) -> set[str]:
    """The private names of the SDK that modules import, or use without defining them."""
    own = set().union(*(defined(source.tree) for source in found.modules.values()))
    names: set[str] = set()
    for source in found.modules.values():
        names |= imported(source) | (used(source.tree) - own) & names_of_the_sdk()
    return names


def listed(source: Source) -> str:
    """All docstrings of a module."""
    kinds = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    return "\n".join(
        ast.get_docstring(node) or "" for node in ast.walk(source.tree) if isinstance(node, kinds)
    )


def test_every_private_name_of_the_sdk_stands_in_the_list_with_what_breaks_without_it() -> None:
    found = package(TAP)
    names = touched(found).union(*(overridden(kind) for kind in classes(found)))
    assert names

    text = listed(found.modules["streams.sdk"])
    missing = sorted(name for name in names if f"`{name}`" not in text)

    assert not missing, "\n".join(missing)


def test_the_list_names_nothing_that_is_not_used() -> None:
    found = package(TAP)
    names = touched(found).union(*(overridden(kind) for kind in classes(found)))
    text = listed(found.modules["streams.sdk"])

    assert not [part for part in text.split("`")[1::2] if is_private(part) and part not in names]


class Stranger(singer_sdk.Stream):
    """A stream that touches private names, for trying the rule."""

    def _write_state_message(self) -> None:
        self._stream_version = self._own  # type: ignore[attr-defined]


def test_private_names_of_the_sdk_are_found_however_they_are_touched() -> None:
    assert overridden(Stranger) == {"_write_state_message", "_stream_version"}
    text = "from singer_sdk.helpers._batch import BatchConfig\nstream._tap.x\nstream._mine = 1\n"
    assert touched(package_of(TAP, {"m": text})) == {"_batch", "_tap"}


def test_only_docstrings_count_as_the_list() -> None:
    text = '"""`_tap`"""\n\ndef f():\n    """`_batch`"""\n    # `_eval`\n'

    assert listed(Source("m", "m.py", text)).split() == ["`_tap`", "`_batch`"]
