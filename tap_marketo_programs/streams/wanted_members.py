"""What `member_filter` means for the programs of a run.

It must not know how exports are made, nor which stream they are for.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from tap_marketo_programs.errors import (
    AnswerError,
    MarketoConfigError,
    MarketoTransientError,
    NeverSettled,
    PermissionDenied,
    RequestRefused,
)
from tap_marketo_programs.export.member_filter import MemberFilter, WantedMembers
from tap_marketo_programs.export.status_probe import knows_status
from tap_marketo_programs.marketo.status_names import StatusNames, status_names, unlisted

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, MutableMapping, Sequence
    from typing import Any

    from tap_marketo_programs.export.api import ExportApi
    from tap_marketo_programs.marketo.programs import ProgramDirectory

    # What `unlisted` yields: a channel, its wanted programs, and a status that it does not list.
    Strange = tuple[str, list[int], str]

logger = logging.getLogger(__name__)

# Questions in a row without an answer: then it is an outage, or no job can be created today.
MAX_UNANSWERED = 3


def wanted_members(
    chosen: Mapping[str, Any] | None,
    programs: ProgramDirectory,
    program_ids: Collection[int],
    api: ExportApi | None = None,
) -> WantedMembers | None:
    """Which members are wanted of each program; None wants all.

    Args:
        chosen: `member_filter`.
        programs: The programs, and the statuses of their channels, which are asked for if need be.
        program_ids: Those that are wanted.
        api: Is asked for statuses that a channel does not list, by jobs that are cancelled at
            once; None takes them for unknown, as a plan has to, which creates no job.

    Raises:
        MarketoConfigError: No program has any of the statuses.
    """
    if chosen is None:
        return None
    members = MemberFilter(
        status_names=tuple(dict.fromkeys(map(str.strip, chosen.get("statusNames") or ()))),
        is_exhausted=chosen.get("isExhausted"),
        cadence=(chosen.get("nurtureCadence") or "").strip().casefold(),
    )
    names = members.status_names
    if not names or (listed := _listed(programs)) is None:
        return WantedMembers(members)
    channels = {program_id: programs.channel(program_id) for program_id in program_ids}
    if api is not None:
        strange, told = list(unlisted(names, channels, listed)), programs.told_statuses
        untold = _ask(api, strange, told)
        complete = _with_strange(listed, strange, told)
        listed = {channel: known for channel, known in complete.items() if channel not in untold}
    found = status_names(names, channels, listed)
    to_ask = sum(1 for _ in unlisted(names, channels, listed)) if api is None else 0
    _tell(found, is_asked=not to_ask)
    return WantedMembers(members, found.by_program, found.unsure, to_ask)


def _listed(programs: ProgramDirectory) -> Mapping[str, Sequence[str]] | None:
    """The statuses that each channel lists; None if they cannot be had."""
    try:
        return programs.statuses
    except (RequestRefused, PermissionDenied, MarketoTransientError, NeverSettled) as error:
        logger.warning(
            "member_filter: the channels cannot be read (%s), so every program is asked for all "
            "statusNames as they are written; what Marketo refuses takes more calls",
            error,
        )
        return None


def _ask(
    api: ExportApi, strange: Sequence[Strange], told: MutableMapping[tuple[str, str], bool]
) -> set[str]:
    """Ask for statuses that channels do not list, unless another stream of this run has.

    A job for each channel and status.

    Returns:
        Channels of which Marketo does not say, so that their programs are asked one way or
        the other.
    """
    to_ask = [each for each in strange if (each[0], each[2]) not in told]
    if to_ask:
        logger.info(
            "member_filter: Marketo is asked for %d statuses that channels do not list, by export "
            "jobs that are cancelled at once; they use no quota",
            len(to_ask),
        )
    untold: set[str] = set()
    in_a_row = 0
    for channel, program_ids, name in to_ask:
        if channel in untold or in_a_row >= MAX_UNANSWERED:
            untold.add(channel)
            continue
        try:
            told[channel, name] = knows_status(api, program_ids, name)
            in_a_row = 0
        except PermissionDenied:
            raise
        except AnswerError:
            untold.add(channel)
            in_a_row += 1
    return untold


def _with_strange(
    listed: Mapping[str, Sequence[str]],
    strange: Iterable[Strange],
    told: Mapping[tuple[str, str], bool],
) -> dict[str, Sequence[str]]:
    """The statuses of each channel, with those of the wanted ones that Marketo knows besides."""
    complete = dict(listed)
    for channel, _, name in strange:
        known = complete.setdefault(channel, ())
        if told.get((channel, name)):
            complete[channel] = (*known, name)
    return complete


def _tell(found: StatusNames, *, is_asked: bool) -> None:
    """Say which statuses and programs do not go together; refuse where none do, by all accounts."""
    if found.nowhere and is_asked:
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
