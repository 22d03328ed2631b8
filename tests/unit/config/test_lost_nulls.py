"""What Meltano drops out of stream maps is noticed, and what others set is not taken for it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tap_marketo_programs.config.lost_nulls import lost_nulls

Maps = dict[str, Any]


@pytest.mark.parametrize(
    ("meant", "arrived", "places"),
    [
        ({"program_members.email": None}, {}, ["program_members.email"]),
        ({"program_members": {"email": None}}, {}, ["program_members.email"]),
        ({"program_members": None}, {}, ["program_members"]),
        ({"programs.name": "name", "__else__": None}, {"programs": {"name": "name"}}, ["__else__"]),
        (
            {"program_members.email": None, "program_members.company": "__NULL__"},
            {"program_members": {"company": "__NULL__"}},
            ["program_members.email"],
        ),
    ],
)
def test_a_null_that_did_not_arrive_is_named_with_what_to_write(
    meant: Maps, arrived: Maps, places: list[str]
) -> None:
    lines = lost_nulls(arrived, json.dumps(meant))

    assert [line.partition(": ")[0] for line in lines] == [f"stream_maps.{one}" for one in places]
    assert all('Write "__NULL__"' in line for line in lines)


@pytest.mark.parametrize(
    ("text", "arrived"),
    [
        ("", {}),
        ("no JSON", {}),
        ("[null]", {}),
        ("{}", {"programs": {"name": None}}),
        ('{"programs.name": null}', {"programs": {"name": None}}),
        ('{"programs.name": null}', {"programs": {"url": "__NULL__"}}),
        ('{"programs.name": "__NULL__"}', {"programs": {"name": "__NULL__"}}),
        ('{"programs.__key_properties__": null}', {}),
    ],
)
def test_what_arrived_or_is_somebody_elses_is_let_be(text: str, arrived: Maps) -> None:
    assert lost_nulls(arrived, text) == []
