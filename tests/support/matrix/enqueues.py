"""Enqueues whose answer is lost or late."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from matrix.case import MANY, Case, Fault, members_case

if TYPE_CHECKING:
    from collections.abc import Iterator


def late_enqueues() -> Iterator[Case]:
    """The work is done, and the answer comes after the tap gave up, or never."""
    late = {"after_handling": True, "seconds": 1}
    slow = Fault("slow", "export_enqueue", args=late)
    impatient = {"request_timeout_seconds": 0.2}
    for kind, settings in (("reset", {}), ("http", {}), ("slow", impatient)):
        fault = slow if kind == "slow" else replace(slow, kind=kind, args={"after_handling": True})
        for variant, words in _REFUSED_AGAIN.items():
            yield members_case(
                f"an enqueue whose answer is lost ({kind}) and whose repeat is refused ({words})",
                "Enqueue retried after time-out",
                "1029 already queued",
                f"U34 {variant}",
                jobs=1,
                faults=(fault,),
                knobs={"U34": variant},
                settings=settings,
                text="Asks for the job's status; Queued, Processing and Completed are success.",
            )
    yield members_case(
        "enqueues whose answers all come too late, of several jobs",
        "Enqueue retried after time-out",
        "1029 already queued",
        jobs=3,
        faults=(replace(slow, count=3),),
        settings=impatient,
        knobs={"U34": "other_words"},
        world=MANY,
        text="Asks for each job's status; none is made or paid twice.",
    )


_REFUSED_AGAIN = {
    "already_queued": "1029 `Job already queued`",
    "other_words": "1029 in other words",
    "1003": "1003",
}
