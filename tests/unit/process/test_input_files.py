"""A file that a user hands over is read as what it is, or refused with its place."""

from __future__ import annotations

from tap_marketo_programs.process.input_files import json_object


def test_json_is_read_as_it_stands() -> None:
    assert json_object("--state", "x", '{"a": 0.5, "b": [1, null]}') == {"a": 0.5, "b": [1, None]}
