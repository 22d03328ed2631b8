"""How the control API is spoken to: plain HTTP by the standard library.

It knows no verb, only how a request is sent and how a refusal is raised.
"""

from __future__ import annotations

import http.client
import json
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterator


class ControlError(RuntimeError):
    """The sandbox refuses a control request; the message says why."""


class ControlConnection:
    """Speaks to the control API of the sandbox at `url`."""

    def __init__(self, url: str, timeout: float = 300) -> None:
        parts = urlsplit(url)
        self.url = url.rstrip("/")
        self._host = parts.hostname or "127.0.0.1"
        self._port = parts.port
        self._timeout = timeout

    def _open(
        self, method: str, path: str, keys: dict[str, Any] | None
    ) -> tuple[http.client.HTTPConnection, http.client.HTTPResponse]:
        connection = http.client.HTTPConnection(self._host, self._port, timeout=self._timeout)
        body = None if keys is None else json.dumps(keys).encode()
        connection.request(method, "/__sandbox/" + path, body, {"Connection": "close"})
        return connection, connection.getresponse()

    def _call(self, method: str, path: str, keys: dict[str, Any] | None = None) -> Any:  # noqa: ANN401  # JSON of many shapes
        connection, response = self._open(method, path, keys)
        try:
            answer = json.loads(response.read())
        finally:
            connection.close()
        if response.status >= 400:  # noqa: PLR2004  # HTTP's errors
            raise ControlError(answer.get("error", response.reason))
        return answer

    def _do(self, verb: str, **keys: Any) -> Any:  # noqa: ANN401  # JSON of many shapes
        return self._call("POST", verb, keys)

    def _lines(self, path: str) -> Iterator[dict[str, Any]]:
        connection, response = self._open("GET", path, None)
        try:
            if response.status != http.client.OK:
                raise ControlError(json.loads(response.read())["error"])
            for line in response:
                yield json.loads(line)
        finally:
            connection.close()
