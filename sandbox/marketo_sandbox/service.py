"""What is served: Marketo's side and the control API, each under its own paths."""

from __future__ import annotations

from typing import TYPE_CHECKING

from marketo_sandbox.control.dispatch import dispatch
from marketo_sandbox.control.verbs import Verbs
from marketo_sandbox.endpoints.exchange import exchange
from marketo_sandbox.http.sending import send
from marketo_sandbox.subscription import Current

if TYPE_CHECKING:
    from aiohttp import web

    from marketo_sandbox.control.start import Start
    from marketo_sandbox.http.server import Received

CONTROL_PREFIX = "/__sandbox/"


class Service:
    """One sandbox without its socket."""

    def __init__(self, start: Start) -> None:
        self._current = Current(start.subscription())
        self._verbs = Verbs(self._current, start)

    def close(self) -> None:
        """Drop all jobs and their files."""
        self._current.subscription.close()

    async def handle(self, received: Received) -> web.StreamResponse:
        """Answer one request."""
        if not received.path.startswith(CONTROL_PREFIX):
            return await exchange(self._current.subscription, received, self._verbs.edit)
        path = received.path.removeprefix(CONTROL_PREFIX)
        reply = await dispatch(self._verbs, received.method, path, received.query, received.body)
        # Asked for only now: the request may have been a reset.
        date = self._current.subscription.date_header()
        return await send(received.connection, reply, date)
