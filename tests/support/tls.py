"""The sandbox behind TLS, as Marketo is, with a certificate that nobody has to trust."""

from __future__ import annotations

import ssl
from contextlib import closing, contextmanager
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from http_servers import respond, serving

if TYPE_CHECKING:
    from collections.abc import Iterator

# Of `localhost`, and of nothing else: not even of 127.0.0.1.
CERTIFICATE = Path(__file__).with_name("localhost.pem")


class TlsProxy(ThreadingHTTPServer):
    """Takes TLS off each request and hands it on to a server of plain HTTP."""

    def __init__(self, behind: str) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.behind = urlsplit(behind).netloc
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(CERTIFICATE)
        # A handshake that fails is an OSError, which the base class takes for no request.
        self.socket = context.wrap_socket(self.socket, server_side=True)

    @property
    def url(self) -> str:
        """By the name that the certificate is for."""
        return f"https://localhost:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    server: TlsProxy

    def _hand_on(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        with closing(HTTPConnection(self.server.behind)) as behind:
            behind.request(self.command, self.path, body, dict(self.headers))
            answer = behind.getresponse()
            content = answer.read()
        headers = [
            (name, value)
            for name, value in answer.getheaders()
            if name not in {"Content-Length", "Transfer-Encoding", "Connection"}
        ]
        respond(self, answer.status, headers, content)

    do_GET = do_POST = _hand_on  # noqa: N815 - the base class looks for these names


@contextmanager
def tls_proxy(behind: str) -> Iterator[TlsProxy]:
    """Serve until the block ends."""
    with serving(TlsProxy(behind)) as server:
        yield server
