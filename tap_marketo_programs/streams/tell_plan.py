"""Writes the plan of a run to stdout.

It must not know how a plan is made, nor what stands in it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tap_marketo_programs.process.stdout import write_text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from singer_sdk import Stream

    from tap_marketo_programs.marketo.client import MarketoClient


def tell_plan(
    streams: Iterable[Stream],
    client: MarketoClient,
    form: str,
    *,
    has_state: bool,
    asks: bool,
) -> bool:
    """Write what a run would do; whether it fits into what is left of today's quota.

    Args:
        streams: Those of the tap.
        client: Sends everything.
        form: `json`, or else a table.
        has_state: Whether the tap was given a state.
        asks: Whether Marketo is asked for changes, program by program.
    """
    # Imported here since a run needs none of it.
    from tap_marketo_programs.streams.make_plan import plan_run  # noqa: PLC0415
    from tap_marketo_programs.streams.plan_text import as_json, as_text  # noqa: PLC0415

    plan = plan_run(streams, client, has_state=has_state, asks=asks)
    write_text(as_json(plan) if form == "json" else as_text(plan))
    return plan.fits
