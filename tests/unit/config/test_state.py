"""A state is one, or it is said why not."""

from __future__ import annotations

from typing import Any

import pytest

from tap_marketo_programs.config import state as state_file

STREAMS = ("channels", "program_members", "programs", "programs_by_tag", "tag_types")
State = dict[str, Any]
STATE: State = {
    "bookmarks": {
        "programs": {
            "replication_key": "updatedAt",
            "replication_key_value": "2026-01-01T00:00:00Z",
        }
    }
}


@pytest.mark.parametrize("state", [{}, {"bookmarks": {}}, STATE, {**STATE, "currently_syncing": 1}])
def test_a_state_as_singer_has_it_is_taken(state: State) -> None:
    assert state_file.problem(state) is None
    assert not state_file.doubts(state, STREAMS)
