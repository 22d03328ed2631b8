"""Values of another type than they should be are converted if certain, null if not, and told."""

from __future__ import annotations

import logging
import math
from typing import Any

import pytest

from tap_marketo_programs.marketo.records import (
    channel_record,
    program_record,
    row_of,
    tag_type_record,
    unreadable,
    usable_id,
    usable_name,
)
from tap_marketo_programs.schemas.assets import PROGRAMS
from tap_marketo_programs.schemas.oddities import Oddities

NAN = float("nan")


@pytest.mark.parametrize(
    ("field", "told", "value"),
    [
        ("id", "1001", 1001),
        ("id", 1001.0, 1001),
        ("name", 5, "5"),
        ("name", True, "true"),
        ("name", 5.5, "5.5"),
        ("headStart", "false", False),
        ("headStart", "Yes", True),
        ("headStart", 1, True),
        ("folder", {"type": "Folder", "value": "28"}, {"type": "Folder", "value": 28}),
        ("costs", [{"cost": "2000"}], [{"cost": 2000}]),
        ("costs", {"cost": 7}, [{"cost": 7}]),
        ("tags", [{"tagType": 5, "tagValue": "a"}], [{"tagType": "5", "tagValue": "a"}]),
    ],
)
def test_what_is_certain_is_converted_and_counted(field: str, told: object, value: object) -> None:
    odd = Oddities()

    record = program_record({"id": 7, field: told}, odd)

    assert record[field] == value
    assert type(record[field]) is type(value)
    assert odd.converted.total() == 1
    assert not odd.nulled


@pytest.mark.parametrize(
    ("field", "told", "value", "named"),
    [
        ("name", ["a"], None, "name"),
        ("name", {"a": 1}, None, "name"),
        ("name", NAN, None, "name"),
        ("headStart", "perhaps", None, "headStart"),
        ("headStart", 7, None, "headStart"),
        ("createdAt", 1_578_709_988, None, "createdAt"),
        ("createdAt", "yesterday", None, "createdAt"),
        ("folder", "Marketing", None, "folder"),
        ("folder", {}, None, "folder"),
        ("folder", {"value": 28.5}, {"value": None}, "folder.value"),
        ("folder", {"value": True}, {"value": None}, "folder.value"),
        ("costs", [{"cost": "a lot"}], [{"cost": None}], "costs.cost"),
        ("costs", [{"cost": NAN}], [{"cost": None}], "costs.cost"),
        ("costs", [{"cost": math.inf}], [{"cost": None}], "costs.cost"),
        ("costs", [{"cost": "NaN"}], [{"cost": None}], "costs.cost"),
        ("costs", [{"startDate": 2025}], [{"startDate": None}], "costs.startDate"),
        ("costs", [{"cost": 1}, 7, None], [{"cost": 1}], "costs"),
        ("costs", "none", None, "costs"),
        ("tags", {"Region": "EMEA"}, None, "tags"),
    ],
)
def test_what_is_not_certain_is_null_and_counted(
    field: str, told: object, value: object, named: str
) -> None:
    odd = Oddities()

    assert program_record({"id": 7, field: told}, odd)[field] == value
    assert set(odd.nulled) == {named}
    assert not odd.converted


def test_statuses_of_a_channel_fit_too() -> None:
    odd = Oddities()

    record = channel_record(
        {"id": "3", "progressionStatuses": [{"step": "10", "hidden": "false", "success": 2}]}, odd
    )

    assert record == {
        "id": 3,
        "progressionStatuses": [{"step": 10, "hidden": False, "success": None}],
    }
    assert odd.nulled == {"progressionStatuses.success": 1}


@pytest.mark.parametrize("told", [{"a": "b"}, True, 7.5])
def test_values_of_a_tag_type_that_cannot_be_read_are_null_and_not_none(told: object) -> None:
    odd = Oddities()

    assert tag_type_record({"tagType": "Region", "allowableValues": told}, odd) == {
        "tagType": "Region",
        "allowableValues": None,
    }
    assert odd.nulled == {"allowableValues": 1}


@pytest.mark.parametrize("told", [7, 7.0, "7", " 7 ", "7.0"])
def test_an_id_may_be_written_otherwise(told: object) -> None:
    assert usable_id(told) == 7


@pytest.mark.parametrize("told", [None, "", "x", 0, -7, 7.5, NAN, math.inf, True, [], {}, 10**30])
def test_what_is_no_id_is_none(told: object) -> None:
    assert usable_id(told) is None
    assert unreadable({"id": told}, "id") == "no usable id"


@pytest.mark.parametrize("told", [None, "", " ", True, [], {}, NAN])
def test_what_is_no_name_is_none(told: object) -> None:
    assert usable_name(told) is None
    assert unreadable({"tagType": told}, "tagType") == "no usable tagType"


@pytest.mark.parametrize(
    ("rows", "found"),
    [
        ([{"id": 7, "name": "a"}], "a"),
        ([{"id": "7", "name": "a"}], "a"),
        ([{"id": 8, "name": "b"}, {"id": 7, "name": "a"}], "a"),
        ([{"id": None, "name": "a"}], "a"),
        ([{"name": "b"}, {"id": 7, "name": "a"}], "a"),
        ([{"id": 8, "name": "b"}], None),
        ([{"name": "b"}, {"name": "c"}], None),
        ([{"id": 7, "reasons": [{"code": "1003"}]}], None),
        ([{}], None),
        ([None], None),
        ([], None),
    ],
)
def test_details_are_those_of_the_thing_asked_for(rows: list[Any], found: str | None) -> None:
    row = row_of(rows, "id", 7, PROGRAMS)

    assert (row or {}).get("name") == found


def test_oddities_are_told_by_name_and_count_and_never_by_value(
    caplog: pytest.LogCaptureFixture,
) -> None:
    odd = Oddities()
    for name in ("secret one", "secret two"):
        program_record({"id": "7", "headStart": name, "costs": [{"cost": name}]}, odd)
    odd.skipped["error 1003"] += 2
    odd.bare["programs without details"] += 1

    odd.tell(logging.getLogger("test"))

    assert [record.levelname for record in caplog.records] == ["WARNING"] * 3
    assert (
        "became null (costs.cost: 2, headStart: 2) and others were converted (id: 2)" in caplog.text
    )
    assert "skipped (error 1003: 2)" in caplog.text
    assert "every detail (programs without details: 1)" in caplog.text
    assert "secret" not in caplog.text
