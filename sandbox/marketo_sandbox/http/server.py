"""Sockets: reads requests, lets the subscription answer, and sends the answer byte by byte.

Here the transport faults live: cut, silent, slow and reset connections. What
an answer says is decided elsewhere.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import struct
import time
from email.utils import formatdate
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, unquote

from aiohttp import web

from marketo_sandbox.clock import iso
from marketo_sandbox.http.fault_replies import reply_instead
from marketo_sandbox.http.messages import Call, Reply
from marketo_sandbox.subscription import Subscription, find_route, normalized

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from marketo_sandbox.faults import Fault
    from marketo_sandbox.http.request_log import Entry

    Control = Callable[[str, str, dict[str, list[str]], bytes], Awaitable[Reply]]
    Edit = Callable[[dict[str, object]], None]

CONTROL_PREFIX = "/__sandbox/"
_CHUNK = 256 * 1024
_MAX_LINE_BYTES = 256 * 1024
# The last second that a Date can tell: 31 December 9999.
_LAST_SECOND = 253_402_300_799
_LOOK_EVERY = 0.02


class _Response(web.StreamResponse):
    """A response that can do without the header Date.

    aiohttp puts one into every response that has none, after the last public
    hook: without this private method of its there would be no such answer.
    """

    async def _prepare_headers(self) -> None:
        await super()._prepare_headers()
        if not self.headers["Date"]:
            del self.headers["Date"]


def _phrase(status: int) -> str:
    """The reason phrase; proxies use numbers that no standard has a phrase for."""
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Unknown"


def _is_bodiless(status: int) -> bool:
    """Whether HTTP knows no body of such an answer; bytes sent all the same would be garbage."""
    return status < HTTPStatus.OK or status in {HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED}


def _reset(request: web.BaseRequest) -> None:
    """Drop the connection with RST, as a crashed peer or a firewall does."""
    transport = request.transport
    if transport is None:
        return
    connection = transport.get_extra_info("socket")
    if connection is not None:
        linger = struct.pack("ii", 1, 0)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    transport.abort()


def _is_gone(request: web.BaseRequest) -> bool:
    """Whether the client has hung up."""
    return request.transport is None or request.transport.is_closing()


async def delayed(request: web.BaseRequest, seconds: float) -> None:
    """Hold a finished answer back; no longer than somebody waits for it."""
    due = time.monotonic() + seconds
    while (left := due - time.monotonic()) > 0 and not _is_gone(request):  # noqa: ASYNC110  # a lost connection sets no event
        await asyncio.sleep(min(left, _LOOK_EVERY))


async def _pieces(reply: Reply, limit: int | None) -> AsyncIterator[bytes]:
    """The body in pieces, up to `limit` bytes."""
    left = reply.length if limit is None else min(limit, reply.length)
    if reply.part is None:
        yield reply.body[:left]
        return
    with reply.part.path.open("rb") as source:
        source.seek(reply.part.start)
        while left > 0 and (piece := source.read(min(_CHUNK, left))):
            left -= len(piece)
            yield piece


async def _break_off(request: web.BaseRequest, fault: Fault) -> None:
    """Close the connection in mid-body, after a silence if the fault is a stall."""
    if fault.kind == "stall":
        await asyncio.sleep(fault.number("seconds", 30))
    if request.transport is not None:
        request.transport.close()


class Server:
    """Serves one `Subscription` and its control API."""

    def __init__(self, subscription: Subscription) -> None:
        self.marketo = subscription
        self.control: Control | None = None
        self.edit: Edit | None = None

    def replace(self, subscription: Subscription) -> None:
        """Serve another subscription from now on."""
        self.marketo = subscription

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer one request."""
        raw, _, query_text = request.raw_path.partition("?")
        path = normalized(unquote(raw))
        query = parse_qs(query_text, keep_blank_values=True)
        body = await request.content.read()
        if path.startswith(CONTROL_PREFIX) and self.control is not None:
            reply = await self.control(request.method, path[len(CONTROL_PREFIX) :], query, body)
            return await self._send(request, reply, [])
        subscription = self.marketo
        entry = subscription.request_log.begin(
            subscription.clock.now(),
            method=request.method,
            path=path,
            query=query,
            headers=request.headers,
            body=body,
        )
        entry.authorized = "Authorization" in request.headers
        began = time.monotonic()
        try:
            return await self._exchange(request, entry, query, body)
        finally:
            subscription.request_log.end(entry, time.monotonic() - began)

    async def _exchange(
        self, request: web.BaseRequest, entry: Entry, query: dict[str, list[str]], body: bytes
    ) -> web.StreamResponse:
        subscription = self.marketo
        call = self._call(request, entry, query, body)
        haystack = f"{entry.path}?{unquote(request.raw_path)} {body.decode(errors='replace')}"
        faults = subscription.faults.take(call.endpoint, haystack, "request")
        entry.faults = [fault.kind for fault in faults]
        for fault in faults:
            if fault.kind == "slow" and not fault.flag("after_handling"):
                await asyncio.sleep(fault.number("seconds", 1))
        early = [f for f in faults if not f.flag("after_handling")]
        if any(fault.kind == "reset" for fault in early):
            _reset(request)
            return web.Response()
        reply = next((r for f in early if (r := reply_instead(f, call))), None)
        if reply is None:
            call.at = subscription.run_due_events()
            call.request_id = subscription.request_id(call.at)
            if any(fault.kind == "revoke_token" for fault in faults):
                subscription.tokens.revoke()
            reply = subscription.answer(call)
            reply = self._afterwards(faults, call, reply)
        entry.client_id = call.client_id or None
        return await self._report_and_send(request, entry, reply, faults)

    def _call(
        self, request: web.BaseRequest, entry: Entry, query: dict[str, list[str]], body: bytes
    ) -> Call:
        subscription = self.marketo
        now = subscription.run_due_events()
        method = request.method
        tunnelled = method == "POST" and query.get("_method") == ["GET"]
        if tunnelled and entry.path.startswith("/rest/v1/"):
            # Adobe: REST API, "URI Too Long": the query of the lead database may travel as a
            # form; not so in the asset API since September 2020 (Adobe: release notes).
            method, query = "GET", query | parse_qs(body.decode(errors="replace"))
        route, params = find_route(method, entry.path)
        entry.endpoint = route.name if route else "unknown"
        entry.export_id = params.get("export_id")
        return Call(
            method,
            entry.path,
            query,
            request.headers,
            body,
            now,
            subscription.request_id(now),
            entry.endpoint,
            uri_length=len(request.raw_path),
        )

    def _afterwards(self, faults: list[Fault], call: Call, reply: Reply) -> Reply:
        """Faults that strike once the work is done."""
        for fault in faults:
            if fault.flag("after_handling"):
                reply = reply_instead(fault, call) or reply
            if fault.kind == "no_result":
                payload = reply.json()
                payload.pop("result", None)
                reply.body = json.dumps(payload).encode()
            if fault.kind == "shift_page":
                self._shift(fault)
            if fault.kind == "edit" and self.edit is not None:
                self.edit(fault.args)
        return reply

    def _shift(self, fault: Fault) -> None:
        """Create or delete a program, so that the next page's offset is off by one."""
        world, now = self.marketo.world, self.marketo.clock.now()
        if fault.text("action", "create") == "delete" and world.programs:
            first = min(world.programs.values(), key=lambda p: (p.name.lower(), p.id))
            world.delete_program(int(fault.number("id", first.id)))
            return
        world.add_program(iso(now), {"name": fault.text("name", "!shifts every page")})

    async def _report_and_send(
        self, request: web.BaseRequest, entry: Entry, reply: Reply, faults: list[Fault]
    ) -> web.StreamResponse:
        subscription = self.marketo
        entry.status, entry.code = reply.status, reply.code
        entry.export_id = reply.export_id or entry.export_id
        if reply.code is not None:
            subscription.limits.refused(subscription.clock.now(), reply.code)
        for fault in faults:
            if fault.kind == "slow" and fault.flag("after_handling"):
                await delayed(request, fault.number("seconds", 1))
        if any(fault.kind == "reset" for fault in faults) or _is_gone(request):
            entry.status = None
            _reset(request)
            return web.Response()
        if not entry.path.startswith("/bulk/"):
            # Bulk answers are never compressed (Adobe: Performance).
            reply.compressed_for(request.headers.get("Accept-Encoding", ""))
        if entry.path.startswith("/rest/asset/") and subscription.knobs.on("sticky_cookie"):
            reply.headers["Set-Cookie"] = "BIGipServersandbox-restapi_https=1.2.3; path=/"
        return await self._send(request, reply, faults, entry)

    def _date(self) -> str:
        """The header Date; empty for none."""
        knobs = self.marketo.knobs
        if (text := knobs.choice("date_header")) != "":
            return "" if text == "absent" else text
        shown = self.marketo.clock.now() + knobs.number("date_skew_seconds")
        return formatdate(min(max(shown, 0), _LAST_SECOND), usegmt=True)

    async def _send(
        self,
        request: web.BaseRequest,
        reply: Reply,
        faults: list[Fault],
        entry: Entry | None = None,
    ) -> web.StreamResponse:
        broken = next((f for f in faults if f.kind in {"cut", "stall"}), None)
        reason = reply.reason or _phrase(reply.status)
        response = _Response(status=reply.status, reason=reason, headers=reply.headers)
        response.headers["Server"] = "nginx"
        response.headers["Date"] = self._date()
        if _is_bodiless(reply.status):
            reply.body, reply.part = b"", None
        elif reply.chunked and broken is None:
            response.enable_chunked_encoding()
        else:
            response.content_length = reply.length
        # A client that hangs up in mid-answer is part of the game, not an error here.
        with contextlib.suppress(ConnectionError):
            await response.prepare(request)
            limit = None if broken is None else int(broken.number("bytes", 0))
            sent = 0
            async for piece in _pieces(reply, limit):
                await response.write(piece)
                sent += len(piece)
                if entry is not None:
                    entry.bytes = sent
            if broken is not None and (broken.kind == "stall" or sent < reply.length):
                await _break_off(request, broken)
            else:
                await response.write_eof()
        return response


@contextlib.asynccontextmanager
async def serving(server: Server, port: int) -> AsyncIterator[int]:
    """Listen on 127.0.0.1 and yield the port."""
    low_level = web.Server(
        server.handle,
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
