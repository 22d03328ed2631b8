"""The tap keeps to its share of calls and connections, over all its threads."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
from clocks import FastClock
from waiting import PATIENCE, wait_until

from tap_marketo_programs.errors import RateLimited
from tap_marketo_programs.marketo.client import Connection, MarketoClient
from tap_marketo_programs.marketo.limits import MAX_CONNECTIONS, WINDOW_SECONDS
from tap_marketo_programs.retry_policy import REQUEST_POLICY

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from marketo_sandbox import Sandbox

    Connect = Callable[..., MarketoClient]

PROGRAMS = "/rest/asset/v1/programs.json"
FILE = "/bulk/v1/program/members/export/abc/file.json"
# The window of 20 seconds takes 0.4: long beside what threads and sockets need.
SLOW = 50.0
WINDOW = WINDOW_SECONDS / SLOW


@pytest.fixture
def connect(sandbox: Sandbox) -> Iterator[Connect]:
    made: list[MarketoClient] = []

    def connect(calls: int = 100_000, speed: float = 600.0) -> MarketoClient:
        connection = Connection(
            sandbox.url, sandbox.client_id, sandbox.client_secret, calls_per_window=calls
        )
        made.append(MarketoClient(connection, FastClock(speed)))
        return made[-1]

    yield connect
    for client in made:
        client.close()


def arrivals(sandbox: Sandbox, endpoint: str = "programs") -> list[float]:
    return sorted(call["at_epoch"] for call in sandbox.control.requests(endpoint))


def call_from(client: MarketoClient, threads: int, calls: int) -> None:
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(lambda _: client.call("GET", PROGRAMS), range(calls)))


def test_no_window_of_20_seconds_holds_more_calls_than_allowed(
    sandbox: Sandbox, connect: Connect
) -> None:
    client = connect(calls=6, speed=SLOW)

    call_from(client, threads=10, calls=18)

    times = arrivals(sandbox)
    assert len(times) == 18
    # One call more than allowed always takes a window, but for the way to the server.
    assert min(later - first for first, later in zip(times, times[6:], strict=False)) > WINDOW / 2
    assert client.limits.made == 18


def test_a_retry_is_a_call_as_well(sandbox: Sandbox, connect: Connect) -> None:
    client = connect(calls=2, speed=SLOW)
    sandbox.control.fault("error", "programs", count=2, code="615")

    client.call("GET", PROGRAMS)

    assert client.limits.made == 3
    assert arrivals(sandbox)[2] - arrivals(sandbox)[0] > WINDOW / 2


def test_five_calls_at_most_are_under_way(sandbox: Sandbox, connect: Connect) -> None:
    client = connect()
    client.call("GET", PROGRAMS)
    sandbox.control.clear_requests()
    sandbox.control.fault("slow", "programs", count=1000, seconds=0.05)

    call_from(client, threads=20, calls=20)

    assert sandbox.control.stats()["max_concurrent"] == MAX_CONNECTIONS == 5


def test_an_open_file_counts_as_a_call_under_way(sandbox: Sandbox, connect: Connect) -> None:
    client = connect()
    sandbox.control.fault(
        "http", "export_file", count=5, status=200, body="a\n", content_type="text/csv"
    )
    opened, let_go = threading.Barrier(6), threading.Event()

    def hold() -> None:
        with client.open_file(FILE):
            opened.wait()
            let_go.wait()

    with ThreadPoolExecutor(6) as pool:
        for _ in range(MAX_CONNECTIONS):
            pool.submit(hold)
        opened.wait(PATIENCE)
        sixth = pool.submit(client.call, "GET", PROGRAMS)
        time.sleep(0.1)
        assert not sixth.done()
        assert arrivals(sandbox) == []
        let_go.set()
        assert len(sixth.result(PATIENCE)) == 3


def test_a_refused_file_gives_its_place_back(sandbox: Sandbox, connect: Connect) -> None:
    client = connect()
    sandbox.control.fault("file_missing", count=MAX_CONNECTIONS + 1)

    for _ in range(MAX_CONNECTIONS + 1):
        with pytest.raises(Exception, match="no such file"), client.open_file(FILE):
            pass

    assert len(client.call("GET", PROGRAMS)) == 3


@pytest.mark.parametrize("status", [200, 429])
def test_a_606_holds_every_thread_back_for_the_window(
    sandbox: Sandbox, connect: Connect, status: int
) -> None:
    client = connect(speed=SLOW)
    client.call("GET", PROGRAMS)
    sandbox.control.clear_requests()
    sandbox.control.fault("error", "programs", code="606", status=status)

    with ThreadPoolExecutor(5) as pool:
        struck = pool.submit(client.call, "GET", PROGRAMS)
        clock = client.clock
        wait_until(lambda: client.limits.made >= 2 and clock.slept)  # type: ignore[attr-defined]  # the fixture's clock
        others = [pool.submit(client.call, "GET", PROGRAMS) for _ in range(4)]
        assert [len(each.result()) for each in (struck, *others)] == [3] * 5

    times = arrivals(sandbox)
    assert len(times) == 6
    assert times[1] - times[0] > WINDOW * 0.9


def test_a_606_of_the_first_call_of_a_run_is_waited_out(sandbox: Sandbox, connect: Connect) -> None:
    sandbox.control.fault("error", "programs", count=5, code="606")
    client = connect()

    assert len(client.call("GET", PROGRAMS)) == 3

    assert client.retries == 5


def test_neighbours_that_never_leave_room_end_the_call_in_bounded_tries_and_time(
    sandbox: Sandbox, connect: Connect
) -> None:
    sandbox.control.fault("error", "programs", count=100_000, code="606")
    client = connect(speed=2000)
    began = client.clock.monotonic()

    with pytest.raises(RateLimited, match="606 Max rate limit"):
        client.call("GET", PROGRAMS)

    assert 2 <= len(arrivals(sandbox)) <= REQUEST_POLICY.rate_limited.tries
    # The last wait may not begin after this, and the requests themselves take time too.
    assert client.clock.monotonic() - began < REQUEST_POLICY.rate_limited.seconds * 3


def test_a_limit_of_the_subscription_is_kept_without_a_606(
    sandbox: Sandbox, connect: Connect
) -> None:
    sandbox.control.reset(world="tiny", speed=SLOW, knobs={"rate_limit": 20})
    client = connect(calls=10, speed=SLOW)
    try:
        call_from(client, threads=10, calls=30)

        assert sandbox.control.stats()["errors"] == {}
    finally:
        sandbox.control.reset(world="tiny", speed=600.0)
