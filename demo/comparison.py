"""What a target holds against what is true, row by row and value by value.

Values alone: it must not know where either side comes from. What it tells names
keys and columns, never a value, since values are people's.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

Row = dict[str, Any]
Key = tuple[Any, ...]

KEYS = {
    "programs": ("id",),
    "programs_by_tag": ("id", "tagType", "tagValue"),
    "program_members": ("leadId", "programId"),
    "tag_types": ("tagType",),
    "channels": ("id",),
}
"""Every stream with its key."""

_EXAMPLES = 5


@dataclass
class Comparison:
    """One table against the truth.

    Args:
        table: Its name.
        wanted: How many rows are true.
        missing: Keys of true rows that are not there.
        different: Keys of rows that are there, with the columns whose values are wrong.
        extra: Keys of rows that are there and not true.
        repeated: Keys that are there more than once.
    """

    table: str
    wanted: int
    missing: list[Key] = field(default_factory=list)
    different: dict[Key, list[str]] = field(default_factory=dict)
    extra: list[Key] = field(default_factory=list)
    repeated: list[Key] = field(default_factory=list)

    @property
    def holds(self) -> bool:
        """Whether the table is the truth, no more and no less."""
        return not (self.missing or self.different or self.extra or self.repeated)

    def __str__(self) -> str:
        """One line for a person, and one more for each kind of fault."""
        equal = self.wanted - len(self.missing) - len(self.different)
        lines = [f"{self.table:<19} {equal:>6,} of {self.wanted:,} equal"]
        found: dict[str, list[Any]] = {
            "missing": self.missing,
            "different": [f"{key}: {', '.join(of)}" for key, of in self.different.items()],
            "not in Marketo": self.extra,
            "there twice": self.repeated,
        }
        lines += [
            f"{'':<19} {len(those):>6,} {what}, such as {', '.join(map(str, those[:_EXAMPLES]))}"
            for what, those in found.items()
            if those
        ]
        return "\n".join(lines)


def compare(
    table: str, truth: Iterable[Row], held: Iterable[Row], key: tuple[str, ...] = ()
) -> Comparison:
    """Compare a table with the truth.

    Args:
        table: The stream's name, by which its key is known, or of what else is compared.
        truth: Rows as they are in Marketo.
        held: Rows as the target has them. Columns of the target's own, `_sdc_...`, do not count.
        key: The names of the key of what is no stream.
    """
    key = key or KEYS[table]
    wanted = {tuple(row[name] for name in key): row for row in truth}
    found: dict[Key, Row] = {}
    result = Comparison(table, len(wanted))
    for row in held:
        one = tuple(row[name] for name in key)
        if one in found:
            result.repeated.append(one)
        found[one] = row
    result.missing = sorted(wanted.keys() - found.keys())
    result.extra = sorted(found.keys() - wanted.keys())
    for one in sorted(wanted.keys() & found.keys()):
        if wrong := _unequal(wanted[one], found[one]):
            result.different[one] = wrong
    return result


def _unequal(truth: Mapping[str, Any], held: Mapping[str, Any]) -> list[str]:
    names = [*truth, *(name for name in held if name not in truth)]
    return [
        name
        for name in names
        if not name.startswith("_sdc_") and not _same(truth.get(name), held.get(name))
    ]


def _same(one: Any, other: Any) -> bool:  # noqa: ANN401 - JSON
    """Whether two JSON values say the same; a key that is left out says null."""
    if isinstance(one, dict) and isinstance(other, dict):
        return all(_same(one.get(name), other.get(name)) for name in {*one, *other})
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_same, one, other))
    # To Python, True is 1; to whoever reads a table, it is not.
    return isinstance(one, bool) == isinstance(other, bool) and bool(one == other)
