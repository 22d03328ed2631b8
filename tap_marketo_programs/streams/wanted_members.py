"""What `member_filter` means for the programs of a run.

It must not know how exports are made, nor which stream they are for.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from tap_marketo_programs.errors import (
    MarketoConfigError,
    MarketoTransientError,
    NeverSettled,
    PermissionDenied,
    RequestRefused,
)
from tap_marketo_programs.export.member_filter import MemberFilter, WantedMembers
from tap_marketo_programs.marketo.status_names import StatusNames, status_names

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from typing import Any

    from tap_marketo_programs.marketo.programs import ProgramDirectory

logger = logging.getLogger(__name__)


def wanted_members(
    chosen: Mapping[str, Any] | None, programs: ProgramDirectory, program_ids: Collection[int]
) -> WantedMembers | None:
    """Which members are wanted of each program; None wants all.

    Args:
        chosen: `member_filter`.
        programs: The programs, and the statuses of their channels, which are asked for if need be.
        program_ids: Those that are wanted.

    Raises:
        MarketoConfigError: No program has any of the statuses.
    """
    if chosen is None:
        return None
    names = tuple(dict.fromkeys(name.strip() for name in chosen.get("statusNames") or ()))
    members = MemberFilter(
        status_names=names,
        is_exhausted=chosen.get("isExhausted"),
        cadence=(chosen.get("nurtureCadence") or "").strip().casefold(),
    )
    if not names:
        return WantedMembers(members)
    try:
        listed = programs.statuses
    except (RequestRefused, PermissionDenied, MarketoTransientError, NeverSettled) as error:
        logger.warning(
            "member_filter: the channels cannot be read (%s), so every program is asked for all "
            "statusNames as they are written; what Marketo refuses takes more calls",
            error,
        )
        return WantedMembers(members)
    found = status_names(names, {one: programs.channel(one) for one in program_ids}, listed)
    _tell(found)
    return WantedMembers(members, found.by_program, found.unsure)


def _tell(found: StatusNames) -> None:
    """Say which statuses and programs do not go together; refuse where none do."""
    if found.nowhere:
        message = f"{found.problem} Nothing would be extracted."
        raise MarketoConfigError(message)
    if found.problem:
        logger.warning("%s", found.problem)
    without = sum(not names for names in found.by_program.values())
    logger.info(
        "member_filter: the channels of %d of %d programs have some of the statuses; the others "
        "are not exported",
        len(found.by_program) - without,
        len(found.by_program),
    )
