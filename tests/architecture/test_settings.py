"""Client and streams are handed their settings; nobody looks one up by its name."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import tap_marketo_programs
from tap_marketo_programs.config.settings import SETTINGS

PACKAGE = Path(tap_marketo_programs.__file__).parent
# Where a config is what one works on.
ROOM = PACKAGE / "config"


def lookups(text: str) -> list[str]:
    """The settings that a module looks up in a `config`, by subscript or by `get`."""
    found = []
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Subscript):
            owner, key = node.value, node.slice
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args:
            owner, key = node.func.value, node.args[0]
        else:
            continue
        name = owner.attr if isinstance(owner, ast.Attribute) else getattr(owner, "id", "")
        if name.endswith("config") and isinstance(key, ast.Constant) and key.value in SETTINGS:
            found.append(str(key.value))
    return found


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('self.config["start_date"]', ["start_date"]),
        ('tap.config.get("lookback_seconds", 3600)', ["lookback_seconds"]),
        ('config["program_ids"]', ["program_ids"]),
        ('self.config.get("batch_config")', []),
        ("self.settings.start_date", []),
        ('state["start_date"]', []),
    ],
)
def test_a_lookup_is_seen_and_the_sdks_own_settings_are_not(text: str, expected: list[str]) -> None:
    assert lookups(text) == expected


def test_no_module_looks_up_a_setting_by_its_name() -> None:
    offenders = {
        str(path.relative_to(PACKAGE)): found
        for path in PACKAGE.rglob("*.py")
        if not path.is_relative_to(ROOM) and (found := lookups(path.read_text(encoding="utf-8")))
    }

    assert offenders == {}
