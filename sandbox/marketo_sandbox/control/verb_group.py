"""What every group of control verbs has: the subscription that is served now, and its time.

A verb is a method `get_…`, `do_…` (POST) or `delete_…`; its parameters are the keys of the
JSON body, its docstring is what `GET /__sandbox/` says of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from marketo_sandbox.clock import iso

if TYPE_CHECKING:
    from marketo_sandbox.subscription import Current, Subscription

    Answer = object


class VerbGroup:
    """Some verbs of the control API."""

    def __init__(self, current: Current) -> None:
        self._current = current

    @property
    def _subscription(self) -> Subscription:
        """The one that is served now: `reset` may have replaced it."""
        return self._current.subscription

    def _now(self) -> str:
        return iso(self._subscription.run_due_events())
