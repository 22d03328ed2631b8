"""A STATE says what is out and which jobs there are: never too much, never too late."""

from __future__ import annotations

import json
import random
from typing import TYPE_CHECKING, Any

import pytest
from scenes import Scene
from states import assert_states_true, bookmark, ledger, named

from tap_marketo_programs.export.bookmark import write_bookmark
from tap_marketo_programs.export.ledger import InFlight, Ledger

if TYPE_CHECKING:
    from harness import Tap

Message = dict[str, Any]

KILOBYTE = 1 << 10
MEGABYTE = 1 << 20


@pytest.fixture
def scene(tap: Tap) -> Scene:
    """Sixty programs: six jobs."""
    scene = Scene(tap)
    scene.begin(programs=60, members=4)
    return scene


class Watch:
    """Compares every STATE that goes out with the sandbox's log of that moment."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self._named: set[str] = set()
        self.enqueued = 0

    def before(self, message: Message) -> None:
        """Whatever is enqueued by now was named by a STATE that is out."""
        if message["type"] == "STATE":
            self.check()

    def after(self, message: Message) -> None:
        """From now on, what this STATE names may be enqueued."""
        if message["type"] == "STATE" and bookmark(message["value"]):
            self._named |= named(message["value"])

    def check(self) -> None:
        """The same, at the end."""
        calls = self._scene.control.requests("export_enqueue")
        self.enqueued = len(calls)
        enqueued = {entry["path"].split("/")[-2] for entry in calls}
        assert enqueued <= self._named


@pytest.mark.parametrize("most", [1, 4, 10])
def test_a_job_is_enqueued_only_after_the_state_that_names_it_is_out(
    scene: Scene, most: int
) -> None:
    scene.control.fault("job_failed", after=2)
    watch = Watch(scene)

    scene.sync(before=watch.before, after=watch.after, max_queued_exports=most)

    watch.check()
    assert watch.enqueued == 7


def test_a_job_whose_state_never_got_out_is_never_enqueued(scene: Scene) -> None:
    scene.cut(lambda message: message["type"] == "STATE" and bool(named(message["value"])))

    assert [job["status"] for job in scene.control.jobs()] == ["Created"]
    assert not scene.control.requests("export_enqueue")


@pytest.mark.parametrize("trouble", ["none", "failures", "bad files", "quota", "interruptions"])
def test_no_state_speaks_of_rows_that_are_not_out(scene: Scene, trouble: str) -> None:
    outputs = []
    if trouble == "failures":
        scene.control.fault("job_failed", count=2, after=1)
        scene.control.fault("job_failed", where="1025", count=1000)
    if trouble == "bad files":
        scene.control.fault("corrupt", mode="flip", count=3, after=1)
    if trouble == "quota":
        scene.control.fault(
            "error", "export_create", code="1029", message="daily quota exceeded", after=3, count=9
        )
    if trouble == "interruptions":
        for rows in (0, 1, 39, 40, 41, 77):
            left = iter(range(rows, -1, -1))
            outputs.append(
                scene.cut(lambda message: message["type"] == "RECORD" and next(left) == 0)  # noqa: B023 - used at once
            )
    outputs.append(scene.run())
    scene.control.clear_faults()
    outputs.append(scene.sync())

    assert assert_states_true(outputs, scene.control.truth()) > 10
    scene.assert_complete()


def test_a_job_leaves_the_state_only_when_its_rows_are_out_or_it_is_lost(scene: Scene) -> None:
    output = scene.sync()

    rows: set[int] = set()
    before: dict[str, InFlight] = {}
    for message in output.messages:
        if message["type"] == "RECORD":
            rows.add(message["record"]["programId"])
        elif message["type"] == "STATE":
            now = ledger(message["value"]).in_flight
            for gone in before.keys() - now.keys():
                assert rows.issuperset(before[gone].slice.program_ids)
            before = now
    assert not before


def test_the_bookmark_is_what_singer_tools_look_for(scene: Scene) -> None:
    scene.sync()

    said = bookmark(scene.state)
    assert said["replication_key"] == "updatedAt"
    lowest = min(ledger(scene.state).watermarks.values())
    assert said["replication_key_value"] == lowest.strftime("%Y-%m-%dT%H:%M:%SZ")


def scattered(state: dict[str, Any]) -> str:
    """The same STATE line for programs whose ids are strewn over a subscription's life."""
    chance = random.Random(3)  # noqa: S311 - repeatable on purpose
    ids = sorted(chance.sample(range(1001, 40_000), 3000))
    known = ledger(state)
    strewn = Ledger(
        watermarks={ids[one - 1001]: known.watermarks[one] for one in known.watermarks},
        in_flight=known.in_flight,
        unfinished=known.unfinished,
    )
    return json.dumps({"bookmarks": {"program_members": write_bookmark(strewn)}})


def test_the_states_of_three_thousand_programs_are_small(scene: Scene) -> None:
    scene.begin(
        programs=3000,
        members=1,
        knobs={"job_seconds_queued": 3, "job_seconds_processing": 3, "status_refresh_seconds": 1},
    )

    output = scene.sync(max_queued_exports=10, poll_interval_seconds=3)

    assert len(output.records()) == 3000
    states = [message["value"] for message in output.of("STATE") if bookmark(message["value"])]
    for lines in (
        [json.dumps(state) for state in states],
        [scattered(state) for state in states],
    ):
        assert max(map(len, lines)) < 64 * KILOBYTE
        assert sum(map(len, lines)) < 2 * MEGABYTE
