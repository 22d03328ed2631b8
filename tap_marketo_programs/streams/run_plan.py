"""The plan of a run: what every selected stream would do, and whether today's quota allows it.

It asks Marketo less than 20 times, besides the listing of programs and, if it is told to,
a call for each program that could have changed. It creates nothing and writes nothing. It
must not know how a plan is shown.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tap_marketo_programs.export.api import LIST_PAGE, ExportApi
from tap_marketo_programs.export.job import ExportStatus
from tap_marketo_programs.export.learned import Learned
from tap_marketo_programs.export.makespan import Pace
from tap_marketo_programs.export.quota import SUBSCRIPTION_MB, next_reset
from tap_marketo_programs.marketo.usage import calls_today
from tap_marketo_programs.streams import asset_forecasts
from tap_marketo_programs.streams.assets import AssetStream
from tap_marketo_programs.streams.base import MarketoStream
from tap_marketo_programs.streams.member_forecast import MemberForecast
from tap_marketo_programs.streams.program_members import ProgramMembersStream
from tap_marketo_programs.streams.programs import ProgramsStream

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from singer_sdk import Stream

    from tap_marketo_programs.export.forecast import Forecast
    from tap_marketo_programs.export.job import ExportJob
    from tap_marketo_programs.marketo.client import MarketoClient

# Pages of the list of jobs: with 300 each, all jobs of a week of the largest subscriptions.
MAX_JOB_PAGES = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class QuotaLeft:
    """Today's export quota. Megabytes of 1,000,000 bytes.

    Args:
        daily_mb: What may be exported in a day.
        setting_mb: `daily_export_quota_mb`; without it `daily_mb` is a guess.
        used_mb: What this API user's jobs have exported today.
        resets_at: The next midnight in Chicago, in UTC.
    """

    daily_mb: float
    setting_mb: float | None
    used_mb: float
    resets_at: datetime

    @property
    def left_mb(self) -> float:
        """What is left of the smaller one of the setting and the subscription's."""
        return max(0.0, self.daily_mb - self.used_mb)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunPlan:
    """What a run would do.

    Args:
        made_at: Marketo's time.
        has_state: Whether a state was given; without it a run begins from nothing.
        streams: The selected streams, in the order in which a run syncs them.
        quota: Today's; None if no members are selected.
        calls_today: Of everybody who calls this subscription; None where it is not known.
        learned: What earlier jobs tell.
        calls_made: Calls that the plan itself took.
    """

    made_at: datetime
    has_state: bool
    streams: tuple[Forecast, ...]
    quota: QuotaLeft | None
    calls_today: int | None
    learned: Learned
    calls_made: int

    @property
    def megabytes(self) -> float | None:
        """Of all streams; None where that of one is not known."""
        sizes = [one.megabytes for one in self.streams]
        return None if None in sizes else sum(size or 0.0 for size in sizes)

    @property
    def fits(self) -> bool:
        """Whether it fits into what is left of today's quota, or has nothing to export.

        A size that nobody knows fits as long as anything is left: the run stops at the quota
        by itself and the next one goes on, so a first sync must not be held up by its plan.
        """
        if self.quota is None or not (self.megabytes or any(one.jobs for one in self.streams)):
            return True
        # Once nothing is left, no job is created, however small.
        return 0 < self.quota.left_mb >= (self.megabytes or 0.0)


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
    chosen = [one for one in streams if isinstance(one, MarketoStream) and one.selected]
    for stream in chosen:
        stream.check_bookmark()
    now, began = client.now(), client.clock.monotonic()
    used = calls_today(client)
    took = [client.clock.monotonic() - began]
    members = next((one for one in chosen if isinstance(one, ProgramMembersStream)), None)
    forecast = None
    if members is not None:
        listed = list(_jobs(ExportApi(client), client))
        made, began = client.limits.made, client.clock.monotonic()
        pages = asset_forecasts.pages(len(members.programs.rows))
        took.append((client.clock.monotonic() - began) / max(1, client.limits.made - made))
        forecast = MemberForecast(members, listed, asks=asks, other_calls=pages)
    # The shorter one: either may have been asked for again, or been held up by the limit.
    pace = Pace(client.connection.calls_per_window, min(took))
    found = tuple(_forecasts(chosen, forecast, pace))
    return RunPlan(
        made_at=now,
        has_state=has_state,
        streams=found,
        quota=_quota(forecast, now) if forecast else None,
        calls_today=used,
        learned=forecast.learned if forecast else Learned(),
        calls_made=client.limits.made,
    )


def _forecasts(
    chosen: Iterable[MarketoStream], members: MemberForecast | None, pace: Pace
) -> Iterator[Forecast]:
    tags: asset_forecasts.Tags | None = None
    for stream in chosen:
        if isinstance(stream, ProgramMembersStream) and members is not None:
            yield members.make(pace)
        elif isinstance(stream, ProgramsStream):
            yield asset_forecasts.programs(stream, pace)
        elif isinstance(stream, AssetStream) and stream.name == "channels":
            yield asset_forecasts.channels(stream, pace)
        elif isinstance(stream, AssetStream):
            tags = tags or asset_forecasts.Tags(stream.client, len(stream.programs.rows))
            by_name = {
                "programs_by_tag": asset_forecasts.programs_by_tag,
                "tag_types": asset_forecasts.tag_types,
            }
            yield by_name[stream.name](stream, tags, pace)


def _jobs(api: ExportApi, client: MarketoClient) -> Iterator[ExportJob]:
    """This API user's jobs of the past seven days, from a bounded number of pages."""
    before = client.limits.made
    for number, job in enumerate(api.jobs(list(ExportStatus))):
        yield job
        if number + 1 >= MAX_JOB_PAGES * LIST_PAGE or client.limits.made - before > MAX_JOB_PAGES:
            break


def _quota(members: MemberForecast, now: datetime) -> QuotaLeft:
    limit = members.quota.limit_mb
    return QuotaLeft(
        daily_mb=min(SUBSCRIPTION_MB, SUBSCRIPTION_MB if limit is None else limit),
        setting_mb=limit,
        used_mb=members.quota.used_mb(now),
        resets_at=next_reset(now),
    )
