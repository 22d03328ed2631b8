"""Hosts that are not Marketo, for tests of what the tap says to them."""

from __future__ import annotations

import socket
import threading
import time
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import BaseRequestHandler, ThreadingTCPServer
from typing import TYPE_CHECKING

from http_servers import respond, serving

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


class OtherHost(ThreadingHTTPServer):
    """A web server that gives the same answer to everything, and remembers the requests."""

    def __init__(self, status: int, body: bytes, headers: Mapping[str, str]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answer = status, body, headers
        self.requests: list[tuple[str, str, dict[str, str]]] = []

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    server: OtherHost

    def _answer(self) -> None:
        status, body, headers = self.server.answer
        self.server.requests.append((self.command, self.path, dict(self.headers)))
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        respond(self, status, headers.items(), body)

    do_GET = do_POST = _answer  # noqa: N815 - the base class looks for these names


@contextmanager
def other_host(
    status: int = 200,
    body: str = "<html>Welcome</html>",
    headers: Mapping[str, str] | None = None,
) -> Iterator[OtherHost]:
    """Serve one answer; it has no `Date` unless it is given one."""
    with serving(OtherHost(status, body.encode(), headers or {})) as server:
        yield server


@contextmanager
def silent_host() -> Iterator[str]:
    """A host that accepts connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"


@contextmanager
def unreachable_host() -> Iterator[str]:
    """A host that lets no connection come about: its queue is full."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as listening:
        address = listening.getsockname()
        waiting = [socket.socket() for _ in range(4)]
        for one in waiting:
            one.settimeout(0)
            one.connect_ex(address)
        try:
            yield f"http://127.0.0.1:{address[1]}"
        finally:
            for one in waiting:
                one.close()


def closed_port() -> str:
    """Where nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return f"http://127.0.0.1:{listening.getsockname()[1]}"


class SlowHost(ThreadingTCPServer):
    """Begins an answer, then adds a little again and again, and never gets to its end.

    Args:
        begin: What comes at once.
        drop: What comes again and again.
        greeting: The whole answer to a POST, if that is to be another.
        seconds: When it hangs up after all.
    """

    daemon_threads = True

    def __init__(
        self, begin: bytes, drop: bytes, greeting: bytes = b"", seconds: float = 5
    ) -> None:
        super().__init__(("127.0.0.1", 0), _SlowHandler)
        self.begin, self.drop, self.greeting, self.seconds = begin, drop, greeting, seconds
        self.stopping = threading.Event()

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self.server_address[1]}"


class _SlowHandler(BaseRequestHandler):
    server: SlowHost

    def handle(self) -> None:
        server, give_up_at = self.server, time.monotonic() + self.server.seconds
        # Somebody who has read enough hangs up.
        with suppress(OSError):
            if self.request.recv(1 << 16).startswith(b"POST") and server.greeting:
                self.request.sendall(server.greeting)
                return
            self.request.sendall(server.begin)
            while time.monotonic() < give_up_at and not server.stopping.wait(0.01):
                self.request.sendall(server.drop)


@contextmanager
def slow_host(
    begin: bytes, drop: bytes, greeting: bytes = b"", seconds: float = 5
) -> Iterator[SlowHost]:
    """Serve an answer that comes in drops; see `SlowHost`."""
    with serving(SlowHost(begin, drop, greeting, seconds)) as server:
        try:
            yield server
        finally:
            server.stopping.set()
