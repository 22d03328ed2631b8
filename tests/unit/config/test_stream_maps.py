"""Whether stream maps say what they are meant to is known without a row."""

from __future__ import annotations

from tap_marketo_programs.config.stream_maps import misdirected, unknown_fields

STREAMS = ("channels", "program_members", "programs", "programs_by_tag", "tag_types")


def test_all_that_is_wrong_with_maps_is_said_at_once() -> None:
    maps = {"program": None, "programs": {"x": "(", "__alais__": "x"}, "channels": 5}

    assert len(misdirected(maps, STREAMS)) == 4


def test_a_pattern_may_remove_a_field_that_only_some_streams_have() -> None:
    assert unknown_fields({"*": {"url": None}}, "tag_types", ["tagType"], []) == ([], [])
