"""A target that stops reading stops nothing but the messages."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest
from scenes import Scene
from states import named

if TYPE_CHECKING:
    from harness import Tap

# Sixty poll intervals of the tests' fast clock.
HELD = 3.0


@pytest.mark.parametrize("kind", ["STATE", "RECORD"])
def test_jobs_that_a_state_names_go_on_while_a_write_is_held_up(tap: Tap, kind: str) -> None:
    """They are enqueued, polled and downloaded, up to the bound of files that wait."""
    scene = Scene(tap)
    scene.begin(programs=80, members=2)
    asked: list[str] = []
    held = 0

    def before(message: dict[str, Any]) -> None:
        nonlocal held
        # Not the first STATEs: before a job is named there is nothing to go on with.
        is_due = message["type"] == kind and len(named(message.get("value", {}))) >= 2
        if held or not (is_due or (kind == "RECORD" and message["type"] == kind)):
            return
        held = 1
        scene.control.clear_requests()
        time.sleep(HELD)
        asked.extend(entry["endpoint"] for entry in scene.control.requests())

    scene.sync(before=before, max_queued_exports=4)

    assert held
    assert "export_status" in asked
    assert "export_file" in asked
    scene.assert_complete()
