"""Which members the filters of an export select."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from marketo_sandbox.raw_client import RawClient

ONE = {"programId": 1001}
WINDOW = {"startAt": "2026-02-01T00:00:00Z", "endAt": "2026-03-01T00:00:00Z"}


def lines(content: bytes) -> list[str]:
    return content.decode().split("\n")


def test_filters_narrow_the_members(client: RawClient) -> None:
    fields = ["leadId", "statusName", "isExhausted"]
    rows = client.control.truth(fields, [1001])
    status = rows[0]["statusName"]
    _, content = client.exported({**ONE, "statusNames": [status]}, fields)
    expected = [str(r["leadId"]) for r in rows if r["statusName"] == status]
    assert [line.split(",")[0] for line in lines(content)[1:-1]] == expected
    _, content = client.exported({**ONE, "isExhausted": False}, fields)
    expected = [str(r["leadId"]) for r in rows if not r["isExhausted"]]
    assert [line.split(",")[0] for line in lines(content)[1:-1]] == expected


@pytest.mark.parametrize("word", ["norm", "normal", "pause", "paused"])
def test_cadence_takes_all_four_documented_words(client: RawClient, word: str) -> None:
    engagement = {"programId": 1003}
    rows = client.control.truth(["leadId", "nurtureCadence"], [1003])
    _, content = client.exported({**engagement, "nurtureCadence": word})
    expected = [str(r["leadId"]) for r in rows if r["nurtureCadence"] == word[:4]]
    assert lines(content)[1:-1] == expected


@pytest.mark.parametrize(
    ("variant", "at_start", "at_end", "recent"),
    [
        ("inclusive", True, True, True),
        ("exclusive_end", True, False, True),
        ("lag_5_minutes", True, True, False),
        ("lag_60_minutes", True, True, False),
    ],
)
def test_the_window_means_what_the_knob_says(
    client: RawClient, variant: str, *, at_start: bool, at_end: bool, recent: bool
) -> None:
    client.control.knob(U17=variant)
    times = {1: WINDOW["startAt"], 2: WINDOW["endAt"], 3: "2026-01-01T00:00:00Z"}
    for lead, time in times.items():
        client.control.edit_member(1001, lead, updatedAt=time)
    for lead in (4, 5):
        client.control.edit_member(1001, lead, updatedAt="2026-01-01T00:00:00Z")
    _, content = client.exported({**ONE, "updatedAt": WINDOW})
    assert ("1" in lines(content)) is at_start
    assert ("2" in lines(content)) is at_end
    client.control.edit_member(1001, 4)
    today = {"startAt": "2026-03-01T00:00:00Z", "endAt": "2026-03-02T00:00:00Z"}
    _, content = client.exported({**ONE, "updatedAt": today})
    assert ("4" in lines(content)) is recent


def test_rows_come_whose_visible_time_lies_outside_if_the_knob_says(client: RawClient) -> None:
    client.control.knob(U17="visible_outside")
    client.control.edit_member(1001, 3, touch=False, customText="silent")
    window = {"startAt": "2026-03-01T00:00:00Z", "endAt": "2026-03-02T00:00:00Z"}
    _, content = client.exported({**ONE, "updatedAt": window}, ["leadId", "customText"])
    assert lines(content) == ["leadId,customText", "3,silent", ""]


@pytest.mark.parametrize(("variant", "counts"), [("inclusive", False), ("lead_edits_count", True)])
def test_a_lead_edit_counts_only_if_the_knob_says(
    client: RawClient, variant: str, *, counts: bool
) -> None:
    client.control.knob(U17=variant)
    client.control.edit_member(1001, 3, updatedAt="2026-01-01T00:00:00Z")
    client.control.edit_lead(3, firstName="New")
    window = {"startAt": "2026-03-01T00:00:00Z", "endAt": "2026-03-02T00:00:00Z"}
    _, content = client.exported({**ONE, "updatedAt": window}, ["leadId", "firstName"])
    assert ("3,New" in lines(content)) is counts


@pytest.mark.parametrize(("variant", "row"), [("disappear", None), ("stay", "3,null")])
def test_memberships_of_deleted_leads(client: RawClient, variant: str, row: str | None) -> None:
    client.control.knob(U18=variant)
    client.control.delete_lead(3)
    _, content = client.exported(ONE, ["leadId", "email"])
    found = [line for line in lines(content) if line.startswith("3,")]
    assert found == ([] if row is None else [row])
    assert len(client.control.truth(program_ids=[1001])) == (4 if row is None else 5)
