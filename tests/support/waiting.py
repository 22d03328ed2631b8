"""Waiting in real time for what must happen, however busy the machine is."""

from __future__ import annotations

import time
from typing import Any

# When a test gives up on what should happen at once, in real seconds. It is no verdict on
# speed, but keeps a test that waits for nothing from hanging: so it is far beyond what the
# busiest machine needs.
PATIENCE = 300.0


def wait_until(condition: Any, seconds: float = PATIENCE) -> None:  # noqa: ANN401 - anything to call
    """Wait for something that must happen soon."""
    give_up_at = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < give_up_at, "it never happened"
        time.sleep(0.003)
