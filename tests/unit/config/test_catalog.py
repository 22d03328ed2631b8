"""A catalog says what the tap can do, or it is said what it cannot."""

from __future__ import annotations

from tap_marketo_programs.config import catalog as catalog_file


def test_selection_in_the_old_place_is_mentioned() -> None:
    entry = {
        "tap_stream_id": "channels",
        "schema": {"properties": {"id": {}}},
        "metadata": [],
        "selected": False,
    }
    facts = {"channels": catalog_file.StreamFacts(("id",), None)}

    _, lines = catalog_file.settled({"streams": [entry]}, facts)

    assert len(lines) == 1
    assert 'says "selected": false beside the metadata of channels' in lines[0]
