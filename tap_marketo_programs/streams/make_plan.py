"""Makes the plan of a run, stream by stream.

It asks Marketo less than 20 times, besides the listing of programs, what tells which of
them carry the tags of `program_tags` and, if it is told to, a call for each program that
could have changed. It creates nothing and writes nothing. It
must not know how a plan is shown.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from math import ceil
from typing import TYPE_CHECKING, TypeGuard

from tap_marketo_programs.export.api import LIST_PAGE, ExportApi
from tap_marketo_programs.export.forecast import Forecast
from tap_marketo_programs.export.job import ExportStatus
from tap_marketo_programs.export.learned import Learned
from tap_marketo_programs.export.makespan import Pace
from tap_marketo_programs.export.quota import SUBSCRIPTION_MB, next_reset
from tap_marketo_programs.marketo.usage import calls_today
from tap_marketo_programs.streams import asset_forecasts
from tap_marketo_programs.streams.assets import AssetStream
from tap_marketo_programs.streams.base import MarketoStream
from tap_marketo_programs.streams.export_jobs import ExportJobsStream
from tap_marketo_programs.streams.member_forecast import MemberForecast
from tap_marketo_programs.streams.member_stream import MemberStream
from tap_marketo_programs.streams.programs import ProgramsStream
from tap_marketo_programs.streams.programs_by_tag import ProgramsByTagStream
from tap_marketo_programs.streams.run_plan import QuotaLeft, RunPlan

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping
    from datetime import datetime

    from singer_sdk import Stream

    from tap_marketo_programs.export.job import ExportJob
    from tap_marketo_programs.marketo.client import MarketoClient
    from tap_marketo_programs.marketo.programs import ProgramDirectory

logger = logging.getLogger(__name__)

# Pages of the list of jobs: with 300 each, all jobs of a week of the largest subscriptions.
MAX_JOB_PAGES = 10


def plan_run(
    streams: Iterable[Stream], client: MarketoClient, *, has_state: bool, asks: bool
) -> RunPlan:
    """Make the plan of a run.

    Args:
        streams: Those of the tap.
        client: Sends everything.
        has_state: Whether the tap was given a state.
        asks: Whether Marketo is asked for changes, program by program.

    Raises:
        MarketoError: What would end the run, too: a bad bookmark, setting or permission.
    """
    chosen = _chosen(streams)
    now, began = client.now(), client.clock.monotonic()
    used = calls_today(client)
    took = [client.clock.monotonic() - began]
    members = [each for each in chosen if isinstance(each, MemberStream)]
    listed = _listed(chosen, client)
    if members:
        took.append(_seconds_a_call(members[0].programs, client))
    shared = _shared_calls(chosen, client)
    forecasts = {each.name: MemberForecast(each, listed, asks=asks) for each in members}
    # The shorter one: either may have been asked for again, or been held up by the limit.
    pace = Pace(client.connection.calls_per_window, min(took))
    forecast = next(iter(forecasts.values()), None)
    found = _forecasts(chosen, forecasts, listed, pace)
    return RunPlan(
        made_at=now,
        has_state=has_state,
        streams=tuple(
            replace(one, api_calls=one.api_calls + shared.get(one.stream, 0)) for one in found
        ),
        quota=_quota(forecast, now) if forecast else None,
        calls_today=used,
        learned=forecast.learned if forecast else Learned(),
        calls_made=client.limits.made,
    )


def _chosen(streams: Iterable[Stream]) -> list[MarketoStream]:
    """The selected streams, whose bookmarks can be gone on from."""
    chosen = [each for each in streams if isinstance(each, MarketoStream) and each.selected]
    for stream in chosen:
        stream.check_bookmark()
    return chosen


def _listed(chosen: Iterable[MarketoStream], client: MarketoClient) -> list[ExportJob]:
    """The jobs of the past seven days, if a stream has to do with them."""
    if any(isinstance(each, MemberStream | ExportJobsStream) for each in chosen):
        return list(_jobs(ExportApi(client), client))
    return []


def _seconds_a_call(programs: ProgramDirectory, client: MarketoClient) -> float:
    """How long a call of the listing of programs takes, which is read here."""
    made, began = client.limits.made, client.clock.monotonic()
    _ = programs.rows
    return (client.clock.monotonic() - began) / max(1, client.limits.made - made)


def _forecasts(
    chosen: Iterable[MarketoStream],
    members: Mapping[str, MemberForecast],
    listed: Collection[ExportJob],
    pace: Pace,
) -> Iterator[Forecast]:
    tags: asset_forecasts.Tags | None = None
    jobs = len(listed)
    for stream in chosen:
        if isinstance(stream, MemberStream):
            found = members[stream.name].make(pace)
            jobs += found.jobs
            yield found
        elif isinstance(stream, ExportJobsStream):
            # The last stream of all shows what this run creates, too.
            calls = max(1, ceil(jobs / LIST_PAGE))
            yield Forecast(
                stream=stream.name, programs=None, api_calls=calls, seconds=pace.seconds(calls)
            )
        elif isinstance(stream, ProgramsStream):
            yield asset_forecasts.programs(stream, pace)
        elif isinstance(stream, AssetStream) and stream.name == "channels":
            yield asset_forecasts.channels(stream, pace)
        elif isinstance(stream, ProgramsByTagStream) and stream.settings.program_tags is not None:
            yield asset_forecasts.programs_of_wanted_tags(stream, pace)
        elif isinstance(stream, AssetStream):
            tags = tags or asset_forecasts.Tags(stream.client, len(stream.programs.rows))
            by_name = {
                "programs_by_tag": asset_forecasts.programs_by_tag,
                "tag_types": asset_forecasts.tag_types,
            }
            yield by_name[stream.name](stream, tags, pace)


def _shared_calls(chosen: Iterable[MarketoStream], client: MarketoClient) -> dict[str, int]:
    """Calls that tell which programs are wanted, by the stream that needs them first.

    They are the listing's and those for tags. The latter are made here and counted; a run makes
    them once, for all streams.
    """
    found: dict[str, int] = {}
    for stream in filter(_needs_listing, chosen):
        # Every program is what the stream of programs begins with, and then lists once.
        is_first = not found and not (isinstance(stream, ProgramsStream) and stream.since() is None)
        rows = stream.programs.rows
        pages = asset_forecasts.pages(len(rows)) if is_first else 0
        made = client.limits.made
        _ = stream.programs.ids
        found[stream.name] = pages + client.limits.made - made
    return found


def _needs_listing(stream: MarketoStream) -> TypeGuard[MemberStream | AssetStream]:
    """Whether a stream looks at the listing of all programs."""
    if isinstance(stream, MemberStream):
        return True
    if not isinstance(stream, ProgramsStream | ProgramsByTagStream):
        return False
    is_swept = isinstance(stream, ProgramsStream) and stream.has_bookmark and stream.wants_details
    return stream.programs.is_restricted or is_swept


def _jobs(api: ExportApi, client: MarketoClient) -> Iterator[ExportJob]:
    """This API user's jobs of the past seven days, from a bounded number of pages."""
    before = client.limits.made
    for number, job in enumerate(api.jobs(list(ExportStatus))):
        yield job
        if number + 1 >= MAX_JOB_PAGES * LIST_PAGE or client.limits.made - before > MAX_JOB_PAGES:
            logger.warning(
                "Only the first %d export jobs of the past seven days were looked at; today's "
                "exports may be more than the plan says",
                number + 1,
            )
            break


def _quota(members: MemberForecast, now: datetime) -> QuotaLeft:
    limit = members.quota.limit_mb
    return QuotaLeft(
        daily_mb=min(SUBSCRIPTION_MB, SUBSCRIPTION_MB if limit is None else limit),
        setting_mb=limit,
        used_mb=members.quota.used_mb(now),
        resets_at=next_reset(now),
    )
