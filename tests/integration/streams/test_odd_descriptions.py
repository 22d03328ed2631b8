"""Descriptions of fields that are a little off, at every place, and names of any kind."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from altering_proxy import ALWAYS, DESCRIBE, LEADS, Alteration, last_answer
from clocks import StillClock
from harness import Tap, by_key
from odd_values import changes

from tap_marketo_programs.errors import MarketoError

if TYPE_CHECKING:
    from collections.abc import Callable

    from altering_proxy import Proxy, Request
    from harness import Output
    from marketo_sandbox import Sandbox


# Descriptions


def described(output: dict[str, Any]) -> dict[str, Any]:
    """The properties of members in a catalog."""
    (stream,) = [
        stream for stream in output["streams"] if stream["tap_stream_id"] == "program_members"
    ]
    assert stream["key_properties"] == ["leadId", "programId"]
    properties: dict[str, Any] = stream["schema"]["properties"]
    assert properties["leadId"]["type"] == properties["programId"]["type"] == ["integer"]
    assert properties["updatedAt"]["format"] == "date-time"
    return properties


@pytest.mark.parametrize(("meant", "lead_fields"), [(DESCRIBE, []), (LEADS, ["email"])])
def test_a_description_that_is_off_costs_no_more_than_what_cannot_be_read(
    sandbox: Sandbox,
    between: Proxy,
    caplog: pytest.LogCaptureFixture,
    meant: Callable[[Request], bool],
    lead_fields: list[str],
) -> None:
    tap = Tap(sandbox, StillClock())
    settings = {"base_url": between.url, "lead_fields": lead_fields}
    good = described(tap.catalog(**settings))
    content = last_answer(between, meant)
    failures = []
    for what, change in changes(content).items():
        alteration = Alteration(meant, change, ALWAYS)
        between.alterations[:] = [alteration]
        caplog.clear()
        try:
            found = described(tap.catalog(**settings))
        except MarketoError as error:
            failures += [f"{what}: {error}"] if len(str(error).splitlines()) != 1 else []
        except Exception as error:  # noqa: BLE001 - what must not come out
            failures.append(f"{what}: {error!r}")
        else:
            gone = good.keys() - found.keys()
            warned = any(one.levelname == "WARNING" for one in caplog.records)
            # A field of another name, or one that is not described, is not the tap's loss.
            is_other = len(found) == len(good) or what == "result.fields is missing"
            if gone and not (warned or is_other):
                failures.append(f"{what}: {gone} are gone in silence")
            other = {name for name in good.keys() & found.keys() if found[name] != good[name]}
            if len(other) > 1 or len(gone) > 1:
                failures.append(f"{what}: {other or gone} were harmed")
        assert alteration.served
    assert not failures, failures


NAMES = [
    'quoted "name"',
    "back\\slash",
    "comma, blank ",
    "type",
    "class",
    "UPDATEDAT",
    "caf\u00e9 \U0001f600",
    "x" * 300,
    "record",
    "__init__",
    "null",
    "a.b/c:d",
]
NO_COLUMNS = ["a\nb", "a\x01b", "a\u2028b", "a\u0085b", "\x7f", "x" * 5_000]


@pytest.mark.parametrize("batched", [False, True])
def test_a_field_of_any_name_is_exported_or_left_out_with_a_warning(
    command: Callable[..., Output],
    sandbox: Sandbox,
    tmp_path: Path,
    batched: bool,  # noqa: FBT001 - a column of the table
) -> None:
    for name in NAMES + NO_COLUMNS:
        sandbox.control.add_member_field(name, values=["a", "b"])
    config = {"encoding": {"format": "jsonl"}, "storage": {"root": str(tmp_path / "out")}}

    output = command(**({"batch_config": config} if batched else {}))

    assert output.code == 0, output.logs[-2000:]
    assert "Traceback" not in output.logs
    (line,) = [line for line in output.logs.splitlines() if "cannot be columns" in line]
    assert "WARNING" in line
    properties = output.of("SCHEMA", "program_members")[0]["schema"]["properties"]
    assert set(NAMES) <= properties.keys()
    assert not properties.keys() & set(NO_COLUMNS)
    truth = {
        key: {name: value for name, value in row.items() if name not in NO_COLUMNS}
        for key, row in by_key(sandbox.control.truth()).items()
    }
    if batched:
        paths = [
            path.removeprefix("file://")
            for message in output.of("BATCH", "program_members")
            for path in message["manifest"]
        ]
        lines = [line for path in paths for line in Path(path).read_bytes().split(b"\n")]
        assert by_key([json.loads(line) for line in lines if line]) == truth
    else:
        assert by_key(output.records()) == truth
