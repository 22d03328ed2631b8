"""Which module may import which: the layer table, the pure modules, no circles.

Imports for type checking only count, too: a name that a module has to know is one that it
depends on.
"""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

import pytest
from sources import (
    ROOT,
    SANDBOX,
    TAP,
    Package,
    circles,
    document,
    package,
    package_of,
    tables,
)

if TYPE_CHECKING:
    from collections.abc import Collection

    from sources import Source

# Each room may import from the ones below it, and from itself.
LAYERS: tuple[tuple[str, ...], ...] = (
    ("__main__",),
    ("tap",),
    ("streams",),
    ("export", "output"),
    ("marketo", "member_file"),
    ("schemas", "config", "process"),
    ("errors", "clock", "quoting", "retry_policy", "suggestions"),
)

# Arrows between rooms of one layer, with their reasons.
SIDEWAYS: dict[tuple[str, str], str] = {
    ("config", "schemas"): "a start_date and a bookmark are times as records spell them",
    ("process", "config"): "the command reads state and catalog files before the SDK does",
    ("retry_policy", "errors"): "the class of an error says how often to try again",
}

# The edge of the export engine, with what each module touches. All others of the room decide
# what happens, and can be tried without a socket, a thread or a second.
EDGE: dict[str, str] = {
    "export.api": "sends",
    "export.coordinator": "locks, and asks for the time",
    "export.decoding": "reads bytes",
    "export.earlier_jobs": "sends",
    "export.download": "sends, and writes files",
    "export.progress": "writes to the log, and asks for the time",
    "export.reading": "reads files",
    "export.run": "starts threads",
    "export.status_probe": "sends",
    "export.transfer": "writes files",
    "export.verify": "reads files",
    "export.workers": "sends",
}
# What it may know besides, with the reasons.
BELOW_THE_ENGINE: dict[str, str] = {
    "errors": "the class of an error says what to do about it",
    "export.job": "what Marketo says of a job",
    "quoting": "a refusal's words stand in log lines",
    "retry_policy": "how often a job is tried again, beside how often a request is",
    "schemas.figures": "how a size is said, in log lines and in refusals",
    "schemas.timestamps": "how a time is written, to Marketo and in the state",
    "schemas.values": "the largest program id is said once, for settings and for states",
}

# Pure, too, although their docstrings do not use the word; whoever does is held to it.
MORE_PURE = {
    "errors",
    "export.decoding",
    "export.job",
    "marketo.envelope",
    "marketo.verdicts",
    "member_file.blanks",
    "member_file.oddities",
    "schemas.assets",
    "schemas.members",
    "schemas.timestamps",
}

# What a pure module may not name: ways to the network, and ways to learn the time.
NETWORK = {"aiohttp", "http", "requests", "socket", "ssl", "urllib", "urllib3"}
TIME = {"asyncio", "sched", "threading", "time"}
CLOCK_READERS = {"now", "today", "utcnow"}

SENDERS = {"Session", "delete", "get", "head", "patch", "post", "put", "request", "send"}


def room(module: str) -> str:
    return module.partition(".")[0]


def arrows(found: Package) -> set[tuple[str, str]]:
    """Every import from one room into another."""
    return {
        (module, other)
        for module, others in found.graph.items()
        for other in others
        if room(module) and room(other) and room(module) != room(other)
    }


def forbidden(found: Package) -> set[str]:
    """The imports that the layer table does not allow."""
    height = {name: -level for level, names in enumerate(LAYERS) for name in names}
    return {
        f"{module} -> {other}"
        for module, other in arrows(found)
        if height.get(room(module), 0) <= height.get(room(other), 0)
        and (room(module), room(other)) not in SIDEWAYS
    }


def pure_modules(found: Package) -> set[str]:
    say_so = {m for m, s in found.modules.items() if re.search(r"\bPure\b", s.docstring)}
    return say_so | MORE_PURE & set(found.modules) | deciding(found)


def deciding(found: Package) -> set[str]:
    """The modules of the export engine that decide."""
    return {m for m in found.modules if m.startswith("export.")} - set(EDGE) - {"export.job"}


def impurities(source: Source) -> set[str]:
    """The ways to the network and to the time that a module takes."""
    calls = {
        node.func.attr
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
    }
    return source.top_levels & (NETWORK | TIME) | calls & CLOCK_READERS


def beyond(found: Package, modules: Collection[str], allowed: set[str]) -> set[str]:
    """The imports of these modules that lead anywhere else."""
    return {
        f"{module} -> {other}"
        for module in modules
        for other in found.neighbours(module)
        if other not in allowed
    }


TREE = package(TAP)
PURE = pure_modules(TREE)


def test_every_room_stands_in_the_layer_table() -> None:
    rooms = {room(module) for module in TREE.modules if module}
    listed = {name for names in LAYERS for name in names}

    assert not rooms - listed
    assert not listed - rooms


def test_the_unit_tests_are_sorted_by_room() -> None:
    folders = {path.parent.name for path in (ROOT / "tests/unit").glob("*/test_*.py")}
    rooms = {name for names in LAYERS for name in names}

    assert folders
    assert folders <= rooms


def test_imports_lead_from_an_upper_layer_to_a_lower_one() -> None:
    lines = forbidden(TREE)

    assert not lines, "\n".join(sorted(lines))


def test_every_arrow_within_a_layer_is_in_use() -> None:
    rooms = {room(module) for module in TREE.modules}
    used = {(room(module), room(other)) for module, other in arrows(TREE)}

    assert not {arrow for arrow in SIDEWAYS if rooms.issuperset(arrow)} - used


def test_the_page_of_architecture_shows_the_same_layers() -> None:
    rows = tables(document("docs/architecture.md"), "layer", "rooms", "may import")

    assert [tuple(re.findall(r"`(\w+)`", row[1])) for row in rows] == list(LAYERS)


@pytest.mark.parametrize("name", [TAP, SANDBOX])
def test_no_modules_import_each_other_in_a_circle(name: str) -> None:
    found = circles(package(name).graph)

    assert not found, "\n".join(sorted(found))


@pytest.mark.parametrize("module", sorted(PURE))
def test_a_pure_module_knows_neither_the_network_nor_the_time(module: str) -> None:
    assert not impurities(TREE.modules[module])


def test_a_pure_module_imports_only_pure_modules() -> None:
    found = beyond(TREE, PURE, PURE)

    assert not found, "\n".join(sorted(found))


def test_what_decides_imports_only_what_decides_and_the_words_for_it() -> None:
    inside = deciding(TREE)
    found = beyond(TREE, inside, inside | set(BELOW_THE_ENGINE))

    assert not found, "\n".join(sorted(found))


def test_every_module_of_the_tables_exists() -> None:
    missing = (set(EDGE) | set(BELOW_THE_ENGINE) | MORE_PURE) - set(TREE.modules)

    assert not missing


def importers(found: Package, name: str) -> set[str]:
    """The modules outside of a room that import something of it."""
    return {
        module
        for module in found.modules
        if room(module) != name and any(room(other) == name for other in found.neighbours(module))
    }


def test_nothing_but_main_imports_the_tap() -> None:
    # `python -m` starts at __main__, which is the tap's only user.
    assert importers(TREE, "tap") == {"__main__"}


def test_only_the_tap_imports_the_streams() -> None:
    assert importers(TREE, "streams") == {"tap"}


def strangers(found: Package, name: str) -> set[str]:
    """The modules of a package that import another package."""
    return {module for module, source in found.modules.items() if name in source.top_levels}


def test_neither_distribution_imports_the_other() -> None:
    assert not strangers(TREE, SANDBOX)
    assert not strangers(package(SANDBOX), TAP)


@pytest.mark.parametrize("module", ["export.coordinator", "export.run", "export.workers"])
def test_the_engine_asks_marketo_through_the_export_api_only(module: str) -> None:
    below = {"marketo.auth", "marketo.client", "marketo.limits", "marketo.transport"}

    assert not TREE.neighbours(module) & below
    assert not TREE.modules[module].top_levels & NETWORK


def reach(found: Package, module: str) -> set[str]:
    """All modules that a module imports, or those that it imports, and so on."""
    seen: set[str] = set()
    ahead = {module}
    while ahead:
        seen |= ahead
        ahead = {other for one in ahead for other in found.neighbours(one)} - seen
    return seen - {module}


def test_the_client_knows_nothing_of_what_is_asked() -> None:
    askers = {"changes", "describe", "paging", "programs", "records", "tag_values", "tags"}
    rooms = {"config", "export", "member_file", "output", "process", "streams", "tap"}
    known = reach(TREE, "marketo.client")

    assert "marketo.limits" in known
    assert not known & {f"marketo.{name}" for name in askers}
    assert not {room(module) for module in known} & rooms


def senders(found: Package) -> set[str]:
    """The modules that call `requests` to send, or make a session that could."""
    return {
        module
        for module, source in found.modules.items()
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in SENDERS
        and isinstance(node.func.value, ast.Name)
        and node.func.value.id == "requests"
    }


def test_only_the_client_sends_http() -> None:
    assert senders(TREE) <= {"marketo.client", "marketo.transport"}


# The rules themselves


def test_an_import_that_leads_upwards_is_found() -> None:
    found = package_of(
        TAP,
        {
            "output.sinks": f"if TYPE_CHECKING:\n    from {TAP}.export.run import ExportRun\n",
            "export.run": f"from {TAP} import errors\n",
            "errors": f"import {TAP}.config.check\n",
            "config.check": f"from {TAP}.schemas import assets\n",
            "schemas.assets": "",
        },
    )

    assert forbidden(found) == {"output.sinks -> export.run", "errors -> config.check"}


def test_a_circle_is_found_even_if_only_for_type_checking() -> None:
    found = package_of(
        TAP,
        {
            "a": f"from {TAP} import b\n",
            "b": f"def late():\n    from {TAP}.c import x\n",
            "c": f"if TYPE_CHECKING:\n    from {TAP}.a import Y\n",
            "d": f"from {TAP} import a\n",
        },
    )

    assert circles(found.graph) == {"a", "b", "c"}


@pytest.mark.parametrize(
    "text",
    ["import time", "from urllib import request", "import threading", "t = datetime.now(tz=UTC)"],
)
def test_a_way_to_the_network_or_the_time_is_found(text: str) -> None:
    found = package_of(TAP, {"quoting": f'"""Texts. Pure."""\n{text}\n'})

    assert pure_modules(found) == {"quoting"}
    assert impurities(found.modules["quoting"])


def test_an_impure_neighbour_is_found() -> None:
    found = package_of(
        TAP, {"export.scheduler": f"from {TAP}.export import run\n", "export.run": ""}
    )

    assert deciding(found) == {"export.scheduler"}
    assert beyond(found, deciding(found), deciding(found)) == {"export.scheduler -> export.run"}


def test_who_imports_a_room_or_another_package_is_found() -> None:
    texts = {
        "streams.base": "",
        "streams.assets": f"from {TAP}.streams import base\n",
        "output.sinks": f"from {TAP}.streams.base import MarketoStream\nimport {SANDBOX}.clock\n",
    }
    found = package_of(TAP, texts)

    assert importers(found, "streams") == {"output.sinks"}
    assert strangers(found, SANDBOX) == {"output.sinks"}


def test_what_a_module_knows_through_others_is_found() -> None:
    texts = {"a": f"from {TAP} import b\n", "b": f"import {TAP}.c\n", "c": "", "d": ""}

    assert reach(package_of(TAP, texts), "a") == {"b", "c"}


@pytest.mark.parametrize("text", ["requests.get(url)", "session = requests.Session()"])
def test_a_module_that_sends_is_found(text: str) -> None:
    assert senders(package_of(TAP, {"marketo.tags": text})) == {"marketo.tags"}
