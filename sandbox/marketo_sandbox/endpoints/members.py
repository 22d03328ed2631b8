"""Get Program Members, and the write that the sandbox's users may not do.

Adobe: Program Members.
"""

from __future__ import annotations

import base64
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from marketo_sandbox.clock import iso, parse_instant
from marketo_sandbox.data.recent_changes import perhaps_changed
from marketo_sandbox.endpoints.describe import searchable_fields
from marketo_sandbox.errors import refuse, refuse_missing
from marketo_sandbox.exports.selection import Window
from marketo_sandbox.http.messages import Call, Reply, database_reply

if TYPE_CHECKING:
    from marketo_sandbox.data.fields import Field, Value
    from marketo_sandbox.data.member_values import Block
    from marketo_sandbox.data.programs import Program
    from marketo_sandbox.subscription import Subscription

_DEFAULT_MEMBER_FIELDS = ("acquiredBy", "leadId", "membershipDate", "programId", "reachedSuccess")
_MAX_BATCH = 300
_CUSTOM_LOOKUPS = frozenset({"string", "integer"})
_MAX_WINDOW_SECONDS = timedelta(days=7).total_seconds()


def members(subscription: Subscription, call: Call) -> Reply:
    """GET /rest/v1/programs/{id}/members.json."""
    found = subscription.world.programs.get(call.integer("id"))
    if found is None:
        refuse("1013")
    wanted, size, offset = _wanted_fields(subscription, call), _batch_size(call), _offset(call)
    matches = _matching(subscription, call, found)
    _check_cap(subscription, call, found, len(matches))
    page = matches[offset : offset + size]
    rows = _rows(subscription, subscription.world.block(found, page), wanted, offset)
    none = subscription.knobs.choice("empty_members") == "no_result"
    end = offset + len(page)
    return database_reply(
        call,
        None if none and not rows else rows,
        **_paging(subscription, end, more=end < len(matches)),
    )


def _rows(
    subscription: Subscription, block: Block, wanted: list[Field], first: int
) -> list[dict[str, object]]:
    """Members as they are shown; `seq` counts through all pages."""
    columns = [block.member(f).rows() for f in wanted]
    drop = subscription.knobs.choice("member_nulls") == "absent"
    rows: list[dict[str, object]] = []
    for number in range(len(block.leads)):
        values = {f.name: c[number] for f, c in zip(wanted, columns, strict=True)}
        if drop:
            values = {name: value for name, value in values.items() if value is not None}
        rows.append({"seq": first + number, **values})
    return rows


def _paging(subscription: Subscription, end: int, *, more: bool) -> dict[str, object]:
    """Whether there is more (knob U31): `moreResult`, or a token always, after the end too.

    Behind the last member, the token is the same again and again.
    """
    token = base64.b32encode(f"{end:014}".encode()).decode()
    if subscription.knobs.choice("more_result") == "absent":
        return {"nextPageToken": token}
    return {"nextPageToken": token, "moreResult": True} if more else {"moreResult": False}


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


def _window(call: Call) -> Window:
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
    if start >= end:
        refuse("1003", "startAt must be before endAt")
    if end - start > _MAX_WINDOW_SECONDS:
        refuse("1003", "Date range must be seven days or less")
    return Window(iso(start), iso(end))


def _matching(subscription: Subscription, call: Call, found: Program) -> list[int]:
    """Lead ids of all members that match."""
    kind = call.required("filterType")
    if not _is_lookup(subscription, kind):
        refuse("1011", f"Lookup field '{kind}' not supported")
    window = _window(call) if kind == "updatedAt" else None
    values = set(call.values("filterValues"))
    if not values:
        _check_values_missing(subscription, kind)
    if len(values) > _MAX_BATCH:
        refuse("1003", "Too many values in filterValues")
    if window is not None:
        return _changed(subscription, call, found, window)
    looked_at = subscription.world.member_fields[kind]
    deleted_stay = subscription.knobs.choice("deleted_lead_memberships") == "stay"
    return [
        lead
        for block in subscription.world.blocks(found, deleted_stay=deleted_stay)
        for lead, value in zip(block.leads, block.member(looked_at).rows(), strict=True)
        if _search_text(value) in values
    ]


def _is_lookup(subscription: Subscription, kind: str) -> bool:
    """Searchable fields, updatedAt, and custom fields of two types (Adobe: Program Members)."""
    world = subscription.world
    described = world.member_fields.get(kind)
    if described is None or kind in subscription.knobs.names("refused_lookups"):
        return False
    if kind in {"updatedAt", *searchable_fields(world)}:
        return True
    return described.custom and described.data_type in _CUSTOM_LOOKUPS


def _changed(subscription: Subscription, call: Call, found: Program, window: Window) -> list[int]:
    """Members that changed within the window, as an export sees it, or fewer (knob U36)."""
    world, knobs = subscription.world, subscription.knobs
    looked_at, window = world.member_fields["updatedAt"], window.as_of(knobs, call.at)
    if knobs.choice("member_changes_seen") == "joins_only":
        looked_at = world.member_fields["membershipDate"]
        window = replace(window, hidden=False, with_leads=False)
    deleted_stay = knobs.choice("deleted_lead_memberships") == "stay"
    gone = frozenset() if deleted_stay else world.lead_edits.deleted
    lead_edits = world.lead_edits if window.with_leads else None
    changed: list[int] = []
    for leads in perhaps_changed(found.membership, window.start, lead_edits):
        kept = [lead for lead in leads if lead not in gone] if gone else leads
        changed += window.narrow(world.block(found, kept), looked_at).leads
    return changed


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
