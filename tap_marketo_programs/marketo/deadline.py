"""How long an answer may take, from its first byte to its last.

requests bounds each wait for a byte. A server that sends one now and then
would hold a run for ever, in its header as in a body that unpacks to nothing.
It must not know Marketo, nor which answers have how long.
"""

from __future__ import annotations

import io
import math
import time
from contextlib import contextmanager
from contextvars import ContextVar
from http.client import HTTPResponse
from typing import TYPE_CHECKING, Any

from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, ProxyManager
from urllib3.connection import HTTPConnection, HTTPSConnection

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Iterator

    from typing_extensions import Buffer


class Deadline:
    """The moment at which an answer has to be whole.

    Args:
        seconds: From now on.
        clock: Real seconds, as those of a socket's time-out are.
    """

    def __init__(self, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._at = clock() + seconds

    @property
    def left(self) -> float:
        """Seconds left; none or less once it is over."""
        return self._at - self._clock()

    def lift(self) -> None:
        """Let the rest take as long as it likes: a file, whose size nobody knows."""
        self._at = math.inf


_deadline: ContextVar[Deadline | None] = ContextVar("deadline", default=None)


@contextmanager
def within(deadline: Deadline) -> Iterator[None]:
    """Let answers that begin in this block end by the deadline, or with a TimeoutError."""
    token = _deadline.set(deadline)
    try:
        yield
    finally:
        _deadline.reset(token)


class _TimedReader(io.RawIOBase):
    """The bytes of a socket, for as long as there is time."""

    def __init__(self, raw: io.RawIOBase, sock: socket.socket, deadline: Deadline) -> None:
        self._raw = raw
        self._sock = sock
        self._deadline = deadline

    def readable(self) -> bool:
        return True

    def fileno(self) -> int:
        return self._raw.fileno()

    def readinto(self, buffer: Buffer) -> int | None:
        left, silence = self._deadline.left, self._sock.gettimeout()
        if left <= 0:
            message = "the answer was not whole in time"
            raise TimeoutError(message)
        if left == math.inf:
            return self._read(buffer)
        self._sock.settimeout(left if silence is None else min(left, silence))
        try:
            return self._read(buffer)
        finally:
            # The connection is used again.
            self._sock.settimeout(silence)

    def _read(self, buffer: Buffer) -> int | None:
        return self._raw.readinto(buffer)

    def close(self) -> None:
        # The socket is closed for good with its last reader.
        self._raw.close()
        super().close()


class _TimedResponse(HTTPResponse):
    """An answer that reads even its header by the deadline; a proxy's to CONNECT too."""

    def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - the base class's
        super().__init__(sock, *args, **kwargs)
        if (deadline := _deadline.get()) is not None:
            raw = self.fp.detach()
            self.fp = io.BufferedReader(_TimedReader(raw, sock, deadline))


class _Plain(HTTPConnection):
    response_class = _TimedResponse


class _Secure(HTTPSConnection):
    response_class = _TimedResponse


class _PlainPool(HTTPConnectionPool):
    ConnectionCls = _Plain


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _Secure


_POOLS = {"http": _PlainPool, "https": _SecurePool}


class TimedAdapter(HTTPAdapter):
    """requests' way to the network, on which a deadline holds."""

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - the base class's
        """Make the pools of connections."""
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = _POOLS

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> ProxyManager:  # noqa: ANN401 - the base class's
        """The same for a proxy."""
        manager: ProxyManager = super().proxy_manager_for(proxy, **kwargs)
        manager.pool_classes_by_scheme = _POOLS
        return manager
