"""What the modules may know of each other, read from their imports.

The packages are looked up where Python would import them from, so that the same
tests hold for an installed wheel.
"""

from __future__ import annotations

import ast
from importlib.util import find_spec
from pathlib import Path

import pytest

TAP = "tap_marketo_programs"
SANDBOX = "marketo_sandbox"

# Modules that work on values alone.
PURE = [
    "marketo.envelope",
    "errors",
    "schemas.oddities",
    "quoting",
    "marketo.records",
    "schemas.assets",
    "schemas.members",
    "schemas.properties",
    "schemas.timestamps",
    "marketo.tag_values",
    "schemas.values",
    "export.actions",
    "member_file.blanks",
    "export.decoding",
    "export.change_checks",
    "export.events",
    "export.lifecycle",
    "export.overdue",
    "export.places",
    "export.job",
    "member_file.keys",
    "member_file.header",
    "export.bookmark",
    "export.id_set",
    "export.ledger",
    "member_file.oddities",
    "export.plan",
    "export.planning",
    "export.quota",
    "export.recovery",
    "export.refusals",
    "export.request",
    "export.resume",
    "member_file.file",
    "export.scheduler",
    "member_file.source",
    "export.tasks",
    "export.work",
]

BELOW_THE_CLIENT = {
    "marketo.envelope",
    "marketo.auth",
    "clock",
    "marketo.deadline",
    "errors",
    "marketo.limits",
    "marketo.server_clock",
    "marketo.proxies",
    "quoting",
}

# What such a module may not name: ways to the network, and ways to learn the time.
NETWORK = {"aiohttp", "http", "requests", "socket", "ssl", "urllib", "urllib3"}
TIME = {"asyncio", "sched", "time"}
CLOCK_READERS = {"now", "today", "utcnow"}


def sources(package: str) -> dict[str, ast.Module]:
    """The syntax trees of a package's modules, by dotted name."""
    spec = find_spec(package)
    assert spec is not None
    assert spec.submodule_search_locations
    root = Path(next(iter(spec.submodule_search_locations)))
    trees = {}
    for path in root.rglob("*.py"):
        parts = [package, *path.relative_to(root).with_suffix("").parts]
        if parts[-1] == "__init__":
            parts.pop()
        trees[".".join(parts)] = ast.parse(path.read_text(encoding="utf-8"), str(path))
    return trees


def imports(tree: ast.Module) -> set[str]:
    """Every dotted name a module imports, for type checking only or not."""
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "relative imports would escape these tests"
            assert node.module is not None
            names.add(node.module)
            names.update(f"{node.module}.{alias.name}" for alias in node.names)
    return names


def top_levels(names: set[str]) -> set[str]:
    return {name.partition(".")[0] for name in names}


def attribute_calls(tree: ast.Module) -> set[str]:
    """The names of all methods and functions that are called as attributes."""
    return {
        node.func.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
    }


TREES = sources(TAP)


def neighbours(module: str) -> set[str]:
    """The modules of the tap that a module imports, without the package's name."""
    known = {name.removeprefix(f"{TAP}.") for name in TREES if name != TAP}
    named = {name.removeprefix(f"{TAP}.") for name in imports(TREES[f"{TAP}.{module}"])}
    # A package counts only where nothing inside it was meant.
    found = named & known
    return {name for name in found if not any(other.startswith(f"{name}.") for other in found)}


def within(module: str, package: str) -> bool:
    return module == package or module.startswith(f"{package}.")


MODULES = sorted(name.removeprefix(f"{TAP}.") for name in TREES if name != TAP)


def test_the_tap_does_not_import_the_sandbox() -> None:
    assert not [name for name, tree in TREES.items() if SANDBOX in top_levels(imports(tree))]


def test_the_sandbox_does_not_import_the_tap() -> None:
    trees = sources(SANDBOX)

    assert trees
    assert not [name for name, tree in trees.items() if TAP in top_levels(imports(tree))]


@pytest.mark.parametrize("module", PURE)
def test_a_pure_module_knows_neither_the_network_nor_the_time(module: str) -> None:
    tree = TREES[f"{TAP}.{module}"]

    assert not top_levels(imports(tree)) & (NETWORK | TIME)
    assert not attribute_calls(tree) & CLOCK_READERS


@pytest.mark.parametrize("module", PURE)
def test_a_pure_module_imports_only_pure_modules(module: str) -> None:
    assert neighbours(module) <= set(PURE)


def test_the_client_imports_only_what_a_request_needs() -> None:
    assert neighbours("marketo.client") <= BELOW_THE_CLIENT


def test_what_the_client_imports_does_not_import_the_client() -> None:
    assert not [module for module in BELOW_THE_CLIENT if "marketo.client" in neighbours(module)]


def test_nothing_imports_the_tap_module() -> None:
    importers = [module for module in MODULES if "tap" in neighbours(module)]
    # `python -m` starts at __main__, which is the tap's only user.
    assert importers == ["__main__"]


def test_one_module_imports_the_streams_for_the_tap() -> None:
    streams = {"streams.assets", "streams.program_members", "streams.programs"}
    importers = {module for module in MODULES if neighbours(module) & streams} - streams

    assert importers == {"streams.classes"}


def test_the_export_engine_knows_nothing_of_streams_and_settings() -> None:
    rooms = (
        "clock",
        "errors",
        "export",
        "marketo",
        "member_file",
        "process",
        "quoting",
        "schemas",
    )

    assert not [
        (module, name)
        for module in MODULES
        if within(module, "export")
        for name in neighbours(module)
        if not any(within(name, room) for room in rooms)
    ]


@pytest.mark.parametrize("module", ["export.coordinator", "export.run", "export.workers"])
def test_the_engine_asks_marketo_through_the_export_api_only(module: str) -> None:
    assert not neighbours(module) & {"marketo.auth", "marketo.client", "marketo.limits"}
    assert not top_levels(imports(TREES[f"{TAP}.{module}"])) & NETWORK


def test_the_engine_has_one_lock() -> None:
    users = {
        module
        for module in MODULES
        if within(module, "export") and "threading" in top_levels(imports(TREES[f"{TAP}.{module}"]))
    }

    # `run` starts the threads, and waits for their end.
    assert users == {"export.coordinator", "export.run"}


def test_no_two_modules_import_each_other_in_a_circle() -> None:
    remaining = {module: neighbours(module) - {module} for module in MODULES}
    while leaves := {m for m, used in remaining.items() if not used & set(remaining)}:
        for leaf in leaves:
            del remaining[leaf]

    assert not remaining


def test_only_the_client_opens_http_connections() -> None:
    senders = {"Session", "delete", "get", "head", "patch", "post", "put", "request"}
    offenders = {
        module
        for module in MODULES
        for node in ast.walk(TREES[f"{TAP}.{module}"])
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in senders
        and isinstance(node.func.value, ast.Name)
        and node.func.value.id == "requests"
    }

    assert offenders <= {"client"}
