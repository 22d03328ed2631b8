"""What the modules may know of each other, and what meltano.yml says of the tap.

The first is read from their imports. The packages are looked up where Python
would import them from, so that the same tests hold for an installed wheel.
"""

from __future__ import annotations

import ast
import copy
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import yaml

from tap_marketo_programs.tap import TapMarketoPrograms

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
    "member_file.blocks",
    "member_file.bounds",
    "member_file.cells",
    "member_file.columns",
    "export.decoding",
    "export.job",
    "member_file.keys",
    "member_file.dialects",
    "member_file.header",
    "member_file.layout",
    "member_file.lenient",
    "member_file.reading",
    "member_file.wanted",
    "export.ledger",
    "member_file.mending",
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
    "member_file.strict",
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

# The interface: every setting and its default, `None` where there is none.
SETTINGS: dict[str, object] = {
    "base_url": None,
    "client_id": None,
    "client_secret": None,
    "start_date": None,
    "program_ids": None,
    "program_tags": None,
    "program_details": True,
    "lead_fields": [],
    "poll_interval_seconds": 60,
    "max_queued_exports": 4,
    "export_timeout_seconds": 10800,
    "request_timeout_seconds": 300,
    "lookback_seconds": 3600,
    "daily_export_quota_mb": None,
    "on_quota_exhausted": "fail",
    "max_calls_per_20_seconds": 50,
    "emit_activate_version_messages": False,
}

# A number is `integer` to Meltano: a `decimal` from the environment crashes Meltano 4.4,
# which cannot write a Decimal to the tap's config file.
KINDS = {
    "array": "array",
    "boolean": "boolean",
    "integer": "integer",
    # Meltano's `integer` refuses 0.5 and its `decimal` cannot be handed to a
    # plugin; the tap reads numbers out of strings itself.
    "number": "string",
    "object": "object",
    "string": "string",
}


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


def test_only_the_tap_module_imports_the_streams() -> None:
    streams = {"streams.assets", "streams.program_members"}
    importers = {module for module in MODULES if neighbours(module) & streams}

    assert importers == {"tap"}


def test_the_export_engine_knows_nothing_of_streams_and_settings() -> None:
    rooms = ("clock", "errors", "export", "marketo", "process", "quoting", "schemas")

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


@pytest.fixture(scope="module")
def extractor() -> dict[str, Any]:
    """The tap, as meltano.yml describes it."""
    path = Path(__file__).parents[2] / "meltano.yml"
    project = yaml.safe_load(path.read_text(encoding="utf-8"))
    found = [p for p in project["plugins"]["extractors"] if p["name"] == "tap-marketo-programs"]
    assert len(found) == 1
    plugin: dict[str, Any] = found[0]
    return plugin


@pytest.fixture(scope="module")
def described(extractor: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The settings of meltano.yml, by name."""
    settings = {setting["name"]: setting for setting in extractor["settings"]}
    assert len(settings) == len(extractor["settings"]), "a setting stands there twice"
    return settings


def with_builtins(schema: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The settings of a schema and those that the SDK gives every tap, by name."""
    schema = copy.deepcopy(schema)
    TapMarketoPrograms.append_builtin_config(schema)
    properties: dict[str, dict[str, Any]] = schema["properties"]
    return properties


@pytest.fixture(scope="module")
def accepted() -> dict[str, dict[str, Any]]:
    """The settings of the tap, those of the SDK included, by name."""
    return with_builtins(TapMarketoPrograms.config_jsonschema)


def type_of(prop: dict[str, Any]) -> str:
    types = [prop["type"]] if isinstance(prop["type"], str) else prop["type"]
    (only,) = set(types) - {"null"}
    return str(only)


def kind_of(prop: dict[str, Any]) -> str:
    if "enum" in prop:
        return "options"
    if prop.get("format") in {"date", "date-time"}:
        return "date_iso8601"
    return KINDS[type_of(prop)]


def spelled(default: object) -> str:
    """A default as a user writes it: JSON, without the quotes of a string."""
    if isinstance(default, bool):
        return str(default).lower()
    return str(default)


def test_the_tap_has_the_settings_of_its_interface_with_their_defaults(
    accepted: dict[str, dict[str, Any]],
) -> None:
    builtin = with_builtins({"properties": {}})
    own = {name: prop.get("default") for name, prop in accepted.items() if name not in builtin}

    assert own == SETTINGS


def test_meltano_knows_every_setting_of_the_tap_and_no_other(
    described: dict[str, dict[str, Any]], accepted: dict[str, dict[str, Any]]
) -> None:
    assert set(described) == set(accepted)


def test_meltano_gives_every_setting_the_kind_of_its_type(
    described: dict[str, dict[str, Any]], accepted: dict[str, dict[str, Any]]
) -> None:
    kinds = {name: setting["kind"] for name, setting in described.items()}

    assert kinds == {name: kind_of(prop) for name, prop in accepted.items()}


def test_meltano_hides_the_settings_that_the_tap_calls_secret(
    described: dict[str, dict[str, Any]], accepted: dict[str, dict[str, Any]]
) -> None:
    hidden = {name for name, setting in described.items() if setting.get("sensitive")}

    assert hidden == {name for name, prop in accepted.items() if prop.get("secret")}
    assert hidden == {"client_id", "client_secret"}


def test_meltano_offers_the_values_that_the_tap_allows(
    described: dict[str, dict[str, Any]], accepted: dict[str, dict[str, Any]]
) -> None:
    offered = {
        name: {option["value"] for option in setting["options"]}
        for name, setting in described.items()
        if "options" in setting
    }

    assert offered == {
        name: set(prop["enum"]) - {None} for name, prop in accepted.items() if "enum" in prop
    }


def test_meltano_asks_for_the_settings_that_the_tap_requires(extractor: dict[str, Any]) -> None:
    (group,) = extractor["settings_group_validation"]

    assert set(group) == set(TapMarketoPrograms.config_jsonschema["required"])


def test_meltano_overrides_no_default_of_the_tap_and_its_descriptions_name_each(
    extractor: dict[str, Any], described: dict[str, dict[str, Any]]
) -> None:
    assert "config" not in extractor
    assert not [name for name, setting in described.items() if "value" in setting]
    said = {
        name: setting["description"].rpartition("Default: ")[2].removesuffix(".")
        for name, setting in described.items()
        if "Default: " in setting["description"]
    }
    assert said == {n: spelled(value) for n, value in SETTINGS.items() if value is not None}


def test_meltano_knows_what_the_tap_can_do(extractor: dict[str, Any]) -> None:
    capabilities = {str(capability) for capability in TapMarketoPrograms.capabilities}

    assert set(extractor["capabilities"]) == capabilities
