"""One request to Marketo's side, from arrival to the last byte, with the faults that it meets.

What an answer says is up to `answer` and the endpoints; how bytes are sent, to `http.sending`.
"""

from __future__ import annotations

import asyncio
import json
import time
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from aiohttp import web

from marketo_sandbox.clock import iso
from marketo_sandbox.endpoints.answer import answer
from marketo_sandbox.endpoints.routes import find_route
from marketo_sandbox.http.fault_replies import reply_instead
from marketo_sandbox.http.messages import Call, Reply
from marketo_sandbox.http.sending import hold_back, is_gone, reset, send

if TYPE_CHECKING:
    from collections.abc import Callable

    from marketo_sandbox.faults import Fault
    from marketo_sandbox.http.request_log import Entry
    from marketo_sandbox.http.server import Received
    from marketo_sandbox.subscription import Subscription

    Edit = Callable[[dict[str, object]], None]


async def exchange(
    subscription: Subscription, received: Received, edit: Edit
) -> web.StreamResponse:
    """Answer one request; `edit` does what a fault `edit` asks for."""
    log = subscription.request_log
    entry = log.begin(
        subscription.clock.now(),
        method=received.method,
        path=received.path,
        query=received.query,
        headers=received.headers,
        body=received.body,
    )
    began = time.monotonic()
    try:
        return await _Exchange(subscription, received, edit, entry).complete()
    finally:
        log.end(entry, time.monotonic() - began)


class _Exchange:
    """A request, its log entry, and the faults that it meets."""

    def __init__(
        self, subscription: Subscription, received: Received, edit: Edit, entry: Entry
    ) -> None:
        self._subscription = subscription
        self._received = received
        self._edit = edit
        self._entry = entry
        self._call = _call(subscription, received, entry)
        self._faults = subscription.faults.take(self._call.endpoint, received.text(), "request")
        entry.faults = [fault.kind for fault in self._faults]

    def _of_kind(self, kind: str, *, after_handling: bool) -> list[Fault]:
        return [
            fault
            for fault in self._faults
            if fault.kind == kind and fault.flag("after_handling") is after_handling
        ]

    async def complete(self) -> web.StreamResponse:
        """Wait, answer and send as the faults say."""
        if usual := self._subscription.knobs.number("answer_seconds"):
            await asyncio.sleep(self._subscription.clock.wait(usual))
        for fault in self._of_kind("slow", after_handling=False):
            await asyncio.sleep(fault.number("seconds", 1))
        if self._of_kind("reset", after_handling=False):
            return self._reset()
        reply = self._reply()
        self._entry.client_id = self._call.client_id or None
        self._note(reply)
        for fault in self._of_kind("slow", after_handling=True):
            await hold_back(self._received.connection, fault.number("seconds", 1))
        if self._of_kind("reset", after_handling=True) or is_gone(self._received.connection):
            self._entry.status = None
            return self._reset()
        return await self._send(reply)

    def _reset(self) -> web.StreamResponse:
        reset(self._received.connection)
        return web.Response()

    def _reply(self) -> Reply:
        """A fault's answer, or the endpoint's, which faults may change once the work is done."""
        early = [fault for fault in self._faults if not fault.flag("after_handling")]
        for fault in early:
            if (reply := reply_instead(fault, self._call)) is not None:
                return reply
        subscription, call = self._subscription, self._call
        call.at = subscription.run_due_events()
        call.request_id = subscription.request_id(call.at)
        if any(fault.kind == "revoke_token" for fault in self._faults):
            subscription.tokens.revoke()
        reply = answer(subscription, call)
        for fault in self._faults:
            reply = self._after_handling(fault, reply)
        return reply

    def _after_handling(self, fault: Fault, reply: Reply) -> Reply:
        if fault.flag("after_handling"):
            reply = reply_instead(fault, self._call) or reply
        if fault.kind == "no_result":
            payload = reply.json()
            payload.pop("result", None)
            reply.body = json.dumps(payload).encode()
        if fault.kind == "shift_page":
            _shift_page(self._subscription, fault)
        if fault.kind == "edit":
            self._edit(fault.args)
        return reply

    def _note(self, reply: Reply) -> None:
        entry, subscription = self._entry, self._subscription
        entry.status, entry.code = reply.status, reply.code
        entry.export_id = reply.export_id or entry.export_id
        if reply.code is not None:
            subscription.limits.refused(subscription.clock.now(), reply.code)

    async def _send(self, reply: Reply) -> web.StreamResponse:
        received, subscription = self._received, self._subscription
        if not received.path.startswith("/bulk/"):
            # Bulk answers are never compressed (Adobe: Performance).
            reply.compress_for(received.headers.get("Accept-Encoding", ""))
        if self._call.is_asset() and subscription.knobs.on("sticky_cookie"):
            reply.headers["Set-Cookie"] = "BIGipServersandbox-restapi_https=1.2.3; path=/"
        broken = next((f for f in self._faults if f.kind in {"cut", "stall"}), None)
        return await send(
            received.connection,
            reply,
            subscription.date_header(),
            broken=broken,
            count_sent=self._count_sent,
        )

    def _count_sent(self, sent: int) -> None:
        self._entry.bytes = sent


def _call(subscription: Subscription, received: Received, entry: Entry) -> Call:
    """The request as an endpoint sees it."""
    now = subscription.run_due_events()
    method, query = received.method, received.query
    tunnelled = method == "POST" and query.get("_method") == ["GET"]
    if tunnelled and received.path.startswith("/rest/v1/"):
        # Adobe: REST API, "URI Too Long": the query of the lead database may travel as a
        # form; not so in the asset API since September 2020 (Adobe: release notes).
        method, query = "GET", query | parse_qs(received.body.decode(errors="replace"))
    route, params = find_route(method, received.path)
    entry.endpoint = route.name if route else "unknown"
    entry.export_id = params.get("export_id")
    return Call(
        method,
        received.path,
        query,
        received.headers,
        received.body,
        now,
        subscription.request_id(now),
        entry.endpoint,
        uri_length=len(received.raw_path),
    )


def _shift_page(subscription: Subscription, fault: Fault) -> None:
    """Create or delete a program, so that the next page's offset is off by one."""
    world, now = subscription.world, subscription.clock.now()
    if fault.text("action", "create") == "delete" and world.programs:
        first = min(world.programs.values(), key=lambda p: (p.name.lower(), p.id))
        world.delete_program(int(fault.number("id", first.id)))
        return
    world.add_program(iso(now), {"name": fault.text("name", "!shifts every page")})
