"""`--plan` as a user meets it: stdout, exit codes, and what it does not go together with."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from harness import Output, only
from waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from marketo_sandbox import Sandbox

    Command = Callable[..., Output]

PREFIX = "TAP_MARKETO_PROGRAMS_"
MEMBERS = "program_members"


def errors(output: Output) -> list[str]:
    """The ERROR lines, without time, level and logger."""
    return [
        line.split("|", 3)[3].strip() for line in output.logs.splitlines() if "| ERROR " in line
    ]


def refused(output: Output, *words: str) -> None:
    """One line that says these words, exit code 1, and nothing on stdout."""
    assert output.code == 1, output.logs
    (line,) = errors(output)
    assert all(word in line for word in words), line
    assert not output.lines
    assert "Traceback" not in output.logs


@pytest.fixture
def synced(command: Command) -> dict[str, Any]:
    """The state after a first run."""
    output = command()
    assert output.code == 0, output.logs
    return output.state


def test_a_plan_is_a_table_and_nothing_else(command: Command, sandbox: Sandbox) -> None:
    output = command("--plan")

    assert output.code == 0, output.logs
    head, *_ = output.lines
    assert head.split()[:2] == ["stream", "programs"]
    assert "first sync" in "\n".join(output.lines)
    assert not sandbox.control.jobs()


def test_a_plan_as_json_is_one_object(command: Command, synced: dict[str, Any]) -> None:
    output = command("--plan=json", state=synced)

    plan = json.loads("\n".join(output.lines))
    assert output.code == 0, output.logs
    assert plan["version"] == 1
    assert plan["has_state"]
    assert MEMBERS in {one["stream"] for one in plan["streams"]}


def test_a_plan_creates_nothing_asks_little_and_leaves_the_state_alone(
    command: Command, sandbox: Sandbox, synced: dict[str, Any], tmp_path: Path
) -> None:
    jobs, calls = sandbox.control.jobs(), sandbox.control.stats()["total"]

    output = command("--plan=json", state=synced)

    assert output.code == 0, output.logs
    assert sandbox.control.jobs() == jobs
    assert sandbox.control.stats()["total"] - calls < 20
    (state,) = (path for path in tmp_path.rglob("*state*.json"))
    assert json.loads(state.read_text(encoding="utf-8")) == synced


def test_a_plan_that_is_told_to_asks_for_changes(
    command: Command, sandbox: Sandbox, synced: dict[str, Any]
) -> None:
    before = sandbox.control.stats()["calls"].get("members", 0)

    command("--plan", state=synced)
    assert sandbox.control.stats()["calls"].get("members", 0) == before

    output = command("--ask-changes", "--plan", state=synced)
    assert output.code == 0, output.logs
    assert sandbox.control.stats()["calls"]["members"] > before


def test_what_does_not_fit_into_the_quota_ends_with_3(
    command: Command, synced: dict[str, Any]
) -> None:
    output = command("--plan", state=synced, daily_export_quota_mb=0, change_detection="none")

    assert output.code == 3, output.logs
    assert "does not fit" in output.lines[-1]
    assert not errors(output)


def test_streams_that_are_not_selected_are_left_out(
    command: Command, synced: dict[str, Any]
) -> None:
    catalog = json.loads("\n".join(command("--discover").lines))

    output = command("--plan=json", state=synced, catalog=only(catalog, "programs"))

    plan = json.loads("\n".join(output.lines))
    assert [one["stream"] for one in plan["streams"]] == ["programs"]
    assert plan["quota"] is None


def run(*arguments: str, folder: Path, **variables: str) -> Output:
    """The command with exactly these arguments."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
    ended = subprocess.run(  # noqa: S603 - our own command
        [sys.executable, "-m", "tap_marketo_programs", *arguments],
        capture_output=True,
        text=True,
        check=False,
        cwd=folder,
        env=clean | variables,
    )
    return Output(
        [line for line in ended.stdout.split("\n") if line],
        logs=ended.stderr,
        code=ended.returncode,
    )


@pytest.mark.parametrize("last", [True, False])
def test_a_plan_may_stand_anywhere_and_settings_may_come_from_the_environment(
    sandbox: Sandbox, synced: dict[str, Any], tmp_path: Path, *, last: bool
) -> None:
    state = tmp_path / "given.json"
    state.write_text(json.dumps(synced), encoding="utf-8")
    others = ["--state", str(state), "--config=ENV"]

    output = run(
        *([*others, "--plan=json"] if last else ["--plan=json", *others]),
        folder=tmp_path,
        TAP_MARKETO_PROGRAMS_BASE_URL=sandbox.url,
        TAP_MARKETO_PROGRAMS_CLIENT_ID=sandbox.client_id,
        TAP_MARKETO_PROGRAMS_CLIENT_SECRET=sandbox.client_secret,
    )

    assert output.code == 0, output.logs
    assert json.loads("\n".join(output.lines))["has_state"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--plan=xml"], ["--plan", "xml", "--plan=json"]),
        (["--plan="], ["--plan", "--plan=json"]),
        (["--plan", "--discover"], ["--plan", "--discover"]),
        (["--discover", "--plan"], ["--plan", "--discover"]),
        (["--plan=json", "--test"], ["--plan", "--test"]),
        (["--test=schema", "--plan"], ["--plan", "--test"]),
        (["--plan", "--about"], ["--plan", "--about"]),
        (["--ask-changes"], ["--ask-changes", "--plan"]),
        (["--ask-changes", "--discover"], ["--ask-changes", "--plan"]),
    ],
    ids=" ".join,
)
def test_what_means_nothing_is_refused_in_one_line(
    command: Command, sandbox: Sandbox, arguments: list[str], words: list[str]
) -> None:
    before = sandbox.control.stats()["total"]

    refused(command(*arguments), *words)

    assert sandbox.control.stats()["total"] == before


def test_what_would_end_the_run_ends_its_plan(command: Command, synced: dict[str, Any]) -> None:
    synced["bookmarks"][MEMBERS]["version"] = 99
    refused(command("--plan", state=synced), "state of program_members", "99")
    refused(command("--plan", client_secret="not-the-secret"), "client_secret")
    refused(command("--plan", program_ids=[4]), "program_ids")


def test_a_signal_ends_a_plan_without_a_word_on_stdout(
    sandbox: Sandbox, synced: dict[str, Any], tmp_path: Path
) -> None:
    sandbox.control.clear_requests()
    sandbox.control.fault("stall", "programs", bytes=10, seconds=3_600)
    config = {
        "base_url": sandbox.url,
        "client_id": sandbox.client_id,
        "client_secret": sandbox.client_secret,
    }
    (tmp_path / "c.json").write_text(json.dumps(config), encoding="utf-8")
    (tmp_path / "s.json").write_text(json.dumps(synced), encoding="utf-8")
    given = ["--config", "c.json", "--state", "s.json"]
    with subprocess.Popen(  # noqa: S603 - our own command
        [sys.executable, "-m", "tap_marketo_programs", *given, "--plan"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=tmp_path,
    ) as process:
        wait_until(lambda: bool(sandbox.control.requests("programs")))
        process.send_signal(signal.SIGTERM)
        out, _ = process.communicate()

    assert process.returncode == 128 + signal.SIGTERM
    assert not out
