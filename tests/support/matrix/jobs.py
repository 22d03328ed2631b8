"""What export jobs may do."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from matrix.case import DAY, FOR_EVER, Case, Edit, Fault, Must, members_case
from matrix.endpoints import Before
from matrix.enqueues import late_enqueues
from matrix.failing_jobs import sick_jobs

if TYPE_CHECKING:
    from collections.abc import Iterator


_ANEW = "Makes the job again, up to three times."


def jobs() -> Iterator[Case]:
    failed = Fault("job_failed", args={"errorMsg": "Export failed for a reason"})
    yield members_case(
        "a job that fails", "job Failed", "status `Failed`", faults=(failed,), text=_ANEW
    )
    yield members_case(
        "jobs that always fail",
        "job Failed",
        "status `Failed`",
        must=Must.STOP,
        faults=(replace(failed, count=FOR_EVER),),
        words=("cannot be exported|in a row failed", "a reason"),
        text="The message names the programs and Marketo's reason.",
    )
    yield members_case(
        "a job that somebody cancels",
        "job Cancelled",
        "`Canceled` vs `Cancelled`",
        faults=(Fault("job_cancelled"),),
        text=_ANEW,
    )
    yield members_case(
        "a job that never gets done",
        "Bounded polling that falls through",
        "Lost jobs after crash",
        "create ≠ start",
        must=Must.STOP,
        faults=(Fault("job_stuck", args={"state": "Processing"}),),
        settings={"export_timeout_seconds": 120},
        words=("still Processing after 120 s", "export_timeout_seconds"),
        text="The state names the job; the next run goes on with it.",
    )
    yield members_case(
        "a status that is not refreshed for minutes",
        "status frozen for 60 s",
        "Polling each second",
        knobs={"status_refresh_seconds": 300},
    )
    yield members_case(
        "an enqueue whose answer is lost",
        "Enqueue retried after time-out",
        "1029 already queued",
        jobs=1,
        faults=(Fault("reset", "export_enqueue", args={"after_handling": True}),),
        text="Asks again; `Job already queued` is as good as success.",
    )
    for kind in ("reset", "empty_body", "http"):
        yield members_case(
            f"a create whose answer is lost ({kind})",
            "Lost answer of a create",
            faults=(Fault(kind, "export_create", args={"after_handling": True}),),
            text="Looks for the job it may have made, and uses it.",
        )
    for code in ("500", "502", "503", "604"):
        yield members_case(
            f"a create that is done and answered {code}",
            code,
            jobs=1,
            faults=(Fault("error", "export_create", args={"code": code, "after_handling": True}),),
            text="Looks for the job it may have made, and uses it.",
        )
    yield from late_enqueues()
    yield from sick_jobs()
    yield from _refused_fields()
    yield from _one_program_a_job()
    yield members_case(
        "no updatedAt filter in the subscription (1035)",
        "1035",
        "updatedAt filter not in the plan",
        "updated_at_filter False",
        before=Before.SYNCED,
        knobs={"updated_at_filter": False},
        edits=(Edit("bulk_edit", {"count": 4}),),
        words=("no updatedAt filter",),
        text="Exports whole programs from then on, which costs more quota; a WARNING says so.",
    )
    yield members_case(
        "a program deleted between listing and create",
        "Program deleted meanwhile",
        faults=(Fault("edit", "programs", args={"do": "delete_program", "program_id": 1003}),),
        text="Skipped.",
    )
    yield members_case(
        "a bookmark older than 31 days",
        "31-day window",
        before=Before.SYNCED,
        edits=(Edit("bulk_edit", {"count": 4}), Edit("advance", {"seconds": 70 * DAY})),
        text="Asks in windows of at most 31 days.",
    )


def _refused_fields() -> Iterator[Case]:
    """Marketo describes a field, and refuses to export it."""
    names = ("registrationCode", "webinarUrl")
    text = "Exactly the fields named are dropped with a WARNING and the job made without them."
    for variant in ("1006", "1003"):
        yield members_case(
            f"fields that Marketo describes and refuses to export ({variant})",
            "Refused fields",
            f"U4 {variant}",
            "refused_fields",
            knobs={"refused_fields": ",".join(names), "U4": variant},
            lacking=names,
            words=names,
            text=text,
        )
        yield members_case(
            f"a lead field that Marketo describes and refuses to export ({variant})",
            "Refused fields",
            f"U4 {variant}",
            "refused_fields",
            knobs={"refused_fields": "title", "U4": variant},
            settings={"lead_fields": ["email", "title"]},
            lacking=("title",),
            words=("title",),
            text=text,
        )


def _one_program_a_job() -> Iterator[Case]:
    """1035 that is about `programIds`: with `programId` the file has no such column by itself."""
    changes = (Edit("bulk_edit", {"count": 6}),)
    for variant, words in (("1035", "named"), ("1035_unnamed", "not named")):
        for before, edits in ((Before.NOTHING, ()), (Before.SYNCED, changes)):
            yield members_case(
                f"no programIds filter in the subscription (1035, {words}), after {before}",
                "1035",
                f"program_ids_filter {variant}",
                before=before,
                edits=edits,
                knobs={"program_ids_filter": variant},
                text="Exports one program a job from then on; each row has its program all the "
                "same.",
            )
    yield members_case(
        "a subscription that takes programIds", "program_ids_filter accepted", jobs=1
    )
