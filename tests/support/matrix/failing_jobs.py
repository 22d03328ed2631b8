"""Jobs that Marketo does not serve, in this run or since an earlier one."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from matrix.case import FOR_EVER, MANY, Case, Edit, Fault, Must, members_case
from matrix.endpoints import Before

if TYPE_CHECKING:
    from collections.abc import Iterator


_SYSTEM_ERROR = {"does": "error", "code": "611"}


_SICKNESSES: tuple[tuple[str, dict[str, Any]], ...] = (
    ("a status that answers 611", _SYSTEM_ERROR),
    ("a status that answers HTTP 502", {"does": "http", "status": 502}),
    ("a status with an empty body", {"does": "empty_body"}),
    ("a status whose connection is reset", {"does": "reset"}),
    ("an enqueue that answers 611", {**_SYSTEM_ERROR, "verbs": ["enqueue"]}),
    ("a status that answers 611 and no list", {**_SYSTEM_ERROR, "verbs": ["status", "list"]}),
)


def sick_jobs() -> Iterator[Case]:
    """Jobs whose calls go wrong for ever, while those of all others go well."""
    well = tuple(number for number in range(1001, 1026) if number != 1003)
    for what, args in _SICKNESSES:
        sick = Fault("job_sick", args={"program_id": 1003, **args})
        # The list of jobs tells what a status does not, unless it is silent too.
        verbs = args.get("verbs", ["status", "list"])
        yield members_case(
            f"{what} of one job",
            "Sick job",
            faults=(sick,),
            text="The list of jobs tells what its status does not; else it is made again.",
            times="for ever",
            world=MANY,
        )
        yield members_case(
            f"{what} of every job of one program",
            "Sick job",
            must=Must.STOP,
            faults=(replace(sick, count=FOR_EVER, args={**sick.args, "verbs": verbs}),),
            words=("1003",),
            times="for ever",
            world=MANY,
            brings=well,
            text="That program is named and left for the next run; all others come.",
        )
    yield from _sick_leftovers()


def _sick_leftovers() -> Iterator[Case]:
    """Sick jobs that are paid for already."""
    without_file = {"program_id": 1003, **_SYSTEM_ERROR, "verbs": ["file"]}
    yield members_case(
        "a file that answers 611 of one job",
        "Sick job",
        must=Must.STOP,
        faults=(Fault("job_sick", args=without_file),),
        words=("611",),
        times="for ever",
        world=MANY,
        brings=tuple(range(1011, 1026)),
        text="The job is paid for: the state names it and the next run asks again. All others "
        "come.",
    )
    yield members_case(
        "a job of an earlier run whose status answers 611",
        "Sick job",
        "Lost jobs after crash",
        before=Before.JOB_LEFT,
        edits=(Edit("sicken_jobs"),),
        times="for ever",
        text="The list of jobs tells what its status does not; else it is made again.",
    )
