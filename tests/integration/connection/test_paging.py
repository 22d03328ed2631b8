"""A listing that moves while it is read neither loses nor repeats a row."""

from __future__ import annotations

import math
import re
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest
from altering_proxy import Alteration, ends_with
from clocks import FastClock, StillClock

from tap_marketo_programs.errors import NeverSettled
from tap_marketo_programs.marketo.client import Connection, MarketoClient
from tap_marketo_programs.marketo.paging import MAX_SWEEPS, PAGE_SIZE, OffsetSweep, listing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from altering_proxy import Answer, Proxy
    from harness import Tap
    from marketo_sandbox import Sandbox

PROGRAMS = "/rest/asset/v1/programs.json"
BY_TAG = "/rest/asset/v1/program/byTag.json"


@pytest.fixture
def client(sandbox: Sandbox) -> Iterator[MarketoClient]:
    connection = Connection(
        sandbox.url, sandbox.client_id, sandbox.client_secret, calls_per_window=100_000
    )
    with MarketoClient(connection, FastClock()) as client:
        yield client


def fill(sandbox: Sandbox, programs: int) -> None:
    sandbox.control.reset(world="sized", programs=programs, members_per_program=0)
    sandbox.control.knob(rate_limit=None)


def listed(client: MarketoClient) -> list[int]:
    return [row["id"] for row in listing(client, PROGRAMS, "id")]


def there(sandbox: Sandbox) -> set[int]:
    return {program["id"] for program in sandbox.control.programs()}


def calls(sandbox: Sandbox, endpoint: str = "programs") -> list[dict[str, Any]]:
    return sandbox.control.requests(endpoint)


def tagged(client: MarketoClient, value: str) -> list[int]:
    """The programs with a tag, read as the stream reads them."""
    sweep, found = OffsetSweep("id", ordered=False), []
    while not sweep.finished:
        query = {"tagType": "Region", "tagValue": value, "maxReturn": PAGE_SIZE}
        answer = client.fetch("GET", BY_TAG, params={**query, "offset": sweep.current_value})
        found += [row["id"] for row in sweep.new_rows(answer)]
        sweep.advance(answer)
    return found


@pytest.mark.parametrize("count", [0, 1, 199, 200, 201, 398, 399, 400, 401])
def test_every_row_of_a_quiet_listing_comes_once_and_in_one_sweep(
    sandbox: Sandbox, client: MarketoClient, count: int
) -> None:
    fill(sandbox, count)

    found = listed(client)

    assert len(found) == count
    assert set(found) == there(sandbox)
    # Pages overlap by one row, and only a short page ends a listing.
    assert len(calls(sandbox)) == max(0, count - 1) // 199 + 1


def test_every_page_asks_for_200_rows(sandbox: Sandbox, client: MarketoClient) -> None:
    fill(sandbox, 401)

    listed(client)

    assert [(call["query"]["maxReturn"], call["query"]["offset"]) for call in calls(sandbox)] == [
        (["200"], ["0"]),
        (["200"], ["199"]),
        (["200"], ["398"]),
    ]


def test_a_missing_result_with_a_warning_is_an_empty_page(
    sandbox: Sandbox, client: MarketoClient
) -> None:
    fill(sandbox, 0)

    assert listed(client) == []

    assert len(calls(sandbox)) == 1


def test_an_empty_result_is_an_empty_page(sandbox: Sandbox, client: MarketoClient) -> None:
    body = '{"success":true,"errors":[],"warnings":[],"result":[]}'
    sandbox.control.fault("http", "programs", status=200, body=body)

    assert listed(client) == []

    assert len(calls(sandbox)) == 1


@pytest.mark.parametrize("count", [1, 250])
@pytest.mark.parametrize("after", [0, 1])
def test_a_missing_result_without_a_warning_is_not_believed(
    sandbox: Sandbox, client: MarketoClient, count: int, after: int
) -> None:
    fill(sandbox, count)
    sandbox.control.fault("no_result", "programs", after=after)

    assert set(listed(client)) == there(sandbox)


def test_a_missing_result_without_a_warning_is_believed_the_second_time(
    sandbox: Sandbox, client: MarketoClient
) -> None:
    sandbox.control.fault("no_result", "programs", count=2)

    assert listed(client) == []


@pytest.mark.parametrize("after", [0, 1])
@pytest.mark.parametrize("count", [200, 201, 399, 400, 401])
def test_a_program_deleted_between_two_pages_hides_no_other(
    sandbox: Sandbox, client: MarketoClient, count: int, after: int
) -> None:
    fill(sandbox, count)
    sandbox.control.fault("shift_page", action="delete", after=after)

    found = listed(client)

    assert there(sandbox) <= set(found)
    assert max(Counter(found).values()) == 1


@pytest.mark.parametrize("after", [0, 1])
@pytest.mark.parametrize("count", [200, 201, 399, 400, 401])
def test_a_program_created_between_two_pages_repeats_no_other(
    sandbox: Sandbox, client: MarketoClient, count: int, after: int
) -> None:
    fill(sandbox, count)
    before = there(sandbox)
    sandbox.control.fault("shift_page", action="create", after=after)

    found = listed(client)

    assert before <= set(found)
    assert max(Counter(found).values()) == 1


def test_a_listing_that_moves_in_two_sweeps_hides_nothing(
    sandbox: Sandbox, client: MarketoClient
) -> None:
    fill(sandbox, 401)
    before = there(sandbox)
    sandbox.control.fault("shift_page", action="delete", count=2)
    sandbox.control.fault("shift_page", action="delete", after=2, count=2)
    sandbox.control.fault("shift_page", action="create", after=4)

    found = listed(client)

    assert before & there(sandbox) <= set(found)
    assert max(Counter(found).values()) == 1
    assert len(calls(sandbox)) > 3


def test_a_listing_in_random_order_settles(sandbox: Sandbox, client: MarketoClient) -> None:
    fill(sandbox, 1000)
    sandbox.control.knob(U20="random")

    found = listed(client)

    assert sorted(found) == sorted(there(sandbox))


def test_a_listing_by_id_is_as_good_as_one_by_name(sandbox: Sandbox, client: MarketoClient) -> None:
    fill(sandbox, 401)
    sandbox.control.knob(U20="id")
    doomed = min(there(sandbox))
    sandbox.control.fault("shift_page", action="delete", id=doomed)

    assert there(sandbox) <= set(listed(client))


def test_a_listing_that_never_settles_ends_in_bounded_calls(
    sandbox: Sandbox, client: MarketoClient
) -> None:
    fill(sandbox, 401)
    sandbox.control.fault("shift_page", action="create", count=100_000)

    with pytest.raises(NeverSettled, match=r"30 sweeps .* Try again when nobody is editing"):
        listed(client)

    pages = math.ceil((401 + len(calls(sandbox))) / 199)
    assert len(calls(sandbox)) <= MAX_SWEEPS * pages


@pytest.mark.parametrize("count", [1, 199, 200, 201, 500])
def test_programs_by_tag_come_completely_and_once_whatever_their_order(
    sandbox: Sandbox, client: MarketoClient, count: int
) -> None:
    fill(sandbox, count * 3)
    wanted = {row["id"] for row in sandbox.control.programs_by_tag() if row["tagValue"] == "EMEA"}

    found = tagged(client, "EMEA")

    assert len(wanted) == count
    assert sorted(found) == sorted(wanted)


def test_one_page_by_tag_is_one_call(sandbox: Sandbox, client: MarketoClient) -> None:
    fill(sandbox, 199 * 3)

    tagged(client, "EMEA")

    assert len(calls(sandbox, "programs_by_tag")) == 1


def test_a_tag_that_gains_programs_all_the_time_ends_in_bounded_calls(
    sandbox: Sandbox, client: MarketoClient
) -> None:
    fill(sandbox, 250 * 3)
    for number in range(10):
        sandbox.control.fault(
            "edit",
            "programs_by_tag",
            count=100_000,
            do="add_program",
            name=f"New {number}",
            tags={"Region": "EMEA"},
        )

    with pytest.raises(NeverSettled):
        tagged(client, "EMEA")

    assert len(calls(sandbox, "programs_by_tag")) <= MAX_SWEEPS * 8


def test_the_streams_page_as_listings_do(tap: Tap, sandbox: Sandbox) -> None:
    fill(sandbox, 401)
    before = there(sandbox)
    sandbox.control.fault("shift_page", action="create", count=2)

    output = tap.sync("programs", program_details=False)

    found = [row["id"] for row in output.records("programs")]
    assert before <= set(found)
    assert max(Counter(found).values()) == 1


def test_the_stream_by_tag_reads_more_than_one_page(tap: Tap, sandbox: Sandbox) -> None:
    fill(sandbox, 250 * 3)

    output = tap.sync(
        "programs_by_tag", program_tags=[{"tag_type": "Region", "tag_values": ["APJ"]}]
    )

    assert sorted(row["id"] for row in output.records("programs_by_tag")) == sorted(
        row["id"] for row in sandbox.control.programs_by_tag() if row["tagValue"] == "APJ"
    )


# Rows that are none


def rows_off(between: Proxy, change: Callable[[list[Any]], None]) -> None:
    """Let every page of programs be altered."""

    def alter(answer: Answer) -> bool:
        content = answer.json
        change(content.get("result", []))
        answer.write(content)
        return True

    between.alterations.append(Alteration(ends_with("/programs.json"), alter, times=1000))


SKIPPED = {"status": "skipped", "reasons": [{"code": "1003", "message": "Bad"}]}


@pytest.mark.parametrize("place", [0, 1, 100, 198, 199])
@pytest.mark.parametrize("instead", [SKIPPED, None, {}, {"id": None}, {"id": [7]}])
def test_a_row_that_cannot_be_read_ends_no_listing_and_hides_no_other(
    sandbox: Sandbox,
    between: Proxy,
    place: int,
    instead: object,
    caplog: pytest.LogCaptureFixture,
) -> None:
    fill(sandbox, 450)
    hidden: set[int] = set()

    def spoil(page: list[Any]) -> None:
        # The same rows on every page that shows them.
        for number, row in enumerate(page):
            if row["id"] in hidden or (number == place and not hidden):
                hidden.add(row["id"])
                page[number] = instead

    rows_off(between, spoil)
    connection = Connection(between.url, sandbox.client_id, sandbox.client_secret)
    with MarketoClient(connection, StillClock()) as client:
        found = listed(client)

    assert len(found) == len(set(found))
    assert set(found) == there(sandbox) - hidden
    (line,) = [line.getMessage() for line in caplog.records if line.levelname == "WARNING"]
    assert re.search(rf"{PROGRAMS}: .* were skipped \((error 1003|no \S+( id)?): 1\)", line)


def test_an_id_as_text_is_the_same_id(
    sandbox: Sandbox, between: Proxy, caplog: pytest.LogCaptureFixture
) -> None:
    fill(sandbox, 250)

    def as_text(page: list[Any]) -> None:
        for row in page[::2]:
            row["id"] = str(row["id"])

    rows_off(between, as_text)
    connection = Connection(between.url, sandbox.client_id, sandbox.client_secret)
    with MarketoClient(connection, StillClock()) as client:
        found = listed(client)

    assert sorted(found) == sorted(there(sandbox))
    assert "were converted (id: " in caplog.text


def test_silence_that_is_believed_is_told(
    sandbox: Sandbox, client: MarketoClient, caplog: pytest.LogCaptureFixture
) -> None:
    sandbox.control.fault("no_result", "programs", count=2)

    assert listed(client) == []

    assert f"{PROGRAMS}: Marketo answered without rows, and without saying" in caplog.text
