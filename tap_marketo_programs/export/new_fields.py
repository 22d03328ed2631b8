"""Fields that are wanted now and that members extracted before were exported without.

Pure. It must not know how a backfill is exported, once it is planned.

A new field is told once, by a WARNING, or its programs are exported once more: whole, after
all increments, and only for fields that Marketo exports in this run.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from tap_marketo_programs.export.field_history import Before
from tap_marketo_programs.export.tasks import Kind, Phase
from tap_marketo_programs.quoting import quoted
from tap_marketo_programs.schemas.figures import counted

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from tap_marketo_programs.export.slices import ExportSlice
    from tap_marketo_programs.export.work import Work


def note_fields(work: Work) -> None:
    """Note which fields are wanted, and tell which of them are new to whom."""
    request, fields = work.request, work.ledger.fields
    if request.on_new_fields == "ignore" or request.members is not None:
        # Of an export of some members only, the ledger says nothing.
        return
    if new := fields.want(request.fields, work.ledger.watermarks, request.hashed, request.salt):
        # At once, so that it is told once, whenever this run may be killed.
        work.note_change()
    if request.full_table:
        # Every member is exported now.
        return
    lacked = fields.lacked(request.fields, request.program_ids)
    if request.on_new_fields == "backfill":
        _say_backfill(work, lacked)
        return
    _warn(work, [name for name, before in new.items() if before is Before.WITHOUT])
    _warn_of_hashes(work, new)
    if old := {name: ids for name, ids in lacked.items() if name not in new}:
        work.say.info(
            "members of %s were exported without %s, and do not have it until they change "
            "(on_new_fields: backfill exports them once more)",
            _counted(old),
            _listed(old, request.hashed),
        )


def _warn(work: Work, names: Collection[str]) -> None:
    if new := work.ledger.fields.lacked(names, work.ledger.watermarks):
        work.say.warning(
            "newly wanted: %s. The members of %s were exported without, and have no value of it "
            "until they change; on_new_fields: backfill exports them once more, within the quota. "
            "Fields that are new in Marketo are seen only once Meltano's cached catalog is "
            "refreshed: meltano run --refresh-catalog, or meltano el --refresh-catalog",
            _listed(new),
            _counted(new),
        )


_TURNED = (
    (Before.OTHERWISE, True, "leave hashed from now on", "in clear"),
    (Before.OTHERWISE, False, "are not hashed any more", "as hashes"),
    (Before.OTHER_SALT, True, "are hashed with another hash_salt", "by the former one"),
)
"""What members have, whether the field is hashed now; what is said of now, and of them."""


def _warn_of_hashes(work: Work, new: Mapping[str, Before]) -> None:
    """Fields that are hashed otherwise from now on: a target holds them as they were."""
    hashed = work.request.hashed
    for had, is_hashed, now, before in _TURNED:
        turned = [one for one, its in new.items() if its is had and (one in hashed) == is_hashed]
        if lacked := work.ledger.fields.lacked(turned, work.ledger.watermarks):
            work.say.warning(
                "hash_fields: values of %s %s. The members of %s were exported before that, and "
                "a target holds their values %s until they change; on_new_fields: backfill "
                "exports them once more, within the quota",
                _listed(lacked),
                now,
                _counted(lacked),
                before,
            )


def _say_backfill(work: Work, lacked: Mapping[str, set[int]]) -> None:
    if lacked:
        work.say.info(
            "members of %s were exported without %s; they are exported once more, after the "
            "increments (on_new_fields: backfill)",
            _counted(lacked),
            _listed(lacked, work.request.hashed),
        )


def to_backfill(work: Work, wanted: Collection[int]) -> list[int]:
    """The programs that lack a field which is exported now, and that no job under way brings."""
    if work.request.on_new_fields != "backfill":
        return []
    lacked = work.ledger.fields.lacked(work.fields, set(wanted) - backfilled(work))
    return sorted(_programs(lacked))


def with_backfills(work: Work, wanted: ExportSlice) -> ExportSlice:
    """An export of every member, for which an older row costs no more, with all of them.

    So it is the backfill of its programs as well, which would be paid for once more. Rows
    from before the `start_date` are not wanted for that.
    """
    start = work.request.bounds.start_date
    planned = [task for task in work.tasks.of(Phase.PLANNED) if task.kind is Kind.BACKFILL]
    to_come = {program_id for task in planned for program_id in task.slice.program_ids}
    if to_come.isdisjoint(wanted.program_ids):
        return wanted
    for program_id in to_come.intersection(wanted.program_ids):
        work.tasks.exclude_program(program_id, Kind.BACKFILL)
    return wanted if wanted.brings_all(start) else replace(wanted, min_updated_at=start)


def leave_out_what_is_not_exported(work: Work) -> None:
    """Backfill no program for the sake of fields that Marketo does not export after all."""
    planned = [task for task in work.tasks.of(Phase.PLANNED) if task.kind is Kind.BACKFILL]
    programs = {program_id for task in planned for program_id in task.slice.program_ids}
    lacked = work.ledger.fields.lacked(work.fields, programs)
    for program_id in programs - _programs(lacked):
        work.tasks.exclude_program(program_id, Kind.BACKFILL)


def backfilled(work: Work) -> set[int]:
    """The programs that are, or will be, exported once more in this run."""
    return {
        program_id
        for task in work.tasks
        if task.kind is Kind.BACKFILL
        for program_id in task.slice.program_ids
    }


def notes(work: Work) -> list[str]:
    """For the plan of a run: how many programs are backfilled and why, or would be."""
    request = work.request
    lacked = work.ledger.fields.lacked(request.fields, request.program_ids)
    if request.full_table or not lacked:
        return []
    why = f"their members were exported without {_listed(lacked, request.hashed)}"
    if found := backfilled(work):
        verb = "is" if len(found) == 1 else "are"
        return [f"{counted(len(found), 'program')} {verb} backfilled: {why}"]
    return [f"on_new_fields: backfill would export {_counted(lacked)} once more: {why}"]


def _programs(lacked: Mapping[str, set[int]]) -> set[int]:
    return set().union(*lacked.values())


def _counted(lacked: Mapping[str, set[int]]) -> str:
    return counted(len(_programs(lacked)), "program")


def _listed(names: Iterable[str], hashed: Collection[str] = ()) -> str:
    return ", ".join(
        f"the hash of {quoted(name)}" if name in hashed else quoted(name) for name in sorted(names)
    )
