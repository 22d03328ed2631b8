"""By default the log is for a person; what is for a machine is there for who asks for it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from harness import only
from marketo_sandbox import CLIENT_SECRET, Sandbox
from waiting import PATIENCE

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from harness import Output, Tap

    Lines = Callable[..., list[str]]

PREFIX = "TAP_MARKETO_PROGRAMS_"
STREAMS = ("channels", "export_jobs", "program_members", "programs", "programs_by_tag", "tag_types")
# What the SDK says at INFO of each stream and request, and of variables.
NOISE = (
    "METRIC: ",
    "Beginning sync of",
    "Starting incremental sync",
    "Parsing env var for settings",
)
HTTP = '"metric":"http_request_duration"'

# A log as the SDK's documentation shows one, with what a test adds.
BASE: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"structured": {"()": "singer_sdk.logging.StructuredFormatter"}},
    "handlers": {
        "stderr": {
            "class": "logging.StreamHandler",
            "formatter": "structured",
            "stream": "ext://sys.stderr",
        }
    },
    "root": {"level": "INFO", "handlers": ["stderr"]},
}


@pytest.fixture
def lines(sandbox: Sandbox, tmp_path: Path) -> Lines:
    """Run the command with these variables and this log; the lines of stderr."""

    def run(log: dict[str, Any] | None = None, **variables: str) -> list[str]:
        clean = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
        settings = {
            f"{PREFIX}BASE_URL": sandbox.url,
            f"{PREFIX}CLIENT_ID": sandbox.client_id,
            f"{PREFIX}CLIENT_SECRET": sandbox.client_secret,
            f"{PREFIX}MAX_CALLS_PER_20_SECONDS": "100000",
            f"{PREFIX}POLL_INTERVAL_SECONDS": "0.05",
        }
        if log is not None:
            (tmp_path / "log.yml").write_text(json.dumps(log))  # JSON is YAML, too
            settings["SINGER_SDK_LOG_CONFIG"] = str(tmp_path / "log.yml")
        done = subprocess.run(
            [sys.executable, "-m", "tap_marketo_programs", "--config", "ENV"],
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=True,
            cwd=tmp_path,
            env=clean | settings | variables,
        )
        return done.stderr.splitlines()

    return run


def told_by(lines: list[str], stream: str) -> list[str]:
    """What is said of a stream, without time, level and logger."""
    words = [line.split(" | ", 3)[3] for line in lines if line.count(" | ") >= 3]
    return [line for line in words if line.startswith(f"{stream}: ")]


def test_by_default_every_stream_says_what_it_brought_and_nothing_is_for_a_machine(
    lines: Lines, sandbox: Sandbox
) -> None:
    found = lines()

    assert not [line for line in found if any(noise in line for noise in NOISE)]
    for stream in STREAMS:
        last = told_by(found, stream)[-1]
        assert re.search(r" rows? ", last), last
    members = len(sandbox.control.truth())
    assert told_by(found, "program_members")[-1].startswith(f"program_members: {members:,} rows of")
    (read,) = [line for line in found if "Settings of the environment" in line]
    assert "base_url, client_id, client_secret" in read
    assert CLIENT_SECRET not in "\n".join(found)


@pytest.mark.parametrize("variable", ["LOGLEVEL", f"{PREFIX}LOGLEVEL"])
def test_at_debug_everything_is_said(lines: Lines, variable: str) -> None:
    found = lines(**{variable: "debug"})

    for noise in (*NOISE, HTTP):
        shown = [line for line in found if noise in line]
        assert shown, noise
        assert all(" | DEBUG " in line for line in shown)
    assert CLIENT_SECRET not in "\n".join(found)


@pytest.mark.parametrize("level", ["INFO", "WARNING"])
def test_who_configures_the_logger_of_the_metrics_gets_what_he_asked_for(
    lines: Lines, level: str
) -> None:
    found = lines({**BASE, "loggers": {"singer_sdk.metrics": {"level": level}}})

    metrics = [one for line in found if "metric_info" in (one := json.loads(line))]
    assert bool(metrics) == (level == "INFO")
    assert all(one["level"] == "info" for one in metrics)
    kinds = {one["metric_info"]["metric"] for one in metrics}
    assert level != "INFO" or kinds >= {"record_count", "http_request_duration", "export_rows"}
    assert not [line for line in found if "Beginning sync of" in line]


def test_a_handler_for_the_metrics_alone_gets_them_and_nobody_else_does(
    lines: Lines, tmp_path: Path
) -> None:
    file = {
        "class": "logging.FileHandler",
        "filename": str(tmp_path / "m"),
        "formatter": "structured",
    }
    handlers = {**BASE["handlers"], "metrics": file}
    metrics = {"level": "INFO", "handlers": ["metrics"], "propagate": False}

    found = lines({**BASE, "handlers": handlers, "loggers": {"singer_sdk.metrics": metrics}})

    assert not [line for line in found if "metric_info" in line]
    written = [json.loads(line) for line in (tmp_path / "m").read_text().splitlines()]
    assert {one["message"] for one in written} == {"METRIC"}


def test_a_structured_log_holds_the_lines_of_the_plain_one_once_each(lines: Lines) -> None:
    found = [json.loads(line) for line in lines(BASE)]

    messages = [one["message"] for one in found]
    assert not any("metric_info" in each for each in found)
    for stream in STREAMS:
        last = [line for line in messages if line.startswith(f"{stream}: ")][-1]
        assert messages.count(last) == 1
        assert re.search(r" rows? ", last), last


def test_a_run_on_two_streams_of_many_has_lines_on_these_two_alone(
    command: Callable[..., Output], tap: Tap, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With keys, hashes and a new field, first and later on; at DEBUG, the others are named."""
    chosen = ("program_members", "program_member_keys")
    settings: dict[str, Any] = {
        "member_keys_days": 1,
        "lead_fields": ["email"],
        "hash_fields": ["email"],
        "hash_salt": "a salt of the tests",
    }
    catalog = only(tap.catalog(**settings), *chosen)
    first = command(catalog=catalog, **settings)
    settings["lead_fields"] = ["email", "company"]
    catalog = only(tap.catalog(**settings), *chosen)
    second = command(catalog=catalog, state=first.state, **settings)
    third = command(catalog=catalog, state=second.state, **settings)

    assert "newly wanted: company" in second.logs
    for output in (first, second, third):
        assert output.code == 0
        version, *told = [line.split(" | ", 3)[3] for line in output.logs.splitlines()]
        assert version.startswith("tap-marketo-programs v")
        assert len(told) >= 4
        assert not [line for line in told if not line.startswith(chosen)]
    monkeypatch.setenv("LOGLEVEL", "debug")
    loud = command(catalog=catalog, state=third.state, **settings).logs
    assert "Skipping deselected stream 'channels'" in loud
