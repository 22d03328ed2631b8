"""Each module says what it is for and what it must not know, and exports what it says."""

from __future__ import annotations

import importlib
import re
from types import ModuleType

from sources import SANDBOX, TAP, Source, package

# A limit in one of these forms: "It must not know streams", "Pure", "knows nothing of HTTP".
LIMIT = re.compile(r"\b(must not|Pure\b|knows? (no|nothing|neither)\b)")


def is_silent(source: Source) -> bool:
    """Whether a module sets itself no limit; a package's own file only names its parts."""
    return not source.path.endswith("__init__.py") and not LIMIT.search(source.docstring)


def test_every_module_says_what_it_must_not_know() -> None:
    silent = {source.path for source in package(TAP).modules.values() if is_silent(source)}

    assert not silent, "\n".join(sorted(silent))


def wrong_names(module: ModuleType) -> list[str]:
    """What a module exports and does not have, or names twice."""
    names = list(getattr(module, "__all__", []))
    return [name for name in names if names.count(name) > 1 or not hasattr(module, name)]


def test_every_public_name_exists_and_stands_once() -> None:
    modules = [
        importlib.import_module(source.name.rstrip("."))
        for name in (TAP, SANDBOX)
        for source in package(name).modules.values()
        if "__all__" in source.text
    ]

    assert modules
    assert not [f"{one.__name__}.{fault}" for one in modules for fault in wrong_names(one)]


def test_a_public_name_that_does_not_exist_is_found() -> None:
    module = ModuleType("m")
    module.__all__ = ["here", "nowhere", "twice", "twice"]  # type: ignore[attr-defined]
    module.here = module.twice = 1  # type: ignore[attr-defined]

    assert wrong_names(module) == ["nowhere", "twice", "twice"]


def test_a_module_without_a_limit_is_found() -> None:
    assert is_silent(Source("m", "m.py", '"""Reads rows."""\n'))
    assert is_silent(Source("m", "m.py", "x = 1\n"))
    assert not is_silent(Source("m", "m.py", '"""Reads rows. It must\nnot know HTTP."""\n'))
