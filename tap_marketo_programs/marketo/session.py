"""What the SDK takes for a session, so that it sends nothing by a way of its own.

It must not know Marketo, nor how requests are sent.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import requests

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


class ClientSession(requests.Session):
    """A session whose every request is sent by the client.

    `RESTStream` prepares its requests with it and calls `send`; both are public. It
    opens no connection itself: the adapters of the base class are never used.

    Args:
        send: The client's.
        headers: Of every request.
    """

    def __init__(
        self,
        send: Callable[[requests.PreparedRequest], requests.Response],
        headers: Mapping[str, str],
    ) -> None:
        super().__init__()
        self.headers.update(headers)
        self._send = send

    def send(self, request: requests.PreparedRequest, **_: Any) -> requests.Response:  # noqa: ANN401 - the base class's signature
        """Send one request until Marketo answers `success: true`.

        The base class's keywords are ignored: time-outs, redirects and streaming
        are the client's own business.
        """
        return self._send(request)
