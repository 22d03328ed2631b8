"""What most of the sandbox's tests start with: three programs at a calendar that stands still."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from marketo_sandbox import Sandbox
from marketo_sandbox.raw_client import RawClient

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def client() -> Iterator[RawClient]:
    with Sandbox(
        "tiny", now="2026-03-01T12:00:00Z", frozen=True, speed=1, knobs={"rate_limit": None}
    ) as sandbox:
        made = RawClient(sandbox.url)
        # So that faults and counts meet no request for a token.
        made.bearer()
        yield made
