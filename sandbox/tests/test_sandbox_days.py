"""Days that pass: what begins again at Central midnight, and what is gone after some of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from marketo_sandbox import ControlError

if TYPE_CHECKING:
    from marketo_sandbox.raw_client import RawClient

ONE = {"programId": 1001}
USAGE = "/rest/v1/stats/usage.json"
WEEK = "/rest/v1/stats/usage/last7days.json"
LIST = "/bulk/v1/program/members/export.json"


def totals(client: RawClient, path: str) -> dict[str, int]:
    """Calls by day; asking is a call itself."""
    return {row["date"]: row["total"] for row in client.get(path).result}


def pass_days(client: RawClient, **how: int) -> str:
    """Let days pass, in which tokens die."""
    client.control.advance(**how)
    client.forget_token()
    return client.control.now()


@pytest.mark.parametrize(
    ("now", "count", "then"),
    [
        ("2026-03-01T12:00:00Z", 1, "2026-03-02T06:00:00Z"),
        ("2026-03-02T05:59:59Z", 1, "2026-03-02T06:00:00Z"),
        ("2026-03-02T06:00:00Z", 1, "2026-03-03T06:00:00Z"),
        ("2026-03-07T12:00:00Z", 3, "2026-03-10T05:00:00Z"),  # summer time begins on the 8th
        ("2026-10-31T12:00:00Z", 2, "2026-11-02T06:00:00Z"),  # and ends on 1 November
    ],
)
def test_the_calendar_goes_to_midnights_to_come(
    client: RawClient, now: str, count: int, then: str
) -> None:
    client.control.reset("tiny", now=now)
    assert client.control.pass_midnights(count)["now"] == then


def test_a_midnight_is_that_of_the_knob_and_may_be_passed_by_some_seconds(
    client: RawClient,
) -> None:
    client.control.reset("tiny", now="2026-07-01T12:00:00Z", knobs={"U32": "utc-6"})
    assert client.control.pass_midnights(seconds=90)["now"] == "2026-07-02T06:01:30Z"
    with pytest.raises(ControlError, match="count is 1 or more"):
        client.control.pass_midnights(0)


def test_days_of_24_hours_pass(client: RawClient) -> None:
    assert client.control.advance(days=2)["now"] == "2026-03-03T12:00:00Z"
    assert client.control.advance(30, days=1.5)["now"] == "2026-03-05T00:00:30Z"


@pytest.mark.parametrize("steps", [[3], [1, 1, 1], [2, 1]])
def test_calls_are_counted_by_day_whether_days_pass_one_by_one_or_at_once(
    client: RawClient, steps: list[int]
) -> None:
    for _ in range(4):
        client.get(USAGE)
    for days in steps:
        pass_days(client, days=days)

    assert totals(client, USAGE) == {"2026-03-04": 1}
    assert totals(client, WEEK) == {
        "2026-03-04": 2,
        "2026-03-03": 0,
        "2026-03-02": 0,
        "2026-03-01": 4,
        "2026-02-28": 0,
        "2026-02-27": 0,
        "2026-02-26": 0,
    }
    stats = client.control.stats()
    assert stats["calls_by_day"] == {"2026-03-01": 4, "2026-03-04": 2}
    assert stats["calls_today"] == 2


def test_a_week_later_usage_has_forgotten(client: RawClient) -> None:
    client.get(USAGE)
    pass_days(client, days=7)
    assert sum(totals(client, WEEK).values()) == 1


def test_the_calls_of_a_day_are_there_again_at_midnight(client: RawClient) -> None:
    client.control.knob(daily_calls=3)
    answers = [client.get(USAGE).code for _ in range(4)]
    client.control.pass_midnights(2)
    client.forget_token()

    assert answers == ["", "", "", "607"]
    assert client.get(USAGE).code == ""
    errors = client.get("/rest/v1/stats/errors/last7days.json").result
    assert {row["date"]: row["total"] for row in errors if row["total"]} == {"2026-03-01": 1}


def test_others_use_calls_of_every_day(client: RawClient) -> None:
    client.control.knob(neighbour_daily_calls=4000, daily_calls=4002)

    today = client.get(USAGE).result[0]

    others = {"userId": "neighbour@sandbox.example.com", "count": 4000}
    ours = {"userId": "sandbox-client-id@sandbox.example.com", "count": 1}
    assert (today["total"], today["users"]) == (4001, [others, ours])
    assert [client.get(USAGE).code for _ in range(2)] == ["", "607"]
    assert client.control.stats()["calls_today"] == 2
    pass_days(client, days=1)
    assert totals(client, USAGE)["2026-03-02"] == 4001


def test_the_export_quota_of_each_day_is_what_its_files_had(client: RawClient) -> None:
    sizes: dict[str, int] = {}
    for day, jobs in (("2026-03-01", 2), ("2026-03-03", 1)):
        for _ in range(jobs):
            job, content = client.exported(ONE)
            sizes[day] = sizes.get(day, 0) + len(content)
            assert job["fileSize"] == len(content)
        pass_days(client, days=2)

    stats = client.control.stats()
    assert stats["quota_bytes_by_day"] == sizes
    assert stats["quota_bytes_used"] == 0


def test_a_job_that_ends_while_days_pass_is_charged_to_its_own_day(client: RawClient) -> None:
    client.queued(ONE)
    pass_days(client, days=4)

    assert list(client.control.stats()["quota_bytes_by_day"]) == ["2026-03-01"]
    job = client.get(LIST).result[0]
    assert (job["status"], job["finishedAt"]) == ("Completed", "2026-03-01T12:01:30Z")


def test_jobs_leave_the_list_after_seven_days_files_then_and_statuses_after_thirty(
    client: RawClient,
) -> None:
    first = client.queued(ONE)
    pass_days(client, days=6)
    second = client.queued(ONE)
    pass_days(client, seconds=3600)
    listed = [row["exportId"] for row in client.get(LIST).result]
    pass_days(client, days=1)
    later = [row["exportId"] for row in client.get(LIST).result]

    assert (listed, later) == ([first, second], [second])
    assert client.status(first)["status"] == "Completed"
    assert client.file(first).status == 404
    assert client.file(second).body == b"leadId\n1\n2\n3\n4\n5\n"
    pass_days(client, days=24)
    assert client.get(f"/bulk/v1/program/members/export/{first}/status.json").code == "1013"
    assert client.status(second)["status"] == "Completed"
