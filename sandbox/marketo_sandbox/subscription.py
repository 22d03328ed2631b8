"""One subscription: routes a call to its endpoint behind token, limits and permissions.

It holds the state that `reset` replaces. It knows neither sockets nor the
control API.
"""

from __future__ import annotations

import re
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from marketo_sandbox.clock import Clock, day_start
from marketo_sandbox.endpoints import assets as asset
from marketo_sandbox.endpoints import exports as bulk
from marketo_sandbox.endpoints import identity
from marketo_sandbox.endpoints import lead_database as database
from marketo_sandbox.errors import PlainRefusal, Refusal, refuse
from marketo_sandbox.exports.queue import JobQueue
from marketo_sandbox.exports.quota import ExportQuota
from marketo_sandbox.faults import Fault, Faults
from marketo_sandbox.http.limits import CallLimits
from marketo_sandbox.http.messages import Call, Reply, error_reply
from marketo_sandbox.http.request_log import RequestLog
from marketo_sandbox.http.tokens import Tokens
from marketo_sandbox.knobs import Knobs

if TYPE_CHECKING:
    from collections.abc import Callable

    from marketo_sandbox.data.world import World

    Endpoint = Callable[["Subscription", Call], Reply]

_EXPORT = "/bulk/v1/program/members/export"
_MEMBERS = r"/rest/v1/programs/(?P<id>[^/]+)/members\.json"
_ID = r"(?P<export_id>[^/]+)"


@dataclass(frozen=True)
class Route:
    """A path and what answers it."""

    name: str
    methods: frozenset[str]
    pattern: re.Pattern[str]
    answer: Endpoint


def _route(name: str, methods: str, path: str, answer: Endpoint) -> Route:
    return Route(name, frozenset(methods.split()), re.compile(path + r"\Z"), answer)


ROUTES = (
    _route("identity", "GET POST", "/identity/oauth/token", identity.token),
    _route("programs", "GET", r"/rest/asset/v1/programs\.json", asset.programs),
    _route("program_by_name", "GET", r"/rest/asset/v1/program/byName\.json", asset.program_by_name),
    _route("programs_by_tag", "GET", r"/rest/asset/v1/program/byTag\.json", asset.programs_by_tag),
    _route("program", "GET", r"/rest/asset/v1/program/(?P<id>[^/]+)\.json", asset.program),
    _route("tag_types", "GET", r"/rest/asset/v1/tagTypes\.json", asset.tag_types),
    _route("tag_type", "GET", r"/rest/asset/v1/tagType/byName\.json", asset.tag_type),
    _route("channels", "GET", r"/rest/asset/v1/channels\.json", asset.channels),
    _route(
        "members_describe",
        "GET",
        r"/rest/v1/programs/members/describe\.json",
        database.members_describe,
    ),
    _route("leads_describe", "GET", r"/rest/v1/leads/describe\.json", database.leads_describe),
    _route("leads_describe2", "GET", r"/rest/v1/leads/describe2\.json", database.leads_describe2),
    _route("members", "GET", _MEMBERS, database.members),
    _route("members", "POST", _MEMBERS, database.sync_members),
    _route(
        "usage",
        "GET",
        r"/rest/v1/stats/(usage|errors)(/last7days)?\.json",
        database.usage,
    ),
    _route("export_list", "GET", _EXPORT + r"\.json", bulk.listing),
    _route("export_create", "POST", _EXPORT + r"/create\.json", bulk.create),
    _route("export_enqueue", "POST", f"{_EXPORT}/{_ID}/enqueue\\.json", bulk.enqueue),
    _route("export_status", "GET", f"{_EXPORT}/{_ID}/status\\.json", bulk.status),
    _route("export_file", "GET", f"{_EXPORT}/{_ID}/file\\.json", bulk.file),
    _route("export_cancel", "POST", f"{_EXPORT}/{_ID}/cancel\\.json", bulk.cancel),
)

ENDPOINTS = frozenset({*(route.name for route in ROUTES), "unknown"})

# Adobe: REST API, "Limits": bodies of 1 MB, bulk 10 MB; URIs of 8 KB, assets 64 KB.
_BODY_LIMIT, _BULK_BODY_LIMIT = 1024 * 1024, 10 * 1024 * 1024
_URI_LIMIT, _ASSET_URI_LIMIT = 8 * 1024, 65 * 1024


def find_route(method: str, path: str) -> tuple[Route | None, dict[str, str]]:
    """The endpoint of a path; a wrong method or path is none."""
    for route in ROUTES:
        match = route.pattern.match(path)
        if match and method in route.methods:
            return route, match.groupdict()
    return None, {}


def normalized(path: str) -> str:
    """Resolve `.` and `..`, as recorded against production; double slashes stay as they are."""
    parts: list[str] = []
    for part in path.split("/"):
        if part == "..":
            if len(parts) > 1:
                parts.pop()
        elif part != ".":
            parts.append(part)
    return "/".join(parts)


class Subscription:
    """A subscription with its world, clock, limits, jobs and log."""

    def __init__(
        self,
        world: World,
        clock: Clock,
        knobs: Knobs | None = None,
        clients: dict[str, str] | None = None,
    ) -> None:
        self.world = world
        self.clock = clock
        self.knobs = knobs or Knobs()
        self.tokens = Tokens() if clients is None else Tokens(dict(clients))
        self.faults = Faults(ENDPOINTS)
        self.request_log = RequestLog()
        self.limits = CallLimits(clock, self.knobs)
        self._directory = tempfile.TemporaryDirectory(prefix="marketo-sandbox-")
        self.directory = Path(self._directory.name)
        self.queue = JobQueue(clock, self.knobs, ExportQuota(self.knobs, self.day_start))
        self._numbers_given = 0

    def close(self) -> None:
        """Drop all jobs and their files."""
        self.queue.close()
        self._directory.cleanup()

    def day_start(self, now: float) -> float:
        """When today's quotas began (knob U32)."""
        return day_start(now, observe_dst=self.knobs.choice("U32") == "chicago")

    def run_due_events(self, *, wait: bool = False) -> float:
        """Let everything happen that was due, and say what time it is."""
        now = self.clock.now()
        self.queue.run_due_events(now, wait=wait)
        return now

    def next_number(self) -> int:
        """A number that no call has had before."""
        self._numbers_given += 1
        return self._numbers_given

    def request_id(self, now: float) -> str:
        """`<hex>#<milliseconds since 1970 in hex>`, as all recorded ids decode."""
        number = 0x100 + self.next_number() * 7919 % 0x1FEFF
        return f"{number:x}#{int(now * 1000):x}"

    def doom(self, message: str) -> Fault:
        """The fate of a job that will fail."""
        return Fault("job_failed", "any", 0, args={"errorMsg": message})

    def answer(self, call: Call) -> Reply:
        """Answer a call."""
        asset_path = call.path.startswith("/rest/asset/")
        route, call.params = find_route(call.method, call.path)
        try:
            if route is not None and route.name == "identity":
                return route.answer(self, call)
            return self._checked(call, route)
        except Refusal as refusal:
            return error_reply(call, refusal, asset=asset_path)
        except PlainRefusal as refusal:
            headers = {"Content-Type": refusal.content_type}
            return Reply(refusal.body, refusal.status, headers)

    def _checked(self, call: Call, route: Route | None) -> Reply:
        asset_path = call.path.startswith("/rest/asset/")
        _check_sizes(call, asset=asset_path)
        call.client_id = self.tokens.owner(call.headers.get("Authorization"), call.at)
        self.limits.enter(call.at, self.tokens.scope(call.client_id), self.request_log.in_flight)
        if route is None:
            refuse("610")
        if route.name in self.knobs.names("denied"):
            refuse("603")
        if "access_token" in call.query:
            # Adobe: Authentication, removal of the query parameter on 2026-08-31.
            refuse("603")
        return route.answer(self, call)


def _check_sizes(call: Call, *, asset: bool) -> None:
    """HTTP 413 and 414 (Adobe: Error Codes)."""
    largest = _BULK_BODY_LIMIT if call.path.startswith("/bulk/") else _BODY_LIMIT
    if len(call.body) > largest:
        raise PlainRefusal(413, b"Request Entity Too Large", "text/plain")
    if call.uri_length > (_ASSET_URI_LIMIT if asset else _URI_LIMIT):
        raise PlainRefusal(414, b"URI Too Long", "text/plain")
