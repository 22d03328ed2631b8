"""Asks Marketo which status names a program knows: by jobs that are created and cancelled.

A job that is not enqueued exports nothing and uses no quota. It must not know what follows
from the answer.
"""

from __future__ import annotations

import contextlib
from dataclasses import replace
from typing import TYPE_CHECKING

from tap_marketo_programs.errors import (
    AnswerError,
    FilterUnsupported,
    PermissionDenied,
    RequestRefused,
)
from tap_marketo_programs.export.actions import CreateJob
from tap_marketo_programs.export.events import StatusNamesTold
from tap_marketo_programs.export.member_filter import MemberFilter
from tap_marketo_programs.export.plan import MAX_PROGRAMS
from tap_marketo_programs.export.refusals import KEY_FIELD
from tap_marketo_programs.export.slices import ExportSlice
from tap_marketo_programs.export.tasks import Task

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tap_marketo_programs.export.actions import AskStatusNames
    from tap_marketo_programs.export.api import ExportApi


def ask_status_names(api: ExportApi, action: AskStatusNames) -> StatusNamesTold:
    """Try each name by itself; where all are refused, the same programs without any.

    Raises:
        PermissionDenied: Nothing can be created.
    """
    create, task = action.create, action.task
    members = create.slice.members or MemberFilter()
    try:
        known = tuple(name for name in members.status_names if _is_known(api, create, name))
        if not known:
            # Where this is refused, too, the names were not why.
            _try(api, create, None)
    except PermissionDenied:
        raise
    except AnswerError as error:
        return StatusNamesTold(task, error=error)
    return StatusNamesTold(task, known)


def knows_status(api: ExportApi, program_ids: Sequence[int], name: str) -> bool:
    """Whether Marketo takes a status name for programs of one channel.

    Raises:
        AnswerError: It does not say.
    """
    some = ExportSlice(tuple(program_ids[:MAX_PROGRAMS]), None, None, api.now())
    create = CreateJob(Task(some), some, (KEY_FIELD,), (), one_program=False)
    try:
        return _is_known(api, create, name)
    except FilterUnsupported:
        # A subscription that exports one program at a time.
        one = replace(create, slice=some.singles()[0], one_program=True)
        return _is_known(api, one, name)


def _is_known(api: ExportApi, create: CreateJob, name: str) -> bool:
    alone = MemberFilter((name,))
    if create.slice.members == alone:
        # Refused a moment ago.
        return False
    try:
        _try(api, create, alone)
    except FilterUnsupported:
        raise
    except RequestRefused:
        return False
    return True


def _try(api: ExportApi, create: CreateJob, members: MemberFilter | None) -> None:
    wanted = replace(create.slice, members=members)
    job = api.create(wanted, create.fields, create.known, one_program=create.one_program)
    if job.adopted:
        # Found instead of a lost answer, and perhaps somebody else's; it will never run.
        return
    with contextlib.suppress(AnswerError):
        api.cancel(job.export_id)
