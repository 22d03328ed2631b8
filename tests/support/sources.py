"""The project's source texts, as the tests of architecture read them.

Packages are looked up where Python would import them from, so that the same tests hold
for an installed wheel. It must not know any rule.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

ROOT = Path(__file__).parents[2]
TAP = "tap_marketo_programs"
SANDBOX = "marketo_sandbox"


@dataclass(frozen=True)
class Source:
    """One module.

    Args:
        name: Dotted, the package's own name included.
        path: As the repository and its documents spell it.
        text: Its source.
    """

    name: str
    path: str
    text: str

    @cached_property
    def tree(self) -> ast.Module:
        """Its syntax tree."""
        return ast.parse(self.text, self.path)

    @property
    def docstring(self) -> str:
        """What the module says of itself, in one line."""
        return " ".join((ast.get_docstring(self.tree) or "").split())

    @cached_property
    def imports(self) -> frozenset[str]:
        """Every dotted name it imports, for type checking only or not."""
        names: set[str] = set()
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                names.update(alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                assert node.level == 0, "relative imports would escape these tests"
                assert node.module is not None
                names.add(node.module)
                names.update(f"{node.module}.{alias.name}" for alias in node.names)
        return frozenset(names)

    @property
    def top_levels(self) -> set[str]:
        """The packages it imports from."""
        return {name.partition(".")[0] for name in self.imports}


@dataclass(frozen=True)
class Package:
    """A package's modules, by their names without the package's own."""

    name: str
    modules: Mapping[str, Source]

    def neighbours(self, module: str) -> set[str]:
        """The modules of this package that a module imports.

        A subpackage counts only where nothing inside it was meant.
        """
        named = {
            name.removeprefix(f"{self.name}.")
            for name in self.modules[module].imports
            if name.startswith(f"{self.name}.")
        }
        found = named & set(self.modules) - {module}
        return {near for near in found if not any(far.startswith(f"{near}.") for far in found)}

    @property
    def graph(self) -> dict[str, set[str]]:
        """Which modules each one imports."""
        return {module: self.neighbours(module) for module in self.modules}


def package_of(name: str, texts: Mapping[str, str]) -> Package:
    """A package that consists of these texts, by module name: for trying a rule."""
    return Package(
        name,
        {
            module: Source(f"{name}.{module}", f"{name}/{module.replace('.', '/')}.py", text)
            for module, text in texts.items()
        },
    )


@cache
def package(name: str) -> Package:
    """An installed package. The package itself is the module with the empty name."""
    spec = find_spec(name)
    assert spec is not None
    assert spec.submodule_search_locations
    folder = Path(next(iter(spec.submodule_search_locations)))
    prefix = "sandbox/" if name == SANDBOX else ""
    modules = {}
    for file in sorted(folder.rglob("*.py")):
        parts = list(file.relative_to(folder).with_suffix("").parts)
        path = f"{prefix}{name}/{'/'.join(parts)}.py"
        if parts[-1] == "__init__":
            parts.pop()
        module = ".".join(parts)
        modules[module] = Source(f"{name}.{module}", path, file.read_text(encoding="utf-8"))
    return Package(name, modules)


def files(*folders: str, suffix: str = ".py") -> Iterator[tuple[str, str]]:
    """The files of the repository below these folders: path and text."""
    for folder in folders:
        for file in sorted((ROOT / folder).rglob(f"*{suffix}")):
            inside = file.relative_to(ROOT)
            if not any(part.startswith(".") for part in inside.parts):
                yield inside.as_posix(), file.read_text(encoding="utf-8")


def document(path: str) -> str:
    """The text of one file of the repository."""
    return (ROOT / path).read_text(encoding="utf-8")


def circles(graph: Mapping[str, Iterable[str]]) -> set[str]:
    """The nodes of a graph that lie on a circle, or between two."""
    left = {node: set(others) - {node} for node, others in graph.items()}
    while True:
        used = set().union(*left.values()) if left else set()
        ends = {node for node, others in left.items() if not others & left.keys()}
        ends |= left.keys() - used
        if not ends:
            return set(left)
        for node in ends:
            del left[node]


def differences(found: Iterable[str], excused: Iterable[str]) -> list[str]:
    """What breaks a rule without an excuse, and which excuses nothing needs any more."""
    breaking, idle = set(found) - set(excused), set(excused) - set(found)
    return [f"breaks the rule: {place}" for place in sorted(breaking)] + [
        f"no longer needed in the list of exceptions: {place}" for place in sorted(idle)
    ]


def tables(text: str, *columns: str) -> list[list[str]]:
    """The rows of the Markdown tables whose header holds exactly these columns."""
    rows: list[list[str]] = []
    inside = False
    for line in text.splitlines():
        # A bar that is escaped, as in a cell, is no border.
        cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", line.strip())[1:-1]]
        if not cells:
            inside = False
        elif tuple(cells) == columns:
            inside = True
        elif inside and not all(re.fullmatch(r":?-+:?", cell) for cell in cells):
            rows.append(cells)
    return rows
