"""Every test below this folder is a unit test: no socket, no thread and no process."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from isolation import isolated

if TYPE_CHECKING:
    from collections.abc import Generator

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    # The hook is given the items of all folders.
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker(pytest.mark.unit)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup(item: pytest.Item) -> Generator[None]:
    with isolated(is_alone=item.config.option.markexpr == "unit"):
        return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None]:
    with isolated(is_alone=item.config.option.markexpr == "unit"):
        return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item) -> Generator[None]:
    with isolated(is_alone=item.config.option.markexpr == "unit"):
        return (yield)
