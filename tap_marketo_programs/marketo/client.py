"""The one place that sends HTTP to Marketo: whoever asks it something asks here.

Each request is signed (`auth`), kept within the limits (`limits`), sent
(`transport`), judged (`answer`) and sent again if that helps (`retry`); `session`
gives the SDK's `RESTStream` all five. It must not know streams, export jobs or
Singer.
"""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

import requests

from tap_marketo_programs.clock import Clock, SystemClock
from tap_marketo_programs.errors import AnswerError, TokenRejected
from tap_marketo_programs.marketo.answer import (
    require_file,
    require_success,
    require_success_if_any,
)
from tap_marketo_programs.marketo.auth import AccessToken
from tap_marketo_programs.marketo.connection import Connection
from tap_marketo_programs.marketo.connection_errors import connection_failed
from tap_marketo_programs.marketo.envelope import rows
from tap_marketo_programs.marketo.identity import Identity
from tap_marketo_programs.marketo.limits import CallLimits
from tap_marketo_programs.marketo.retry import Retries
from tap_marketo_programs.marketo.server_clock import ServerClock
from tap_marketo_programs.marketo.session import ClientSession
from tap_marketo_programs.marketo.transport import HEADERS, Transport, answer_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from datetime import datetime
    from typing import Self

    from tap_marketo_programs.marketo.answer import Answer

__all__ = ["Connection", "MarketoClient", "envelope_of"]

_Result = TypeVar("_Result")


class MarketoClient:
    """The requests of one run to one Marketo subscription.

    Args:
        connection: Whom to ask and how patiently.
        clock: Where time comes from.

    Attributes:
        session: For the SDK, which sends by it as everybody else does by the client.
        limits: The calls of this run.

    Its methods that ask raise:
        AnswerError: Marketo's last word, once no budget is left.
        MarketoConfigError: What only the user can mend.
    """

    def __init__(self, connection: Connection, clock: Clock | None = None) -> None:
        self.connection = connection
        self.clock: Clock = clock or SystemClock()
        self.limits = CallLimits(connection.calls_per_window, self.clock)
        self._server_clock = ServerClock(self.clock)
        self._transport = Transport(connection, self.clock, self._server_clock)
        self._retries = Retries(self.clock, self.limits, lambda: self._transport.has_answered)
        self._token = AccessToken(
            Identity(connection, self._transport, self._retries).token, self.clock
        )
        self.session: requests.Session = ClientSession(self.send, HEADERS)

    def __enter__(self) -> Self:
        """Itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close all connections."""
        self.close()

    def close(self) -> None:
        """Close all connections."""
        self._transport.close()

    @property
    def retries(self) -> int:
        """How many requests of this run were not the first for what they asked."""
        return self._retries.made

    # What callers use

    def send(self, request: requests.PreparedRequest) -> requests.Response:
        """Send one request until Marketo answers `success: true`."""
        return self._retries.run(lambda: self._call(request))

    def call(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, Any] | None = None,
        body: object = None,
        repeatable: bool = True,
    ) -> list[Any]:
        """One call for rows: the `result` of the envelope, empty where it is missing."""
        response = self.fetch(method, path, params=params, body=body, repeatable=repeatable)
        return rows(envelope_of(response))

    def fetch(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, Any] | None = None,
        body: object = None,
        repeatable: bool = True,
    ) -> requests.Response:
        """One call; the answer's body is the envelope of a success.

        Args:
            method: HTTP verb.
            path: From the host on, such as `/rest/v1/leads/describe2.json`.
            params: Query parameters.
            body: What to send as JSON.
            repeatable: False for a call that must not happen twice: an error that
                leaves it in doubt is raised at once.
        """
        request = self._transport.prepare(method, path, params=params, body=body)
        return self._retries.run(lambda: self._call(request), repeatable=repeatable)

    def look(self, path: str, params: Mapping[str, Any]) -> dict[str, Any]:
        """One GET where an answer without any body means nothing found; its envelope or `{}`."""
        request = self._transport.prepare("GET", path, params=params)
        return envelope_of(self._retries.run(lambda: self._call(request, require_success_if_any)))

    def read(
        self,
        method: str,
        path: str,
        make: Callable[[list[Any]], _Result],
        *,
        body: object = None,
        repeatable: bool = True,
    ) -> _Result:
        """One call for what `make` makes of its rows; where that is a BrokenAnswer, ask again."""
        request = self._transport.prepare(method, path, body=body)
        return self._retries.run(
            lambda: make(rows(envelope_of(self._call(request)))),
            repeatable=repeatable,
        )

    @contextmanager
    def open_file(self, path: str, start: int = 0) -> Iterator[requests.Response]:
        """Open a file for streaming; the connection counts as one until the block ends.

        Args:
            path: From the host on.
            start: First byte wanted; sent as a Range when it is not 0.

        Raises:
            FileUnavailable: HTTP 404, which this endpoint alone uses.
        """
        headers = {"Accept-Encoding": "identity"}
        if start:
            headers["Range"] = f"bytes={start}-"
        request = self._transport.prepare("GET", path, headers=headers)
        with ExitStack() as held:

            def attempt() -> requests.Response:
                with ExitStack() as opened:
                    opened.enter_context(self.limits.call())
                    response = self._exchange(request, require_file, stream=True)
                    opened.callback(response.close)
                    held.push(opened.pop_all())
                    return response

            yield self._retries.run(attempt)

    def now(self) -> datetime:
        """Up to when windows and bookmarks may reach: by Marketo's clock and by ours.

        See `ServerClock.now`; for what Marketo dated itself there is `marketo_time`.
        """
        self._make_contact()
        return self._server_clock.now()

    def marketo_time(self) -> datetime:
        """Marketo's own clock, as of its last answer; ours where it does not tell."""
        self._make_contact()
        return self._server_clock.marketo_time()

    def _make_contact(self) -> None:
        """See to it that Marketo has answered: the first call of every run, made now."""
        if not self._transport.has_answered:
            self._token.current()

    # One attempt

    def _call(
        self,
        request: requests.PreparedRequest,
        judge: Callable[[Answer], None] = require_success,
    ) -> requests.Response:
        with self.limits.call():
            return self._exchange(request, judge)

    def _exchange(
        self,
        request: requests.PreparedRequest,
        judge: Callable[[Answer], None],
        *,
        stream: bool = False,
    ) -> requests.Response:
        """Sign, send and judge once."""
        signed = request.copy()
        token = self._token.current()
        signed.headers["Authorization"] = f"Bearer {token}"
        deadline = self._transport.deadline()
        response = self._transport.send(signed, deadline, stream=stream)
        try:
            judge(answer_of(response))
        except requests.RequestException as error:
            response.close()
            raise connection_failed(error, signed) from None
        except AnswerError as error:
            response.close()
            if isinstance(error, TokenRejected):
                self._token.discard(token)
            raise
        # What is left to read is a file, if anything.
        deadline.lift()
        return response


def envelope_of(response: requests.Response) -> dict[str, Any]:
    """The envelope of an answer that the client handed out; `{}` for one that may be empty."""
    return answer_of(response).json_object() or {}
