"""Sends an answer byte by byte, with the faults of connections: cut, silent, late, reset.

What an answer says is decided elsewhere.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
import time
from http import HTTPStatus
from typing import TYPE_CHECKING

from aiohttp import web

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from marketo_sandbox.faults import Fault
    from marketo_sandbox.http.messages import Reply

_CHUNK_BYTES = 256 * 1024
# How often a late answer looks whether anybody still waits for it.
_LOOK_EVERY_SECONDS = 0.02


class _Response(web.StreamResponse):
    """A response that can do without the header Date.

    aiohttp puts one into every response that has none, after the last public
    hook: without this private method of its there would be no such answer.
    """

    async def _prepare_headers(self) -> None:
        await super()._prepare_headers()
        if not self.headers["Date"]:
            del self.headers["Date"]


async def send(
    connection: web.BaseRequest,
    reply: Reply,
    date: str,
    *,
    broken: Fault | None = None,
    count_sent: Callable[[int], None] | None = None,
) -> web.StreamResponse:
    """Send an answer with a header Date, or none if it is empty.

    A fault `cut` or `stall` breaks it off; `count_sent` is called with the
    bytes of the body that were written so far.
    """
    response = _begun(reply, date, chunked=broken is None)
    # A client that hangs up in the middle of an answer is expected, not an error here.
    with contextlib.suppress(ConnectionError):
        await response.prepare(connection)
        limit = None if broken is None else int(broken.number("bytes", 0))
        sent = 0
        async for piece in _pieces(reply, limit):
            await response.write(piece)
            sent += len(piece)
            if count_sent is not None:
                count_sent(sent)
        if broken is not None and (broken.kind == "stall" or sent < reply.length):
            await _break_off(connection, broken)
        else:
            await response.write_eof()
    return response


def _begun(reply: Reply, date: str, *, chunked: bool) -> web.StreamResponse:
    """A response with its headers; `chunked` false: its length stands in a header in any case."""
    reason = reply.reason or _phrase(reply.status)
    response = _Response(status=reply.status, reason=reason, headers=reply.headers)
    response.headers["Server"] = "nginx"
    response.headers["Date"] = date
    if _is_bodiless(reply.status):
        reply.body, reply.part = b"", None
    elif reply.chunked and chunked:
        response.enable_chunked_encoding()
    else:
        response.content_length = reply.length
    return response


def _phrase(status: int) -> str:
    """The reason phrase; proxies use numbers that no standard has a phrase for."""
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Unknown"


def _is_bodiless(status: int) -> bool:
    """Whether HTTP knows no body of such an answer; bytes sent all the same would be garbage."""
    return status < HTTPStatus.OK or status in {HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED}


async def _pieces(reply: Reply, limit: int | None) -> AsyncIterator[bytes]:
    """The body in pieces, up to `limit` bytes."""
    left = reply.length if limit is None else min(limit, reply.length)
    if reply.part is None:
        yield reply.body[:left]
        return
    with reply.part.path.open("rb") as source:
        source.seek(reply.part.start)
        while left > 0 and (piece := source.read(min(_CHUNK_BYTES, left))):
            left -= len(piece)
            yield piece


async def _break_off(connection: web.BaseRequest, fault: Fault) -> None:
    """Close the connection in mid-body, after a silence if the fault is a stall."""
    if fault.kind == "stall":
        await asyncio.sleep(fault.number("seconds", 30))
    if connection.transport is not None:
        connection.transport.close()


def reset(connection: web.BaseRequest) -> None:
    """Drop the connection with RST, as a crashed peer or a firewall does."""
    transport = connection.transport
    if transport is None:
        return
    opened = transport.get_extra_info("socket")
    if opened is not None:
        linger = struct.pack("ii", 1, 0)
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    transport.abort()


def is_gone(connection: web.BaseRequest) -> bool:
    """Whether the client has hung up."""
    return connection.transport is None or connection.transport.is_closing()


async def hold_back(connection: web.BaseRequest, seconds: float) -> None:
    """Hold a finished answer back; no longer than somebody waits for it."""
    due = time.monotonic() + seconds
    while (left := due - time.monotonic()) > 0 and not is_gone(connection):  # noqa: ASYNC110  # a lost connection sets no event
        await asyncio.sleep(min(left, _LOOK_EVERY_SECONDS))
