"""The commands serve and run."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest
from marketo_sandbox import SandboxControl
from marketo_sandbox.cli import environment, main
from marketo_sandbox.raw_client import RawClient

COMMAND = [sys.executable, "-m", "marketo_sandbox.cli"]
SHOW = "import os; print(*sorted(k + '=' + v for k, v in os.environ.items() if 'MARKETO' in k))"


def run(*options: str, script: str, **variables: str) -> subprocess.CompletedProcess[str]:
    argv = [*COMMAND, "run", *options, "--", sys.executable, "-c", script]
    given = {k: v for k, v in os.environ.items() if "MARKETO" not in k} | variables
    return subprocess.run(  # noqa: S603  # our own interpreter
        argv, env=given, capture_output=True, text=True, timeout=300, check=False
    )


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_serve_prints_one_line_and_serves_until_a_signal(number: signal.Signals) -> None:
    argv = [*COMMAND, "serve", "--world", "tiny", "--knob", "U4=1003"]
    with subprocess.Popen(  # noqa: S603  # our own interpreter
        argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as server:
        assert server.stdout is not None
        assert server.stderr is not None
        url, client_id, client_secret = server.stdout.readline().split()
        assert client_id == "client_id=sandbox-client-id"
        assert client_secret == "client_secret=sandbox-client-secret"
        assert url.startswith("http://127.0.0.1:")
        assert RawClient(url).create({"programId": 1001}, ["x"]).code == "1003"
        assert len(SandboxControl(url).programs()) == 3
        server.send_signal(number)
        assert server.wait(timeout=300) == 0
        assert server.stderr.read() == ""


def test_run_tells_the_command_where_the_sandbox_is_and_its_pace() -> None:
    done = run("--world", "tiny", script=SHOW)
    assert done.returncode == 0
    shown = dict(pair.split("=", 1) for pair in done.stdout.split())
    assert shown["TAP_MARKETO_PROGRAMS_BASE_URL"] == shown["MARKETO_SANDBOX_URL"]
    assert shown["TAP_MARKETO_PROGRAMS_CLIENT_ID"] == "sandbox-client-id"
    assert shown["TAP_MARKETO_PROGRAMS_CLIENT_SECRET"] == "sandbox-client-secret"
    assert shown["TAP_MARKETO_PROGRAMS_POLL_INTERVAL_SECONDS"] == "1"
    assert shown["TAP_MARKETO_PROGRAMS_MAX_CALLS_PER_20_SECONDS"] == "3000"


def test_run_leaves_a_pace_alone_that_the_user_has_set() -> None:
    made = environment("http://x", 40, {"TAP_MARKETO_PROGRAMS_POLL_INTERVAL_SECONDS": "9"})
    assert made["TAP_MARKETO_PROGRAMS_POLL_INTERVAL_SECONDS"] == "9"
    assert made["TAP_MARKETO_PROGRAMS_MAX_CALLS_PER_20_SECONDS"] == "2000"
    assert environment("u", 40, {})["TAP_MARKETO_PROGRAMS_POLL_INTERVAL_SECONDS"] == "1.5"


def test_run_ends_with_the_commands_code() -> None:
    assert run("--world", "tiny", script="raise SystemExit(7)").returncode == 7


def test_run_forwards_signals() -> None:
    script = (
        "import signal, sys, time\n"
        "signal.signal(signal.SIGTERM, lambda *_: sys.exit(9))\n"
        "print('ready', flush=True)\n"
        "time.sleep(20)"
    )
    argv = [*COMMAND, "run", "--world", "tiny", "--", sys.executable, "-c", script]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) as running:  # noqa: S603  # our own interpreter
        assert running.stdout is not None
        assert running.stdout.readline() == "ready\n"
        running.send_signal(signal.SIGTERM)
        assert running.wait(timeout=300) == 9


def test_wrong_options_are_said_and_end_with_2(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["serve", "--knob", "U4=9"]) == 2
    assert "U4 takes one of" in capsys.readouterr().err
    assert main(["serve", "--knob", "nope=9"]) == 2
    assert main(["serve", "--world", "tiny", "--programs", "3"]) == 2
    assert main(["serve", "--now", "yesterday"]) == 2
    assert main(["run", "--world", "tiny", "--", "/no/such/command"]) == 127
    with pytest.raises(SystemExit):
        main(["run"])


def test_run_forwards_a_signal_that_comes_as_soon_as_the_command_starts() -> None:
    script = "trap 'exit 9' TERM; kill -TERM $PPID; while :; do sleep 0.1; done"
    argv = [*COMMAND, "run", "--world", "tiny", "--", "sh", "-c", script]
    done = subprocess.run(argv, timeout=60, check=False)  # noqa: S603  # our own interpreter
    assert done.returncode == 9
