"""A sandbox with members, runs on it one after another, and what they leave behind."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from harness import Output, only
from states import ledger
from waiting import PATIENCE, wait_until
from writers import Killed, WatchedWriter

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from harness import Tap
    from marketo_sandbox.control import SandboxControl


MEMBERS = "program_members"
# The threads of a run are called after its stream.
_THREADS = ("program_members", "program_member_keys")
FOR_EVER = 100_000
MINUTE = 60
HOUR = 3600
DAY = 24 * HOUR

Row = dict[str, Any]


@dataclass
class Scene:
    """A sandbox with programs, a tap aimed at it, and what the runs left behind.

    Args:
        streams: Those that are extracted.
        kept: The one whose records are kept.
    """

    tap: Tap
    settings: dict[str, Any] = field(default_factory=dict)
    state: dict[str, Any] = field(default_factory=dict)
    records: list[Row] = field(default_factory=list)
    catalog: dict[str, Any] | None = None
    streams: tuple[str, ...] = (MEMBERS,)
    kept: str = MEMBERS

    @property
    def control(self) -> SandboxControl:
        """The sandbox's strings."""
        return self.tap.sandbox.control

    def begin(self, programs: int = 10, members: int = 3, **options: Any) -> None:  # noqa: ANN401 - any option of reset
        """A new world of that many programs."""
        knobs = {"rate_limit": None, **options.pop("knobs", {})}
        self.control.reset(
            world="sized",
            programs=programs,
            members_per_program=members,
            knobs=knobs,
            **options,
        )
        self.state, self.records, self.catalog = {}, [], None

    def run(
        self,
        before: Callable[[dict[str, Any]], object] = lambda _: None,
        after: Callable[[dict[str, Any]], object] = lambda _: None,
        **settings: Any,  # noqa: ANN401 - any setting
    ) -> Output:
        """One run; its error is kept, its rows and its last STATE too."""
        settings = self.settings | settings
        catalog = self.catalog or self.tap.catalog(**settings)
        output = Output()
        try:
            self.tap.make(
                state=self.state,
                catalog=only(catalog, *self.streams),
                writer=WatchedWriter(output, before, after),
                **settings,
            ).sync_all()
        except (Exception, Killed) as error:  # noqa: BLE001 - the test looks at it
            output.error = error.with_traceback(None)
            # An abandoned generator must not live on in the frames of its error.
            output.error.__context__ = output.error.__cause__ = None
        wait_for_threads()
        self.records += output.records(self.kept)
        self.state = output.state or self.state
        return output

    def sync(self, **options: Any) -> Output:  # noqa: ANN401 - see run
        """Like `run`, for a run that must succeed."""
        output = self.run(**options)
        assert output.error is None, output.error
        return output

    def cut(
        self,
        when: Callable[[dict[str, Any]], bool],
        *,
        out: bool = False,
        **settings: Any,  # noqa: ANN401 - any setting
    ) -> Output:
        """A run whose process is gone when a message says so, before or once that is out."""

        def end(message: dict[str, Any]) -> None:
            if when(message):
                raise Killed

        output = self.run(**{"after" if out else "before": end}, **settings)
        assert isinstance(output.error, Killed), output.error
        return output

    # What happened over there

    @property
    def creates(self) -> int:
        """Create calls that made a job."""
        return len(self.control.jobs())

    def asked(self) -> list[dict[str, Any]]:
        """What each job was asked for, in the order of creation."""
        return [job["request"] for job in self.control.jobs()]

    def filters(self) -> list[dict[str, Any]]:
        """The filter of each job, in the order of creation."""
        return [request["filter"] for request in self.asked()]

    def truth(self) -> dict[tuple[int, int], Row]:
        """The members as they are."""
        return {(row["leadId"], row["programId"]): row for row in self.control.truth()}

    def held(self) -> dict[tuple[int, int], Row]:
        """The members as a target holds them after all runs."""
        return {(row["leadId"], row["programId"]): row for row in self.records}

    def assert_complete(self) -> None:
        """The target holds the truth."""
        truth, held = self.truth(), self.held()
        assert {key: held.get(key) for key in truth} == truth

    def running(self) -> set[str]:
        """Jobs that hold a place in the queue."""
        return {
            job["exportId"]
            for job in self.control.jobs()
            if job["status"] in {"Queued", "Processing"}
        }


@contextmanager
def jobs_held_until(
    control: SandboxControl, is_time: Callable[[list[dict[str, Any]]], bool]
) -> Iterator[None]:
    """No job is worked on before all jobs are as a test needs them, however slow the machine."""
    control.knob(processing_slots=0)

    def release() -> None:
        wait_until(lambda: is_time(control.jobs()))
        control.knob(processing_slots=2)

    thread = threading.Thread(target=release, name="releases_jobs", daemon=True)
    thread.start()
    try:
        yield
    finally:
        thread.join()


def are_queued(count: int) -> Callable[[list[dict[str, Any]]], bool]:
    """For `jobs_held_until`: that many jobs are queued."""
    return lambda jobs: sum(job["status"] == "Queued" for job in jobs) == count


def fault_jobs_of(
    scene: Scene,
    program_id: int,
    *faults: tuple[str, str, dict[str, Any]],
    jobs: int = FOR_EVER,
) -> Callable[[dict[str, Any]], None]:
    """Order faults for the jobs of one program, as soon as a STATE names them.

    Args:
        scene: Where.
        program_id: A program of the jobs.
        faults: Kind, endpoint and arguments of each; they strike for ever unless told.
        jobs: How many jobs are struck.

    Returns:
        What to hand to a run as `before`: no job is enqueued before it was asked.
    """
    struck: set[str] = set()

    def look(message: dict[str, Any]) -> None:
        if message["type"] != "STATE" or MEMBERS not in message["value"].get("bookmarks", {}):
            return
        for export_id, flight in ledger(message["value"]).in_flight.items():
            fits = program_id in flight.slice.program_ids and export_id not in struck
            if fits and len(struck) < jobs:
                struck.add(export_id)
                for kind, endpoint, args in faults:
                    scene.control.fault(
                        kind, endpoint, where=export_id, **{"count": FOR_EVER, **args}
                    )

    return look


def wait_for_next_version() -> None:
    """A version is a time in seconds; two runs must not share one."""
    second = int(time.time())
    while int(time.time()) == second:
        time.sleep(0.02)


def wait_for_threads() -> None:
    """Wait for the threads of a run that is over; none may stay."""
    give_up_at = time.monotonic() + PATIENCE
    while left := [thread for thread in threading.enumerate() if thread.name.startswith(_THREADS)]:
        assert time.monotonic() < give_up_at, left
        left[0].join(0.01)
