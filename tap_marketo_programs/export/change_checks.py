"""Programs that are asked for changes before anything of them is exported.

Pure. A program without changes moves its `asked` watermark only; one with changes is
exported from where its last export ended, and so is one that cannot be asked. It must not
know how Marketo is asked.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tap_marketo_programs.errors import (
    MembersFilterRefused,
    ObjectNotFound,
    PermissionDenied,
    RequestRefused,
    TooManyMembers,
)
from tap_marketo_programs.export import actions
from tap_marketo_programs.export.ledger import Answers
from tap_marketo_programs.export.plan import MAX_PROGRAMS, plan
from tap_marketo_programs.export.planning import exported_until
from tap_marketo_programs.export.quota import central_day

if TYPE_CHECKING:
    from tap_marketo_programs.errors import AnswerError
    from tap_marketo_programs.export import events
    from tap_marketo_programs.export.actions import Now
    from tap_marketo_programs.export.work import Work

# Programs in a row of which Marketo does not tell: then it is not the programs.
MAX_UNTOLD = 3
# After this number of answers a STATE says what they were, for a run that is killed.
ANSWERS_A_STATE = 200


def check_next(work: Work, now: Now) -> actions.CheckForChanges | None:
    """Ask the next program; nobody else while the first one has not answered.

    What a subscription refuses is then refused once, not three times side by side.
    """
    checks, bounds = work.checks, work.request.bounds
    if not checks.waiting or work.stop_reason or (checks.open and not checks.answered):
        return None
    program_id, known = next(iter(checks.waiting.items()))
    checks.open[program_id] = checks.waiting.pop(program_id)
    work.ledger.count_question(central_day(now.calendar))
    return actions.CheckForChanges(program_id, bounds.since(known), bounds.now)


def changes_found(work: Work, event: events.ChangesFound, _: Now) -> None:
    """A program said whether anything changed."""
    checks = work.checks
    known = checks.open.pop(event.program_id, None)
    checks.answered, checks.untold = checks.answered + 1, 0
    checks.found += event.changed
    # A file that is no good may have taken the program off the list meanwhile.
    if known is not None and event.changed:
        checks.changed.append(event.program_id)
    elif known is not None:
        work.ledger.unchanged(event.program_id, known, work.request.bounds.now)
    _note(work)


def changes_untold(work: Work, event: events.ChangesUntold, _: Now) -> None:
    """A program could not be asked, so it is exported; perhaps no program can be."""
    checks, error = work.checks, event.error
    if checks.open.pop(event.program_id, None) is not None:
        checks.changed.append(event.program_id)
    if not isinstance(error, TooManyMembers | ObjectNotFound):
        checks.untold += 1
        is_refused = isinstance(error, PermissionDenied | MembersFilterRefused) or (
            isinstance(error, RequestRefused) and not checks.answered
        )
        if checks.waiting and (is_refused or checks.untold >= MAX_UNTOLD):
            _stop_asking(work, error)
    _note(work)


def _stop_asking(work: Work, error: AnswerError) -> None:
    checks = work.checks
    work.say.warning(
        "Programs are not asked for changes any more in this run (%s); %d are exported instead, "
        "changed or not",
        error,
        len(checks.waiting),
    )
    checks.changed += checks.waiting
    checks.waiting.clear()


def _note(work: Work) -> None:
    """The ledger knows more; a STATE says so now and then, or at the end."""
    checks = work.checks
    if not checks.waiting and not checks.open:
        work.ledger.answers = Answers(checks.answered, checks.found)
    work.note_change(wanted=checks.answered > 0 and checks.answered % ANSWERS_A_STATE == 0)


def plan_changed(work: Work) -> None:
    """Export what changed: as soon as a job is full, or all is asked."""
    checks = work.checks
    is_over = not checks.waiting and not checks.open
    while checks.changed and (is_over or len(checks.changed) >= MAX_PROGRAMS):
        ready = len(checks.changed) if is_over else MAX_PROGRAMS
        work.tasks.add(plan(checks.changed[:ready], exported_until(work), work.request.bounds))
        del checks.changed[:ready]
