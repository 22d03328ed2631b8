"""A writer of messages that lets a test look at each one, hold it up, or end the process there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from singer_sdk.io_base import SingerWriter

if TYPE_CHECKING:
    from collections.abc import Callable

    from harness import Output
    from singer_sdk.singerlib import Message


class Killed(BaseException):
    """The process is gone: no handler of the tap's may mistake it for an error."""


class WatchedWriter(SingerWriter):
    """Keeps the lines of a run; a test may look at, hold up or cut each one.

    Args:
        output: Where the lines go.
        before: Called with each message before it is out; `Killed` ends the output there.
        after: Called with each message once it is out; as above.
    """

    def __init__(
        self,
        output: Output,
        before: Callable[[dict[str, Any]], object] = lambda _: None,
        after: Callable[[dict[str, Any]], object] = lambda _: None,
    ) -> None:
        self._output = output
        self._before = before
        self._after = after
        self._gone = False

    def write_message(self, message: Message) -> None:
        if self._gone:
            return
        line = self.format_message(message)
        try:
            self._before(message.to_dict())
            self._output.lines.append(line)
            self._after(message.to_dict())
        except Killed:
            self._gone = True
            raise
