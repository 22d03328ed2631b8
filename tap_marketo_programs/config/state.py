"""Whether a state is one, and whose.

Pure. What the SDK does not find in a state it takes for never having been
there, and every member is exported once more, without a word. It must not know
what a bookmark of a stream says.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from tap_marketo_programs.errors import StateRefused
from tap_marketo_programs.suggestions import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import datetime

CLOCK_TOLERANCE = timedelta(minutes=5)
"""How far ahead of us the clock may have been of whoever wrote a time."""

EXPECTED = 'expected the value of a STATE message, such as {"bookmarks": {}}'

# What a state may hold beside its bookmarks: other taps and SDKs write it.
_BESIDE = frozenset({"currently_syncing"})
# Where a state is wrapped, and in what: Meltano's `state get`, its stored
# states and its jobs; a STATE message; Airbyte's and Stitch's like.
_WRAPPERS = ("singer_state", "completed_state", "partial_state", "completed", "partial", "value")


def unwrapped(state: dict[str, Any]) -> dict[str, Any]:
    """The state inside what `meltano state get` prints; every other one as it is.

    That command is how a user of Meltano comes by a state, and what it prints
    can mean one thing only. Anything beside or around it leaves a choice, which
    is the user's: `problem` says what to pass.
    """
    inside = state.get("singer_state")
    return inside if len(state) == 1 and isinstance(inside, dict) else state


def problem(state: Mapping[str, Any]) -> str | None:
    """Why this is no state that can be used, unwrapped as it is; None if it is one."""
    if state.get("type") == "STATE":
        return f"it is a whole STATE message; {EXPECTED}"
    if wrapper := next((name for name in _WRAPPERS if name in state), None):
        inside = "singer_state" if _holds_singer_state(state, wrapper) else wrapper
        return (
            f"it is wrapped, as Meltano's own store has it; pass what "
            f'stands under "{inside}" alone'
        )
    if state and "bookmarks" not in state:
        return f'it holds no "bookmarks"; {EXPECTED}'
    bookmarks = state.get("bookmarks", {})
    if not isinstance(bookmarks, dict) or not all(
        isinstance(bookmark, dict) for bookmark in bookmarks.values()
    ):
        return EXPECTED
    return None


def _holds_singer_state(state: Mapping[str, Any], wrapper: str) -> bool:
    inside = state[wrapper]
    return isinstance(inside, dict) and "singer_state" in inside


def doubts(state: Mapping[str, Any], streams: Collection[str]) -> list[str]:
    """What of a state nobody will read, in one line each.

    Args:
        state: A state without a problem.
        streams: The streams there are.
    """
    lines = []
    if others := sorted(state.keys() - _BESIDE - {"bookmarks"}):
        lines.append(f"The state holds {', '.join(others)}, which is not read")
    bookmarks = state.get("bookmarks", {})
    strangers = sorted(bookmarks.keys() - set(streams))
    if strangers and len(strangers) == len(bookmarks):
        lines.append(
            f"The state is another tap's: it has bookmarks of {', '.join(strangers)} only. "
            "Everything is extracted from the start"
        )
    else:
        lines += [
            f"The state has a bookmark of {name}, which is no stream.{did_you_mean(name, streams)}"
            for name in strangers
        ]
    return lines


def refuse_future(stream: str, moment: datetime, now: datetime) -> None:
    """Refuse a bookmark that is ahead of the time.

    What changes until then would be in no window, and lost.

    Args:
        stream: Whose bookmark it is.
        moment: Up to when it says everything has been extracted.
        now: The earlier of Marketo's clock and ours.

    Raises:
        StateRefused: It lies in the future, by more than clocks may differ.
    """
    if moment <= now + CLOCK_TOLERANCE:
        return
    message = (
        f"The state of {stream} lies in the future ({moment:%Y-%m-%dT%H:%M:%SZ}, and it is "
        f"{now:%Y-%m-%dT%H:%M:%SZ}): what changes until then would be lost. Nothing was extracted "
        f"and the state is unchanged. Set the clock right, take an earlier state, or remove "
        f"bookmarks.{stream} from the state to extract everything again."
    )
    raise StateRefused(message)
