"""However a run ends, it leaves no file, no thread and no job that its state does not name."""

from __future__ import annotations

import gc
import json
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import pytest
from harness import Output, message_lines, only
from scenes import MEMBERS, Scene
from states import named
from waiting import PATIENCE, wait_until
from writers import Killed

from tap_marketo_programs.errors import (
    BadCredentials,
    CallQuotaExceeded,
    ConnectionFailed,
    DailyQuotaExceeded,
    ExportFailed,
    ExportTimedOut,
    MarketoConfigError,
    MarketoError,
    PermissionDenied,
    QueueFull,
    StateRefused,
)
from tap_marketo_programs.process.private_folder import PrivateFolder
from tap_marketo_programs.process.stdout import TargetGone

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from harness import Tap

Message = dict[str, Any]

FOR_EVER = 1000
SPENT = {"code": "1029", "message": "Export daily quota 500MB exceeded."}
REFUSED = {"status": 401, "body": '{"error":"unauthorized"}'}
# Places in the queue; there is always a third job to come.
PLACES: dict[str, Any] = {"max_queued_exports": 2}


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where temporary files go, of this process and of others."""
    path = tmp_path / "temporary"
    path.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(path))
    monkeypatch.setenv("TMPDIR", str(path))
    return path


@pytest.fixture
def scene(tap: Tap, temporary: Path) -> Scene:  # noqa: ARG001 - set before the run
    """Thirty programs of three members: three jobs."""
    scene = Scene(tap, dict(PLACES))
    scene.begin(programs=30)
    scene.catalog = tap.catalog()
    return scene


def left(temporary: Path) -> list[Path]:
    """The files there are, but for those of the sandbox in this process."""
    return [item for item in temporary.iterdir() if not item.name.startswith("marketo-sandbox-")]


def assert_nothing_left(scene: Scene, temporary: Path) -> None:
    assert not left(temporary)
    running = scene.running()
    # A state that was refused stays as it is, and names nothing that can be read.
    assert not running or running <= named(scene.state)


# Runs in this process


@dataclass
class End:
    """A way for a run to end.

    Args:
        how: As a user would say it.
        error: What the run raises.
        faults: What goes wrong; kind, endpoint and arguments of each.
        knobs: The sandbox's choices.
        settings: Settings of the tap.
        state: The state the run begins with.
        meanwhile: Called before each message is out.
        run: How to run, unless as usual.
    """

    how: str
    error: type[BaseException] | None = None
    faults: tuple[tuple[str, str, Mapping[str, Any]], ...] = ()
    knobs: Mapping[str, Any] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)
    state: Mapping[str, Any] = field(default_factory=dict)
    meanwhile: Callable[[Message], None] = lambda _: None
    run: Callable[[Scene], None] | None = None


def at_a_row(error: BaseException) -> Callable[[Message], None]:
    """Raise where the first row is written."""

    def act(message: Message) -> None:
        if message["type"] == "RECORD":
            raise error

    return act


def at_a_job(act: Callable[[], None]) -> Callable[[Message], None]:
    """Do something once, where the first job is named."""
    todo = [act]

    def look(message: Message) -> None:
        if message["type"] == "STATE" and named(message["value"]) and todo:
            todo.pop()()

    return look


def somebody_tidies_up() -> None:
    """Delete temporary files, as a cron job may."""
    for path in left(Path(tempfile.gettempdir())):
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()


def disappear() -> None:
    raise Killed


def abandon(scene: Scene) -> None:
    """Read one row and lose interest."""
    output = Output()
    tap = scene.tap.make(catalog=only(scene.tap.catalog(), MEMBERS), output=output, **PLACES)
    rows = iter(tap.streams[MEMBERS].get_records(None))
    next(rows)
    del rows
    gc.collect()
    scene.state = output.state


def test_only(scene: Scene) -> None:
    """Run as `--test` does; nobody keeps that state."""
    tap = scene.tap.make(catalog=only(scene.tap.catalog(), MEMBERS))
    tap.run_sync_dry_run(1, [tap.streams[MEMBERS]])


test_only.__test__ = False  # type: ignore[attr-defined]

BAD_STATE = {"bookmarks": {MEMBERS: {"watermarks": 7}}}
ENDS = (
    End("everything has come"),
    End("a lead field that is none", MarketoConfigError, settings={"lead_fields": ["nothing"]}),
    End("a wrong secret", BadCredentials, settings={"client_secret": "wrong"}),
    End(
        "a secret withdrawn while jobs run",
        BadCredentials,
        (
            ("http", "identity", {**REFUSED, "after": 1, "count": FOR_EVER}),
            ("revoke_token", "export_status", {"after": 1}),
        ),
    ),
    End("a bookmark that cannot be read", StateRefused, state=BAD_STATE),
    *(
        End(
            f"a permission withdrawn before {endpoint}",
            PermissionDenied,
            (("error", endpoint, {"code": "603", "after": 1}),),
        )
        for endpoint in ("export_create", "export_enqueue", "export_status", "export_file")
    ),
    *(
        End(
            f"no answers at {endpoint} any more",
            ConnectionFailed,
            (("reset", endpoint, {"after": 1, "count": FOR_EVER}),),
        )
        for endpoint in ("export_create", "export_enqueue")
    ),
    End(
        "no answers at export_status any more, which the list of jobs gives",
        None,
        (("reset", "export_status", {"after": 1, "count": FOR_EVER}),),
    ),
    End(
        "no answers at export_file any more",
        ExportFailed,
        (("reset", "export_file", {"after": 1, "count": FOR_EVER}),),
    ),
    End("no calls left", CallQuotaExceeded, (("error", "export_status", {"code": "607"}),)),
    End("no quota left", DailyQuotaExceeded, (("error", "export_create", {**SPENT, "after": 1}),)),
    End(
        "no quota left, which is all right",
        None,
        (("error", "export_create", {**SPENT, "after": 1}),),
        settings={"on_quota_exhausted": "stop"},
    ),
    End("an own quota used up", DailyQuotaExceeded, settings={"daily_export_quota_mb": 0}),
    End(
        "a job that takes too long",
        ExportTimedOut,
        (("job_stuck", "export_create", {"state": "Processing", "count": FOR_EVER}),),
        settings={"export_timeout_seconds": 120},
    ),
    End(
        "a queue that stays full",
        QueueFull,
        knobs={"neighbour_jobs": 10},
        settings={"export_timeout_seconds": 120},
    ),
    End("bad files", ExportFailed, (("corrupt", "export_file", {"count": FOR_EVER}),)),
    End("lost files", ExportFailed, (("file_missing", "export_file", {"count": FOR_EVER}),)),
    End("failing jobs", ExportFailed, (("job_failed", "export_create", {"count": FOR_EVER}),)),
    End(
        "somebody who deletes the files",
        MarketoConfigError,
        meanwhile=at_a_job(somebody_tidies_up),
    ),
    End("a full disk behind stdout", OSError, meanwhile=at_a_row(OSError(28, "No space"))),
    End("a target that is gone", TargetGone, meanwhile=at_a_row(TargetGone())),
    End("an end in the middle of the rows", Killed, meanwhile=at_a_row(Killed())),
    End("an end where the first job is named", Killed, meanwhile=at_a_job(disappear)),
    End("a reader who loses interest", run=abandon),
    End("a test of the connection", run=test_only),
)


@pytest.mark.parametrize("end", ENDS, ids=lambda end: end.how)
def test_nothing_is_left_in_this_process_after(scene: Scene, temporary: Path, end: End) -> None:
    before = set(threading.enumerate())
    scene.control.knob(**end.knobs)
    scene.state = dict(end.state)
    for kind, endpoint, arguments in end.faults:
        scene.control.fault(kind, endpoint, **arguments)

    if end.run:
        end.run(scene)
    else:
        output = scene.run(before=end.meanwhile, **end.settings)
        assert isinstance(output.error, end.error or type(None)), repr(output.error)
        if isinstance(output.error, MarketoError) and scene.control.jobs():
            assert output.error.stream == MEMBERS

    wait_until(lambda: set(threading.enumerate()) <= before)
    assert_nothing_left(scene, temporary)


# Runs in a process of their own


class Run:
    """The real command, two jobs of a hundred kilobytes, and what it writes so far."""

    def __init__(self, scene: Scene, folder: Path) -> None:
        self.scene = scene
        self.control = scene.control
        self.folder = folder
        scene.begin(programs=20, members=100)
        self._catalog = only(scene.tap.catalog(), MEMBERS)
        self.process: subprocess.Popen[str]
        self.lines: list[str] = []

    def start(self, *arguments: str, under: tuple[str, ...] = (), **settings: Any) -> None:  # noqa: ANN401 - any setting
        """Start it, under another command if need be."""
        config = self.scene.tap.config(poll_interval_seconds=0.02, **settings)
        line = [*under, sys.executable, "-m", "tap_marketo_programs", *arguments]
        for name, content in {"config": config, "catalog": self._catalog}.items():
            (self.folder / name).write_text(json.dumps(content))
            line += [f"--{name}", str(self.folder / name)]
        self.process = subprocess.Popen(  # noqa: S603 - our own command
            line, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )

    @property
    def stdout(self) -> IO[str]:
        assert self.process.stdout is not None
        return self.process.stdout

    def until_jobs_run(self) -> None:
        """Read until a STATE names both jobs, and wait until both have begun."""
        state: dict[str, Any] = {}
        while len(named(state)) < 2:
            state = json.loads(self.next_line()).get("value", {})
        wait_until(lambda: len(self.control.requests("export_enqueue")) == 2)

    def next_line(self) -> str:
        """The next message; a process that ends without one is a failure, not a wait for ever."""
        line = self.stdout.readline()
        assert line, self.end().logs
        self.lines.append(line)
        return line

    def end(self) -> Output:
        """Wait for its end, which no thread may hold up."""
        with self.process as process:
            assert process.stderr is not None
            self.lines += [] if self.stdout.closed else self.stdout.readlines()
            logs = process.stderr.read()
            code = process.wait(PATIENCE)
        return Output(message_lines("".join(self.lines)), logs=logs, code=code)


def signalled(number: signal.Signals) -> Callable[[Run], None]:
    """Send a signal while the run waits for its jobs."""

    def act(run: Run) -> None:
        run.control.fault("job_stuck", "export_create", count=2, state="Processing")
        run.start()
        run.until_jobs_run()
        run.process.send_signal(number)

    return act


def signalled_before_an_answer(run: Run) -> None:
    """Send a signal while Identity keeps the run waiting."""
    run.control.fault("slow", "identity", seconds=30)
    before = run.control.stats()["total"]
    run.start()
    wait_until(lambda: run.control.stats()["total"] > before)
    run.process.send_signal(signal.SIGTERM)


def left_by_its_target(run: Run) -> None:
    """Close the target's input once it knows both jobs; rows are still to come."""
    run.control.knob(job_seconds_processing=600)
    run.control.fault("job_stuck", "export_create", after=1, state="Processing")
    run.start()
    run.until_jobs_run()
    run.stdout.close()


def without_room(run: Run) -> None:
    """Let no file grow beyond half a megabyte, as if the disk were full."""
    run.scene.begin(programs=20, members=1000)
    run.control.fault("job_stuck", "export_create", after=1, state="Processing")
    run.start(under=("sh", "-c", 'ulimit -f 1000 && exec "$@"', "sh"))


PROCESSES: dict[str, tuple[Callable[[Run], None], int]] = {
    "everything has come": (Run.start, 0),
    "a test of the connection": (lambda run: run.start("--test"), 0),
    "a setting out of range": (lambda run: run.start(max_queued_exports=11), 1),
    "a wrong secret": (lambda run: run.start(client_secret="wrong"), 1),
    "SIGTERM": (signalled(signal.SIGTERM), 143),
    "SIGINT": (signalled(signal.SIGINT), 130),
    "SIGTERM before any answer": (signalled_before_an_answer, 143),
    "a target that closes its input": (left_by_its_target, 1),
    "a full disk": (without_room, 1),
}


@pytest.mark.parametrize("how", PROCESSES)
def test_nothing_is_left_by_a_process_after(
    scene: Scene, temporary: Path, tmp_path: Path, how: str
) -> None:
    act, code = PROCESSES[how]
    run = Run(scene, tmp_path)

    act(run)
    output = run.end()

    assert output.code == code, output.logs
    assert "Traceback" not in output.logs
    errors = [line for line in output.logs.splitlines() if "| ERROR " in line]
    assert len(errors) == (code == 1), errors
    scene.state = output.state if how != "a test of the connection" else {}
    assert_nothing_left(scene, temporary)


def test_what_a_killed_run_leaves_goes_when_the_next_one_starts(
    scene: Scene, temporary: Path, tmp_path: Path
) -> None:
    killed, following = Run(scene, tmp_path), Run(scene, tmp_path)
    scene.begin(programs=20, members=1000)
    killed.start()
    while '"RECORD"' not in killed.next_line():
        # It waits in the middle of a file, since nobody reads on.
        pass
    killed.process.kill()
    assert killed.end().code == -signal.SIGKILL
    assert list(temporary.glob("*/*.csv"))
    alive = PrivateFolder()
    (alive.path / "of another run").touch()

    following.start()
    output = following.end()

    assert output.code == 0, output.logs
    assert {one.stem for one in left(temporary)} == {alive.path.name}
    assert (alive.path / "of another run").exists()
    alive.remove()
    assert not left(temporary)
