"""What Marketo may do in one way or another, and the tap must not notice."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from matrix.case import Case, Edit, Must
from matrix.endpoints import CHANNELS, MEMBERS, PROGRAMS, QUOTA, Before

if TYPE_CHECKING:
    from collections.abc import Iterator


# Statuses of different channels, and a cadence that both kinds of documents have a word for.
SOME_MEMBERS = {
    "member_filter": {"statusNames": ["Member", "Viewed", "Engaged"], "nurtureCadence": "norm"}
}


def choices() -> Iterator[Case]:
    """Every other knob with several values, under each of them."""
    edits = (Edit("bulk_edit", {"count": 4}),)
    every: dict[str, tuple[tuple[object, ...], dict[str, Any]]] = {
        "channel_status_detail": (("type", "description"), {"stream": CHANNELS}),
        "empty_tags": (("list", "null"), {"stream": PROGRAMS}),
        "sticky_cookie": ((True, False), {"stream": PROGRAMS}),
        "updated_at_filter": ((True,), {"before": Before.SYNCED, "edits": edits}),
        "empty_job_list": (("no_result", "no_body"), {"settings": QUOTA}),
        "empty_members": (("list", "no_result"), {"before": Before.INTERRUPTED}),
        "status_names_known_to": (("any", "every"), {"settings": SOME_MEMBERS}),
        "cadence_words": (("both", "page", "openapi"), {"settings": SOME_MEMBERS}),
        "row_order": (("lead_id", "reverse"), {}),
        "ssv_separator": (("semicolon", "space"), {}),
        "member_nulls": (("null", "absent"), {"before": Before.INTERRUPTED, "edits": edits}),
        "members_cap_counts": (
            ("matching", "total"),
            {"before": Before.INTERRUPTED, "edits": edits, "knobs": {"members_cap": 1}},
        ),
    }
    for name, (variants, more) in every.items():
        for variant in variants:
            case = Case(
                f"a choice of Marketo's, `{name}`: `{variant}`",
                Must.SUCCEED,
                MEMBERS,
                (f"{name} {variant}",),
                text="No difference.",
            )
            knobs = {name: variant, **more.get("knobs", {})}
            yield replace(case, **{**more, "knobs": knobs})
