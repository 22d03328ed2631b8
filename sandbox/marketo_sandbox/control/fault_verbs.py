"""Verbs that plan faults and withdraw tokens."""

from __future__ import annotations

from typing import TYPE_CHECKING

from marketo_sandbox.control.verb_group import VerbGroup

if TYPE_CHECKING:
    from marketo_sandbox.control.verb_group import Answer


class FaultVerbs(VerbGroup):
    """Faults and tokens."""

    def do_faults(  # noqa: PLR0913, PLR0917  # keys of a JSON body, all by name
        self,
        kind: str,
        endpoint: str | None = None,
        count: int = 1,
        after: int = 0,
        where: str = "",
        args: dict[str, object] | None = None,
    ) -> Answer:
        """Plan a fault."""
        fault = self._subscription.faults.add(
            kind=kind, endpoint=endpoint, times=count, after=after, where=where, args=args
        )
        return fault.shown()

    def get_faults(self) -> Answer:
        """Faults still pending."""
        return self._subscription.faults.listed()

    def delete_faults(self) -> Answer:
        """Forget all faults."""
        self._subscription.faults.clear()
        return {}

    def do_revoke_tokens(self) -> Answer:
        """Make every token invalid (601)."""
        self._subscription.tokens.revoke()
        return {}
