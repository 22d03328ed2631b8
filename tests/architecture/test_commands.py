"""The justfile, CONTRIBUTING and what both speak of agree."""

from __future__ import annotations

import re
import tomllib
from importlib.util import find_spec
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest
from recipes import recipes
from sources import ROOT, document, tables

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

RECIPES = recipes(document("justfile"))
# Recipes that people look for.
# What commands make is not there before.
MADE = "output/"
EXPECTED = {"bench", "captures", "definition", "demo", "docs", "lint", "site", "targets", "test"}
EXPECTED |= {"test-unit"}


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
            elif (
                option in {"--group", "--only-group"} and value not in project["dependency-groups"]
            ):
                yield f"group {value}"
            elif option == "python" and value != "-m" and not (ROOT / value).exists():
                yield f"path {value}"
            elif "/" in option and not (option.startswith(MADE) or (ROOT / option).exists()):
                yield f"path {option}"


def measured() -> set[str]:
    """The sections that `uv run python benchmarks --only` knows."""
    (names,) = re.findall(
        r"^SECTIONS = \{\n(.*?)^\}", document("benchmarks/__main__.py"), re.MULTILINE | re.DOTALL
    )
    return set(re.findall(r'"(\w+)":', names))


def test_each_section_on_performance_says_which_benchmark_and_which_day_it_is_from() -> None:
    beginning, *sections = document("docs/performance.md").split("\n## ")
    commands = [set(re.findall(r"--only\s+(\w+)", section)) for section in sections]

    assert "`uv run python benchmarks`" in beginning
    assert re.search(r"\b\d{4}-\d\d-\d\d\b", beginning)
    assert all(commands), [section.partition("\n")[0] for section in sections]
    assert set().union(*commands) <= measured()


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

    assert not missing
