"""The export queue, and the day's quota."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from matrix.case import FOR_EVER, Case, Fault, Must
from matrix.endpoints import MEMBERS
from matrix.troubles import REPORT

if TYPE_CHECKING:
    from collections.abc import Iterator


_FULL = "Too many jobs (10) in queue"


_SPENT = "Export daily quota 500MB exceeded."


_TWICE = "Job already queued"


def queue() -> Iterator[Case]:
    for endpoint in ("export_create", "export_enqueue"):
        yield from _messages_of_1029(endpoint)
    for refuses in ("enqueue", "both"):
        yield Case(
            f"a queue full of other people's jobs, refused at {refuses}",
            Must.SUCCEED,
            MEMBERS,
            (
                "1029 queue full",
                "queue filled by others",
                "Queue counted from own jobs",
                f"U27 {refuses}",
            ),
            faults=(
                Fault(
                    "edit",
                    "export_create" if refuses == "both" else "export_enqueue",
                    after=3,
                    args={"do": "knobs", "neighbour_jobs": 0},
                ),
            ),
            knobs={"neighbour_jobs": 10, "U27": refuses},
            text="Waits for a place, for up to `export_timeout_seconds`.",
        )
        yield Case(
            f"a queue that stays full of other people's jobs, refused at {refuses}",
            Must.STOP,
            MEMBERS,
            ("1029 queue full", "queue filled by others"),
            knobs={"neighbour_jobs": 10, "U27": refuses},
            settings={"export_timeout_seconds": 60},
            words=("full for 60 s", "export_timeout_seconds"),
            text="See which other tools fill the ten places, or run at another time.",
        )
    for charged in ("completion", "create"):
        for reset in ("chicago", "utc-6"):
            yield Case(
                f"the day's export quota is used up, charged at {charged}, reset by {reset}",
                Must.STOP,
                MEMBERS,
                (f"U26 {charged}", f"U32 {reset}", "1029 daily quota", "Quota day in UTC"),
                knobs={"export_quota_mb": 0, "U26": charged, "U32": reset},
                words=("1029", "quota's reset", "UTC", "midnight in Chicago"),
                text="Run again after the time the message names. `on_quota_exhausted: stop` "
                "makes this a WARNING instead.",
            )
    yield Case(
        "the day's export quota is used up, and `on_quota_exhausted` is `stop`",
        Must.SUCCEED,
        MEMBERS,
        ("1029 daily quota",),
        knobs={"export_quota_mb": 0},
        settings={"on_quota_exhausted": "stop"},
        words=("quota's reset",),
        lacking=("*",),
        text="Ends well with a WARNING; the next run brings the rest.",
    )


def _messages_of_1029(endpoint: str) -> Iterator[Case]:
    def case(name: str, message: str, must: Must, *references: str, count: int = 1) -> Case:
        args = {"code": "1029", "message": message}
        return Case(
            f"1029 `{name}`",
            must,
            MEMBERS,
            ("1029", *references, "All 1029 alike"),
            endpoint,
            "once" if count == 1 else "for ever",
            faults=(Fault("error", endpoint, count, args=args),),
        )

    full = case(_FULL, _FULL, Must.SUCCEED, "1029 queue full")
    yield replace(full, jobs=1, text="Waits for a place, for up to `export_timeout_seconds`.")
    spent = case(_SPENT, _SPENT, Must.STOP, "1029 daily quota")
    text = "Creates no more jobs, hands over those that run, and names the time of the reset."
    yield replace(spent, words=("1029", "quota's reset", "UTC"), text=text)
    unknown = case("words nobody has described", "Something else", Must.SUCCEED)
    yield replace(unknown, text="Taken for a refusal of this job, which is made again.")
    yield replace(
        case("words nobody has described", "Something else", Must.STOP, count=FOR_EVER),
        words=("1029 Something else",),
        text=REPORT,
    )
    if endpoint == "export_enqueue":
        twice = case(_TWICE, _TWICE, Must.SUCCEED, "1029 already queued")
        yield replace(twice, jobs=1, text="As good as success; the job's status tells.")
