"""Which rows of an export file can be loaded: those whose keys can be read.

A target finds a row by its keys, so one that has none, or those of a program
that was not asked for, is not loaded but counted. Pure: cells go in, verdicts
come out. It must not know files.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    Convert = Callable[[Sequence[str]], Sequence[Any]]


class KeyCheck:
    """Tells rows that can be loaded from others.

    Args:
        converts: The key columns, each with what makes values of its cells.
        expected: For each, the only values that a row can have; none means any.
    """

    def __init__(
        self,
        converts: Mapping[str, Convert],
        expected: Mapping[str, Collection[int]],
    ) -> None:
        self._converts = dict(converts)
        self._expected = {
            name: frozenset(converts[name]([str(value) for value in values]))
            for name, values in expected.items()
            if values
        }

    def faults(self, columns: Mapping[str, Sequence[str]], count: int) -> list[str]:
        """What is wrong with each row's keys; an empty text where nothing is.

        Args:
            columns: The cells of key columns, by name.
            count: How many rows there are.
        """
        faults = [""] * count
        for name, cells in columns.items():
            values = self._converts[name](cells)
            expected = self._expected.get(name)
            for row, value in enumerate(values):
                if value is None or value == "":
                    faults[row] = faults[row] or f"no readable {name}"
                elif expected is not None and value not in expected:
                    faults[row] = faults[row] or f"a {name} that was not asked for"
        return faults
