"""Assets whose answers are a little off, at every place of every answer that the tap reads.

Each oddity of `odd_answers.ODDITIES` is served at each place of a good answer of
the sandbox. Whatever it is, a run ends with records that fit their SCHEMA or with
one clear line; what is not altered is all there; what is lost is named.
"""

from __future__ import annotations

import json
import logging
import re
from typing import TYPE_CHECKING, Any

import pytest
from clocks import StillClock
from conformity import assert_valid
from harness import Tap
from odd_answers import (
    BODIES,
    MISSING,
    Alteration,
    Inserted,
    Odd,
    Rows,
    altered,
    at,
    batches,
    front,
    odds,
    put,
    replaced,
)

from tap_marketo_programs.errors import MarketoError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from harness import Output
    from marketo_sandbox import Sandbox
    from odd_answers import Answer, Front, Path, Request

Row = dict[str, Any]

KEYS = {
    "channels": ("id",),
    "tag_types": ("tagType",),
    "programs": ("id",),
    "programs_by_tag": ("id", "tagType", "tagValue"),
}
# Each stream with the answers it is made of, and the key of their rows.
DETAIL = r".*/program/\d+\.json"
BY_NAME = r".*/tagType/byName\.json"
ANSWERS = [
    pytest.param("channels", r".*/channels\.json", "id", id="channels"),
    pytest.param("tag_types", r".*/tagTypes\.json", "tagType", id="tag_types"),
    pytest.param("tag_types", BY_NAME, "tagType", id="tag_type"),
    pytest.param("programs", r".*/programs\.json", "id", id="programs"),
    pytest.param("programs", DETAIL, "id", id="program"),
    pytest.param("programs_by_tag", r".*/program/byTag\.json", "id", id="programs_by_tag"),
    pytest.param("programs_by_tag", BY_NAME, "tagType", id="tag_values"),
]
ALWAYS = 1_000_000
# What only some programs have.
EVERY_FIELD = {
    "sfdcId": "7011G000000QXWvQAO",
    "sfdcName": "Spring",
    "headStart": True,
    "startDate": "2025-03-01T10:00:00Z",
    "endDate": "2025-03-02T10:00:00Z",
    "costs": [{"startDate": "2025-01-01", "cost": 2000, "note": "stand"}],
}


class Trial:
    """One stream, read again and again with one kind of its answers altered."""

    def __init__(self, tap: Tap, between: Front, caplog: pytest.LogCaptureFixture) -> None:
        self._tap = tap
        self._between = between
        self._caplog = caplog
        self._catalog = tap.catalog()
        self.settings: dict[str, Any] = {"base_url": between.url}
        self.failures: list[str] = []
        # What is altered, for whoever reads of a failure.
        self.now: object = "nothing"
        self.runs = 0

    def begin(self, stream: str, pattern: str, key: str) -> None:
        """Read it once as it is."""
        self.stream, self.key, self.pattern = stream, key, pattern
        self.settings["program_details"] = pattern == DETAIL
        output = self.run()
        assert output.error is None, output.error
        assert not output.logs
        self.good = self.by_key(output)
        contents = [
            json.loads(body) for request, body in self._between.answers if self.meant(request)
        ]
        assert contents
        self.first: dict[str, Any] = contents[0]
        self.raw = {row[key]: row for content in contents for row in content.get("result", ())}
        self.names = list(
            dict.fromkeys(one.name for one, _ in self._between.answers if self.meant(one))
        )

    def meant(self, request: Request) -> bool:
        """Whether a request is for what is altered."""
        return bool(re.fullmatch(self.pattern, request.path))

    def run(self, *alterations: Alteration) -> Output:
        """One run, with its WARNINGs as its logs."""
        self._caplog.clear()
        self._between.answers.clear()
        self._between.alterations[:] = alterations
        output = self._tap.run(self.stream, catalog=self._catalog, **self.settings)
        output.logs = "\n".join(record.getMessage() for record in self._caplog.records)
        self.runs += 1
        self.note(self.now, broken(output))
        return output

    def by_key(self, output: Output) -> dict[Any, Row]:
        """The records of a run."""
        names = KEYS[self.stream]
        return {tuple(row[name] for name in names): row for row in output.records(self.stream)}

    def of(self, name: object, rows: dict[Any, Row]) -> dict[Any, Row]:
        """The records that come of one row of an answer."""
        return {one: row for one, row in rows.items() if row[self.key] == name}

    def note(self, what: object, problem: str | None) -> None:
        """Keep what is wrong with a run, if anything is."""
        if problem:
            self.failures.append(f"{what}: {problem}")

    def verdict(self) -> None:
        """Fail if anything was wrong."""
        told = "\n".join(dict.fromkeys(self.failures[:40]))
        assert not self.failures, f"{len(self.failures)} in {self.runs} runs:\n{told}"


def broken(output: Output) -> str | None:
    """What no run may do, whatever was answered."""
    error = output.error
    if error is not None:
        if not isinstance(error, MarketoError):
            return f"a traceback: {type(error).__name__}: {error}"
        return None if len(str(error).splitlines()) == 1 else f"several lines: {error}"
    try:
        assert_valid(output)
    except Exception as invalid:  # noqa: BLE001 - whatever the validator raises
        return f"an invalid record: {str(invalid)[:200]}"
    return None


@pytest.fixture
def between(sandbox: Sandbox) -> Iterator[Front]:
    """The server between the tap and the sandbox, which holds programs of every kind."""
    sandbox.control.reset(world="demo", programs=45)
    sandbox.control.knob(rate_limit=None)
    for program in sandbox.control.programs():
        sandbox.control.edit_program(program["id"], **EVERY_FIELD)
    with front(sandbox.url) as server:
        yield server


@pytest.fixture
def trial(sandbox: Sandbox, between: Front, caplog: pytest.LogCaptureFixture) -> Trial:
    caplog.set_level(logging.WARNING)
    return Trial(Tap(sandbox, StillClock()), between, caplog)


# What may become of one value


def readings(value: object) -> list[Any]:
    """What an odd value may be read as, without a word."""
    if isinstance(value, str):
        text = re.sub("[\ud800-\udfff]", "\ufffd", value.replace("\0", ""))
        found: list[Any] = [text, *[one for one in (True, False) if text == str(one).lower()]]
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


def judge(good: Row, row: Row, odd: Odd, new: object, logs: str) -> str | None:
    """What is wrong with a record of whose row one value was altered to a new one."""
    field = str(odd.path[0])
    if without(good, (field,)) != without(row, (field,)):
        return f"other fields changed: {row} instead of {good}"
    if field == "allowableValues":
        return judge_values(row[field], new, logs)
    if bare(row.get(field)) == bare(good.get(field)) or at(row, odd.path) in readings(new):
        return None
    was, became = good.get(field), row.get(field)
    # Nothing but what cannot be read is gone: the value, its element of a list, or all.
    kept = [None, []] if len(odd.path) == 1 else [None, was[1:] if isinstance(was, list) else None]
    if became not in kept and without(row, odd.path) != without(good, odd.path):
        return f"{field} became {became!r}, which nobody said"
    # What has no value was not lost here.
    return None if new in (None, MISSING) or field in logs else f"{field} was lost in silence"


def judge_values(values: list[str] | None, new: object, logs: str) -> str | None:
    """The same for `allowableValues`, of which any text is a list."""
    told = readings(new)[0] if isinstance(new, str) else str(new)
    if any(one not in told for one in values or ()):
        return f"allowableValues became {values!r}, which nobody said"
    says_something = new not in (None, MISSING, []) and str(new).strip()
    lost = says_something and not values and "allowableValues" not in logs
    return "allowableValues were lost in silence" if lost else None


# Rows


def judge_row(trial: Trial, name: object, odd: Odd, new: object, output: Output) -> str | None:
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
    trial: Trial, stream: str, pattern: str, key: str
) -> None:
    trial.begin(stream, pattern, key)
    wanted = odds(*trial.raw.values())
    seen = set()
    for batch in batches(trial.raw, wanted):
        rows = Rows(key, batch)
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
    trial: Trial, stream: str, pattern: str, key: str, what: object
) -> None:
    trial.begin(stream, pattern, key)

    output = trial.run(Alteration(trial.meant, Inserted(what), times=ALWAYS))

    assert output.error is None
    assert trial.by_key(output) == trial.good
    if pattern not in {DETAIL, BY_NAME}:
        (line,) = [line for line in output.logs.splitlines() if "were skipped" in line]
        assert re.search(r"\((error 1003|no object|no usable \w+): \d+\)", line)


# Whole answers


def judge_whole(trial: Trial, output: Output) -> str | None:
    """What is wrong with a run that had an altered answer: something may be missing if told."""
    found = trial.by_key(output)
    if output.error is not None or found == trial.good or output.logs:
        return None
    return f"lost in silence: {len(found)} of {len(trial.good)} records"


@pytest.mark.parametrize(("stream", "pattern", "key"), ANSWERS)
def test_an_answer_that_is_off_once_ends_no_run(
    trial: Trial, stream: str, pattern: str, key: str
) -> None:
    trial.begin(stream, pattern, key)
    changes = whole_changes(trial.first)
    while changes:
        # One to each of the answers that a run has.
        some = dict(zip(trial.names, changes.items(), strict=False))
        served = {name: Alteration(asks_for(name), change) for name, (_, change) in some.items()}
        trial.now = [what for what, _ in some.values()]
        output = trial.run(*served.values())
        ended = f"an error: {output.error}" if output.error else None
        trial.note(trial.now, ended or judge_whole(trial, output))
        # Some calls depend on what others answered, and are made in another run.
        done = {some[name][0] for name, one in served.items() if one.served}
        assert done
        changes = {what: change for what, change in changes.items() if what not in done}
    trial.verdict()


def asks_for(name: tuple[str, str]) -> Callable[[Request], bool]:
    return lambda request: request.name == name


@pytest.mark.parametrize(("stream", "pattern", "key"), ANSWERS)
def test_an_answer_that_stays_off_is_read_or_an_error(
    trial: Trial, sandbox: Sandbox, stream: str, pattern: str, key: str
) -> None:
    sandbox.control.reset(world="tiny")
    sandbox.control.knob(rate_limit=None)
    trial.settings["program_tags"] = [{"tag_type": "Region"}]
    trial.begin(stream, pattern, key)
    for what, change in whole_changes({"success": 0, "errors": 0, "result": 0}).items():
        always = Alteration(trial.meant, change, times=ALWAYS)
        trial.now = what
        output = trial.run(always)
        trial.note(what, judge_whole(trial, output))
        assert always.served
    trial.verdict()


def whole_changes(content: dict[str, Any]) -> dict[str, Callable[[Answer], bool]]:
    """What may be off with an envelope, whatever its rows."""
    changes = {str(odd): altered(odd) for odd in odds(dict.fromkeys(content, 0))}
    # That says that there is nothing, and is believed.
    del changes["result is an empty array"]
    return changes | {name: replaced(name) for name in BODIES}
