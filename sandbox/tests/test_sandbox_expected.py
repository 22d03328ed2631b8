"""What is true: the rows that an extractor ought to have found."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from marketo_sandbox import Sandbox

if TYPE_CHECKING:
    from marketo_sandbox.raw_client import RawClient

ONE = {"programId": 1001}


def test_truth_is_typed_and_a_value_of_the_wrong_type_is_null(client: RawClient) -> None:
    values: dict[str, Any] = {
        "customBoolean": "yes",
        "customInteger": "12.0",
        "customFloat": "1.0E7",
        "customScore": "many",
        "customText": "a\0b",
        "statusReason": "",
        "webinarUrl": "null",
        "customPlace": True,
    }
    client.control.edit_member(1001, 1, **values)
    row = client.control.truth([*values, "isExhausted"], [1001])[0]
    assert row == {
        "customBoolean": True,
        "customInteger": 12,
        "customFloat": 10_000_000,
        "customScore": None,
        "customText": "ab",
        "statusReason": None,
        "webinarUrl": None,
        "customPlace": "true",
        "isExhausted": row["isExhausted"],
    }
    assert isinstance(row["isExhausted"], bool)
    client.control.edit_member(1001, 1, customInteger="42.7", customBoolean="maybe")
    row = client.control.truth(["customInteger", "customBoolean"], [1001])[0]
    assert row == {"customInteger": None, "customBoolean": None}


def test_truth_of_assets(client: RawClient) -> None:
    by_tag = client.control.programs_by_tag()
    assert [(row["id"], row["tagType"], row["tagValue"]) for row in by_tag] == [
        (1001, "Region", "EMEA"),
        (1002, "Region", "APJ"),
    ]
    assert client.control.tag_types()[0]["allowableValues"][2] == "North America, Canada"
    assert client.control.channels()[0]["createdAt"] == "2014-10-06T18:19:03Z"
    assert client.control.programs()[0]["createdAt"].endswith("Z")


@pytest.mark.parametrize("path", ["truth", "programs", "programs_by_tag", "tag_types", "channels"])
def test_all_that_is_true_comes_as_lines_or_as_an_array(client: RawClient, path: str) -> None:
    listed = getattr(client.control, path)()
    assert listed
    usual = client.send("GET", f"/__sandbox/{path}")
    lines = client.send("GET", f"/__sandbox/{path}?form=lines")
    assert lines.headers["content-type"] == "application/x-ndjson"
    assert [json.loads(line) for line in lines.body.decode().split("\n")[:-1]] == listed
    array = client.send("GET", f"/__sandbox/{path}?form=array")
    assert array.headers["content-type"].startswith("application/json")
    assert json.loads(array.body) == listed
    assert usual.body == (lines.body if path == "truth" else array.body)
    assert client.send("GET", f"/__sandbox/{path}?form=table").status == 400


def test_half_a_surrogate_pair_is_served_and_truth_has_a_replacement(client: RawClient) -> None:
    client.control.edit_program(1001, name="\ud83d cut")
    client.control.edit_member(1001, 1, customText="cut \ud83d")
    body = client.get("/rest/asset/v1/program/1001.json").body
    assert b'"name":"\\ud83d cut"' in body
    asked = {"filterType": "leadId", "filterValues": "1", "fields": "customText"}
    assert b'"cut \\ud83d"' in client.get("/rest/v1/programs/1001/members.json", **asked).body
    assert client.control.programs()[0]["name"] == "\ufffd cut"
    assert client.control.programs_by_tag()[0]["name"] == "\ufffd cut"
    assert client.control.truth(["customText"], [1001])[0] == {"customText": "cut ?"}
    assert client.exported(ONE, ["customText"])[1].startswith(b"customText\ncut ?\n")


def test_an_empty_array_of_members_is_one(client: RawClient) -> None:
    assert client.send("GET", "/__sandbox/truth?program_ids=9&form=array").body == b"[]\n"


def test_truth_of_many_members_streams() -> None:
    with Sandbox("sized", programs=1, members_per_program=100_000) as sandbox:
        sandbox.control.edit_member(1001, 99_999, customText="late edit")
        rows = sandbox.control.iter_truth(["leadId", "customText"])
        last = None
        for count, row in enumerate(rows, start=1):
            last = (count, row["leadId"], row["customText"]) if row["leadId"] == 99_999 else last
        assert last == (99_999, 99_999, "late edit")
