"""What of Marketo's answers did not fit: counted while a stream is read, told at its end.

Pure. No line of this module holds a value, only names of fields and counts.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from tap_marketo_programs.quoting import quoted

if TYPE_CHECKING:
    import logging
    from collections.abc import Mapping


class Oddities:
    """What one stream met that did not fit, for a word at its end.

    Attributes:
        nulled: Values that became null, by field.
        converted: Values that were certain although of another type, by field.
        skipped: Rows that could not be read, by reason.
        bare: Programs and tag types whose details could not be read, by what is lacking.
    """

    def __init__(self) -> None:
        self.nulled: Counter[str] = Counter()
        self.converted: Counter[str] = Counter()
        self.skipped: Counter[str] = Counter()
        self.bare: Counter[str] = Counter()

    def tell(self, logger: logging.Logger, where: str = "") -> None:
        """One WARNING for values, one for rows and one for details, if there are any."""
        start = f"{where}: " if where else ""
        values = [
            f"{what} ({counted(fields)})"
            for what, fields in (("became null", self.nulled), ("were converted", self.converted))
            if fields
        ]
        if values:
            logger.warning(
                "%sValues that did not fit their field's type %s",
                start,
                " and others ".join(values),
            )
        if self.skipped:
            logger.warning(
                "%sRows that Marketo left out or that cannot be told apart were skipped (%s)",
                start,
                counted(self.skipped),
            )
        if self.bare:
            logger.warning("%sMarketo did not give every detail (%s)", start, counted(self.bare))


def counted(counts: Mapping[str, int]) -> str:
    """Names and counts, for a log line."""
    return ", ".join(f"{quoted(name)}: {count}" for name, count in sorted(counts.items()))
