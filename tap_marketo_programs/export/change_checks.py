"""Programs that are asked for changes before anything of them is exported.

Pure. It must not know how Marketo is asked.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tap_marketo_programs.export import actions
from tap_marketo_programs.export.plan import EARLIEST, plan
from tap_marketo_programs.export.planning import known_until

if TYPE_CHECKING:
    from tap_marketo_programs.export import events
    from tap_marketo_programs.export.actions import Now
    from tap_marketo_programs.export.work import Work


def check_next(work: Work) -> actions.CheckForChanges:
    """Ask for the next program, with the overlap of an export's window."""
    program_id = work.to_check_for_changes.pop(0)
    work.checking.add(program_id)
    known, lookback = known_until(work)[program_id], work.request.bounds.lookback
    since = max(known - min(lookback, known - EARLIEST), EARLIEST)
    return actions.CheckForChanges(program_id, since, work.request.bounds.now)


def changes_found(work: Work, event: events.ChangesFound, _: Now) -> None:
    """A program without changes keeps its watermark."""
    # A file that is no good may have taken it off the list meanwhile.
    if event.program_id in work.checking and event.changed:
        work.changed.append(event.program_id)
    work.checking.discard(event.program_id)


def plan_changed(work: Work) -> None:
    """Export what changed, once all is asked: ten at a time is cheaper than one by one."""
    if work.changed and not work.to_check_for_changes and not work.checking:
        wanted = [program_id for program_id in work.changed if program_id not in work.excluded]
        work.changed.clear()
        work.tasks.add(plan(wanted, known_until(work), work.request.bounds))
