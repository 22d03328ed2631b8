"""Rows of assets that are a little off, at every place: see `altered_runs`."""

from __future__ import annotations

import json
import logging
import re
from typing import TYPE_CHECKING, Any

import pytest
from altered_runs import ALWAYS, ANSWERS, BY_NAME, DETAIL, AlteredRuns, fill_every_field
from altering_proxy import Alteration
from clocks import StillClock
from harness import Tap
from odd_values import (
    MISSING,
    AlteredRows,
    InsertedRow,
    OddValue,
    at,
    odd_values_for,
    put,
    spread_over_rows,
)

if TYPE_CHECKING:
    from altered_runs import Row
    from altering_proxy import Proxy
    from harness import Output
    from marketo_sandbox import Sandbox
    from odd_values import Path


@pytest.fixture
def trial(sandbox: Sandbox, between: Proxy, caplog: pytest.LogCaptureFixture) -> AlteredRuns:
    fill_every_field(sandbox)
    caplog.set_level(logging.WARNING)
    return AlteredRuns(Tap(sandbox, StillClock()), between, caplog)


# What may become of one value


def readings(value: object) -> list[Any]:
    """What an odd value may be read as, without a word."""
    if isinstance(value, str):
        text = re.sub("[\ud800-\udfff]", "\ufffd", value.replace("\0", ""))
        found: list[Any] = [text, *[item for item in (True, False) if text == str(item).lower()]]
        found += [float(text)] if re.fullmatch(r"-?\d+(\.\d+)?", text) else []
        return found
    return [value, json.dumps(value)] if isinstance(value, bool | int | float) else [value]


def bare(value: object) -> object:
    """A JSON value without its nulls: missing and null mean the same to a target."""
    if isinstance(value, dict):
        return {name: bare(inner) for name, inner in value.items() if inner is not None}
    return [bare(inner) for inner in value] if isinstance(value, list) else value


def without(value: object, path: Path) -> object:
    """A copy with nothing where the path leads."""
    copy = json.loads(json.dumps(value))
    put(copy, path, None)
    return bare(copy)


def judge(good: Row, row: Row, odd: OddValue, new: object, logs: str) -> str | None:
    """What is wrong with a record of whose row one value was altered to a new one."""
    field = str(odd.path[0])
    if without(good, (field,)) != without(row, (field,)):
        return f"other fields changed: {row} instead of {good}"
    if field == "allowableValues":
        return judge_list(field, row[field], new, logs)
    if bare(row.get(field)) == bare(good.get(field)) or at(row, odd.path) in readings(new):
        return None
    if field == "applicableProgramTypes":
        return judge_list(field, row.get(field), new, logs)
    was, became = good.get(field), row.get(field)
    # Nothing but what cannot be read is gone: the value, its element of a list, or all.
    kept = [None, []] if len(odd.path) == 1 else [None, was[1:] if isinstance(was, list) else None]
    if became not in kept and without(row, odd.path) != without(good, odd.path):
        return f"{field} became {became!r}, which nobody said"
    # What has no value was not lost here.
    return None if new in (None, MISSING) or field in logs else f"{field} was lost in silence"


def judge_list(field: str, values: list[str] | None, new: object, logs: str) -> str | None:
    """The same for a field of which any text is a list."""
    told = readings(new)[0] if isinstance(new, str) else str(new)
    if any(one not in told for one in values or ()):
        return f"{field} became {values!r}, which nobody said"
    says_something = new not in (None, MISSING, []) and str(new).strip()
    lost = says_something and not values and field not in logs
    return f"{field} were lost in silence" if lost else None


# Rows


def judge_row(
    trial: AlteredRuns, name: object, odd: OddValue, new: object, output: Output
) -> str | None:
    """What is wrong with the records that come of an altered row."""
    good, found = trial.of(name, trial.good), trial.of(name, trial.by_key(output))
    is_key, logs = odd.path == (trial.key,), output.logs
    if trial.pattern == BY_NAME and trial.stream == "programs_by_tag":
        # Which programs have a tag is asked with what these say.
        unreadable = odd.path == ("allowableValues",) and not isinstance(new, str | list | None)
        named = f"values of tag type '{name}'" in logs
        return None if named or not unreadable or new is MISSING else "lost in silence"
    if is_key and trial.pattern in {DETAIL, BY_NAME} and logs:
        return None if good.keys() == found.keys() else "lost with its details"
    if is_key and not found:
        # Another name is another thing.
        known = trial.of(readings(new)[0], trial.by_key(output))
        return None if known or "skipped" in logs else "skipped in silence"
    if good.keys() != found.keys():
        return f"lost: {good.keys() - found.keys()}"
    said = (judge(good[one], found[one], odd, new, logs) for one in good)
    return next(filter(None, said), None)


@pytest.mark.parametrize(("stream", "pattern", "key"), ANSWERS)
def test_a_row_that_is_off_costs_no_more_than_what_cannot_be_read(
    trial: AlteredRuns, stream: str, pattern: str, key: str
) -> None:
    trial.begin(stream, pattern, key)
    wanted = odd_values_for(*trial.raw.values())
    seen = set()
    for batch in spread_over_rows(trial.raw, wanted):
        rows = AlteredRows(key, batch)
        trial.now = [*map(str, batch.values())]
        output = trial.run(Alteration(trial.meant, rows, times=ALWAYS))
        seen |= {batch[name] for name in rows.met}
        for name, new in rows.met.items():
            trial.note(batch[name], judge_row(trial, name, batch[name], new, output))
        found = trial.by_key(output)
        untouched = {one: row for one, row in trial.good.items() if row[key] not in batch}
        if {one: found.get(one) for one in untouched} != untouched:
            trial.note(trial.now, "others were harmed")

    trial.verdict()
    assert seen == set(wanted)


SKIPPED = {"status": "skipped", "reasons": [{"code": "1003", "message": "Invalid value"}]}


@pytest.mark.parametrize(
    "what", [SKIPPED, {**SKIPPED, "id": 7, "tagType": "x"}, None, [], 5, "x", {}]
)
@pytest.mark.parametrize(("stream", "pattern", "key"), ANSWERS)
def test_a_row_that_is_none_is_skipped_and_counted(
    trial: AlteredRuns, stream: str, pattern: str, key: str, what: object
) -> None:
    trial.begin(stream, pattern, key)

    output = trial.run(Alteration(trial.meant, InsertedRow(what), times=ALWAYS))

    assert output.error is None
    assert trial.by_key(output) == trial.good
    if pattern not in {DETAIL, BY_NAME}:
        (line,) = [line for line in output.logs.splitlines() if "were skipped" in line]
        assert re.search(r"\((error 1003|no object|no usable \w+): \d+\)", line)
