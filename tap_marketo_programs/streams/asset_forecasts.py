"""What a run would ask for the streams that read listings: calls and time.

It must not know exports, nor how a forecast is shown. What it asks Marketo itself is
bounded: the listing that all streams share, and at most a page of tag types and three of them.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import islice
from math import ceil
from typing import TYPE_CHECKING, Any

from tap_marketo_programs.export.forecast import Forecast
from tap_marketo_programs.marketo.paging import PAGE_SIZE, STEP, listing
from tap_marketo_programs.marketo.tag_values import allowable_values
from tap_marketo_programs.marketo.tags import TAG_TYPES_PATH, tag_details
from tap_marketo_programs.schemas.timestamps import instant

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from tap_marketo_programs.export.makespan import Pace
    from tap_marketo_programs.marketo.client import MarketoClient
    from tap_marketo_programs.streams.assets import AssetStream
    from tap_marketo_programs.streams.programs import ProgramsStream

# Tag types that are asked for their values; those of the others are taken to be as many.
MAX_ASKED = 3


def pages(rows: float) -> int:
    """Calls of one sweep over a listing: pages overlap by a row, and a full one is not the last."""
    return 1 if rows < PAGE_SIZE else 1 + ceil((rows - STEP) / STEP)


def channels(stream: AssetStream, pace: Pace) -> Forecast:
    """One page, as long as there are no 200 channels."""
    return _calls(stream, pace, 1, guesses={"api_calls"})


def tag_types(stream: AssetStream, tags: Tags, pace: Pace) -> Forecast:
    """The listing, and a call for each tag type."""
    return _calls(stream, pace, pages(tags.types) + tags.types)


def programs_by_tag(stream: AssetStream, tags: Tags, pace: Pace) -> Forecast:
    """The listing, a call for each tag type, and the pages of each value."""
    calls = pages(tags.types) + tags.types * (1 + tags.values_a_type * tags.pages_a_value)
    note = "values of tags and programs of each are taken to be spread evenly"
    found = _calls(stream, pace, round(calls), guesses={"api_calls", "minutes"})
    return replace(found, notes=(note,))


def programs_of_wanted_tags(stream: AssetStream, pace: Pace) -> Forecast:
    """Nothing but what tells which programs are wanted, which is counted by itself."""
    return _calls(stream, pace, 0)


def programs(stream: ProgramsStream, pace: Pace) -> Forecast:
    """The pages of the changed programs, and a call for each whose details are read."""
    rows = stream.programs.rows
    since = stream.since()
    found = [program_id for program_id, row in rows.items() if _is_changed(row, since)]
    # With those that a filter left out of an earlier run, and lets pass now.
    wanted = {row["id"] for row in stream.left_out().wanted(rows[one] for one in found)}
    due = stream.due(wanted, stream.client.now()) if stream.wants_details else []
    details = len(wanted) + len(due) if stream.wants_details else 0
    return _calls(stream, pace, pages(len(found)) + details, programs=len(wanted) + len(due))


def _is_changed(row: Mapping[str, Any], since: datetime | None) -> bool:
    try:
        return since is None or instant(row.get("updatedAt")) >= since
    except ValueError:
        return True


def _calls(
    stream: AssetStream,
    pace: Pace,
    calls: int,
    *,
    programs: int | None = None,
    guesses: set[str] | None = None,
) -> Forecast:
    return Forecast(
        stream=stream.name,
        programs=programs,
        api_calls=calls,
        seconds=pace.seconds(calls),
        guesses=frozenset(guesses or ()),
    )


class Tags:
    """How many tag types there are, and values of each.

    Args:
        client: Sends everything.
        programs: How many programs there are.
    """

    def __init__(self, client: MarketoClient, programs: int) -> None:
        names = [row["tagType"] for row in listing(client, TAG_TYPES_PATH, "tagType")]
        told = [tag_details(client, name) or {} for name in islice(names, MAX_ASKED)]
        values = [len(allowable_values(one.get("allowableValues"))) for one in told]
        self.types = len(names)
        self.values_a_type = sum(values) / len(values) if values else 0.0
        # Each program carries at most one value of most types.
        self.pages_a_value = pages(programs / max(1.0, self.values_a_type))
