"""Which of the wanted statuses each program has, by its channel.

Pure: channels of programs and statuses of channels go in, names by program and a line for the
user come out. It must not know what the names are used for, nor how channels are listed.

Members keep a status that their channel does not list any more (Adobe: Channels); so what is
not listed has to be asked for before it can be said that no member has it.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tap_marketo_programs.marketo import unknown_values
from tap_marketo_programs.marketo.globs import folded

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence


@dataclass(frozen=True, slots=True)
class StatusNames:
    """The wanted statuses, program by program.

    Args:
        by_program: The names to ask for, as the program's channel spells them.
        unsure: Programs of whose channel the statuses are not known; all names are asked for, as
            they are.
        problem: A line on names that no channel of the programs has, and what was probably
            meant; empty if there are none.
        nowhere: Whether no program can have any of them.
    """

    by_program: Mapping[int, tuple[str, ...]]
    unsure: frozenset[int]
    problem: str = ""
    nowhere: bool = False


def unlisted(
    wanted: Sequence[str],
    channels: Mapping[int, str],
    listed: Mapping[str, Sequence[str]],
) -> Iterator[tuple[str, list[int], str]]:
    """The wanted statuses that channels do not list; the arguments are those of `status_names`.

    A channel that is not listed itself lists none of them. Programs of which the channel is not
    known have nothing in common that could be asked for.

    Yields:
        A channel's folded name, its wanted programs, and a status.
    """
    of_channel: dict[str, list[int]] = defaultdict(list)
    for program_id, channel in channels.items():
        of_channel[folded(channel)].append(program_id)
    of_channel.pop("", None)
    for channel, program_ids in sorted(of_channel.items()):
        names = set(map(folded, listed.get(channel, ())))
        for name in wanted:
            if folded(name) not in names:
                yield channel, program_ids, name


def status_names(
    wanted: Sequence[str],
    channels: Mapping[int, str],
    listed: Mapping[str, Sequence[str]],
) -> StatusNames:
    """Look the wanted statuses up.

    Args:
        wanted: Their names; case does not matter.
        channels: The channel of each program.
        listed: The statuses of each channel that is listed, by the channel's folded name.
    """
    by_folded = {folded(name): name for name in wanted}
    by_channel = {
        channel: tuple(name for name in names if folded(name) in by_folded)
        for channel, names in listed.items()
    }
    unsure = frozenset(one for one, channel in channels.items() if folded(channel) not in listed)
    by_program = {
        one: tuple(wanted) if one in unsure else by_channel[folded(channel)]
        for one, channel in channels.items()
    }
    # As the programs that are wanted have them; another channel's are no use.
    had = set(map(folded, channels.values()))
    there = {name for channel in had for name in listed.get(channel, ())}
    known = set(map(folded, there))
    missing = [name for spelling, name in by_folded.items() if spelling not in known]
    problem = _line(missing, sorted(there)) if missing and len(unsure) < len(channels) else ""
    nowhere = bool(problem) and not any(by_program.values())
    return StatusNames(by_program, unsure, problem, nowhere)


def _line(missing: Sequence[str], there: Sequence[str]) -> str:
    return (
        "member_filter.statusNames: no channel of the programs has the status "
        f"{unknown_values.shown(missing)}.{unknown_values.question(missing, there)} "
        f"There are the statuses: {unknown_values.existing(there)}."
    )
