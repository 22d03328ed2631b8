"""A run that a signal ends says a STATE as its last word, and a true one."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from harness import Output, message_lines, only
from waiting import PATIENCE, wait_until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from harness import Tap
    from marketo_sandbox import Sandbox

BOTH = pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "SIGINT"])
# Of another tap too, and with what the SDK drops; it must come back as it was.
GIVEN = {
    "bookmarks": {
        "programs": {
            "replication_key": "updatedAt",
            "replication_key_value": "2020-01-01T00:00:00Z",
        },
        "others": {"share": 0.1},
    },
    "currently_syncing": "programs",
}
EMPTY: dict[str, Any] = {}

# Sends itself a signal while a part of the command is being imported.
WHILE_IMPORTING = """
import os, signal, sys

class Finder:
    def find_spec(self, name, *_):
        if name == {module!r}:
            os.kill(os.getpid(), {number})

sys.meta_path.insert(0, Finder())
from tap_marketo_programs.__main__ import main
main()
"""

# The command, kept from its end by a single call that takes minutes.
IN_ONE_LONG_CALL = """
import hashlib, sys
from tap_marketo_programs.tap import TapMarketoPrograms

class Tap(TapMarketoPrograms):
    def discover_streams(self):
        print("busy", file=sys.stderr, flush=True)
        hashlib.pbkdf2_hmac("sha256", b"", b"", 2**31 - 1)

Tap.cli()
"""

# The command, with a signal while an object is being made, which then cannot be closed: as an
# answer of http.client, from Python 3.13 on.
IN_THE_MAKING = """
import os, signal
from tap_marketo_programs.tap import TapMarketoPrograms

class Answer:
    def __init__(self):
        os.kill(os.getpid(), signal.SIGTERM)
        self.file = None

    def __del__(self):
        assert self.file is None

class Tap(TapMarketoPrograms):
    def discover_streams(self):
        try:
            Answer()
        except BaseException as error:
            raise error.with_traceback(None)

Tap.cli()
"""


@dataclass
class Running:
    """The command, while it runs."""

    process: subprocess.Popen[str]

    def ended_by(self, *numbers: signal.Signals) -> Output:
        """Send signals, and what the run was; it must end although its work would go on."""
        for number in numbers:
            self.process.send_signal(number)
        return self.end()

    def end(self) -> Output:
        assert self.process.stdout is not None
        assert self.process.stderr is not None
        # One that does not end by itself is killed, and fails by its code.
        killing = threading.Timer(PATIENCE, self.process.kill)
        killing.start()
        # Not `communicate`: it would lose what lies in the buffer behind a line that was read.
        out, logs = self.process.stdout.read(), self.process.stderr.read()
        self.process.wait()
        killing.cancel()
        assert "Traceback" not in logs
        assert "| ERROR " not in logs
        assert out.endswith("\n") or not out
        return Output(message_lines(out), logs=logs, code=self.process.returncode)


@pytest.fixture
def launch(tap: Tap, tmp_path: Path) -> Iterator[Callable[..., Running]]:
    """Start the command and leave it running."""
    with ExitStack() as started:

        def run(
            *arguments: str, script: str | None = None, **files: Mapping[str, Any] | None
        ) -> Running:
            line = [sys.executable, *(["-c", script] if script else ["-m", "tap_marketo_programs"])]
            files = {"config": tap.config(poll_interval_seconds=0.05), **files}
            for name, content in files.items():
                if content is not None:
                    (tmp_path / name).write_text(json.dumps(content))
                    line += [f"--{name}", str(tmp_path / name)]
            process = subprocess.Popen(  # noqa: S603 - our own command
                [*line, *arguments],
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                cwd=tmp_path,
            )
            started.enter_context(process)
            started.callback(process.kill)
            return Running(process)

        yield run


def asked(sandbox: Sandbox, times: int = 1) -> Callable[[], bool]:
    """Whether that many requests came from now on; one that still waits counts."""
    before = sandbox.control.stats()["total"]
    return lambda: sandbox.control.stats()["total"] >= before + times


def said_last(output: Output, number: signal.Signals) -> dict[str, Any]:
    """The state that is the last message of a run that a signal ended."""
    assert output.code == 128 + number, output.logs
    last = output.messages[-1]
    assert last["type"] == "STATE"
    return dict(last["value"])


# In the start-up


@BOTH
@pytest.mark.parametrize("given", [GIVEN, None], ids=["a state", "no state"])
@pytest.mark.parametrize("module", ["singer_sdk", "tap_marketo_programs.tap", "msgspec"])
def test_a_signal_while_the_command_is_imported_gives_the_state_back(
    launch: Callable[..., Running],
    number: signal.Signals,
    given: dict[str, Any] | None,
    module: str,
) -> None:
    script = WHILE_IMPORTING.format(module=module, number=int(number))

    output = launch(script=script, state=given).end()

    assert said_last(output, number) == (given or EMPTY)
    assert len(output.lines) == 1


@BOTH
@pytest.mark.parametrize("given", [GIVEN, None], ids=["a state", "no state"])
@pytest.mark.parametrize("endpoint", ["identity", "members_describe"])
def test_a_signal_before_the_first_answer_gives_the_state_back(
    launch: Callable[..., Running],
    tap: Tap,
    number: signal.Signals,
    given: dict[str, Any] | None,
    endpoint: str,
) -> None:
    tap.sandbox.control.fault("slow", endpoint, seconds=60)
    waiting = asked(tap.sandbox, 1 if endpoint == "identity" else 2)
    running = launch(state=given)
    wait_until(waiting)

    output = running.ended_by(number)

    assert said_last(output, number) == (given or EMPTY)
    assert len(output.lines) == 1


def test_a_state_out_of_a_pipe_is_given_back_too(
    launch: Callable[..., Running], tap: Tap, tmp_path: Path
) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    tap.sandbox.control.fault("slow", "identity", seconds=60)
    waiting = asked(tap.sandbox)
    running = launch("--state", str(pipe))
    pipe.write_text(json.dumps(GIVEN))
    wait_until(waiting)

    output = running.ended_by(signal.SIGTERM)

    assert said_last(output, signal.SIGTERM) == GIVEN


def test_a_signal_that_no_step_of_python_sees_ends_the_run_all_the_same(
    launch: Callable[..., Running],
) -> None:
    running = launch(script=IN_ONE_LONG_CALL, state=GIVEN)
    stderr = running.process.stderr
    assert stderr is not None
    assert any(line == "busy\n" for line in iter(stderr.readline, ""))

    output = running.ended_by(signal.SIGTERM)

    assert said_last(output, signal.SIGTERM) == GIVEN


def test_what_a_signal_leaves_half_made_is_cleared_away_without_a_word(
    launch: Callable[..., Running],
) -> None:
    output = launch(script=IN_THE_MAKING, state=GIVEN).end()

    assert said_last(output, signal.SIGTERM) == GIVEN
    assert "ignored" not in output.logs


# In the middle of a stream


# Where each stream is held up: endpoint, answers before, what the request holds, and whether
# rows are out by then.
HELD_UP: dict[str, tuple[str, int, str, bool]] = {
    "channels": ("channels", 0, "", False),
    "programs": ("program", 0, "/1002.json", True),
    "programs_by_tag": ("programs_by_tag", 1, "", True),
    "tag_types": ("tag_type", 1, "", True),
    "program_members": ("export_create", 0, "", False),
}


@BOTH
@pytest.mark.parametrize("stream", HELD_UP)
@pytest.mark.parametrize("given", [GIVEN, None], ids=["a state", "no state"])
def test_a_signal_in_the_middle_of_a_stream_ends_with_a_state_that_says_no_more(
    launch: Callable[..., Running],
    tap: Tap,
    number: signal.Signals,
    stream: str,
    given: dict[str, Any] | None,
) -> None:
    catalog = only(tap.catalog(), stream)
    endpoint, after, where, has_rows = HELD_UP[stream]
    tap.sandbox.control.fault("slow", endpoint, seconds=60, after=after, where=where)
    running = launch(catalog=catalog, state=given)
    stdout = running.process.stdout
    assert stdout is not None
    awaited = "RECORD" if has_rows else "SCHEMA"
    while json.loads(stdout.readline())["type"] != awaited:
        pass

    output = running.ended_by(number)

    state = said_last(output, number)
    bookmarks = state.get("bookmarks", {})
    known = (given or EMPTY).get("bookmarks", {})
    assert bookmarks.get("programs", {}).get("replication_key_value") == known.get(
        "programs", {}
    ).get("replication_key_value")
    assert bookmarks.get("others") == known.get("others")
    assert not bookmarks.get("program_members", {}).get("watermarks")


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"stream_maps": {"program_members": {"made": "str(leadId)"}}},
        {"flattening_enabled": True, "flattening_max_depth": 1},
    ],
    ids=["lines", "a stream map", "flattening"],
)
def test_a_signal_in_the_middle_of_a_file_ends_with_a_state_that_names_its_job(
    launch: Callable[..., Running], tap: Tap, settings: dict[str, Any]
) -> None:
    control = tap.sandbox.control
    control.reset(world="sized", programs=10, members_per_program=3000)
    control.knob(rate_limit=None)
    catalog = only(tap.catalog(), "program_members")
    config = tap.config(poll_interval_seconds=0.05, **settings)
    running = launch(catalog=catalog, config=config)
    stdout = running.process.stdout
    assert stdout is not None
    lines = [stdout.readline() for _ in range(500)]
    assert json.loads(lines[-1])["type"] == "RECORD"

    output = running.ended_by(signal.SIGTERM)

    bookmark = said_last(output, signal.SIGTERM)["bookmarks"]["program_members"]
    assert not bookmark["watermarks"]
    (job,) = control.jobs()
    assert [list(one["jobs"]) for one in bookmark["exports"]] == [[job["exportId"]]]
    assert {message["type"] for message in output.messages[:-1]} <= {"RECORD"}
    assert len(output.records()) < 29_000


def test_further_signals_do_not_cut_the_last_state_short(
    launch: Callable[..., Running], tap: Tap
) -> None:
    tap.sandbox.control.fault("slow", "identity", seconds=60)
    waiting = asked(tap.sandbox)
    running = launch(state=GIVEN)
    wait_until(waiting)

    output = running.ended_by(*[signal.SIGTERM] * 200)

    assert said_last(output, signal.SIGTERM) == GIVEN


# Where nobody wants a state


@pytest.mark.parametrize("arguments", [["--discover"], ["--test"]], ids=" ".join)
def test_what_is_no_run_says_no_state(
    launch: Callable[..., Running], tap: Tap, arguments: list[str]
) -> None:
    tap.sandbox.control.fault("slow", "identity", seconds=60)
    waiting = asked(tap.sandbox)
    running = launch(*arguments)
    wait_until(waiting)

    output = running.ended_by(signal.SIGTERM)

    assert output.code == 128 + signal.SIGTERM
    assert not output.lines


def test_a_state_that_cannot_be_read_is_not_replaced_by_an_empty_one(
    launch: Callable[..., Running], tap: Tap, tmp_path: Path
) -> None:
    tap.sandbox.control.fault("slow", "identity", seconds=60)
    (tmp_path / "cut").write_text('{"bookmarks": {"programs"')
    script = WHILE_IMPORTING.format(module="singer_sdk", number=int(signal.SIGTERM))

    output = launch("--state", str(tmp_path / "cut"), script=script).end()

    assert output.code == 128 + signal.SIGTERM
    assert not output.lines
