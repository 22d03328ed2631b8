"""What nobody public knows: U1 to U37, of everything but exports."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from matrix.case import Case, Edit, Fault, Must
from matrix.endpoints import BY_TAG, CHANNELS, PROGRAMS, REGION, TAG_TYPES, Before
from matrix.export_unknowns import export_unknowns, file_unknowns
from matrix.unknown_points import knob_case

if TYPE_CHECKING:
    from collections.abc import Iterator


def unknowns() -> Iterator[Case]:
    yield from _never_asked()
    yield from export_unknowns()
    yield from file_unknowns()
    yield from _asset_unknowns()
    yield from _identity_unknowns()


# Choices that the tap never meets; it must work whatever is chosen.
_NOT_MET = {
    "U1": ("1003", "1002", "609"),
    "U2": ("1003", "1001", "1002"),
    "U5": ("accepted", "1003"),
    "U9": ("first_only", "twice"),
    "U15": ("csv", "plain"),
}


NEVER = {
    "U1": "Every job names its programs.",
    "U2": "Jobs are at most ten programs and 31 days, never both spellings, never an empty window.",
    "U5": "Windows are whole seconds.",
    "U9": "`programId` comes by itself and is not asked for.",
    "U15": "Only CSV is asked for, and the content type only tells it from JSON.",
    "U21": "`maxReturn` is always 200, and no offset is negative.",
}


def _never_asked() -> Iterator[Case]:
    for unknown, variants in _NOT_MET.items():
        for variant in variants:
            yield knob_case(unknown, variant, text=NEVER[unknown])
    for variant in ("1001", "701", "clamp"):
        yield knob_case("U21", variant, stream=PROGRAMS, text=NEVER["U21"])


def _asset_unknowns() -> Iterator[Case]:
    edits = (
        Edit("edit_program", {"program_id": 1002, "description": "new"}),
        Edit("advance", {"seconds": 2}),
    )
    fresh = (*edits[:1], Edit("add_program", {"id": 1009, "name": "New"}), *edits[1:])
    for variant in ("both", "updated"):
        text = "A new program has been updated too; listings are compared with those before."
        more = {"before": Before.SYNCED, "edits": fresh}
        yield knob_case("U37", variant, stream=PROGRAMS, text=text, **more)
    for variant in ("inclusive", "exclusive", "701"):
        text = "Both ends are always sent, the end after the start; windows overlap."
        more = {"before": Before.SYNCED, "edits": edits}
        yield knob_case("U19", variant, stream=PROGRAMS, text=text, **more)
    many = {"world": "sized", "programs": 450, "members_per_program": 0}
    for variant in ("name", "id", "random"):
        yield knob_case(
            "U20",
            variant,
            stream=PROGRAMS,
            settings={"program_details": False},
            world=many,
            lacking=("tags", "costs", "startDate", "endDate"),
            text="A listing whose pages do not join is read again, until it has shown all.",
        )
    yield from _by_tag_unknowns()
    yield from _tag_unknowns()


def _by_tag_unknowns() -> Iterator[Case]:
    comma = (
        Edit(
            "tag_program",
            {"program_id": 1003, "tag_type": "Region", "tag_value": "North America, Canada"},
        ),
    )
    for variant in ("warning", "702", "709", "1003"):
        text = "A value that is unknown has no programs."
        yield knob_case("U22", variant, stream=BY_TAG, edits=comma, text=text)
    for variant in ("queried", "all"):
        text = "`tagType` and `tagValue` are those that were asked for."
        yield knob_case("U22_tags", variant, stream=BY_TAG, settings=REGION, text=text)
    for variant in ("insensitive", "sensitive"):
        wanted = {"program_tags": [{"tag_type": "region", "tag_values": ["emea", "apj"]}]}
        text = "Tags of `program_tags` are asked for as Marketo spells them."
        yield knob_case("U22_case", variant, stream=BY_TAG, settings=wanted, text=text)
    text = "A value that contains a comma is told apart by asking for its programs."
    yield knob_case("U23", "raw", stream=BY_TAG, edits=comma, text=text)


def _tag_unknowns() -> Iterator[Case]:
    text = "The tag type comes without values."
    gone: dict[str, Fault] = {
        "warning": Fault("no_result", "tag_type", where="Quarter"),
        "702": Fault("error", "tag_type", where="Quarter", args={"code": "702"}),
    }
    for variant, fault in gone.items():
        lost: dict[str, Any] = {"faults": (fault,), "lacking": ("allowableValues",)}
        yield knob_case("U24", variant, stream=TAG_TYPES, text=text, **lost)
    tagged = (
        Edit("tag_program", {"program_id": 1003, "tag_type": "Region", "tag_value": "LATAM"}),
        Edit("advance", {"seconds": 7 * 86_400}),
    )
    later = (
        "An incremental run sees the new tag within `full_sweep_days`; `programs_by_tag` and "
        "FULL_TABLE at once."
    )
    for variant, text in (("no", later), ("yes", "The program comes again.")):
        yield knob_case(
            "U25", variant, stream=PROGRAMS, before=Before.SYNCED, edits=tagged, text=text
        )
    for variant in ("zulu_offset", "milliseconds", "offset"):
        event = {"id": 1009, "name": "Event", "startDate": "2024-08-20T22:08:07Z"}
        yield knob_case(
            "U33",
            variant,
            stream=PROGRAMS,
            edits=(Edit("add_program", event),),
            # As local time with an offset, the sandbox means another moment.
            lacking=("startDate",) if variant == "offset" else (),
            text="Read in every spelling; leaves as RFC 3339 in UTC.",
        )


def _identity_unknowns() -> Iterator[Case]:
    text = "There are none to look at; 606 is waited out by the tap's own clock."
    yield knob_case("U28", "none", stream=CHANNELS, text=text)
    for variant in ("200", "429"):
        yield knob_case(
            "U29",
            variant,
            stream=TAG_TYPES,
            knobs={"rate_limit": 5, "neighbour_calls": 3},
            real_time=True,
            text="Both wait for the next 20 seconds.",
        )
    for variant in ("unauthorized", "invalid_client", "200"):
        for name, value in (("client_id", "nobody"), ("client_secret", "a-wrong-secret")):
            yield knob_case(
                "U30",
                variant,
                what=f"a wrong {name}",
                stream=CHANNELS,
                settings={name: value},
                must=Must.CONFIG,
                words=("client_id and client_secret", "LaunchPoint"),
                text="Compare both with Admin > LaunchPoint > View Details.",
            )
