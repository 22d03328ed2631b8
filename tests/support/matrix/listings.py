"""Listings, limits and permissions."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from matrix.case import FOR_EVER, Case, Edit, Fault, Must
from matrix.endpoints import (
    BY_TAG,
    CHANNELS,
    DISCOVERY,
    ENDPOINTS,
    MEMBERS,
    PROGRAMS,
    TAG_TYPES,
    Before,
)
from matrix.troubles import LATER, PERMIT

if TYPE_CHECKING:
    from collections.abc import Iterator


def listings() -> Iterator[Case]:
    many = {"world": "sized", "programs": 450, "members_per_program": 0}
    plain: dict[str, Any] = {"program_details": False}
    without = ("tags", "costs", "startDate", "endDate")
    for action in ("create", "delete"):
        yield Case(
            f"a program listing that shifts between two pages ({action})",
            Must.SUCCEED,
            PROGRAMS,
            ("page shift", "Offset paging over live name order"),
            "programs",
            faults=(Fault("shift_page", "programs", args={"action": action}),),
            settings=plain,
            world=many,
            lacking=(*without, *(("+",) if action == "delete" else ())),
            text="Notices it and reads the listing again.",
        )
    yield Case(
        "an expired token in mid-paging",
        Must.SUCCEED,
        PROGRAMS,
        ("602 in mid-paging",),
        "programs",
        faults=(Fault("error", "programs", after=1, args={"code": "602"}),),
        settings=plain,
        world=many,
        lacking=without,
        text="Fetches a new token and goes on with that page.",
    )
    yield Case(
        "programs by tag in another order for each request",
        Must.SUCCEED,
        BY_TAG,
        ("byTag reshuffle", "byTag random order"),
        settings={"program_tags": [{"tag_type": "Region"}]},
        world={"world": "sized", "programs": 640, "members_per_program": 0},
        text="Reads the listing until it has shown as many different programs as it has rows.",
    )
    yield from _answers_without_result()
    yield Case(
        "a program that is deleted between listing and details",
        Must.SUCCEED,
        PROGRAMS,
        ("Unknown program id expected as error",),
        "program",
        faults=(Fault("no_result", "program"),),
        lacking=without,
        text="It comes as it was listed.",
    )
    yield Case(
        "programs whose tags and costs are null",
        Must.SUCCEED,
        PROGRAMS,
        ("tags null", "`tags`/`costs` null"),
        knobs={"empty_tags": "null"},
        text="Null stays null.",
    )
    odd = {"id": 1009, "name": "Odd", "type": "InteractiveWebinar", "headStart": None}
    yield Case(
        "a program of a type nobody has described",
        Must.SUCCEED,
        PROGRAMS,
        ("new program type", "type enum from docs"),
        edits=(Edit("add_program", odd),),
        text="Comes as it is.",
    )
    yield from _gateways()
    yield from _limits()


def _answers_without_result() -> Iterator[Case]:
    for endpoint in ("channels", "programs", "tag_types", "programs_by_tag"):
        place = ENDPOINTS[endpoint]
        case = Case(
            "an answer without `result` and without a warning",
            Must.SUCCEED,
            place.stream,
            ("result missing", "Empty page has no `result`"),
            endpoint,
            "once",
            faults=(Fault("no_result", endpoint),),
            settings=place.settings,
            text="No rows; but Marketo says so in a warning, so without one it is asked again.",
        )
        yield case
        believed = replace(
            case,
            times="for ever",
            faults=(Fault("no_result", endpoint, FOR_EVER),),
            lacking=("*",),
            text="The second such answer is believed: there are no rows.",
        )
        if endpoint == "programs_by_tag":
            # Its settings name tags.
            believed = replace(
                believed,
                must=Must.CONFIG,
                lacking=(),
                words=("No program passes program_tags",),
                text="The second such answer is believed: no program passes `program_tags`, "
                "and a run that would extract nothing says so.",
            )
        yield believed
    for endpoint, text in _WITHOUT_RESULT.items():
        place = ENDPOINTS[endpoint]
        yield Case(
            "an answer without `result`",
            Must.SUCCEED,
            place.stream,
            ("result missing",),
            endpoint,
            faults=(Fault("no_result", endpoint),),
            settings=place.settings,
            before=place.before,
            jobs=1 if place.family == "bulk" else 0,
            text=text,
        )
    for endpoint in ("members_describe", "leads_describe2"):
        place = ENDPOINTS[endpoint]
        case = Case(
            "an answer without `result`",
            Must.SUCCEED,
            place.stream,
            ("result missing",),
            endpoint,
            "once",
            faults=(Fault("no_result", endpoint),),
            settings=place.settings,
            text="Asks again: there are always fields.",
        )
        yield case
        for_ever = (Fault("no_result", endpoint, FOR_EVER),)
        yield replace(
            case,
            must=Must.STOP,
            times="for ever",
            faults=for_ever,
            words=("without a result",),
            text=LATER,
        )


# Where rows are always expected, or their absence means little.
_WITHOUT_RESULT = {
    "export_create": "Looks for the job it may have made, and uses it.",
    "export_enqueue": "Asks again; `Job already queued` is as good as success.",
    "export_status": "Asks again.",
    "export_list": "Means that there are no jobs.",
    "members": "Means that nothing changed; the sweep of `full_sweep_days` makes sure.",
}


# One of each family; identity is asked first whatever is run.
_GATEWAYS = ("identity", "programs", "members_describe", "export_status", "export_file")


def _gateways() -> Iterator[Case]:
    """Statuses of proxies and load balancers in front of Marketo, which no standard has."""
    for endpoint in _GATEWAYS:
        place = ENDPOINTS[endpoint]
        for status in (520, 522, 524, 530, 598, 599):
            yield Case(
                f"HTTP {status}, as gateways answer",
                Must.SUCCEED,
                place.stream,
                ("Gateways",),
                endpoint,
                "once",
                faults=(Fault("http", endpoint, args={"status": status}),),
                text="Tried again, as every 5xx.",
            )
        if endpoint != "identity":
            yield Case(
                "HTTP 401 outside Identity",
                Must.SUCCEED,
                place.stream,
                ("HTTP 401",),
                endpoint,
                "once",
                faults=(Fault("http", endpoint, args={"status": 401}),),
                text="A new token is fetched and the call repeated, once.",
            )


def _limits() -> Iterator[Case]:
    others = {"rate_limit": 5, "neighbour_calls": 3}
    yield Case(
        "bursts of other integrations that use the 20 seconds up",
        Must.SUCCEED,
        TAG_TYPES,
        ("606 bursts", "Retry-After awaited"),
        knobs=others,
        real_time=True,
        text="Waits for the next 20 seconds, as often as need be.",
    )
    for endpoint in ("program", "programs_by_tag"):
        place = ENDPOINTS[endpoint]
        yield Case(
            "a missing permission for one endpoint",
            Must.CONFIG,
            place.stream,
            ("603 of one endpoint", "600/601/602/603 confusion"),
            endpoint,
            knobs={"denied": endpoint},
            settings=place.settings,
            words=("603", "Read-Only Assets"),
            text=PERMIT,
        )
    yield Case(
        "no permission for members, while programs may be read",
        Must.SUCCEED,
        DISCOVERY,
        ("603 of one endpoint",),
        "members_describe",
        knobs={"denied": "members_describe"},
        words=("program_members is left out", "Read-Only Lead"),
        text="Discovery leaves `program_members` out and says why; the other streams work.",
    )
    several = [{"code": "1003", "message": "Nothing"}, {"code": "608", "message": "Later"}]
    yield Case(
        "several errors in one answer",
        Must.SUCCEED,
        CHANNELS,
        ("Several errors at once",),
        faults=(Fault("error", "channels", args={"errors": several}),),
        text="The one that says most decides.",
    )
    yield Case(
        "more members than Get Program Members handles",
        Must.SUCCEED,
        MEMBERS,
        ("100k member cap on REST",),
        "members",
        knobs={"members_cap": 1, "members_cap_counts": "total"},
        before=Before.INTERRUPTED,
        text="An export finds out instead.",
    )
