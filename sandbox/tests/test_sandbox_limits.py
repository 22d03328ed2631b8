"""The limits on calls, usage, and ids of requests."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest
from marketo_sandbox import Sandbox
from marketo_sandbox.raw_client import RawClient

if TYPE_CHECKING:
    from collections.abc import Iterator

DESCRIBE = "/rest/v1/programs/members/describe.json"
USAGE = "/rest/v1/stats/usage.json"


@pytest.fixture
def client() -> Iterator[RawClient]:
    with Sandbox("tiny", now="2026-10-15T12:00:00Z", frozen=True, speed=1) as sandbox:
        yield RawClient(sandbox.url)


def test_usage_counts_calls_and_errors_by_central_day(client: RawClient) -> None:
    client.get(DESCRIBE)
    client.get("/nothing")
    used = client.get(USAGE).result
    assert used[0]["date"] == "2026-10-15"
    assert used[0]["total"] == used[0]["users"][0]["count"] == 3
    errors = client.get("/rest/v1/stats/errors.json").result[0]
    assert errors["errors"] == [{"errorCode": "610", "count": 1}]
    assert len(client.get("/rest/v1/stats/usage/last7days.json").result) == 7
    assert len(client.get("/rest/v1/stats/errors/last7days.json").result) == 7


@pytest.mark.parametrize(("variant", "status"), [("200", 200), ("429", 429)])
def test_the_call_over_the_rate_is_606_until_the_window_slides(
    client: RawClient, variant: str, status: int
) -> None:
    client.control.knob(rate_limit=3, U29=variant)
    assert [client.get(USAGE).code for _ in range(4)] == ["", "", "", "606"]
    refused = client.get(USAGE)
    assert refused.status == status
    assert refused.message == "Max rate limit '3' exceeded with in '20' secs"
    assert not {"retry-after", "x-ratelimit-limit"} & set(refused.headers)
    client.control.advance(19)
    assert client.get(USAGE).code == "606"
    client.control.advance(1)
    assert client.get(USAGE).code == ""
    assert client.control.stats()["max_calls_in_window"] == 3


@pytest.mark.parametrize(("speed", "least"), [(1, 0.2), (4, 0.05)])
def test_an_answer_takes_the_time_that_the_knob_says(
    client: RawClient, speed: float, least: float
) -> None:
    client.control.reset("tiny", speed=speed, knobs={"answer_seconds": 0.2})
    client.forget_token()
    client.get(USAGE)

    durations = [entry["duration"] for entry in client.control.requests()]
    assert len(durations) == 2
    assert min(durations) >= least


def test_speed_shortens_the_rate_window(client: RawClient) -> None:
    client.control.reset("tiny", speed=20, now="2026-10-15T12:00:00Z", knobs={"rate_limit": 1})
    client.forget_token()
    assert [client.get(USAGE).code for _ in range(2)] == ["", "606"]
    client.control.advance(1)
    assert client.get(USAGE).code == ""


def test_other_integrations_use_up_the_window(client: RawClient) -> None:
    client.control.knob(neighbour_calls=98)
    assert [client.get(USAGE).code for _ in range(3)] == ["", "", "606"]


def test_the_daily_quota_is_607_until_central_midnight(client: RawClient) -> None:
    client.control.knob(daily_calls=1)
    assert [client.get(USAGE).code for _ in range(2)] == ["", "607"]
    client.control.advance(17 * 3600)  # 05:00 UTC is midnight in Chicago, summer time
    client.forget_token()
    assert client.get(USAGE).code == ""


def test_one_request_too_many_at_once_is_615(client: RawClient) -> None:
    client.control.knob(concurrency_limit=1)
    client.bearer()
    client.control.fault("slow", "usage", seconds=0.4)
    first = threading.Thread(target=client.get, args=(USAGE,))
    first.start()
    while not client.control.requests("usage"):
        pass
    assert client.get(DESCRIBE).code == "615"
    first.join()
    assert client.control.stats()["max_concurrent"] == 2
    assert client.control.requests("members_describe")[0]["concurrent"] == 2


def test_request_ids_carry_the_clock(client: RawClient) -> None:
    number, _, stamp = client.get(USAGE).json["requestId"].partition("#")
    assert int(number, 16) >= 0x100
    assert int(stamp, 16) == 1792065600000
