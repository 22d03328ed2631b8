"""How far a stream is, about once a minute, and how many rows it had at the end.

It must not know what is asked for, nor what a row is.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, TypeVar

from tap_marketo_programs.schemas.figures import counted, duration_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tap_marketo_programs.clock import Clock

T = TypeVar("T")

logger = logging.getLogger(__name__)

PROGRESS_SECONDS = 60.0


class Progress:
    """How far a stream is, and how long it will take.

    Args:
        text: What is done, with a `%d` for what is done so far and one for all.
        total: How many there are.
        clock: Where time comes from.
    """

    def __init__(self, text: str, total: int, clock: Clock) -> None:
        self._text = text
        self._total = total
        self._clock = clock
        self._began = self._last = clock.monotonic()
        self._done = 0

    def one_more(self) -> None:
        """Count one; say how things stand if that was not said for a minute."""
        self._done += 1
        now = self._clock.monotonic()
        if now - self._last < PROGRESS_SECONDS or self._done >= self._total:
            return
        self._last = now
        seconds = (now - self._began) / self._done * (self._total - self._done)
        logger.info(
            f"{self._text}; about %s left at this pace",  # noqa: G004 - a template of this package
            self._done,
            self._total,
            duration_text(seconds),
        )


def told(stream: str, rows: Iterable[T], clock: Clock) -> Iterator[T]:
    """Rows as they come, and when all have come a line for a person: how many.

    Nothing is said of a part: what ended the reading says more.
    """
    began, number = clock.monotonic(), 0
    for row in rows:
        number += 1
        yield row
    took = duration_text(clock.monotonic() - began)
    logger.info("%s: %s read in %s", stream, counted(number, "row"), took)
