"""Two hundred runs in a row, with something going wrong in most of them."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

import pytest
from clocks import FastClock
from harness import Tap, UpsertingTarget, by_key

from tap_marketo_programs.errors import MarketoError

if TYPE_CHECKING:
    from marketo_sandbox import Sandbox

SOAKS = 8
RUNS_A_SOAK = 25
# Every that many runs nothing is wrong, and the target must hold the truth after it.
UNDISTURBED_EVERY = 4

TRANSIENT = ("602", "604", "608", "611", "713")
ENDPOINTS = (
    "identity",
    "programs",
    "members_describe",
    "members",
    "export_create",
    "export_enqueue",
    "export_status",
    "export_file",
    "export_list",
)
FATES = ("job_failed", "job_cancelled")
FIGURES = ("wrong_checksum", "wrong_size", "wrong_records", "file_missing")


class Soak:
    """One sandbox, one target, one state, and trouble drawn from a seed."""

    def __init__(self, sandbox: Sandbox, seed: int) -> None:
        self.draw = random.Random(seed)  # noqa: S311 - the same trouble every time
        self.control = sandbox.control
        self.control.reset(world="sized", programs=25, members_per_program=4)
        self.control.knob(rate_limit=None)
        self.tap = Tap(sandbox, FastClock())
        self.catalog = self.tap.catalog()
        self.target = UpsertingTarget()
        self.state: dict[str, Any] = {}

    def trouble(self) -> None:
        """One more thing that goes wrong a few times."""
        draw, fault = self.draw, self.control.fault
        after, count = draw.randrange(6), draw.randrange(1, 4)
        kind = draw.choice(("code", "http", "body", "reset", "cut", "fate", "figure", "quota"))
        endpoint = draw.choice(ENDPOINTS)
        if kind == "code" and endpoint != "identity":
            code = draw.choice(TRANSIENT)
            fault("error", endpoint, code=code, message="soak", after=after, count=count)
        elif kind == "http":
            fault("http", endpoint, status=draw.choice((502, 503)), after=after, count=count)
        elif kind == "body":
            fault(draw.choice(("empty_body", "broken_json")), endpoint, after=after, count=count)
        elif kind == "reset":
            done = draw.random() < 1 / 2
            fault("reset", endpoint, after=after, count=count, after_handling=done)
        elif kind == "cut":
            fault("cut", "export_file", bytes=draw.randrange(500), after=after, count=count)
        elif kind == "fate":
            fault(draw.choice(FATES), after=after, count=1)
        elif kind == "figure":
            fault(draw.choice(FIGURES), after=after, count=1)
        elif kind == "quota":
            message = "Export daily quota 500MB exceeded."
            fault("error", "export_create", code="1029", message=message, after=after, count=1)

    def run(self, *, disturbed: bool) -> None:
        """Life goes on in Marketo, and the tap runs."""
        self.control.life(seed=self.draw.randrange(1, 10**6), count=3)
        self.control.advance(self.draw.choice((2, 60, 4000, 90_000)))
        for _ in range(self.draw.randrange(4) if disturbed else 0):
            self.trouble()
        output = self.tap.run(
            "program_members",
            state=self.state,
            catalog=self.catalog,
            change_detection=self.draw.choice(("auto", "members", "none")),
            full_sweep_days=self.draw.choice((1, 7, 30)),
        )
        self.control.clear_faults()
        self.target.load(output)
        self.state = output.state or self.state
        if not disturbed:
            assert output.error is None, output.error
        assert output.error is None or isinstance(output.error, MarketoError), output.error

    def assert_truth(self) -> None:
        """The target holds every member as it is now."""
        truth = by_key(self.control.truth())
        held = self.target.tables["program_members"]
        assert {key: held.get(key) for key in truth} == truth


@pytest.mark.parametrize("seed", range(SOAKS))
def test_the_target_holds_the_truth_after_each_undisturbed_run(
    shared_sandbox: Sandbox,
    seed: int,
) -> None:
    soak = Soak(shared_sandbox, seed)
    for number in range(1, RUNS_A_SOAK + 1):
        undisturbed = number % UNDISTURBED_EVERY == 0 or number == RUNS_A_SOAK
        soak.run(disturbed=not undisturbed)
        if undisturbed:
            soak.assert_truth()
