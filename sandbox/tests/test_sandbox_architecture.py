"""The shape of the sandbox's code: who may import whom, and how long a piece may be."""

from __future__ import annotations

import ast
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

PACKAGE = "marketo_sandbox"

# What stands higher may import what stands lower, and nothing in its own line but
# itself. A package stands for all its modules; a module of the root for itself.
ORDER = (
    ("",),  # the package's own __init__: what users import
    ("cli",),
    ("sandbox", "raw_client"),
    ("service",),
    ("control",),
    ("endpoints",),
    ("subscription",),
    ("exports", "http"),
    ("data",),
    ("faults", "knobs"),
    ("knob_table",),
    ("clock", "errors"),
)

MAX_FILE_LINES, MAX_CLASS_LINES, MAX_FUNCTION_LINES = 250, 200, 40


def sources() -> dict[str, Path]:
    """The modules of the sandbox by dotted name, without the package's name."""
    spec = find_spec(PACKAGE)
    assert spec is not None
    assert spec.submodule_search_locations
    root = Path(next(iter(spec.submodule_search_locations)))
    found = {}
    for path in root.rglob("*.py"):
        parts = path.relative_to(root).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


SOURCES = sources()
TREES = {name: ast.parse(path.read_text(encoding="utf-8")) for name, path in SOURCES.items()}


def imported(tree: ast.Module) -> Iterator[str]:
    """Every module of the sandbox that is imported anywhere, for type checking or not."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "relative imports would escape this test"
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        else:
            continue
        yield from (found for name in names if (found := module_of(name)) is not None)


def module_of(name: str) -> str | None:
    """The module of the sandbox that holds what is named, or none."""
    top, *parts = name.split(".")
    if top != PACKAGE:
        return None
    while ".".join(parts) not in TREES:
        parts.pop()
    return ".".join(parts)


def circle(edges: dict[str, set[str]]) -> set[str]:
    """What remains when all that lead into no circle are taken away."""
    remaining = {name: used - {name} for name, used in edges.items()}
    while leaves := {name for name, used in remaining.items() if not used & set(remaining)}:
        for leaf in leaves:
            del remaining[leaf]
    return set(remaining)


EDGES = {name: set(imported(tree)) for name, tree in TREES.items()}


def unit(module: str) -> str:
    """The package of a module, or the module itself in the root."""
    return module.partition(".")[0]


def level(module: str) -> int:
    (found,) = [number for number, units in enumerate(ORDER) if unit(module) in units]
    return found


def lengths(kinds: tuple[type[ast.AST], ...]) -> Iterable[tuple[str, str, int]]:
    for module, tree in TREES.items():
        for node in ast.walk(tree):
            if isinstance(node, kinds):
                assert isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
                assert node.end_lineno is not None
                yield module, node.name, node.end_lineno - node.lineno + 1


def test_imports_are_seen_whether_for_types_or_at_run_time() -> None:
    # These are known ones; without them the tests below would hold for any code.
    assert "subscription" in EDGES["endpoints.members"]  # for type checking only
    assert "endpoints.members" in EDGES["endpoints.routes"]
    assert circle({"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": {"a"}}) == {"a", "b", "c", "d"}


def test_no_modules_import_each_other_in_a_circle() -> None:
    assert circle(EDGES) == set()


def test_no_packages_import_each_other_in_a_circle() -> None:
    packages: dict[str, set[str]] = {}
    for module, used in EDGES.items():
        packages.setdefault(unit(module), set()).update(unit(other) for other in used)
    assert circle(packages) == set()


def test_every_module_has_a_place_in_the_order_and_every_place_a_module() -> None:
    placed = [name for units in ORDER for name in units]
    assert sorted(placed) == sorted({unit(module) for module in TREES})


def test_a_module_imports_only_what_stands_lower_or_in_its_own_package() -> None:
    wrong = [
        (module, other)
        for module, used in EDGES.items()
        for other in used
        if unit(module) != unit(other) and level(other) <= level(module)
    ]
    assert wrong == []


def test_the_subscription_knows_no_route_and_the_routes_build_no_subscription() -> None:
    assert not {name for name in EDGES["subscription"] if unit(name) in {"endpoints", "control"}}
    built = [
        module
        for module, tree in TREES.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == "Subscription"
    ]
    assert built == ["control.start"]


def test_the_data_know_neither_http_nor_jobs() -> None:
    reached = {
        unit(other) for name, used in EDGES.items() if unit(name) == "data" for other in used
    }
    assert reached <= {"clock", "data", "knobs"}


def test_no_file_class_or_function_is_too_long() -> None:
    files = [
        (name, lines)
        for name, path in SOURCES.items()
        if (lines := len(path.read_text(encoding="utf-8").splitlines())) > MAX_FILE_LINES
    ]
    assert files == []
    assert [x for x in lengths((ast.ClassDef,)) if x[2] > MAX_CLASS_LINES] == []
    functions = lengths((ast.FunctionDef, ast.AsyncFunctionDef))
    assert [x for x in functions if x[2] > MAX_FUNCTION_LINES] == []


@pytest.mark.parametrize("module", sorted(TREES))
def test_every_module_says_what_it_is_for(module: str) -> None:
    assert ast.get_docstring(TREES[module])
