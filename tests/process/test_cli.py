"""The command as a user meets it: a process with files, pipes, signals and an exit code."""

from __future__ import annotations

import fcntl
import json
import os
import signal
import socket
import struct
import subprocess
import sys
import termios
import time
from contextlib import ExitStack
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import TYPE_CHECKING, Any

import pytest
from harness import Output, Tap, by_key, message_lines, only
from marketo_sandbox import CLIENT_SECRET
from states import named
from waiting import PATIENCE, wait_until

from tap_marketo_programs.errors import PermissionDenied, StateRefused
from tap_marketo_programs.tap import TapMarketoPrograms

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from marketo_sandbox import Sandbox

    Command = Callable[..., Output]
    Start = Callable[..., subprocess.Popen[str]]

PREFIX = "TAP_MARKETO_PROGRAMS_"
RUNNING = {"Queued", "Processing"}
WRONG_SECRET = "not-the-secret-9d1c"
# How long "within seconds" is on a busy machine.
# Bytes; a pipe that holds that many holds rows.
LARGER_THAN_STATES = 30_000

# Runs the command where nothing can be reached.
OFFLINE = """
import socket
import sys

def refuse(*_):
    raise AssertionError("the command used the network")

socket.socket.connect = socket.getaddrinfo = refuse

from tap_marketo_programs.tap import TapMarketoPrograms

TapMarketoPrograms.cli(sys.argv[1:])
"""


def environment(**variables: str) -> dict[str, str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
    return clean | variables


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Start the command and leave it running; what a test forgets is ended."""
    with ExitStack() as started:

        def launch(
            *arguments: str,
            script: str | None = None,
            variables: Mapping[str, str] | None = None,
        ) -> subprocess.Popen[str]:
            program = ["-c", script] if script else ["-m", "tap_marketo_programs"]
            process = subprocess.Popen(  # noqa: S603 - our own command
                [sys.executable, *program, *arguments],
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                cwd=tmp_path,
                env=environment(TMPDIR=str(tmp_path), **(variables or {})),
            )
            started.enter_context(process)
            started.callback(process.kill)
            return process

        yield launch


def result(process: subprocess.Popen[str], timeout: float = PATIENCE) -> Output:
    out, err = process.communicate(timeout=timeout)
    return Output(message_lines(out), logs=err, code=process.returncode)


def settings(sandbox: Sandbox, **others: Any) -> dict[str, Any]:  # noqa: ANN401 - any setting
    return {
        "base_url": sandbox.url,
        "client_id": sandbox.client_id,
        "client_secret": sandbox.client_secret,
        "max_calls_per_20_seconds": 100_000,
        "poll_interval_seconds": 0.05,
        **others,
    }


def written(path: Path, content: object) -> str:
    text = content if isinstance(content, str) else json.dumps(content)
    path.write_text(text, encoding="utf-8")
    return str(path)


def errors(output: Output) -> list[str]:
    """The ERROR lines, without time, level and logger."""
    return [
        line.split("|", 3)[3].strip() for line in output.logs.splitlines() if "| ERROR " in line
    ]


def fails_with(output: Output, *words: str) -> str:
    """The one line that a failed run says, which holds these words."""
    assert output.code == 1, output.logs
    (line,) = errors(output)
    assert all(word in line for word in words), line
    assert_quiet(output)
    return line


def assert_quiet(output: Output) -> None:
    """Nothing was extracted, nothing unexpected happened and nothing secret was said."""
    assert not output.of("RECORD")
    assert "Traceback" not in output.logs
    for secret in (CLIENT_SECRET, WRONG_SECRET):
        assert secret not in output.logs


# What needs no Marketo


@pytest.mark.parametrize(
    "arguments",
    [
        ["--version"],
        ["--about"],
        ["--about", "--format=json"],
        ["--about", "--format=markdown"],
    ],
    ids=" ".join,
)
def test_it_speaks_about_itself_without_network_and_config(
    start: Start, arguments: list[str]
) -> None:
    output = result(start(*arguments, script=OFFLINE))

    assert output.code == 0, output.logs
    text = "\n".join(output.lines)
    if "--version" in arguments:
        assert text.startswith("tap-marketo-programs v")
    elif "--about" in arguments:
        assert "max_calls_per_20_seconds" in text
    if arguments[-1] == "--format=json":
        about = json.loads(text)
        assert about["name"] == "tap-marketo-programs"
        assert about["settings"]["properties"]["client_secret"]["secret"] is True


def test_without_arguments_it_names_the_settings_it_needs(start: Start) -> None:
    output = result(start())

    assert output.code == 1
    assert [line.partition(":")[0] for line in errors(output)] == [
        "base_url",
        "client_id",
        "client_secret",
    ]
    assert "Traceback" not in output.logs
    assert not output.lines


# What works


def test_discovery_prints_one_catalog_with_all_streams_and_custom_fields(command: Command) -> None:
    output = command("--discover")

    assert output.code == 0, output.logs
    catalog = json.loads("\n".join(output.lines))
    streams = {entry["tap_stream_id"]: entry for entry in catalog["streams"]}
    assert set(streams) == {
        "channels",
        "export_jobs",
        "program_members",
        "programs",
        "programs_by_tag",
        "tag_types",
    }
    assert "customText" in streams["program_members"]["schema"]["properties"]
    assert streams["program_members"]["key_properties"] == ["leadId", "programId"]
    assert not errors(output)


def test_a_test_run_writes_records_and_creates_no_job(command: Command, sandbox: Sandbox) -> None:
    output = command("--test")

    assert output.code == 0, output.logs
    assert not errors(output)
    for stream in ("channels", "programs", "programs_by_tag", "tag_types"):
        assert len(output.records(stream)) == 1
    assert not output.records("program_members")
    assert not sandbox.control.jobs()
    (line,) = [line for line in output.logs.splitlines() if "--test creates none" in line]
    assert "program_members: 30 fields of 3 programs can be exported" in line


@pytest.mark.parametrize("endpoint", ["members_describe", "export_list", "programs"])
def test_a_test_run_fails_where_exports_would_be_refused(
    command: Command, sandbox: Sandbox, endpoint: str
) -> None:
    sandbox.control.fault("error", endpoint, code="603", count=100)

    output = command("--test")

    assert output.code == 1
    (line,) = errors(output)
    assert "603" in line
    assert not sandbox.control.jobs()


def test_a_test_of_another_kind_is_refused(command: Command, sandbox: Sandbox) -> None:
    fails_with(command("--test=schemas"), "--test: unknown form 'schemas'", "--test=schema")

    assert not sandbox.control.requests()


def test_a_test_of_the_schemas_exports_nothing(command: Command, sandbox: Sandbox) -> None:
    output = command("--test=schema")

    assert output.code == 0, output.logs
    assert {message["type"] for message in output.messages} == {"SCHEMA"}
    assert len(output.messages) == 6
    assert not sandbox.control.jobs()


def test_a_run_writes_singer_messages_to_stdout_and_nothing_else(
    command: Command, sandbox: Sandbox
) -> None:
    output = command()

    assert output.code == 0, output.logs
    assert {message["type"] for message in output.messages} == {"SCHEMA", "RECORD", "STATE"}
    assert by_key(output.records()) == by_key(sandbox.control.truth())
    assert output.messages[-1]["type"] == "STATE"
    assert not errors(output)
    assert sandbox.client_secret not in output.logs
    assert "Bearer" not in output.logs


def test_settings_may_all_come_from_the_environment(start: Start, sandbox: Sandbox) -> None:
    variables = {
        PREFIX + name.upper(): str(value)
        for name, value in settings(sandbox, program_ids="[1002]", lead_fields='["email"]').items()
    }

    output = result(start("--config=ENV", variables=variables))

    assert output.code == 0, output.logs
    assert {row["programId"] for row in output.records()} == {1002}
    assert all("email" in row for row in output.records())


def test_settings_may_stand_in_the_env_file_of_the_working_directory(
    start: Start, sandbox: Sandbox, tmp_path: Path
) -> None:
    lines = [
        f"{PREFIX}{name.upper()}='{value}'"
        for name, value in settings(sandbox, program_ids="[1002]").items()
    ]
    written(tmp_path / ".env", "\ufeff" + "\n".join(lines))
    # What stands in the environment counts for more.
    variables = {PREFIX + "PROGRAM_IDS": "[1003]"}

    assert {one["programId"] for one in result(start("--config=ENV")).records()} == {1002}
    output = result(start("--config=ENV", variables=variables))
    assert {one["programId"] for one in output.records()} == {1003}


def test_the_settings_of_the_sdk_come_from_the_environment_too(
    start: Start, sandbox: Sandbox
) -> None:
    maps = {"program_members": {"statusName": "__NULL__"}}
    variables = {
        PREFIX + name.upper(): value if isinstance(value, str) else json.dumps(value)
        for name, value in settings(sandbox, stream_maps=maps).items()
    }

    output = result(start("--config=ENV", variables=variables))

    assert output.code == 0, output.logs
    assert output.records()
    assert not [row for row in output.records() if "statusName" in row]


def test_an_env_file_that_is_no_text_is_one_line(start: Start, tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes(b"\xff\xfe\x00secret")

    line = fails_with(result(start("--config=ENV")), ".env cannot be read", "UTF-8")

    assert "secret" not in line


def test_a_config_may_come_out_of_a_pipe(start: Start, sandbox: Sandbox, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    process = start("--config", str(pipe), "--discover")
    pipe.write_text(json.dumps(settings(sandbox)), encoding="utf-8")

    assert result(process).code == 0


# Wrong settings


# Each with the words that the line about it must hold.
WRONG: list[dict[str, tuple[object, str]]] = [
    {
        "base_url": (5, "string"),
        "client_secret": ([WRONG_SECRET], "string"),
        "start_date": (True, "string"),
        "program_ids": ("1001", "array"),
        "program_tags": ({"tag_type": "Region"}, "array"),
        "program_details": ("sometimes", "boolean"),
        "lead_fields": ("email", "array"),
        "on_quota_exhausted": ("explode", "fail, stop"),
        "poll_interval_seconds": ("soon", "number"),
        "max_queued_exports": (2.5, "integer"),
    },
    {
        "base_url": ("", "not empty"),
        "client_id": ("", "not empty"),
        "poll_interval_seconds": (0, "above 0"),
        "max_queued_exports": (11, "at most 10"),
        "export_timeout_seconds": (-1, "above 0"),
        "request_timeout_seconds": (0, "above 0"),
        "lookback_seconds": (-1, "at least 0"),
        "daily_export_quota_mb": (-0.5, "at least 0"),
        "max_calls_per_20_seconds": (0, "at least 1"),
    },
]


@pytest.mark.parametrize("wrong", WRONG, ids=["types", "bounds"])
def test_every_wrong_setting_has_a_line_that_says_what_it_may_be(
    command: Command, wrong: dict[str, tuple[object, str]]
) -> None:
    output = command(**{name: value for name, (value, _) in wrong.items()})

    assert output.code == 1
    said = {line.partition(":")[0]: line for line in errors(output)}
    assert len(said) == len(errors(output))
    assert set(said) == set(wrong)
    for name, (_, words) in wrong.items():
        assert words in said[name]
    assert_quiet(output)


def test_values_that_make_no_sense_are_refused_before_anything_is_sent(
    command: Command, sandbox: Sandbox
) -> None:
    output = command(
        base_url="http://123-ABC-456.mktorest.com", start_date="last Tuesday", program_ids=[]
    )

    assert output.code == 1
    address, start_date, program_ids = errors(output)
    assert address.startswith("base_url: must be https")
    assert start_date.startswith("start_date: expected a date")
    assert program_ids.startswith("program_ids: is empty")
    assert_quiet(output)
    assert not sandbox.control.requests()


def test_an_unreadable_number_in_the_environment_is_named(start: Start, sandbox: Sandbox) -> None:
    variables = {
        PREFIX + name.upper(): str(value)
        for name, value in settings(sandbox, max_queued_exports="abc").items()
    }

    output = result(start("--config=ENV", variables=variables))

    fails_with(output, "max_queued_exports: expected integer")


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"lead_fields": ["emial"]}, ("lead_fields: 'emial'", "Did you mean email?")),
        ({"program_ids": [1001, 4711]}, ("program_ids", "4711")),
        ({"program_tags": [{"tag_type": "Regoin"}]}, ("program_tags", "Regoin", "Region")),
    ],
    ids=["lead field", "program", "tag type"],
)
def test_what_only_marketo_knows_to_be_wrong_is_named_too(
    tap: Tap, command: Command, wrong: dict[str, object], words: tuple[str, ...]
) -> None:
    catalog = only(tap.catalog(), "program_members", "programs_by_tag")
    for entry in catalog["streams"]:
        if "program_tags" in wrong and entry["stream"] == "program_members":
            entry["metadata"][-1]["metadata"]["selected"] = False

    output = command(**wrong, catalog=None if "lead_fields" in wrong else catalog)

    fails_with(output, *words)


def test_every_lead_field_that_cannot_be_joined_has_a_line(command: Command) -> None:
    output = command(lead_fields=["Phone", "company", "fullName", "statusName"])

    assert output.code == 1
    reasons = ("Did you mean phone?", "is a formula field", "is a program member field too")
    lines = errors(output)
    assert len(lines) == len(reasons)
    assert all(reason in line for reason, line in zip(reasons, lines, strict=True))


# Wrong files


@pytest.fixture
def refusal(caplog: pytest.LogCaptureFixture) -> Callable[..., str]:
    """Run the command in this process, where it gets no further than its options."""

    def run(*arguments: str) -> str:
        with pytest.raises(SystemExit) as ended:
            TapMarketoPrograms.cli(arguments)
        assert ended.value.code == 1
        (line,) = [record for record in caplog.records if record.levelname == "ERROR"]
        return line.getMessage()

    return run


@pytest.mark.parametrize("option", ["config", "catalog", "state"])
@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b'{"base_url": ', "is not JSON (line 1, column 14)"),
        (b"", "is empty"),
        (b"[]", "does not hold a JSON object"),
        (b'"caf\xe9"', "cannot be read (it is not text in UTF-8)"),
    ],
    ids=["cut off", "empty", "a list", "not UTF-8"],
)
def test_a_file_that_cannot_be_read_is_named(
    refusal: Callable[..., str], tmp_path: Path, option: str, content: bytes, words: str
) -> None:
    path = tmp_path / "wrong.json"
    path.write_bytes(content)

    assert refusal(f"--{option}", str(path)).startswith(f"--{option}: {path} {words}")


@pytest.mark.parametrize(
    ("option", "content"),
    [
        ("state", {"type": "STATE", "value": {"bookmarks": {}}}),
        ("state", {"bookmarks": []}),
        ("state", {"bookmarks": {"program_members": 5}}),
        ("catalog", {}),
        ("catalog", {"streams": []}),
        ("catalog", {"streams": [{"stream": "programs"}]}),
        ("catalog", {"streams": "programs"}),
    ],
)
def test_a_file_that_holds_something_else_is_refused(
    refusal: Callable[..., str], tmp_path: Path, option: str, content: dict[str, Any]
) -> None:
    path = written(tmp_path / "wrong.json", content)

    assert refusal(f"--{option}", path).startswith(f"--{option}: {path} is no {option}")


def test_a_missing_config_is_named(refusal: Callable[..., str]) -> None:
    assert refusal("--config", "nowhere.json").startswith("--config: nowhere.json cannot be read")


def test_a_cut_off_state_stops_the_run_before_anything_is_sent(
    start: Start, sandbox: Sandbox, tmp_path: Path
) -> None:
    config = written(tmp_path / "c", settings(sandbox))
    state = written(tmp_path / "state.json", '{"bookmarks": {"programs"')

    output = result(start("--config", config, "--state", state))

    fails_with(output, "--state: ", "state.json is not JSON", "Nothing was extracted")
    assert not output.lines
    assert not sandbox.control.requests()


# What no version of this tap has written, as far as this version knows.
DAMAGES: dict[str, dict[str, Any]] = {
    "another tap's": {"replication_key_value": "2026-01-01T00:00:00Z"},
    "unreadable programs": {
        "version": 1,
        "watermarks": {"2026-01-01T00:00:00Z": "1001-x"},
        "exports": [],
    },
    "unreadable job": {"version": 1, "watermarks": {}, "exports": [{"id": "../../etc/passwd"}]},
    "a later version's": {"version": 99, "watermarks": {}, "exports": []},
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_bookmark_of_members_is_refused_and_kept(tap: Tap, damage: str) -> None:
    state = {"bookmarks": {"program_members": DAMAGES[damage]}}

    output = tap.run("program_members", state=state)

    assert isinstance(output.error, StateRefused)
    assert not output.of("RECORD")
    assert all(message["value"] == state for message in output.of("STATE"))
    assert not tap.sandbox.control.jobs()


def test_a_damaged_bookmark_ends_the_run_with_the_way_to_reset_it(
    tap: Tap, command: Command
) -> None:
    state = {"bookmarks": {"program_members": DAMAGES["unreadable programs"]}}

    output = command(state=state, catalog=only(tap.catalog(), "program_members"))

    fails_with(output, "state of program_members", "remove bookmarks.program_members")
    assert all(message["value"] == state for message in output.of("STATE"))


# Wrong Marketo


class Stranger(BaseHTTPRequestHandler):
    """A web server that is not Marketo."""

    def do_POST(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"<html>Welcome</html>")

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def test_a_wrong_host_is_named_before_the_run_waits_for_it(
    start: Start, sandbox: Sandbox, tmp_path: Path
) -> None:
    with ExitStack() as servers:
        # A port that was free a moment ago refuses.
        with socket.create_server(("127.0.0.1", 0)) as free:
            refusing = free.getsockname()[1]
        stranger = servers.enter_context(HTTPServer(("127.0.0.1", 0), Stranger))
        Thread(target=stranger.serve_forever, daemon=True).start()
        servers.callback(stranger.shutdown)
        urls = [
            f"http://127.0.0.1:{refusing}",
            f"http://127.0.0.1:{stranger.server_port}",
            "https://123-abc-456.mktorest.invalid",
        ]
        processes = [
            start("--config", written(tmp_path / str(n), settings(sandbox, base_url=url)))
            for n, url in enumerate(urls)
        ]
        outputs = [result(process) for process in processes]

    for url, output in zip(urls, outputs, strict=True):
        fails_with(output, f"base_url: {url} does not answer as Marketo's Identity service does")
    assert "the host name is unknown" in errors(outputs[2])[0]


@pytest.mark.parametrize(
    ("wrong", "spelling"),
    [
        ("client_id", "unauthorized"),
        ("client_id", "invalid_client"),
        ("client_id", "200"),
        ("client_secret", "unauthorized"),
    ],
)
def test_bad_credentials_name_the_settings_and_never_their_values(
    command: Command, sandbox: Sandbox, wrong: str, spelling: str
) -> None:
    sandbox.control.knob(U30=spelling)

    line = fails_with(command(**{wrong: WRONG_SECRET}), "client_id", "client_secret")

    assert sandbox.client_id not in line


@pytest.mark.parametrize(
    ("denied", "needed"),
    [
        ("channels", "Read-Only Assets"),
        ("programs", "Read-Only Assets"),
        ("program", "Read-Only Assets"),
        ("programs_by_tag", "Read-Only Assets"),
        ("tag_types", "Read-Only Assets"),
        ("tag_type", "Read-Only Assets"),
        ("export_create", "Read-Only Lead"),
        ("export_enqueue", "Read-Only Lead"),
        ("export_status", "Read-Only Lead"),
        ("export_file", "Read-Only Lead"),
    ],
)
def test_a_missing_permission_is_named_whatever_the_endpoint(
    tap: Tap, denied: str, needed: str
) -> None:
    tap.sandbox.control.knob(denied=denied)

    output = tap.run()

    assert isinstance(output.error, PermissionDenied)
    assert "603" in str(output.error)
    assert needed in str(output.error)


@pytest.mark.parametrize(
    ("denied", "needed"),
    [
        ("channels", "Read-Only Assets"),
        ("members_describe", "Read-Only Lead"),
        ("leads_describe2", "Read-Only Lead"),
        ("export_create", "Read-Only Lead"),
    ],
)
def test_a_missing_permission_is_one_line(
    command: Command, sandbox: Sandbox, denied: str, needed: str
) -> None:
    sandbox.control.knob(denied=denied)

    output = command(lead_fields=["email"])

    assert output.code == 1
    (line,) = errors(output)
    assert "603" in line
    assert needed in line
    assert "Traceback" not in output.logs


# Ends that come from outside


def running_jobs(sandbox: Sandbox) -> list[str]:
    return [job["exportId"] for job in sandbox.control.jobs() if job["status"] in RUNNING]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "SIGINT"])
def test_a_signal_ends_the_run_with_a_state_that_names_the_jobs_left_running(
    start: Start, sandbox: Sandbox, tmp_path: Path, number: signal.Signals
) -> None:
    sandbox.control.reset(world="demo")
    # Jobs that last longer than the test has patience.
    sandbox.control.knob(rate_limit=None, job_seconds_processing=10**7)
    process = start("--config", written(tmp_path / "c", settings(sandbox)))
    wait_until(lambda: len(running_jobs(sandbox)) >= 3)

    process.send_signal(number)
    output = result(process)

    assert output.code == 128 + number
    assert output.messages[-1]["type"] == "STATE"
    assert named(output.state) >= set(running_jobs(sandbox))
    assert not errors(output)
    assert "Traceback" not in output.logs
    assert [line for line in output.logs.splitlines() if number.name in line]


def full_and_still(pipe: int) -> Callable[[], bool]:
    """Whether nobody has written to a pipe, or read from it, for a while: it is full."""
    held, since = 0, time.monotonic()

    def check() -> bool:
        nonlocal held, since
        before = held
        (held,) = struct.unpack("i", fcntl.ioctl(pipe, termios.FIONREAD, b"\0" * 4))
        if held != before:
            since = time.monotonic()
        return held > LARGER_THAN_STATES and time.monotonic() - since > 2

    return check


@pytest.mark.parametrize("unbuffered", ["", "1"], ids=["buffered", "unbuffered"])
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "SIGINT"])
def test_a_signal_in_the_middle_of_the_rows_leaves_whole_lines_and_no_false_state(
    start: Start, tap: Tap, tmp_path: Path, number: signal.Signals, unbuffered: str
) -> None:
    sandbox = tap.sandbox
    sandbox.control.reset(world="sized", programs=10, members_per_program=3000)
    sandbox.control.knob(rate_limit=None)
    catalog = written(tmp_path / "catalog", only(tap.catalog(), "program_members"))
    arguments = ["--config", written(tmp_path / "c", settings(sandbox)), "--catalog", catalog]
    process = start(*arguments, variables={"PYTHONUNBUFFERED": unbuffered})
    assert process.stdout is not None
    assert process.stderr is not None
    lines = [process.stdout.readline() for _ in range(500)]
    # The tap is in the middle of a line.
    wait_until(full_and_still(process.stdout.fileno()))

    process.send_signal(number)
    lines += process.stdout.readlines()
    logs = process.stderr.read()
    output = Output(lines, logs=logs, code=process.wait(timeout=PATIENCE))

    assert all(line.endswith("\n") for line in lines)
    assert output.code == 128 + number
    assert 400 < len(output.records()) < 30_000
    assert output.messages[-1]["type"] == "STATE"
    # Its one export is not out yet, so the next run resumes it again.
    bookmark = output.state["bookmarks"]["program_members"]
    assert not bookmark["watermarks"]
    assert len(bookmark["exports"]) == 1
    assert not list(tmp_path.glob("tap-marketo-programs-*"))


# Takes as long as a run may take to end: both signals at once, so that this is waited for once.
def test_a_signal_ends_a_run_whose_target_reads_no_more(
    start: Start, tap: Tap, tmp_path: Path
) -> None:
    sandbox = tap.sandbox
    sandbox.control.reset(world="sized", programs=10, members_per_program=1000)
    sandbox.control.knob(rate_limit=None)
    catalog = only(tap.catalog(), "program_members")
    files = ["--config", written(tmp_path / "c", settings(sandbox))]
    files += ["--catalog", written(tmp_path / "catalog", catalog)]
    numbers = (signal.SIGTERM, signal.SIGINT)
    processes = [start(*files) for _ in numbers]
    for process in processes:
        assert process.stdout is not None
        wait_until(full_and_still(process.stdout.fileno()))
    folders = [path for path in tmp_path.glob("tap-marketo-programs-*") if path.is_dir()]
    assert len(folders) == len(numbers)

    for process, number in zip(processes, numbers, strict=True):
        process.send_signal(number)
    for process in processes:
        process.wait(timeout=PATIENCE)

    assert not list(tmp_path.glob("tap-marketo-programs-*"))
    for process, number in zip(processes, numbers, strict=True):
        assert process.returncode == 128 + number
        out, logs = process.communicate()
        assert "Traceback" not in logs
        # The line that nobody took is the only one that can be cut.
        *whole, _ = out.split("\n")
        output = Output(whole)
        assert output.records()
        bookmark = output.state["bookmarks"]["program_members"]
        assert not bookmark["watermarks"]
        assert len(bookmark["exports"]) == 1
        resumed = tap.sync("program_members", state=output.state, catalog=catalog)
        assert by_key(resumed.records()) == by_key(sandbox.control.truth())
    assert len(sandbox.control.jobs()) == len(numbers)


def test_a_target_that_dies_ends_the_run_with_one_line(
    start: Start, tap: Tap, tmp_path: Path
) -> None:
    sandbox = tap.sandbox
    sandbox.control.reset(world="sized", programs=10, members_per_program=3000)
    sandbox.control.knob(rate_limit=None)
    process = start("--config", written(tmp_path / "c", settings(sandbox)))
    assert process.stdout is not None
    assert process.stdout.readline()

    process.stdout.close()
    process.wait(timeout=PATIENCE)

    assert process.stderr is not None
    output = Output(logs=process.stderr.read(), code=process.returncode)
    fails_with(output, "The target closed its input")
    assert "Exception ignored" not in output.logs
    assert "BrokenPipe" not in output.logs
