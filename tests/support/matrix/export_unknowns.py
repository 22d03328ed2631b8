"""What nobody public knows of exports and of their files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from matrix.case import DAY, FOR_EVER, Case, Edit, Fault, Must, members_case
from matrix.endpoints import Before
from matrix.unknown_points import knob_case

if TYPE_CHECKING:
    from collections.abc import Iterator


def export_unknowns() -> Iterator[Case]:
    gone = Fault("edit", "programs", args={"do": "delete_program", "program_id": 1003})
    for variant in ("empty", "1003", "1013", "failed"):
        yield knob_case("U3", variant, faults=(gone,), text="The deleted program is skipped.")
    vanished = (Edit("remove_member_field", {"name": "customText"}),)
    for variant in ("1006", "1003"):
        text = "The field is dropped with a WARNING and the job made without it."
        words = ("no longer knows customText",)
        yield knob_case("U4", variant, edits=vanished, words=words, text=text)
    odd = {"code": "1006", "message": "Unknown: 'customText'"}
    yield members_case(
        "1006 in words nobody has described",
        "1006",
        faults=(Fault("error", "export_create", FOR_EVER, where='"customText"', args=odd),),
        edits=vanished,
        words=("no longer knows customText",),
        text="The field is dropped with a WARNING and the job made without it.",
    )
    for variant in ("1013", "610", "1003", "404"):
        forgotten = (Edit("forget_jobs"),)
        text = "A job in the state that Marketo has forgotten is made again."
        yield knob_case("U6", variant, before=Before.JOB_LEFT, edits=forgotten, text=text)
    changes = (Edit("bulk_edit", {"count": 6}), Edit("advance", {"seconds": 7200}))
    for variant in (
        "inclusive",
        "exclusive_end",
        "lag_5_minutes",
        "lag_60_minutes",
        "visible_outside",
        "lead_edits_count",
    ):
        text = "Windows overlap by `lookback_seconds`, and rows outside a window are kept."
        yield knob_case("U17", variant, before=Before.SYNCED, edits=changes, text=text)
    for variant in ("disappear", "stay"):
        text = "What the export holds is what comes."
        yield knob_case("U18", variant, edits=(Edit("delete_lead", {"lead_id": 1}),), text=text)
    for variant in ("answered", "1002", "1003"):
        text = "An export finds out what Get Program Members does not say."
        more: dict[str, Any] = {"before": Before.INTERRUPTED, "edits": changes[:1], "text": text}
        yield knob_case("U35", variant, **more)
    for variant in ("all", "joins_only"):
        text = (
            "What asking does not show comes with the next export, within `full_sweep_days`: late, "
            "never lost."
        )
        # What `bulk_edit` changes of members that are there already.
        edited = ("statusName", "reachedSuccess", "reachedSuccessDate", "updatedAt")
        later = (Edit("advance", {"seconds": 8 * DAY}),)
        more = {"before": Before.INTERRUPTED, "edits": changes[:1], "then": later, "text": text}
        yield knob_case("U36", variant, lacking=edited if variant == "joins_only" else (), **more)
    for variant in ("present", "absent"):
        text = "One member is asked for, and only whether there is one; nothing is paged."
        yield knob_case("U31", variant, before=Before.INTERRUPTED, text=text)


def file_unknowns() -> Iterator[Case]:
    expired = (Edit("advance", {"seconds": 8 * DAY}),)
    text = "The job is made again."
    for variant in ("plain", "html", "empty"):
        yield knob_case("U7", variant, before=Before.JOB_LEFT, edits=expired, text=text)
    for variant in ("404", "json"):
        yield knob_case("U16", variant, before=Before.JOB_LEFT, edits=expired, text=text)
    unasked = {"change_detection": "none"}
    for variant in ("header", "zero_bytes", "404"):
        text = "A job that says it has 0 records is not downloaded."
        yield knob_case("U8", variant, before=Before.SYNCED, settings=unasked, text=text)
    unsaid = (Fault("missing_verdict", count=FOR_EVER),)
    empty = "the file of an empty export whose figures are missing"
    unsure: dict[str, Any] = {"what": empty, "before": Before.SYNCED, "faults": unsaid}
    unsure["settings"] = unasked
    for variant in ("header", "zero_bytes"):
        yield knob_case("U8", variant, text="No rows.", **unsure)
    text = "Without figures a lost file looks the same: made again once, then the run stops."
    yield knob_case("U8", "404", must=Must.STOP, words=("no such file",), text=text, **unsure)
    for variant in ("mixed", "words", "digits"):
        text = "0, 1, true, false, yes and no are read, in any case."
        fields = {"lead_fields": ["email", "unsubscribed"]}
        yield knob_case("U10", variant, settings=fields, text=text)
    for variant in ("decimal", "exponent", "integral"):
        yield knob_case("U11", variant, text="All are numbers.")
    null = {"program_id": 1002, "lead_id": 3, "customText": "null", "touch": False}
    for variant in ("bare", "quoted", "empty_cell"):
        text = "`null` and an empty cell are null."
        yield knob_case("U12", variant, edits=(Edit("edit_member", null),), text=text)
    for variant in ("lf", "no_final", "crlf"):
        yield knob_case("U13", variant, text="All are read.")
    for variant in ("416", "200", "206"):
        more = Fault("wrong_size", args={"value": 1_000_000})
        text = "A file that stays shorter than promised is bad: status and file are asked again."
        yield knob_case("U14", variant, faults=(more,), text=text)
