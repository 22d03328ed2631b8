"""A plan as JSON, and as a table for a person.

Pure: text in, text out of a plan. It must not know how a plan is made.

The JSON, whose names and units stay as they are within a `version`; a figure that is not
known is null, and `guesses` names the figures beside it that rest on a guess:

```json
{
  "version": 1,
  "made_at": "2026-11-27T09:48:38Z",
  "has_state": true,
  "fits": true,
  "streams": [
    {"stream": "program_members", "programs": 300, "programs_to_ask": 0,
     "programs_to_backfill": 0, "jobs": 30, "windows": 1, "api_calls": 155, "megabytes": 1.25,
     "minutes": 23.5, "days_of_quota": 0.003, "guesses": ["megabytes"], "notes": ["..."]}
  ],
  "total": {"jobs": 30, "api_calls": 155, "megabytes": 1.25, "minutes": 23.5,
            "days_of_quota": 0.003},
  "quota": {"daily_mb": 500, "daily_mb_is_guess": true, "used_mb": 12.3, "left_mb": 487.7,
            "resets_at": "2026-11-28T06:00:00Z"},
  "calls_today": 3214,
  "learned": {"jobs": 42, "runs": 2, "bytes_a_row": 150.0, "seconds_a_job": 45.0,
              "seconds_waited": 30.0, "rows_a_history": 4000.0, "rows_an_increment": 12.0},
  "calls_made": 9
}
```

Megabytes have 1,000,000 bytes. `days_of_quota` is megabytes by `daily_mb`. `quota` is null
where no members are selected, since nothing else uses it.
"""

from __future__ import annotations

import json
from textwrap import wrap
from typing import TYPE_CHECKING, Any

from tap_marketo_programs.export.quota import midnight_text
from tap_marketo_programs.schemas.figures import size_text
from tap_marketo_programs.schemas.timestamps import wire_time

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tap_marketo_programs.export.forecast import Forecast
    from tap_marketo_programs.export.learned import Learned
    from tap_marketo_programs.streams.run_plan import QuotaLeft, RunPlan

VERSION = 1
WIDTH = 96
UNKNOWN = "unknown"
_COLUMNS: tuple[str, ...] = (
    "stream",
    "programs",
    "to ask",
    "jobs",
    "windows",
    "calls",
    "size",
    "minutes",
    "days",
)
_FIGURES = ("programs", "programs_to_ask", "jobs", "windows", "api_calls")
_TOTALS = ("jobs", "api_calls", "megabytes", "minutes", "days_of_quota")
# A figure of the table and the guess that it rests on, where the names differ.
_RESTS_ON = {"programs_to_ask": "", "days_of_quota": "megabytes"}


def as_json(plan: RunPlan) -> str:
    """The plan in the form above, with a line end."""
    quota, learned = plan.quota, plan.learned
    streams = [_figures(one, plan) for one in plan.streams]
    content: dict[str, Any] = {
        "version": VERSION,
        "made_at": wire_time(plan.made_at),
        "has_state": plan.has_state,
        "fits": plan.fits,
        "streams": [
            {**figures, "guesses": sorted(one.guesses), "notes": list(one.notes)}
            for figures, one in zip(streams, plan.streams, strict=True)
        ],
        "total": _total(streams),
        "quota": quota
        and {
            "daily_mb": quota.daily_mb,
            "daily_mb_is_guess": quota.setting_mb is None,
            "used_mb": round(quota.used_mb, 6),
            "left_mb": round(quota.left_mb, 6),
            "resets_at": wire_time(quota.resets_at),
        },
        "calls_today": plan.calls_today,
        "learned": {
            "jobs": learned.jobs,
            "runs": learned.runs,
            "bytes_a_row": learned.bytes_a_row,
            "seconds_a_job": learned.seconds_a_job,
            "seconds_waited": learned.seconds_waited,
            "rows_a_history": learned.history_rows,
            "rows_an_increment": learned.increment_rows,
        },
        "calls_made": plan.calls_made,
    }
    return json.dumps(content, indent=2) + "\n"


def as_text(plan: RunPlan) -> str:
    """The plan as a table of at most 100 columns, with what is learned and what is a guess."""
    remarks = [line for one in _remarks(plan) for line in wrap(one, WIDTH, subsequent_indent="  ")]
    return "\n".join([*_table(plan), "", *remarks]) + "\n"


def _figures(one: Forecast, plan: RunPlan) -> dict[str, Any]:
    size = one.megabytes
    daily = plan.quota.daily_mb if plan.quota else 0.0
    days = round(size / daily, 6) if size is not None and daily else None
    return {
        "stream": one.stream,
        **{name: getattr(one, name) for name in (*_FIGURES, "programs_to_backfill")},
        "megabytes": None if size is None else round(size, 6),
        "minutes": round(one.seconds / 60, 3),
        "days_of_quota": 0.0 if size == 0 else days,
    }


def _total(streams: Sequence[dict[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name in _TOTALS:
        values = [figures[name] for figures in streams]
        found[name] = None if None in values else round(sum(values), 6)
    return found


def _table(plan: RunPlan) -> Iterator[str]:
    streams = [_figures(one, plan) for one in plan.streams]
    guesses = {one.stream: one.guesses for one in plan.streams}
    all_guesses = frozenset().union(*guesses.values())
    rows = [_COLUMNS]
    rows += [_row(figures["stream"], figures, guesses[figures["stream"]]) for figures in streams]
    rows.append(_row("all", _total(streams), all_guesses))
    widths = [max(len(row[column]) for row in rows) for column in range(len(_COLUMNS))]
    for row in rows:
        first, *others = row
        cells = [cell.rjust(width) for cell, width in zip(others, widths[1:], strict=True)]
        yield "  ".join([first.ljust(widths[0]), *cells]).rstrip()


def _row(name: str, figures: dict[str, Any], guesses: frozenset[str]) -> tuple[str, ...]:
    cells = [name]
    for figure in (*_FIGURES, "megabytes", "minutes", "days_of_quota"):
        if figure not in figures:
            cells.append("")
            continue
        is_guess = _RESTS_ON.get(figure, figure) in guesses
        cells.append(("~" if is_guess else "") + _cell(figure, figures[figure]))
    return tuple(cells)


def _cell(figure: str, value: float | None) -> str:
    if value is None:
        return UNKNOWN if figure in {"megabytes", "days_of_quota"} else "-"
    if not value:
        return "-"
    if figure == "megabytes":
        return size_text(value)
    digits = {"minutes": 1, "days_of_quota": 3}.get(figure, 0)
    return f"{value:,.{digits}f}"


def _remarks(plan: RunPlan) -> Iterator[str]:
    if not plan.has_state:
        yield "No state was given: this is the plan of a first sync. Hand one over with --state."
    yield "~ marks a guess. Calls are all but those for a token. Days are days of the export quota."
    if plan.quota:
        yield _learned(plan.learned)
    for one in plan.streams:
        yield from (f"{one.stream}: {note}." for note in one.notes)
    if plan.megabytes is None:
        yield "Sizes are unknown until the first export."
    today = "not known" if plan.calls_today is None else f"{plan.calls_today:,}"
    yield f"API calls of everybody today: {today} (most subscriptions have 50,000 a day)."
    if plan.quota:
        yield _left(plan.quota)
    yield f"It {'fits' if plan.fits else 'does not fit'} into what is left of today's quota."


def _learned(learned: Learned) -> str:
    if not learned.jobs:
        return "No job of this API user in the past seven days: nothing is learned."
    return (
        f"Learned from {learned.jobs} jobs of this API user in the past seven days: "
        f"{_said(learned.bytes_a_row)} bytes a row, {_said(learned.seconds_a_job)} s a job, "
        f"{_said(learned.seconds_waited)} s in the queue; rows a job: "
        f"{_said(learned.history_rows)} of histories, {_said(learned.increment_rows)} of "
        "increments."
    )


def _left(quota: QuotaLeft) -> str:
    whose = (
        "what most subscriptions have: a guess"
        if quota.setting_mb is None
        else "daily_export_quota_mb, or the subscription's if that is less"
    )
    return (
        f"Export quota today: {size_text(quota.left_mb)} left of {size_text(quota.daily_mb)} "
        f"({whose}); this API user has used {size_text(quota.used_mb)}, what others used is not "
        f"known. It resets "
        f"at {midnight_text(quota.resets_at)}."
    )


def _said(value: float | None) -> str:
    return "?" if value is None else f"{value:,.0f}"
