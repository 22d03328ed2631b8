"""Get Program Members, and the write that the sandbox's users may not do.

Adobe: Program Members.
"""

from __future__ import annotations

import base64
from datetime import timedelta
from typing import TYPE_CHECKING

from marketo_sandbox.clock import iso, parse_instant
from marketo_sandbox.errors import refuse, refuse_missing
from marketo_sandbox.http.messages import Call, Reply, database_reply

if TYPE_CHECKING:
    from collections.abc import Iterator

    from marketo_sandbox.data.fields import Field, Value
    from marketo_sandbox.data.programs import Program
    from marketo_sandbox.subscription import Subscription

_DEFAULT_MEMBER_FIELDS = ("acquiredBy", "leadId", "membershipDate", "programId", "reachedSuccess")
_MAX_BATCH = 300
_MAX_WINDOW_SECONDS = timedelta(days=7).total_seconds()


def members(subscription: Subscription, call: Call) -> Reply:
    """GET /rest/v1/programs/{id}/members.json."""
    found = subscription.world.programs.get(call.integer("id"))
    if found is None:
        refuse("1013")
    wanted, size, offset = _wanted_fields(subscription, call), _batch_size(call), _offset(call)
    matches = list(_matching(subscription, call, found))
    _check_cap(subscription, call, found, len(matches))
    page = matches[offset : offset + size]
    block = subscription.world.block(found, [lead for _, lead in page])
    columns = [block.member(f).rows() for f in wanted]
    drop = subscription.knobs.choice("member_nulls") == "absent"
    rows = []
    for number, (position, _) in enumerate(page):
        values = {f.name: c[number] for f, c in zip(wanted, columns, strict=True)}
        if drop:
            values = {name: value for name, value in values.items() if value is not None}
        rows.append({"seq": position, **values})
    more = offset + size < len(matches)
    extra: dict[str, object] = {}
    always_token = subscription.knobs.choice("more_result") == "absent"
    if more or (always_token and page):
        extra["nextPageToken"] = base64.b32encode(f"{offset + size:014}".encode()).decode()
    if not always_token:
        extra["moreResult"] = more
    return database_reply(call, rows, **extra)


def sync_members(_subscription: Subscription, _call: Call) -> Reply:
    """POST /rest/v1/programs/{id}/members.json: Sync Program Member Data, a write.

    Adobe's OpenAPI document: it wants the permission Read-Write Lead, and the
    sandbox's API users may only read. A read that travels as a form says so
    with `_method=GET`.
    """
    refuse("603")


def _wanted_fields(subscription: Subscription, call: Call) -> list[Field]:
    known = subscription.world.member_fields
    names = call.values("fields") or list(_DEFAULT_MEMBER_FIELDS)
    for name in names:
        if name not in known:
            refuse("1006", f"Field '{name}' not found")
    return [known[name] for name in names]


def _window(call: Call) -> tuple[str, str]:
    """The updatedAt filter: at most seven days, no milliseconds (Adobe: Program Members)."""
    bounds = []
    for name in ("startAt", "endAt"):
        text = call.value(name)
        if not text:
            refuse_missing(name)
        if "." in text:
            refuse("1003", f"Invalid value for {name}")
        try:
            bounds.append(parse_instant(text))
        except ValueError:
            refuse("1003", f"Invalid value for {name}")
    start, end = bounds
    if start >= end or end - start > _MAX_WINDOW_SECONDS:
        refuse("1003", "Date range must be seven days or less")
    return iso(start), iso(end)


def _matching(subscription: Subscription, call: Call, found: Program) -> Iterator[tuple[int, int]]:
    """Lead ids of matching members, with their position."""
    kind = call.required("filterType")
    known = subscription.world.member_fields
    if kind not in known:
        refuse("1011", f"Lookup field '{kind}' not supported")
    deleted_stay = subscription.knobs.choice("deleted_lead_memberships") == "stay"
    window = _window(call) if kind == "updatedAt" else None
    values = set(call.values("filterValues"))
    if not values:
        _check_values_missing(subscription, kind)
    if len(values) > _MAX_BATCH:
        refuse("1003", "Too many values in filterValues")
    looked_at = known[kind]
    if window is not None and subscription.knobs.choice("member_changes_seen") == "joins_only":
        looked_at = known["membershipDate"]
    position = 0
    for block in subscription.world.blocks(found, deleted_stay=deleted_stay):
        for lead, value in zip(block.leads, block.member(looked_at).rows(), strict=True):
            if window is None:
                hit = _search_text(value) in values
            else:
                hit = window[0] <= str(value) <= window[1]
            if hit:
                yield position, lead
                position += 1


def _check_values_missing(subscription: Subscription, kind: str) -> None:
    """Adobe's OpenAPI document wants filterValues always, Adobe's page not with updatedAt (U35)."""
    demanded = subscription.knobs.choice("missing_filter_values") if kind == "updatedAt" else "1002"
    if demanded == "1002":
        refuse_missing("filterValues")
    if demanded == "1003":
        refuse("1003", "Invalid value for filterValues")


def _search_text(value: Value) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _check_cap(subscription: Subscription, call: Call, found: Program, matching: int) -> None:
    """100,000 members at most, counted in one of two ways (Adobe: Program Members)."""
    if call.value("filterType") == "leadId":
        return
    cap = int(subscription.knobs.number("members_cap"))
    if subscription.knobs.choice("members_cap_counts") == "total":
        if len(found.membership) > cap:
            refuse(
                "1003",
                f"Total membership size: {len(found.membership):,} exceeds the limit allowed"
                f" {cap:,} for the filter",
            )
    elif matching > cap:
        refuse(
            "1003",
            f"Matching membership size: {matching:,} exceeds the limit allowed ({cap:,})"
            " for this api",
        )


def _offset(call: Call) -> int:
    token = call.value("nextPageToken")
    if token is None:
        return 0
    try:
        return int(base64.b32decode(token))
    except ValueError:
        refuse("1003", "Invalid nextPageToken")


def _batch_size(call: Call) -> int:
    text = call.value("batchSize") or str(_MAX_BATCH)
    if not text.isdigit() or not 1 <= int(text) <= _MAX_BATCH:
        refuse("1003", "Invalid value for batchSize")
    return int(text)
