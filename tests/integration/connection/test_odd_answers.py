"""Whole answers about assets that are a little off, once and for good: see `altered_runs`."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import pytest
from altered_runs import ALWAYS, ANSWERS, AlteredRuns, fill_every_field
from altering_proxy import Alteration
from clocks import StillClock
from harness import Tap
from odd_values import BODIES, altered, odd_values_for, replaced

if TYPE_CHECKING:
    from collections.abc import Callable

    from altering_proxy import Answer, Proxy, Request
    from harness import Output
    from marketo_sandbox import Sandbox


@pytest.fixture
def trial(sandbox: Sandbox, between: Proxy, caplog: pytest.LogCaptureFixture) -> AlteredRuns:
    fill_every_field(sandbox)
    caplog.set_level(logging.WARNING)
    return AlteredRuns(Tap(sandbox, StillClock()), between, caplog)


def judge_whole(trial: AlteredRuns, output: Output) -> str | None:
    """What is wrong with a run that had an altered answer: something may be missing if told."""
    found = trial.by_key(output)
    if output.error is not None or found == trial.good or output.logs:
        return None
    return f"lost in silence: {len(found)} of {len(trial.good)} records"


@pytest.mark.parametrize(("stream", "pattern", "key"), ANSWERS)
def test_an_answer_that_is_off_once_ends_no_run(
    trial: AlteredRuns, stream: str, pattern: str, key: str
) -> None:
    trial.begin(stream, pattern, key)
    changes = whole_changes(trial.first)
    while changes:
        # One to each of the answers that a run has.
        some = dict(zip(trial.names, changes.items(), strict=False))
        served = {name: Alteration(asks_for(name), change) for name, (_, change) in some.items()}
        trial.now = [what for what, _ in some.values()]
        output = trial.run(*served.values())
        ended = f"an error: {output.error}" if output.error else None
        trial.note(trial.now, ended or judge_whole(trial, output))
        # Some calls depend on what others answered, and are made in another run.
        done = {some[name][0] for name, one in served.items() if one.served}
        assert done
        changes = {what: change for what, change in changes.items() if what not in done}
    trial.verdict()


def asks_for(name: tuple[str, str]) -> Callable[[Request], bool]:
    return lambda request: request.name == name


@pytest.mark.parametrize(("stream", "pattern", "key"), ANSWERS)
def test_an_answer_that_stays_off_is_read_or_an_error(
    trial: AlteredRuns, sandbox: Sandbox, stream: str, pattern: str, key: str
) -> None:
    sandbox.control.reset(world="tiny")
    sandbox.control.knob(rate_limit=None)
    trial.settings["program_tags"] = [{"tag_type": "Region"}]
    trial.begin(stream, pattern, key)
    for what, change in whole_changes({"success": 0, "errors": 0, "result": 0}).items():
        always = Alteration(trial.meant, change, times=ALWAYS)
        trial.now = what
        output = trial.run(always)
        trial.note(what, judge_whole(trial, output))
        assert always.served
    trial.verdict()


def whole_changes(content: dict[str, Any]) -> dict[str, Callable[[Answer], bool]]:
    """What may be off with an envelope, whatever its rows."""
    changes = {str(odd): altered(odd) for odd in odd_values_for(dict.fromkeys(content, 0))}
    # That says that there is nothing, and is believed.
    del changes["result is an empty array"]
    return changes | {name: replaced(name) for name in BODIES}
