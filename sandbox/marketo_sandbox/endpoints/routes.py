"""Marketo's paths, what we call them, and the function that answers each.

It holds no state and does not check tokens or limits: that is `answer`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from marketo_sandbox.endpoints import (
    assets,
    describe,
    export_file,
    export_jobs,
    identity,
    members,
    usage,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from marketo_sandbox.http.messages import Call, Reply
    from marketo_sandbox.subscription import Subscription

    Endpoint = Callable[[Subscription, Call], Reply]

_ASSET = "/rest/asset/v1"
_EXPORT = "/bulk/v1/program/members/export"
_MEMBERS = r"/rest/v1/programs/(?P<id>[^/]+)/members\.json"
_MEMBERS_DESCRIBE = r"/rest/v1/programs/members/describe\.json"
_USAGE = r"/rest/v1/stats/(usage|errors)(/last7days)?\.json"
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
    _route("programs", "GET", _ASSET + r"/programs\.json", assets.programs),
    _route("program_by_name", "GET", _ASSET + r"/program/byName\.json", assets.program_by_name),
    _route("programs_by_tag", "GET", _ASSET + r"/program/byTag\.json", assets.programs_by_tag),
    _route("program", "GET", _ASSET + r"/program/(?P<id>[^/]+)\.json", assets.program),
    _route("tag_types", "GET", _ASSET + r"/tagTypes\.json", assets.tag_types),
    _route("tag_type", "GET", _ASSET + r"/tagType/byName\.json", assets.tag_type),
    _route("channels", "GET", _ASSET + r"/channels\.json", assets.channels),
    _route("members_describe", "GET", _MEMBERS_DESCRIBE, describe.members_describe),
    _route("leads_describe", "GET", r"/rest/v1/leads/describe\.json", describe.leads_describe),
    _route("leads_describe2", "GET", r"/rest/v1/leads/describe2\.json", describe.leads_describe2),
    _route("members", "GET", _MEMBERS, members.members),
    _route("members", "POST", _MEMBERS, members.sync_members),
    _route("usage", "GET", _USAGE, usage.usage),
    _route("export_list", "GET", _EXPORT + r"\.json", export_jobs.listing),
    _route("export_create", "POST", _EXPORT + r"/create\.json", export_jobs.create),
    _route("export_enqueue", "POST", f"{_EXPORT}/{_ID}/enqueue\\.json", export_jobs.enqueue),
    _route("export_status", "GET", f"{_EXPORT}/{_ID}/status\\.json", export_jobs.status),
    _route("export_file", "GET", f"{_EXPORT}/{_ID}/file\\.json", export_file.file),
    _route("export_cancel", "POST", f"{_EXPORT}/{_ID}/cancel\\.json", export_jobs.cancel),
)

ENDPOINTS = frozenset({*(route.name for route in ROUTES), "unknown"})


def find_route(method: str, path: str) -> tuple[Route | None, dict[str, str]]:
    """The endpoint of a path; a wrong method or path is none."""
    for route in ROUTES:
        match = route.pattern.match(path)
        if match and method in route.methods:
            return route, match.groupdict()
    return None, {}
