"""The asset API: programs, programs by tag, tag types, channels.

Adobe: Programs, Tags, Channels; the empty page and the order by name from
recorded answers.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, TypeVar

from marketo_sandbox.clock import iso
from marketo_sandbox.data.programs import Program, TagType
from marketo_sandbox.data.scatter import scatter
from marketo_sandbox.errors import MESSAGES, refuse, refuse_wrong_type
from marketo_sandbox.http.messages import Call, Reply, asset_reply

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from marketo_sandbox.knobs import Knobs
    from marketo_sandbox.subscription import Subscription

_Asset = TypeVar("_Asset")

_DEFAULT_PAGE, _MAX_PAGE = 20, 200
_FILTERS = frozenset({"id", "programid", "folderid", "workspace"})


def _bad_number(knobs: Knobs, text: str, fallback: int) -> int:
    """What a page parameter out of bounds does (knob U21)."""
    style = knobs.choice("bad_page_parameter")
    if style == "701":
        refuse("701", f"Invalid value {text}")
    if style == "1001":
        refuse_wrong_type(text, "Integer")
    return fallback


def _page(
    subscription: Subscription,
    call: Call,
    found: Sequence[_Asset],
    show: Callable[[_Asset], object],
) -> Reply:
    """Offset paging; computed again for every request, so edits shift the pages."""
    knobs = subscription.knobs
    size, offset = _DEFAULT_PAGE, 0
    if (text := call.value("maxReturn")) is not None:
        number = int(text) if text.lstrip("-").isdigit() else 0
        if 1 <= number <= _MAX_PAGE:
            size = number
        else:
            size = _bad_number(knobs, text, _MAX_PAGE if number > 0 else _DEFAULT_PAGE)
    if (text := call.value("offset")) is not None:
        offset = int(text) if text.isdigit() else _bad_number(knobs, text, 0)
    return asset_reply(call, [show(one) for one in found[offset : offset + size]])


def _query_date(call: Call, name: str) -> str | None:
    """Read a date filter in every spelling clients use.

    Seen in production: zone with and without a colon, Z, fractions, date only.
    A raw `+` arrives as a blank and does not parse.
    """
    text = call.value(name)
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        refuse("704", f"{MESSAGES['704']}: {text}")
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return iso(moment.timestamp())


def _in_window(
    program: Program, start: str | None, end: str | None, *, strict: bool, created: bool
) -> bool:
    """Updated or, as Adobe's page Programs has it, created within the window (knob U37)."""

    def inside(time: str) -> bool:
        if strict:
            return (start is None or time > start) and (end is None or time < end)
        return (start is None or time >= start) and (end is None or time <= end)

    return inside(program.updated_at) or (created and inside(program.created_at))


def _by_date(subscription: Subscription, call: Call, found: list[Program]) -> list[Program]:
    start, end = _query_date(call, "earliestUpdatedAt"), _query_date(call, "latestUpdatedAt")
    if start is None and end is None:
        return found
    bounds = subscription.knobs.choice("program_date_bounds")
    if bounds == "701" and (start is None or end is None):
        missing = "earliestUpdatedAt" if start is None else "latestUpdatedAt"
        refuse("701", MESSAGES["701"] % missing)
    if start is not None and end is not None and start >= end:
        refuse("701", "End date should always be after start date")
    strict = bounds == "exclusive"
    created = subscription.knobs.choice("program_dates_filtered") == "both"
    return [p for p in found if _in_window(p, start, end, strict=strict, created=created)]


def _by_filter(call: Call, found: list[Program]) -> list[Program]:
    kind = call.value("filterType")
    if kind is None:
        return found
    if kind.lower() not in _FILTERS:
        refuse("1003", "Invalid request. Please check and try again.")
    values = set(call.values("filterValues"))
    if not values:
        refuse("701", MESSAGES["701"] % "filterValues")
    if kind.lower() == "folderid":
        return [p for p in found if str(p.folder_id) in values]
    if kind.lower() == "workspace":
        return [p for p in found if p.workspace in values]
    return [p for p in found if str(p.id) in values]


def _ordered(subscription: Subscription) -> list[Program]:
    """All programs by name, case ignored, as recorded; no order is promised (knob U20)."""
    order, index = subscription.knobs.choice("program_order"), subscription.world.index()
    found = _visible(subscription, index.by_name if order == "name" else index.by_id)
    return _shuffled(subscription, found) if order == "random" else found


def _visible(subscription: Subscription, found: list[Program]) -> list[Program]:
    """Those in workspaces that the API users may see (Adobe: Permissions, Workspaces)."""
    workspaces = subscription.knobs.names("visible_workspaces")
    return [p for p in found if p.workspace in workspaces] if workspaces else found


def _shuffled(subscription: Subscription, found: list[Program]) -> list[Program]:
    """Another order for every request, and yet the same in every run."""
    places = scatter(subscription.next_number(), [program.id for program in found])
    return [found[number] for number in sorted(range(len(found)), key=places.__getitem__)]


def programs(subscription: Subscription, call: Call) -> Reply:
    """GET /rest/asset/v1/programs.json."""
    found = _by_date(subscription, call, _by_filter(call, _ordered(subscription)))
    if (status := call.value("status")) is not None:
        found = [p for p in found if p.status == status]
    return _page(subscription, call, found, Program.listed)


def program(subscription: Subscription, call: Call) -> Reply:
    """GET /rest/asset/v1/program/{id}.json; an unknown id is an empty page, not an error."""
    found = subscription.world.programs.get(call.integer("id"))
    seen = _visible(subscription, [found] if found else [])
    return asset_reply(call, [one.read(subscription.knobs) for one in seen])


def program_by_name(subscription: Subscription, call: Call) -> Reply:
    """GET /rest/asset/v1/program/byName.json: any case, maybe several, tags only if asked."""
    name = call.required("name").lower()
    tags = (call.value("includeTags") or "").lower() == "true"
    costs = (call.value("includeCosts") or "").lower() == "true"
    found = [] if "," in name else [p for p in _ordered(subscription) if p.name.lower() == name]
    return _page(
        subscription, call, found, lambda p: p.read(subscription.knobs, tags=tags, costs=costs)
    )


def _known_pair(subscription: Subscription, tag_type: str, tag_value: str, *, exact: bool) -> bool:
    same = str if exact else str.lower
    return any(
        same(t.name) == same(tag_type) and same(tag_value) in map(same, t.values or ())
        for t in subscription.world.tag_types
    )


def programs_by_tag(subscription: Subscription, call: Call) -> Reply:
    """GET /rest/asset/v1/program/byTag.json: "results are returned in random order"."""
    tag_type, tag_value = call.required("tagType"), call.required("tagValue")
    knobs = subscription.knobs
    exact = knobs.choice("by_tag_letter_case") == "sensitive"
    found = _visible(subscription, subscription.world.index().tagged(tag_type, tag_value))
    if exact:
        found = [p for p in found if p.tags.get(tag_type) == tag_value]
    unknown = knobs.choice("unknown_tag")
    known = found or unknown == "warning"
    if not known and not _known_pair(subscription, tag_type, tag_value, exact=exact):
        refuse(unknown)

    def show(program: Program) -> dict[str, object]:
        every = knobs.choice("by_tag_tags") == "all"
        asked = (tag_type.lower(), tag_value.lower())
        tags = [
            {"tagType": t, "tagValue": v}
            for t, v in program.tags.items()
            if every or (t.lower(), v.lower()) == asked
        ]
        return {**program.listed(), **program.dates(knobs), "tags": tags}

    return _page(subscription, call, _shuffled(subscription, found), show)


def tag_types(subscription: Subscription, call: Call) -> Reply:
    """GET /rest/asset/v1/tagTypes.json."""
    return _page(subscription, call, subscription.world.tag_types, TagType.listed)


def tag_type(subscription: Subscription, call: Call) -> Reply:
    """GET /rest/asset/v1/tagType/byName.json."""
    name = call.required("name")
    found: list[TagType] = [t for t in subscription.world.tag_types if t.name == name]
    if not found and subscription.knobs.choice("unknown_tag_type") == "702":
        refuse("702")
    return asset_reply(call, [t.named() for t in found])


def channels(subscription: Subscription, call: Call) -> Reply:
    """GET /rest/asset/v1/channels.json."""
    detail = subscription.knobs.choice("channel_status_detail")
    return _page(subscription, call, subscription.world.channels, lambda c: c.shown(detail))
