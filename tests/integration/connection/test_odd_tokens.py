"""Tokens and headers that are a little off: see `altered_runs`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from altering_proxy import ALWAYS, IDENTITY, Alteration, last_answer
from clocks import StillClock
from harness import Tap
from odd_values import changes

from tap_marketo_programs.errors import MarketoError
from tap_marketo_programs.marketo.client import Connection, MarketoClient

if TYPE_CHECKING:
    from altering_proxy import Answer, Proxy
    from marketo_sandbox import Sandbox


# Identity


def test_a_token_that_is_off_is_read_asked_for_again_or_an_error(
    sandbox: Sandbox, between: Proxy
) -> None:
    connection = Connection(
        between.url, sandbox.client_id, sandbox.client_secret, calls_per_window=100_000
    )
    with MarketoClient(connection, StillClock()) as client:
        client.now()
    failures = []
    for what, change in changes(last_answer(between, IDENTITY)).items():
        for times in (1, ALWAYS):
            alteration = Alteration(IDENTITY, change, times)
            between.alterations[:] = [alteration]
            try:
                with MarketoClient(connection, StillClock()) as client:
                    if len(client.call("GET", "/rest/asset/v1/programs.json")) != 3:
                        failures.append(f"{what}, {times} times: rows are missing")
            except MarketoError as error:
                failures += [f"{what}: {error}"] if len(str(error).splitlines()) != 1 else []
            except Exception as error:  # noqa: BLE001 - what must not come out
                failures.append(f"{what}: {error!r}")
            assert alteration.served
    assert not failures, failures


HEADERS = {
    "Content-Type": ["", "nonsense", "application/json; charset=nonsense", ";;;", "x" * 9_000],
    "Content-Encoding": ["nonsense", "identity", ""],
    "Content-Range": ["bytes nonsense", "bytes 5-2/1", "bytes 0-99999999999999999999/*"],
    "Retry-After": ["nonsense", "-1", "1e999", "Fri, 31 Dec 9999 23:59:59 -2359"],
    "Date": ["Fri, 31 Dec 9999 23:59:59 -2359", "\u00e9", "x" * 9_000],
    "Transfer-Encoding-": ["chunked"],
    "Set-Cookie": ["a=b; expires=nonsense; domain=..", "=;;;=", "\u00ff" * 9_000],
    "Location": ["http://[", "//", "\u00e9"],
}


@pytest.mark.parametrize("name", HEADERS)
def test_a_header_that_is_off_costs_nothing(sandbox: Sandbox, between: Proxy, name: str) -> None:
    tap = Tap(sandbox, StillClock())
    catalog = tap.catalog()
    good = tap.sync("channels", catalog=catalog).records("channels")
    for value in HEADERS[name]:

        def change(answer: Answer, value: str = value) -> bool:
            answer.headers[:] = [item for item in answer.headers if item[0] != name]
            answer.headers.append((name, value))
            return True

        between.alterations[:] = [Alteration(lambda _: True, change, ALWAYS)]
        output = tap.run("channels", catalog=catalog, base_url=between.url)

        assert output.error is None, (value, output.error)
        assert output.records("channels") == good
        assert between.alterations[0].served
