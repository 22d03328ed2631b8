"""What was decided, in lines for the log that wait until it can be written.

Pure data: of logging it knows the levels. It must not know what the lines are about, nor
write them: that may block.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class LogLine:
    """A line for a person, in the parts that the logging module takes."""

    level: int
    text: str
    arguments: tuple[object, ...]


@dataclass(slots=True)
class LogLines:
    """What was decided, in words; written once the decision is made and the lock is free.

    Args:
        stream: What the lines are about; each begins with its name.
        lines: Those that nobody has taken.
    """

    stream: str = ""
    lines: list[LogLine] = field(default_factory=list)

    def info(self, text: str, *arguments: object) -> None:
        """Something went as it may."""
        self._add(logging.INFO, text, arguments)

    def warning(self, text: str, *arguments: object) -> None:
        """Something did not go as it should, and was dealt with."""
        self._add(logging.WARNING, text, arguments)

    def error(self, text: str, *arguments: object) -> None:
        """Something is missing in what this run brings."""
        self._add(logging.ERROR, text, arguments)

    def _add(self, level: int, text: str, arguments: tuple[object, ...]) -> None:
        # Two streams are exported, and what is said of jobs would fit both.
        of, arguments = ("%s: ", (self.stream, *arguments)) if self.stream else ("", arguments)
        self.lines.append(LogLine(level, f"{of}{text}", arguments))

    def take(self) -> list[LogLine]:
        """The lines so far; each is handed out once."""
        taken, self.lines = self.lines, []
        return taken
