"""Marketo's clock."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from matrix.case import DAY, Case, Edit, Must
from matrix.endpoints import MEMBERS, PROGRAMS

if TYPE_CHECKING:
    from collections.abc import Iterator


_DAY_AHEAD, _DAY_BEHIND = {"date_skew_seconds": DAY}, {"date_skew_seconds": -DAY}


# The year 9999.
_FAR_AHEAD = {"date_skew_seconds": 1e12}


_NO_DATES = (
    "absent",
    "yesterday",
    "Mon, 32 Foo 2026 25:61:61 GMT",
    "Sun, 01 Mar 2026 12:00:00 +99999999999999",
    "Sun, 01 Mar 99999999 12:00:00 GMT",
    "-1",
)


def dates() -> Iterator[Case]:
    """A header Date that is wrong must not move a window's end into the future."""
    member = Edit("edit_member", {"program_id": 1001, "lead_id": 1, "statusReason": "late"})
    program = Edit("edit_program", {"program_id": 1001, "description": "late"})
    lasting: tuple[tuple[str, dict[str, Any]], ...] = (
        ("a day ahead", _DAY_AHEAD),
        ("in the year 9999", _FAR_AHEAD),
        ("a day behind", _DAY_BEHIND),
    )
    for stream, edit in ((MEMBERS, member), (PROGRAMS, program)):
        for what, knobs in lasting:
            for end in ("stays", "does not stay"):
                if end == "stays" and knobs is _DAY_BEHIND:
                    # Whatever happens is in its future, and so comes a day later.
                    continue
                yield Case(
                    f"a header Date {what} that {end} so, of {stream}",
                    Must.SUCCEED,
                    stream,
                    ("date_skew_seconds",),
                    knobs=knobs,
                    words=("[Cc]lock|Date",),
                    then=(edit, *(() if end == "stays" else (Edit("undisturbed"),))),
                    real_time=True,
                    text="Windows end at the earlier of Marketo's Date and this machine's clock.",
                )
        for text in _NO_DATES:
            yield Case(
                f"a header Date that is {text!r}, of {stream}",
                Must.SUCCEED,
                stream,
                ("date_header",),
                knobs={"date_header": text},
                then=(edit,),
                real_time=True,
                text="This machine's clock counts.",
            )
