"""Waiting in real time for what must happen, however busy the machine is."""

from __future__ import annotations

import time
from typing import Any


def wait_until(condition: Any, seconds: float = 30) -> None:  # noqa: ANN401 - anything to call
    """Wait for something that must happen soon."""
    give_up_at = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < give_up_at
        time.sleep(0.003)
