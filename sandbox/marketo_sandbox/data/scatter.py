"""Numbers that look random and are always the same: all generated data are drawn from them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_MASK = (1 << 64) - 1
_ODD = 0x9E3779B97F4A7C15


def scatter(key: int, numbers: Sequence[int]) -> list[int]:
    """Scatter numbers over 48 bits, always in the same way."""
    first = [(n * _ODD + key) & _MASK for n in numbers]
    return [(((h ^ (h >> 29)) * 0xBF58476D1CE4E5B9) & _MASK) >> 16 for h in first]
