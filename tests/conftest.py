"""The fixtures of all tests: one sandbox a session, reset for each test."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
import search_profiles
from altering_proxy import proxy
from clocks import SPEED, FastClock
from harness import Output, Tap, message_lines
from marketo_sandbox import Sandbox
from waiting import PATIENCE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from altering_proxy import Proxy


UNIT = "tests/unit"

search_profiles.register()


class UnitTestsOnly:
    """Does not read the other folders for `-m unit`: reading them takes longer than the tests."""

    def pytest_ignore_collect(self, collection_path: Path, config: pytest.Config) -> bool | None:
        """Whether a folder holds no unit test anyway."""
        root = config.rootpath
        return (
            not (
                (root / UNIT).is_relative_to(collection_path)
                or collection_path.is_relative_to(root / UNIT)
            )
            or None
        )


def pytest_configure(config: pytest.Config) -> None:
    """Leave folders out where the marker allows."""
    if config.option.markexpr == "unit":
        config.pluginmanager.register(UnitTestsOnly())


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """Four, on two cores too, since most tests wait; those that compute are faster with two."""
    return 2 if config.option.markexpr == "unit" else 4


@pytest.fixture
def clock() -> FastClock:
    """A fast clock."""
    return FastClock()


def a_minute_ago() -> str:
    """Where the sandbox's calendar begins.

    A process of its own goes by the real calendar: so a test may move the
    sandbox's by seconds without getting ahead of it.
    """
    return (datetime.now(tz=UTC) - timedelta(minutes=1)).isoformat()


@pytest.fixture(scope="session")
def shared_sandbox() -> Iterator[Sandbox]:
    """One server for the whole session; `sandbox` resets it for each test."""
    with Sandbox(world="tiny", speed=SPEED, now=a_minute_ago()) as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(shared_sandbox: Sandbox) -> Sandbox:
    """A sandbox with the tiny world, nothing running and nothing wrong."""
    shared_sandbox.control.reset(world="tiny", now=a_minute_ago())
    shared_sandbox.control.knob(rate_limit=None)
    return shared_sandbox


@pytest.fixture
def between(sandbox: Sandbox) -> Iterator[Proxy]:
    """A server before the sandbox, which hands answers on as a test alters them."""
    with proxy(sandbox.url) as server:
        yield server


@pytest.fixture
def tap(sandbox: Sandbox, clock: FastClock) -> Tap:
    """A tap aimed at the sandbox."""
    return Tap(sandbox, clock)


@pytest.fixture
def command(sandbox: Sandbox, tmp_path: Path) -> Callable[..., Output]:
    """The real command in a process of its own."""

    def run(
        *arguments: str,
        state: Mapping[str, Any] | None = None,
        catalog: Mapping[str, Any] | None = None,
        config: Mapping[str, Any] | None = None,
        timeout: float = PATIENCE,
        **settings: Any,  # noqa: ANN401 - any setting
    ) -> Output:
        given = {
            "base_url": sandbox.url,
            "client_id": sandbox.client_id,
            "client_secret": sandbox.client_secret,
            "max_calls_per_20_seconds": 100_000,
            "poll_interval_seconds": 0.05,
            **settings,
        }
        files = {"config": given if config is None else config, "state": state, "catalog": catalog}
        line = [sys.executable, "-m", "tap_marketo_programs", *arguments]
        for name, content in files.items():
            if content is not None:
                path = tmp_path / f"{name}.json"
                path.write_text(json.dumps(content))
                line += [f"--{name}", str(path)]
        environment = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith("TAP_MARKETO_PROGRAMS_")
        }
        done = subprocess.run(  # noqa: S603 - our own command
            line,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
            cwd=tmp_path,
            env=environment,
        )
        return Output(message_lines(done.stdout), logs=done.stderr, code=done.returncode)

    return run
