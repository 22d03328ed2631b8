"""Sockets: listens on 127.0.0.1 and reads requests. What they ask for, it does not know."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, unquote

from aiohttp import web

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Mapping

    Handler = Callable[["Received"], Awaitable[web.StreamResponse]]

_MAX_LINE_BYTES = 256 * 1024


@dataclass(frozen=True)
class Received:
    """One request as it arrived: `path` is decoded, `raw_path` has the query, too."""

    connection: web.BaseRequest
    method: str
    path: str
    raw_path: str
    query: dict[str, list[str]]
    headers: Mapping[str, str]
    body: bytes

    def text(self) -> str:
        """All that a fault's `where` may stand in: path, query and body."""
        return f"{self.path}?{unquote(self.raw_path)} {self.body.decode(errors='replace')}"


async def _read(connection: web.BaseRequest) -> Received:
    raw, _, query = connection.raw_path.partition("?")
    return Received(
        connection,
        connection.method,
        _normalized(unquote(raw)),
        connection.raw_path,
        parse_qs(query, keep_blank_values=True),
        connection.headers,
        await connection.content.read(),
    )


def _normalized(path: str) -> str:
    """Resolve `.` and `..`, as recorded against production; double slashes stay as they are."""
    parts: list[str] = []
    for part in path.split("/"):
        if part == "..":
            if len(parts) > 1:
                parts.pop()
        elif part != ".":
            parts.append(part)
    return "/".join(parts)


@contextlib.asynccontextmanager
async def serving(handle: Handler, port: int) -> AsyncIterator[int]:
    """Listen on 127.0.0.1 and yield the port."""

    async def handle_connection(connection: web.BaseRequest) -> web.StreamResponse:
        return await handle(await _read(connection))

    low_level = web.Server(
        handle_connection,
        max_line_size=_MAX_LINE_BYTES,
        max_field_size=_MAX_LINE_BYTES,
        access_log=None,
    )
    runner = web.ServerRunner(low_level, handle_signals=False, shutdown_timeout=0.2)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", port)
        await site.start()
        yield int(runner.addresses[0][1])
    finally:
        await runner.cleanup()
