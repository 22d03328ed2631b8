"""The justfile, CONTRIBUTING and what both speak of agree."""

from __future__ import annotations

import re
import tomllib
from importlib.util import find_spec
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import not_yet
import pytest
from recipes import recipes
from sources import ROOT, document, tables

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

RECIPES = recipes(document("justfile"))
# Recipes that people look for.
EXPECTED = {"bench", "definition", "demo", "docs", "lint", "targets", "test", "test-unit"}


@pytest.fixture(scope="module")
def project() -> dict[str, Any]:
    return tomllib.loads(document("pyproject.toml"))


def contributed(text: str) -> dict[str, list[str]]:
    """The commands of CONTRIBUTING's table that have a recipe, by its name."""
    return {
        recipe.strip("`").removeprefix("just "): re.findall(r"`([^`]+)`", commands)
        for _, commands, recipe in tables(text, "what", "command", "recipe")
        if recipe
    }


def unknown(commands: Iterable[str], project: dict[str, Any]) -> Iterator[str]:
    """The paths, markers and dependency groups of commands that do not exist."""
    markers = {
        line.partition(":")[0] for line in project["tool"]["pytest"]["ini_options"]["markers"]
    }
    for command in commands:
        words = command.split()
        for place, (option, value) in enumerate(pairwise([*words, ""])):
            if option == "-m" and "pytest" in words[:place]:
                if value not in markers:
                    yield f"marker {value}"
            elif option == "-m":
                if find_spec(value) is None:
                    yield f"module {value}"
            elif option == "--group" and value not in project["dependency-groups"]:
                yield f"group {value}"
            elif option == "python" and value != "-m" and not (ROOT / value).exists():
                yield f"path {value}"
            elif "/" in option and not (ROOT / option).exists():
                yield f"path {option}"


def test_every_recipe_that_people_look_for_is_there() -> None:
    assert set(RECIPES) == EXPECTED
    assert all(RECIPES.values())


def test_contributing_names_the_same_commands() -> None:
    assert contributed(document("CONTRIBUTING.md")) == RECIPES


def test_what_a_command_names_exists(project: dict[str, Any]) -> None:
    commands = [command for recipe in RECIPES.values() for command in recipe]
    rows = tables(document("CONTRIBUTING.md"), "what", "command", "recipe")
    commands += [command for row in rows for command in re.findall(r"`([^`]+)`", row[1])]

    # `path x` is listed as `x`; a marker and a group as they are.
    missing = {name.removeprefix("path ") for name in unknown(commands, project)}

    assert not missing - set(not_yet.COMING)


def test_a_marker_that_has_come_is_no_longer_listed(project: dict[str, Any]) -> None:
    markers = [name for name in not_yet.COMING if name.startswith("marker ")]
    commands = [f"uv run pytest -m {name.removeprefix('marker ')}" for name in markers]

    assert [*unknown(commands, project)] == markers


# The rule itself


@pytest.mark.parametrize(
    ("command", "missing"),
    [
        ("uv run pytest -m nothing", "marker nothing"),
        ("uv run --group nobody pytest -m targets", "group nobody"),
        ("uv run python tests/support/nowhere.py", "path tests/support/nowhere.py"),
        ("uv run python nowhere", "path nowhere"),
        ("uv run python -m nowhere", "module nowhere"),
        ("uv run pytest -n 0 tests/test_nowhere.py -k streams", "path tests/test_nowhere.py"),
    ],
)
def test_a_command_that_names_nothing_is_found(
    command: str, missing: str, project: dict[str, Any]
) -> None:
    assert missing in {*unknown([command], project)}


@pytest.mark.parametrize(
    "text", ["a:\n\tuv run\n", "a: b\n    uv run\n", "    uv run\n", "a:\n    x\na:\n    y\n"]
)
def test_a_justfile_that_cannot_be_read_simply_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="recipe"):
        recipes(text)


def test_a_table_that_says_something_else_is_found() -> None:
    text = "| what | command | recipe |\n|---|---|---|\n| all | `uv run x`, `y` | `just test` |\n"

    assert contributed(text) == {"test": ["uv run x", "y"]}
