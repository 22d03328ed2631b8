"""The control API under /__sandbox/: what a tester does to the sandbox while it runs.

It knows every verb by its HTTP method and path. What the verbs do is in the
groups; Marketo's own paths never lead here.
"""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING

from marketo_sandbox.control import expected
from marketo_sandbox.control.edit_verbs import EditVerbs
from marketo_sandbox.control.expected_verbs import ExpectedVerbs
from marketo_sandbox.control.fault_verbs import FaultVerbs
from marketo_sandbox.control.job_verbs import JobVerbs
from marketo_sandbox.control.log_verbs import LogVerbs
from marketo_sandbox.control.session_verbs import SessionVerbs

if TYPE_CHECKING:
    from collections.abc import Callable

    from marketo_sandbox.control.start import Start
    from marketo_sandbox.control.verb_group import Answer
    from marketo_sandbox.subscription import Current

_METHODS = {"delete": "DELETE", "do": "POST", "get": "GET"}
_MEMBERS = {
    "method": "GET",
    "path": "/__sandbox/truth",
    "does": "Members as they are now; ?fields=a,b&program_ids=1,2&member_filter={}&form=array",
    "keys": ["fields", "program_ids", "member_filter", "form"],
}


class Verbs:
    """All verbs of the control API."""

    def __init__(self, current: Current, start: Start) -> None:
        self.expected = ExpectedVerbs(current)
        groups = (
            SessionVerbs(current, start),
            FaultVerbs(current),
            LogVerbs(current),
            JobVerbs(current),
            EditVerbs(current),
            self.expected,
        )
        self._verbs: dict[tuple[str, str], Callable[..., Answer]] = {("GET", ""): self.listed}
        for group in groups:
            for name, verb in inspect.getmembers(group, inspect.ismethod):
                prefix, _, word = name.partition("_")
                if prefix in _METHODS:
                    self._verbs[_METHODS[prefix], word] = verb

    def find(self, method: str, path: str) -> Callable[..., Answer] | None:
        """The verb of a request; `path` begins after /__sandbox/."""
        return self._verbs.get((method, path))

    def names(self) -> list[str]:
        """The paths of all verbs after /__sandbox/, sorted."""
        return sorted({word for _, word in self._verbs})

    def edit(self, args: dict[str, object]) -> None:
        """Do a verb in the middle of a call: the fault `edit` with `do` and the verb's keys."""
        keys = dict(args)
        self._verbs["POST", str(keys.pop("do"))](**keys)

    def listed(self) -> Answer:
        """This list."""
        return {"sandbox": "marketo-sandbox", "endpoints": [_MEMBERS, *self._rows()]}

    def _rows(self) -> list[dict[str, object]]:
        rows: list[dict[str, object]] = []
        order = list(_METHODS.values())
        for method, word in sorted(self._verbs, key=lambda key: (order.index(key[0]), key[1])):
            verb = self._verbs[method, word]
            keys = list(inspect.signature(verb).parameters)
            rows.append(
                {
                    "method": method,
                    "path": "/__sandbox/" + word,
                    "does": inspect.getdoc(verb),
                    "keys": [*keys, "form"] if word in expected.ROWS else keys,
                }
            )
        return rows
