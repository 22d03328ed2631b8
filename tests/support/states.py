"""What a STATE of program_members says, and whether it is true."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from tap_marketo_programs.export.bookmark import read_bookmark

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from harness import Output

    from tap_marketo_programs.export.ledger import Ledger

MEMBERS = "program_members"

Row = dict[str, Any]


def moment(text: str) -> datetime:
    """An instant as Marketo or the tap writes it."""
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)


def bookmark(state: Mapping[str, Any]) -> dict[str, Any]:
    """The members' bookmark of a state."""
    return dict(state.get("bookmarks", {}).get(MEMBERS, {}))


def ledger(state: Mapping[str, Any]) -> Ledger:
    """What a state says of programs and jobs."""
    return read_bookmark(bookmark(state))


def named(state: Mapping[str, Any]) -> set[str]:
    """The jobs that a state names."""
    return set(ledger(state).in_flight)


def assert_states_true(
    outputs: Iterable[Output],
    truth: Iterable[Row],
    since: str = "",
) -> int:
    """No STATE says more than the rows before it; the number of STATEs looked at.

    Args:
        outputs: Of one run after another, each begun with the STATE of the one before.
        truth: The members as they were all the time.
        since: Rows older than this were not asked for.
    """
    rows = [row for row in truth if (row["updatedAt"] or "") >= since]
    out: set[tuple[int, int]] = set()
    seen = 0
    for output in outputs:
        for message in output.messages:
            if message["type"] == "RECORD":
                out.add((message["record"]["leadId"], message["record"]["programId"]))
            elif message["type"] == "STATE" and bookmark(message["value"]):
                watermarks = ledger(message["value"]).watermarks
                said = [
                    row
                    for row in rows
                    if row["programId"] in watermarks
                    and moment(row["updatedAt"]) <= watermarks[row["programId"]]
                ]
                missing = [row for row in said if (row["leadId"], row["programId"]) not in out]
                assert not missing, f"a STATE speaks of rows that are not out: {missing[:3]}"
                seen += 1
    return seen
