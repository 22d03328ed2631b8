"""What no public source settles, each with the knob that the sandbox has for it."""

from __future__ import annotations

from typing import Any

from matrix.case import Case, Must
from matrix.endpoints import MEMBERS


def knob_case(unknown: str, variant: str, *, stream: str = MEMBERS, **more: Any) -> Case:  # noqa: ANN401 - any other column
    number = unknown.partition("_")[0]
    knobs = {unknown: variant, **more.pop("knobs", {})}
    what = more.pop("what", UNKNOWNS[number])
    shown = f"{unknown}, {what}: {variant}"
    must = more.pop("must", Must.SUCCEED)
    return Case(shown, must, stream, (f"{unknown} {variant}",), knobs=knobs, **more)


UNKNOWNS: dict[str, str] = {
    "U1": "create without program ids",
    "U2": "create with too many programs or too long a window",
    "U3": "an unknown program in a job's filter",
    "U4": "an unknown export field",
    "U5": "milliseconds in a job's window",
    "U6": "an unknown or foreign export id",
    "U7": "the body of the 404 of a file",
    "U8": "the file of an empty export",
    "U9": "programId asked for beside programIds",
    "U10": "how booleans are written",
    "U11": "how decimal numbers are written",
    "U12": "null, and the text null",
    "U13": "the last line end of a file",
    "U14": "a Range beyond the end of a file",
    "U15": "the content type of TSV and SSV",
    "U16": "a file that expired",
    "U17": "what the updatedAt filter of an export means",
    "U18": "members whose lead was deleted",
    "U19": "the bounds of the date filter of programs",
    "U20": "the order of programs",
    "U21": "page sizes and offsets out of range",
    "U22": "unknown tags, letter case, and the tags shown, of Get Programs by Tag",
    "U23": "tag values with commas",
    "U24": "an unknown tag type",
    "U25": "whether a tag, cost or folder moves a program's updatedAt",
    "U26": "when the export quota is charged",
    "U27": "where a full queue refuses",
    "U28": "headers that tell of rate limits",
    "U29": "the HTTP status of a 606",
    "U30": "how Identity refuses a client",
    "U31": "moreResult of Get Program Members",
    "U32": "daylight saving of the quota's midnight",
    "U33": "how start and end dates of programs are written",
    "U34": "how an enqueue of a job that was enqueued already is refused",
    "U35": "whether Get Program Members wants filterValues beside updatedAt",
    "U36": "whether Get Program Members sees the changes that an export sees",
    "U37": "what the date filter of programs covers",
}
