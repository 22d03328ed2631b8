"""Whatever happened before, one undisturbed run leaves the target with the truth."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from clocks import FastClock
from harness import Output, Tap, UpsertingTarget, by_key, only
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from marketo_sandbox.control import ControlError
from singer_sdk.io_base import SingerWriter

if TYPE_CHECKING:
    from marketo_sandbox import Sandbox
    from singer_sdk.singerlib import Message

HOUR = 3600
DAY = 24 * HOUR


class Cut(BaseException):
    """The process is gone: no handler of the tap's may mistake it for an error."""


class CutWriter(SingerWriter):
    """Stdout that vanishes after that many messages."""

    def __init__(self, output: Output, left: int) -> None:
        self._output = output
        self._left = left

    def write_message(self, message: Message) -> None:
        if self._left <= 0:
            raise Cut
        self._left -= 1
        self._output.lines.append(self.format_message(message))


class History:
    """A sandbox, the target it is loaded into, and what happens to both."""

    def __init__(self, sandbox: Sandbox, detection: str) -> None:
        self.settings: dict[str, Any] = {"change_detection": detection}
        self.control = sandbox.control
        self.control.reset(world="sized", programs=23, members_per_program=4)
        self.control.knob(rate_limit=None)
        self.tap = Tap(sandbox, FastClock())
        self.catalog = self.tap.catalog()
        self.target = UpsertingTarget()
        self.state: dict[str, Any] = {}

    def load(self, output: Output) -> None:
        """The target takes the rows, the orchestrator the last STATE."""
        self.target.load(output)
        self.state = output.state or self.state

    def run(self) -> Output:
        """One undisturbed run."""
        output = self.tap.run(
            "program_members", state=self.state, catalog=self.catalog, **self.settings
        )
        self.load(output)
        return output

    def interrupted(self, after: int) -> None:
        """A run whose stdout vanishes after that many messages."""
        output = Output()
        tap = self.tap.make(
            state=self.state,
            catalog=only(self.catalog, "program_members"),
            writer=CutWriter(output, after),
            **self.settings,
        )
        with suppress(Cut):
            tap.sync_all()
        del tap
        self.load(output)

    def out_of_quota(self, megabytes: float) -> None:
        """A run that meets the end of the day's quota, and the day after."""
        self.control.knob(export_quota_mb=megabytes)
        self.run()
        self.control.knob(export_quota_mb=500)
        self.control.advance(DAY)

    def edits(self, seed: int) -> None:
        """People work in Marketo."""
        self.control.life(seed=seed, count=5)

    def deletes(self, which: int) -> None:
        """A program is deleted."""
        programs = self.control.programs()
        if len(programs) > 1:
            self.control.delete_program(programs[which % len(programs)]["id"])

    def passes(self, seconds: float) -> None:
        """Time passes."""
        self.control.advance(seconds)

    def cancels(self) -> None:
        """Somebody cancels whatever is queued."""
        for job in self.control.jobs():
            # It may complete before it is cancelled.
            with suppress(ControlError):
                self.control.cancel(job["exportId"])


STEPS = st.one_of(
    st.tuples(st.just("edits"), st.integers(1, 10_000)),
    st.tuples(st.just("edits"), st.integers(1, 10_000)),
    st.tuples(st.just("deletes"), st.integers(0, 1000)),
    st.tuples(st.just("passes"), st.sampled_from([1, 59, HOUR, DAY, 9 * DAY, 40 * DAY])),
    st.tuples(st.just("interrupted"), st.integers(0, 150)),
    st.tuples(st.just("interrupted"), st.integers(0, 20)),
    st.tuples(st.just("out_of_quota"), st.sampled_from([0.0, 0.005, 0.02])),
    st.tuples(st.just("cancels")),
    st.tuples(st.just("run")),
)


@settings(
    max_examples=20,
    deadline=None,
    # The server is reset by each example itself.
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    steps=st.lists(STEPS, min_size=2, max_size=7),
    detection=st.sampled_from(["auto", "none"]),
)
# A history whose file was deleted, on a day without quota, with a later job behind it.
@example(
    steps=[
        ("interrupted", 11),
        ("passes", 9 * DAY),
        ("edits", 47),
        ("edits", 633),
        ("out_of_quota", 0.005),
    ],
    detection="none",
)
def test_one_undisturbed_run_ends_with_the_truth_in_the_target(
    shared_sandbox: Sandbox,
    steps: list[tuple[Any, ...]],
    detection: str,
) -> None:
    history = History(shared_sandbox, detection)
    for verb, *arguments in steps:
        getattr(history, verb)(*arguments)
    history.passes(2)

    output = history.run()

    assert output.error is None, output.error
    truth = by_key(history.control.truth())
    held = history.target.tables["program_members"]
    assert {key: held.get(key) for key in truth} == truth
