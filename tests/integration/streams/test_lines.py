"""RECORD lines leave as the SDK would write them, only faster."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from harness import Tap, only

from tap_marketo_programs.process.stdout import SafeWriter
from tap_marketo_programs.streams.program_members import ProgramMembersStream

if TYPE_CHECKING:
    from collections.abc import Mapping

    from marketo_sandbox import Sandbox

STAMP = re.compile(rb'"time_extracted":"[^"]*"')


class Printed:
    """Runs that write to stdout as the command does."""

    def __init__(self, tap: Tap, output: pytest.CaptureFixture[bytes]) -> None:
        self._tap = tap
        self._output = output

    def run(self, catalog: Mapping[str, Any], *, lines: bool = True, **settings: Any) -> bytes:  # noqa: ANN401 - any setting
        """Stdout of one run, but for the time of extraction; by the SDK unless by lines."""
        self._output.readouterr()
        made = self._tap.make(catalog=catalog, writer=SafeWriter(), **settings)
        if not lines:
            # A limit on records, however far away, leaves the work to the SDK.
            made.streams["program_members"].ABORT_AT_RECORD_COUNT = 10**9
        made.sync_all()
        return STAMP.sub(b"", self._output.readouterr().out)


@pytest.fixture
def printed(
    sandbox: Sandbox,
    tap: Tap,
    capsysbinary: pytest.CaptureFixture[bytes],
) -> Printed:
    sandbox.control.reset(world="demo")
    sandbox.control.knob(rate_limit=None)
    return Printed(tap, capsysbinary)


def sorted_records(output: bytes) -> list[bytes]:
    """The RECORD lines; jobs may finish in another order in another run."""
    return sorted(line for line in output.split(b"\n") if line.startswith(b'{"type":"RECORD"'))


@pytest.mark.parametrize(
    "settings",
    [
        pytest.param({}, id="all-fields"),
        pytest.param({"lead_fields": ["email", "lastName", "company"]}, id="lead-fields"),
        pytest.param({"start_date": "2025-06-01T00:00:00Z"}, id="older-rows-dropped"),
    ],
)
@pytest.mark.parametrize("method", ["INCREMENTAL", "FULL_TABLE"])
def test_lines_are_the_bytes_that_the_sdk_writes(
    printed: Printed,
    tap: Tap,
    settings: dict[str, Any],
    method: str,
) -> None:
    catalog = only(tap.catalog(**settings), "program_members")
    (stream,) = [
        stream for stream in catalog["streams"] if stream["tap_stream_id"] == "program_members"
    ]
    stream["replication_method"] = method

    fast = printed.run(catalog, **settings)
    slow = printed.run(catalog, lines=False, **settings)

    version = re.compile(rb'"version":\d+')
    fast, slow = version.sub(b'"version":1', fast), version.sub(b'"version":1', slow)
    assert len(sorted_records(fast)) > 100
    assert sorted_records(fast) == sorted_records(slow)
    assert [line for line in fast.split(b"\n") if b'"SCHEMA"' in line] == [
        line for line in slow.split(b"\n") if b'"SCHEMA"' in line
    ]


@pytest.mark.parametrize(
    ("settings", "fast"),
    [
        pytest.param({}, True, id="nothing-asked"),
        pytest.param(
            {"stream_maps": {"program_members": {"statusName": "statusName.lower()"}}},
            False,
            id="stream-map",
        ),
        pytest.param(
            {"flattening_enabled": True, "flattening_max_depth": 1},
            False,
            id="flattening",
        ),
    ],
)
def test_lines_are_written_only_when_nothing_wants_single_records(
    tap: Tap,
    settings: dict[str, Any],
    *,
    fast: bool,
) -> None:
    made = tap.make(writer=SafeWriter(), **settings)
    stream = made.streams["program_members"]

    assert isinstance(stream, ProgramMembersStream)
    assert stream.writes_lines is fast


def test_a_record_limit_leaves_the_work_to_the_sdk(tap: Tap) -> None:
    stream = tap.make(writer=SafeWriter()).streams["program_members"]
    assert isinstance(stream, ProgramMembersStream)

    stream.ABORT_AT_RECORD_COUNT = 1

    assert not stream.writes_lines


@pytest.mark.parametrize("fast", [True, False], ids=["lines", "records"])
def test_no_reader_can_cut_a_message_in_two(
    printed: Printed,
    tap: Tap,
    *,
    fast: bool,
) -> None:
    catalog = only(tap.catalog(), "program_members")

    text = printed.run(catalog, lines=fast).decode()

    cells = [cell for row in tap.sandbox.control.truth() for cell in row.values()]
    assert any("\u2028" in cell for cell in cells if isinstance(cell, str))
    assert text.splitlines() == text.split("\n")[:-1]
